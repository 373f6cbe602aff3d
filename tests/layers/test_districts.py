import pytest
from sqlalchemy.orm import Session

from layers.districts import every
from layers.errors import Conflict, InvalidAttribute, UnknownDistrict
from layers.stores import Stores


def test_a_district_is_found_again(stores: Stores) -> None:
    found = stores.districts.current()
    assert (found.code, found.name, found.name_en, found.timezone) == (
        "990101",
        "甲县",
        "County A",
        "Asia/Shanghai",
    )
    assert stores.districts.exists()
    assert [one.code for one in every(stores.session)] == ["990101", "990102"]
    assert stores.districts.all() == every(stores.session)


def test_an_unknown_district_names_those_there_are(session: Session, stores: Stores) -> None:
    other = Stores(session, "nowhere").districts
    assert not other.exists()
    with pytest.raises(UnknownDistrict, match="no district nowhere; there are: 990101, 990102"):
        other.current()


def test_timezones_are_checked(session: Session) -> None:
    for wrong in ("Mars/Olympus", "../etc/passwd", "", "/etc"):
        with pytest.raises(InvalidAttribute, match="timezone"):
            Stores(session, "x").districts.create("X", timezone=wrong)


def test_a_district_exists_once(stores: Stores) -> None:
    with pytest.raises(Conflict):
        stores.districts.create("again")
