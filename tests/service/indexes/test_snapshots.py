"""Snapshots: what another process has just stored is found, not refused."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.errors import UnknownDistrict
from service.database import session_factory
from service.indexes.snapshots import Indexes
from tests.fixtures.county import publish


@pytest.fixture
def indexes(engine: Engine) -> Indexes:
    """Indexes that have looked at an empty database."""
    made = Indexes(session_factory(engine))
    made.refresh()
    return made


def store(engine: Engine, district: str) -> None:
    with Session(engine) as session:
        publish(session, district)
        session.commit()


def test_a_district_stored_after_the_last_look_is_found(engine: Engine, indexes: Indexes) -> None:
    store(engine, "230882")
    assert indexes.find_district("230882") == "230882"
    assert indexes.find_district(None) == "230882"
    with pytest.raises(UnknownDistrict):
        indexes.find_district("230883")


def test_its_day_and_ground_are_answered(engine: Engine, indexes: Indexes) -> None:
    store(engine, "230882")
    assert indexes.today("230882") > date(2024, 1, 1)
    assert len(indexes.ground("230882", date(2024, 2, 1)).partitions["grids"].leaves) == 24
