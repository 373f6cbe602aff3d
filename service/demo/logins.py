"""The people behind the demo's logins, each with one role in the demo county; none has a password."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from layers.accounts import ADMINISTRATOR
from layers.ids import new_id
from layers.people import Grant, People, Person
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.access import demo
from service.demo.state import COUNTY_CODE

_BELOW = {"worker": 0, "representative": 1}
"""The level of the first unit to which some are limited: a township, a village."""

_BEGIN = date(2020, 1, 1)


def add_logins(session: Session, district: str = COUNTY_CODE) -> None:
    """Store the people of the demo who are not there yet, with what they are granted."""
    enter(session, SYSTEM_SCOPE)
    people, now = People(session), datetime.now(UTC)
    for login, role in demo.PEOPLE.items():
        identifier = demo.person_id(login)
        if people.find(login) is None:
            people.add(Person(identifier, login, login.capitalize(), now))
        if people.find(login) is not None and not people.grants([identifier]):
            there = None if role == ADMINISTRATOR else district
            unit = _first_unit(Stores(session, district), _BELOW.get(login), now.date())
            people.add_grant(
                Grant(new_id(), identifier, role, there, unit, date(2020, 1, 1), None, None, now)
            )


def _first_unit(stores: Stores, level: int | None, day: date) -> UUID | None:
    if level is None:
        return None
    (layer,) = stores.layers.all("partition")[:1]
    units = stores.grids.tree(layer.code, day).units.values()
    return min((one for one in units if one.level == level), key=lambda one: one.code).id
