"""To whom a place belongs: the unit, whoever answers for it, and the place on the border."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.incidents import Incident
from layers.representatives import Responsible
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.duty import NOBODY, Accused, Holders, impartial
from service.indexes.ground import Ground
from service.indexes.locate import Answer, locate


@dataclass(frozen=True, slots=True)
class Assignment:
    """To whom a place belongs: ids to store, and ``body`` with the names as they were at the time."""

    unit: UUID
    representative: UUID | None
    segment: UUID | None
    measure_m: float | None
    body: Mapping[str, Any]


def holders_of(stores: Stores, ground: Ground, units: Collection[UUID] | None = None) -> Holders:
    """Return who answers for units on the day of the ground, read at once: for some units, or for all."""
    known = stores.representatives.holders(ground.day, units)

    def nearest(chain: Sequence[UUID]) -> Sequence[Responsible]:
        return next((known[unit] for unit in chain if unit in known), ())

    return nearest


def assign(
    ground: Ground,
    holders: Holders,
    lon: float,
    lat: float,
    *,
    class_: str | None = None,
    accuracy_m: float | None = None,
    accused: Accused = NOBODY,
) -> Assignment:
    """Return to whom a place in lon, lat degrees belongs, by the rules of :mod:`service.indexes.locate`.

    Whoever is complained about is passed over: the next one above answers.

    Raises
    ------
    OutsideDistrict
        No unit owns it.
    """
    answer = locate(ground, lon, lat, accuracy_m=accuracy_m, class_=class_)
    return settle(ground, holders, answer, accused)


def settle(ground: Ground, holders: Holders, answer: Answer, accused: Accused) -> Assignment:
    """Return to whom a place that was located belongs."""
    person = impartial(holders, chain_of(answer), accused)
    segment = answer.segment
    return Assignment(
        answer.unit.id,
        None if person is None else person.representative.id,
        None if segment is None else ground.border.segments[segment.position].id,
        None if segment is None else segment.measure_m,
        {**answer.to_json(), "representative": _person_json(answer, person), "as_of": ground.day.isoformat()},
    )


def chain_of(answer: Answer) -> list[UUID]:
    """Return the units whose people may answer for a place, the nearest first."""
    chain = [one.id for one in answer.chain]
    return [answer.unit.id, *chain] if answer.rule == "overlay" else chain


def located(ground: Ground, value: Incident) -> Answer:
    """Return where an incident is; the place is refused as a part of the body.

    Raises
    ------
    OutsideDistrict
        No unit owns the place.
    """
    try:
        return locate(ground, value.lon, value.lat, accuracy_m=value.accuracy_m, class_=value.class_)
    except WardlineError as error:
        # The place is a part of the body here, not a parameter of the address.
        if error.where.get("parameter") in ("lon", "lat", "lon,lat"):
            error.where = {"pointer": "/lon"}
        raise


def accused_of(value: Incident) -> Accused:
    """Return whom an incident complains about."""
    return Accused(value.about_representative, value.about_unit)


def assigned(value: Incident, found: Assignment) -> Incident:
    """Return an incident with what it was assigned to."""
    return replace(
        value,
        unit=found.unit,
        representative=found.representative,
        segment=found.segment,
        measure_m=found.measure_m,
        assignment=found.body,
    )


def summary(value: Incident) -> dict[str, Any]:
    """Return what the log keeps of an assignment: codes, and the place."""
    known = value.assignment
    return {
        "lon": value.lon,
        "lat": value.lat,
        "class": value.class_,
        "unit": (known.get("unit") or {}).get("code"),
        "representative": (known.get("representative") or {}).get("code"),
        "segment": (known.get("segment") or {}).get("code"),
        "measure_m": (known.get("segment") or {}).get("measure_m"),
    }


def delivery_of(value: Incident) -> tuple[str, str] | None:
    """Return the channel of an incident and what the channel calls it, None where it has no name there."""
    return None if value.external_id is None else (value.channel, value.external_id)


def check_time(occurred: datetime, now: datetime) -> None:
    """Refuse an incident of the future, by more than a wrong clock, or from before there were any.

    Raises
    ------
    InvalidInput
        Names the member of the body.
    """
    if occurred.year < 1949 or (occurred - now).total_seconds() > 86_400:
        raise InvalidInput(
            N_("An incident cannot have occurred at {time}."),
            mend=N_("Give a time from 1949 up to now, with its offset from UTC."),
            where={"pointer": "/occurred_at"},
            time=occurred.isoformat(),
        )


def _person_json(answer: Answer, person: Responsible | None) -> dict[str, Any] | None:
    if person is None:
        return None
    units = {one.id: one.code for one in (answer.unit, *answer.chain)}
    return {
        "code": person.representative.code,
        "name": person.representative.name,
        "unit": units[person.unit],
        "role": person.role,
    }
