from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

import layers.storage
from layers.errors import Conflict, InvalidAttribute, NotFound, StaleVersion
from layers.geometry import Box
from layers.ids import new_id
from layers.incidents import Incident, IncidentEvent, IncidentFilter
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import NOON


def test_an_incident_is_found_again_whole(stores: Stores) -> None:
    _, first, *_ = makers.with_grids(stores)
    person, line = makers.representative(), makers.segment()
    stores.representatives.add([person])
    stores.border.add([line])
    value = makers.incident(
        external_id="A-1",
        description="dark",
        datum="gcj02",
        accuracy_m=12.5,
        unit=first.id,
        assignment={"rule": "grid", "chain": ["G0", "T1"]},
        representative=person.id,
        segment=line.id,
        measure_m=500.25,
    )
    assert stores.incidents.create(value) == (value, True)
    assert stores.incidents.get(value.id) == value


def test_the_same_delivery_is_one_incident(stores: Stores) -> None:
    value = makers.incident(external_id="A-1")
    stores.incidents.create(value)
    edited = stores.incidents.save(replace(value, title="Edited by staff", status="accepted"))
    repeated = replace(makers.incident(external_id="A-1"), received_at=NOON + timedelta(hours=1))
    assert stores.incidents.create(repeated) == (edited, False)


def test_another_content_under_the_same_id_is_a_conflict(stores: Stores) -> None:
    stores.incidents.create(makers.incident(external_id="A-1"))
    with pytest.raises(Conflict, match="web already delivered A-1") as refusal:
        stores.incidents.create(makers.incident(external_id="A-1", title="Other"))
    assert refusal.value.where["pointer"] == "/external_id"
    stores.incidents.create(makers.incident(external_id="A-1", channel="hotline", title="Other"))


def test_without_an_external_id_every_report_is_new(stores: Stores) -> None:
    assert stores.incidents.create(makers.incident())[1]
    assert stores.incidents.create(makers.incident())[1]


def test_districts_have_inboxes_of_their_own(session: Session, stores: Stores) -> None:
    stores.incidents.create(makers.incident(external_id="A-1"))
    other = Stores(session, "990102").incidents
    assert other.create(makers.incident(external_id="A-1", title="Other"))[1]
    assert len(other.page().items) == 1


def test_a_change_from_an_old_version_is_refused(stores: Stores) -> None:
    value, _ = stores.incidents.create(makers.incident())
    second = stores.incidents.save(replace(value, status="accepted"))
    assert second == replace(value, status="accepted", version=2)
    with pytest.raises(StaleVersion, match=r"at version 2; the change was made from 1"):
        stores.incidents.save(replace(value, status="rejected"))
    assert stores.incidents.get(value.id).status == "accepted"


@pytest.mark.parametrize("copy_from", [1, 100])
def test_many_are_saved_but_for_those_that_are_at_another_version(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, copy_from: int
) -> None:
    monkeypatch.setattr(layers.storage, "COPY_FROM", copy_from)
    values = [stores.incidents.create(makers.incident(external_id=f"A-{k}"))[0] for k in range(3)]
    overtaken = stores.incidents.save(replace(values[1], title="first"))
    given = [replace(one, title="second", accuracy_m=None, lon=one.lon + 0.001) for one in values]
    saved = stores.incidents.save_all([*given, makers.incident(external_id="A-9")])
    assert saved == {one.id: replace(one, version=2) for one in (given[0], given[2])}
    ids = [one.id for one in values]
    assert stores.incidents.get_all([*ids, new_id()]) == {**saved, overtaken.id: overtaken}
    assert stores.incidents.save_all([]) == stores.incidents.get_all([]) == {}


def test_unknown_incidents_are_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="no incident"):
        stores.incidents.get(new_id())
    with pytest.raises(NotFound):
        stores.incidents.save(makers.incident())
    with pytest.raises(NotFound):
        stores.incidents.record(new_id(), NOON, "note", "desk")


def test_times_need_a_zone(stores: Stores) -> None:
    naive = datetime(2025, 3, 1, 12)  # noqa: DTZ001 - what is tested
    with pytest.raises(InvalidAttribute, match="no zone"):
        stores.incidents.create(makers.incident(occurred_at=naive))


@pytest.mark.parametrize("wrong", [{"colour": "pink"}, {"datum": "mars"}, {"accuracy_m": -1.0}])
def test_unknown_words_are_refused(stores: Stores, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidAttribute):
        stores.incidents.create(makers.incident(**wrong))


def test_the_log_is_in_order(stores: Stores) -> None:
    value, _ = stores.incidents.create(makers.incident())
    late = stores.incidents.record(value.id, NOON + timedelta(hours=1), "closed", "desk", reason="done")
    early = IncidentEvent(new_id(), value.id, NOON, "received", "web")
    stores.incidents.add_events([early])
    assert stores.incidents.events(value.id) == (early, late)
    assert late.body == {"reason": "done"}


FILTERS: dict[str, Callable[[], IncidentFilter]] = {
    "status": lambda: IncidentFilter(status="closed"),
    "colour": lambda: IncidentFilter(colour="red"),
    "class": lambda: IncidentFilter(class_="fire"),
    "channel": lambda: IncidentFilter(channel="hotline"),
    "time": lambda: IncidentFilter(occurred_from=NOON + timedelta(days=1)),
    "box": lambda: IncidentFilter(bbox=Box(121, 44, 122, 45)),
}


@pytest.mark.parametrize("by", FILTERS)
def test_lists_are_filtered(stores: Stores, by: str) -> None:
    special: dict[str, dict[str, Any]] = {
        "status": {"status": "closed"},
        "colour": {"colour": "red"},
        "class": {"class_": "fire"},
        "channel": {"channel": "hotline"},
        "time": {"occurred_at": NOON + timedelta(days=1)},
        "box": {"lon": 121.5, "lat": 44.5},
    }
    wanted = makers.incident(**special[by])
    for value in (makers.incident(), wanted, makers.incident()):
        stores.incidents.create(value)
    assert stores.incidents.page(FILTERS[by]()).items == (wanted,)


def test_open_incidents_and_those_of_a_unit(stores: Stores) -> None:
    _, first, second, _ = makers.with_grids(stores)
    stores.incidents.add_many(
        [
            makers.incident(unit=first.id),
            makers.incident(unit=first.id, status="closed"),
            makers.incident(unit=second.id, status="merged"),
            makers.incident(status="suspended", occurred_at=NOON - timedelta(days=1)),
        ]
    )
    assert len(stores.incidents.page(IncidentFilter(open_only=True)).items) == 2
    assert len(stores.incidents.page(IncidentFilter(units=(first.id,))).items) == 2
    assert len(stores.incidents.page(IncidentFilter(occurred_to=NOON)).items) == 1
    assert stores.incidents.open_by_unit() == {first.id: 1}


def test_incidents_that_were_open_when_a_day_ended(stores: Stores) -> None:
    _, first, second, _ = makers.with_grids(stores)
    hour, day = timedelta(hours=1), NOON.date()
    until = NOON + 12 * hour
    steady, closed, reopened, moved, nowhere, late, imported = values = [
        makers.incident(unit=first.id),
        makers.incident(unit=first.id, status="closed"),
        makers.incident(unit=first.id, status="handling"),
        makers.incident(unit=first.id),
        makers.incident(unit=second.id),
        makers.incident(unit=first.id, received_at=until),
        makers.incident(unit=first.id, status="closed"),
    ]
    stores.incidents.add_many(values)

    def log(value: Incident, at: datetime, kind: str, before: Any, after: Any) -> None:
        stores.incidents.record(value.id, at, kind, "duty", before=before, after=after)

    log(closed, until - hour, "status", "received", "accepted")
    log(closed, until + hour, "status", "accepted", "handling")
    log(closed, until + 2 * hour, "status", "handling", "closed")
    log(reopened, until - hour, "status", "handling", "closed")
    log(reopened, until, "status", "closed", "handling")
    log(moved, until + hour, "rerouted", {"unit": second.code}, {"unit": "G2"})
    log(moved, until + 2 * hour, "moved", {"unit": "G2"}, {"unit": first.code})
    log(nowhere, until + hour, "moved", {"unit": None}, {"unit": second.code})
    stores.incidents.record(steady.id, until + hour, "comment", "duty", text="seen")
    assert {late.unit, imported.unit} == {first.id}
    assert stores.incidents.open_on("grids", day, until) == {first.id: 2, second.id: 1}
    assert stores.incidents.open_on("grids", day, NOON) == {}
    later = until + 3 * hour
    assert stores.incidents.open_on("grids", later.date(), later) == stores.incidents.open_by_unit()
    assert stores.below((second.id,)).incidents.open_on("grids", day, until) == {}


def test_a_unit_of_the_log_is_the_one_that_had_the_code_then(stores: Stores) -> None:
    drafts = makers.with_grids(stores)
    first, second = drafts[1:3]
    swapped = [
        replace(one, code={first.id: second.code, second.id: first.code}.get(one.id, one.code))
        for one in drafts
    ]
    stores.grids.publish("grids", makers.DAY + timedelta(days=30), swapped)
    value = makers.incident(unit=second.id)
    stores.incidents.add_many([value])
    until = NOON + timedelta(hours=12)
    stores.incidents.record(
        value.id, until, "rerouted", "redraw", before={"unit": first.code}, after={"unit": first.code}
    )
    for day in (makers.DAY, makers.DAY + timedelta(days=29)):
        assert stores.incidents.open_on("grids", day, until) == {first.id: 1}
    assert stores.incidents.open_on("grids", makers.DAY + timedelta(days=30), until) == {second.id: 1}


def test_pages_begin_with_the_newest(stores: Stores) -> None:
    values = [makers.incident(title=f"{one}") for one in range(5)]
    stores.incidents.add_many(values)
    first = stores.incidents.page(limit=3)
    rest = stores.incidents.page(limit=3, cursor=first.cursor)
    assert [*first.items, *rest.items] == values[::-1]
    assert rest.cursor is None


def test_many_incidents_are_stored_at_once(stores: Stores) -> None:
    values = [makers.incident(external_id=f"{one}", assignment={"n": one}) for one in range(1500)]
    stores.incidents.add_many(values)
    stores.incidents.add_events(
        [IncidentEvent(new_id(), value.id, NOON, "received", "web", {"n": 1}) for value in values]
    )
    assert stores.incidents.get(values[700].id) == values[700]
    with pytest.raises(Conflict):
        stores.incidents.add_many(values)
