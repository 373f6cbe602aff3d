from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

import layers.errors
from layers.errors import Conflict, InvalidAttribute, LayerError, NotFound, Overlap, translated
from layers.ids import new_id
from layers.stores import Stores
from tests.layers import makers


def test_every_error_has_a_code_of_its_own_and_is_in_the_tree() -> None:
    classes = [
        value
        for value in vars(layers.errors).values()
        if isinstance(value, type) and issubclass(value, LayerError)
    ]
    assert len({one.code for one in classes}) == len(classes)
    assert all(one.__name__ in (layers.errors.__doc__ or "") for one in classes)


def test_a_taken_key_is_a_conflict(stores: Stores) -> None:
    stores.representatives.add([makers.representative("R1")])
    with pytest.raises(Conflict, match=r"representative already has this key.*district.*code") as refusal:
        stores.representatives.add([makers.representative("R1")])
    assert refusal.value.where["table"].startswith("representative")


def test_a_missing_reference_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="not stored in the district"):
        stores.incidents.create(makers.incident(unit=new_id()))


def test_a_check_is_an_invalid_attribute(stores: Stores) -> None:
    with pytest.raises(InvalidAttribute, match="status"):
        stores.incidents.create(makers.incident(status="nonsense"))


def test_overlapping_periods_are_named(stores: Stores) -> None:
    with pytest.raises(Overlap, match=r"border_segment would overlap"):
        stores.border.add([makers.segment("S1"), makers.segment("S1")])


@pytest.mark.parametrize("bad", ["zero\0byte", "half \ud800 a character"])
def test_texts_postgresql_cannot_hold_are_refused(stores: Stores, bad: str) -> None:
    with pytest.raises(InvalidAttribute):
        stores.representatives.by_code(bad)


@pytest.mark.parametrize("bad", ["zero\0byte", "half \ud800 a character"])
@pytest.mark.parametrize("count", [1, 1000])
def test_so_they_are_in_bulk_and_in_json(stores: Stores, bad: str, count: int) -> None:
    values = [replace(makers.representative(f"R{one}"), attributes={"note": bad}) for one in range(count)]
    with pytest.raises(InvalidAttribute):
        stores.representatives.add(values)


def test_a_number_too_large_for_its_column_is_refused(stores: Stores) -> None:
    with pytest.raises(InvalidAttribute):
        stores.border.add([makers.segment(due_days=2**40)])


def test_faults_that_are_no_refusals_pass_unchanged(session: Session) -> None:
    with pytest.raises(ProgrammingError), translated():
        session.execute(text("SELECT * FROM no_such_table"))
    with pytest.raises(psycopg.OperationalError), translated():
        raise psycopg.OperationalError("gone")
