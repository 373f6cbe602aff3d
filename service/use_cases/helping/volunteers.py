"""Volunteers: kept with their consent, forgotten when they take it back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.ids import new_id
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from layers.volunteers import Volunteer
from service.errors import InvalidInput, StaleCopy
from service.indexes.ground import Ground
from service.indexes.locate import locate
from service.schemas.rota import HoursIn, VolunteerIn, VolunteerPatch
from service.use_cases.helping.clock import minutes_of


def add(stores: Stores, ground: Ground, given: VolunteerIn, by: str, now: datetime) -> Volunteer:
    """Keep a volunteer, who agreed to it; how to reach them is kept apart by the caller.

    Raises
    ------
    InvalidInput
        Consent is of a day to come, a window is no time, or nobody has the account.
    OutsideDistrict
        They are outside the district.
    Conflict
        Another has the code.
    """
    today = stores.districts.current().today(now)
    consented = given.consented_on or today
    if consented > today:
        raise InvalidInput(
            N_("Consent is given on a day that has come."),
            mend=N_("Give the day on which they agreed."),
            where={"pointer": "/consented_on"},
        )
    require_inside(ground, given.lon, given.lat)
    _require_account(stores, given.person)
    value = Volunteer(
        id=new_id(),
        code=given.code,
        name=given.name,
        person=given.person,
        lon=given.lon,
        lat=given.lat,
        reach_m=given.reach_m,
        skills=tuple(dict.fromkeys(given.skills)),
        windows=_windows(given.windows),
        consented_on=consented,
        created_at=now,
        created_by=by,
    )
    stores.volunteers.add([value])
    stores.audit.record("volunteer.add", "volunteer", value.id)
    return value


def change(
    stores: Stores,
    ground: Ground,
    identifier: UUID,
    patch: VolunteerPatch,
    version: int | None,
) -> Volunteer:
    """Change a volunteer.

    Raises
    ------
    NotFound
        There is none.
    StaleCopy
        They were changed since the version.
    InvalidInput, OutsideDistrict
        As :func:`add`.
    """
    value = stores.volunteers.get(identifier)
    said: dict[str, Any] = {
        name: one
        for name in patch.model_fields_set
        if (one := getattr(patch, name)) is not None or name == "person"
    }
    if "skills" in said:
        said["skills"] = tuple(dict.fromkeys(said["skills"]))
    if "windows" in said:
        said["windows"] = _windows(said["windows"])
    changed = replace(value, **said)
    if {"lon", "lat"} & said.keys():
        require_inside(ground, changed.lon, changed.lat)
    if "person" in said:
        _require_account(stores, changed.person)
    if not stores.volunteers.change(changed, version or value.version):
        raise StaleCopy(
            N_("The volunteer was changed since: it is at version {version}."),
            mend=N_("Read it again and repeat the change."),
            where={"header": "If-Match"},
            extra={"current": {"id": str(identifier), "version": value.version}},
            version=value.version,
        )
    stores.audit.record("volunteer.change", "volunteer", identifier, fields=sorted(said))
    return stores.volunteers.get(identifier)


def forget(stores: Stores, identifier: UUID) -> int:
    """Forget a volunteer wholly, with their contact and duties; return how many duties went.

    Raises
    ------
    NotFound
        There is none.
    """
    stores.rota.lock()
    value = stores.volunteers.get(identifier)
    duties = stores.rota.count_of(value.id)
    stores.contacts.forget(value.id)
    with acting(stores.session, SYSTEM):
        stores.help.forget(value.id)
    stores.volunteers.remove(value.id)
    stores.audit.record("volunteer.forget", "volunteer", identifier, duties=duties)
    return duties


def require_inside(ground: Ground, lon: float, lat: float) -> UUID:
    """Return the small grid of a place that a body names.

    Raises
    ------
    OutsideDistrict
        No unit owns it.
    """
    try:
        return locate(ground, lon, lat).chain[0].id
    except WardlineError as error:
        # The place is a part of the body here, not a parameter of the address.
        error.where = {"pointer": "/lon"}
        raise


def _require_account(stores: Stores, person: UUID | None) -> None:
    if person is None:
        return
    with stores.settling():
        known = stores.tasks.names([person])
    if person not in known:
        raise InvalidInput(
            N_("Nobody has the account {person}."),
            mend=N_("Choose one of the list of who may have duty, or leave it out."),
            where={"pointer": "/person"},
            person=str(person),
        )


def _windows(given: Sequence[HoursIn]) -> tuple[dict[str, Any], ...]:
    found = []
    for place, one in enumerate(given):
        minutes_of(one, f"/windows/{place}")
        if not one.days:
            raise InvalidInput(
                N_("A window is on weekdays."),
                mend=N_("Give the days, such as mo and ph."),
                where={"pointer": f"/windows/{place}/days"},
            )
        found.append({"days": list(dict.fromkeys(one.days)), "begin": one.begin, "end": one.end})
    return tuple(found)
