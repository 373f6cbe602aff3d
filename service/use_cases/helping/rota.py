"""The weekly rota: duties that fit the hours of a station and never clash, and the gaps they leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from geo.errors import N_
from layers.accounts import GRANTED
from layers.errors import NotFound
from layers.ids import new_id
from layers.rota import Duty
from layers.stations import Station
from layers.stores import Stores
from service.errors import DutyClash, InvalidInput
from service.rules.hours import hours_of, open_spans
from service.rules.rota import DAYS, Span, clash, merged, without
from service.schemas.rota import DutyIn
from service.use_cases.helping.clock import (
    WEEKDAYS,
    bits,
    clock,
    holidays_at,
    minutes_of,
    named,
    pattern_of,
)

AHEAD = timedelta(days=400)
"""How far a duty is looked at for clashes and hours: every weekday and holiday comes by."""

WARNED = timedelta(days=14)
"""Of how many days the gaps are told after a change."""

_ONE_DAY = timedelta(days=1)
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Week:
    """The days [first, last) of a station: when it is open, who is there, and what is left open."""

    station: Station
    zone: ZoneInfo
    first: date
    last: date
    open: tuple[Span, ...]
    shifts: tuple[tuple[Duty, date, Span], ...]
    gaps: tuple[Span, ...]

    def minutes(self, spans: Sequence[Span]) -> float:
        """Return how long spans are in all."""
        return sum((one.end - one.begin).total_seconds() for one in spans) / 60


def station_of(stores: Stores, code: str, day: date) -> Station:
    """Return the station of a code.

    Raises
    ------
    NotFound
        None stands there on that day.
    """
    found = {one.code: one for one in stores.stations.all(day)}.get(code)
    if found is None:
        raise NotFound(
            N_("District {district} has no station {station} on {day}."),
            mend=N_("List the stations; one that is imported anew keeps its code."),
            where={"station": code},
            district=stores.district,
            station=code,
            day=day.isoformat(),
        )
    return found


def week_of(stores: Stores, station: Station, first: date, last: date, duties: Sequence[Duty]) -> Week:
    """Return the days [first, last) of a station with its duties."""
    timezone = stores.districts.current().timezone
    zone = ZoneInfo(timezone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last))
    whole = Span.of(begin, end)
    opened: list[Span] = []
    if station.opening_hours is not None:
        hours = hours_of(station.opening_hours, timezone, station.lon, station.lat)
        opened = merged(open_spans(hours, begin, end))
    holiday = holidays_at(station, timezone)
    shifts = [
        (duty, day, part)
        for duty in duties
        for day, span in pattern_of(duty).shifts(first - _ONE_DAY, last, zone, holiday)
        if (part := span.cut(whole)) is not None
    ]
    shifts.sort(key=lambda one: (one[2], one[0].id))
    gaps = without(opened, [span for _, _, span in shifts])
    return Week(station, zone, first, last, tuple(opened), tuple(shifts), tuple(gaps))


def on_duty(stores: Stores, station: Station, at: datetime) -> list[Duty]:
    """Return the duties that a station has at an instant."""
    zone = ZoneInfo(stores.districts.current().timezone)
    today = at.astimezone(zone).date()
    found = stores.rota.between(today - _ONE_DAY, today + _ONE_DAY, station.code)
    week = week_of(stores, station, today, today + _ONE_DAY, found)
    return [duty for duty, _, span in week.shifts if span.begin <= at < span.end]


def add(stores: Stores, station: str, given: DutyIn, by: str, now: datetime) -> Duty:
    """Give somebody a duty.

    Raises
    ------
    NotFound
        There is no such station or volunteer.
    InvalidInput
        It is of nobody or on no day, ends before it begins, or never lies within the opening hours.
    DutyClash
        The same person has another duty then.
    """
    today = stores.districts.current().today(now)
    place = station_of(stores, station, max(given.on_day or given.from_day or today, today))
    begin, end = minutes_of(given)
    if (given.on_day is None) == (not given.days):
        raise InvalidInput(
            N_("A duty is on weekdays or on one day."),
            mend=N_("Give days or on_day, one of the two."),
            where={"pointer": "/days"},
        )
    value = Duty(
        id=new_id(),
        station=place.code,
        name=_name(stores, given, now),
        begin_minute=begin,
        end_minute=end,
        created_at=now,
        created_by=by,
        days=bits(list(given.days)),
        on_day=given.on_day,
        person=given.person,
        volunteer=given.volunteer,
        valid_from=given.on_day or given.from_day or today,
        valid_to=given.on_day + _ONE_DAY if given.on_day is not None else given.to_day,
    )
    stores.rota.lock()
    _require_open(stores, place, value)
    _refuse_clash(stores, value)
    stores.rota.add(value)
    stores.audit.record("duty.add", "duty", value.id, station=value.station, who=str(value.who))
    return value


def end(stores: Stores, identifier: UUID, day: date) -> Duty | None:
    """End a duty before a day; return it, None where it never was and is removed.

    Raises
    ------
    NotFound
        There is no such duty.
    InvalidInput
        It was over before that day.
    """
    stores.rota.lock()
    value = stores.rota.get(identifier)
    if value.valid_to is not None and value.valid_to <= day:
        raise InvalidInput(
            N_("The duty is over since {day}."),
            mend=N_("Nothing needs to be done."),
            where={"duty": str(identifier)},
            day=value.valid_to.isoformat(),
        )
    stores.audit.record("duty.end", "duty", identifier, station=value.station, day=day.isoformat())
    if value.valid_from is not None and value.valid_from >= day:
        stores.rota.remove(identifier)
        return None
    return _changed(stores, replace(value, valid_to=day))


def set_away(stores: Stores, identifier: UUID, day: date, reason: str | None) -> Duty:
    """Let a duty not take place on a day for a reason, or take place again where there is none.

    Raises
    ------
    NotFound
        There is no such duty.
    InvalidInput
        It does not fall on that day.
    DutyClash
        It is to take place again, and the same person has another duty by now.
    """
    stores.rota.lock()
    value = stores.rota.get(identifier)
    timezone = stores.districts.current().timezone
    plain = replace(value, away={})
    if not pattern_of(plain).falls_on(day, holidays_at(_place(stores, value, day), timezone)):
        raise InvalidInput(
            N_("The duty of {name} does not fall on {day}."),
            mend=N_("Look at the rota of that week."),
            where={"parameter": "day"},
            name=value.name,
            day=day.isoformat(),
        )
    away = {one: why for one, why in value.away.items() if one != day}
    if reason is not None:
        away[day] = reason
    value = replace(value, away=away)
    if reason is None:
        _refuse_clash(stores, value)
    stores.audit.record("duty.away", "duty", identifier, day=day.isoformat(), away=reason is not None)
    return _changed(stores, value)


def candidates(stores: Stores, now: datetime) -> list[dict[str, Any]]:
    """Return who may have duty: accounts with a role in the district, and volunteers, by name."""
    with stores.settling():
        people = stores.tasks.assignable(GRANTED, stores.districts.current().today(now))
    found = [{"id": str(one.id), "kind": "person", "name": one.name} for one in people]
    found += [{"id": str(one.id), "kind": "volunteer", "name": one.name} for one in stores.volunteers.all()]
    return sorted(found, key=lambda one: (one["name"], one["id"]))


def _changed(stores: Stores, value: Duty) -> Duty:
    stores.rota.change(value)
    return stores.rota.get(value.id)


def _place(stores: Stores, value: Duty, day: date) -> Station | None:
    return {one.code: one for one in stores.stations.all(day)}.get(value.station)


def _name(stores: Stores, given: DutyIn, now: datetime) -> str:
    if (given.person is None) == (given.volunteer is None):
        raise InvalidInput(
            N_("A duty is of an account or of a volunteer."),
            mend=N_("Give person or volunteer, one of the two."),
            where={"pointer": "/person"},
        )
    if given.volunteer is not None:
        return stores.volunteers.get(given.volunteer).name
    known = {one["id"]: one["name"] for one in candidates(stores, now) if one["kind"] == "person"}
    if str(given.person) not in known:
        raise InvalidInput(
            N_("Nobody of this id has a role in the district."),
            mend=N_("Choose one of the list of who may have duty."),
            where={"pointer": "/person"},
        )
    return str(known[str(given.person)])


def _spans(stores: Stores, value: Duty, first: date, last: date) -> list[tuple[date, Span]]:
    timezone = stores.districts.current().timezone
    holiday = holidays_at(_place(stores, value, max(first, value.valid_from or first)), timezone)
    return list(pattern_of(value).shifts(first, last, ZoneInfo(timezone), holiday))


def _require_open(stores: Stores, place: Station, value: Duty) -> None:
    """Refuse a duty that at no time lies within the opening hours; where they are unknown, any may be."""
    if place.opening_hours is None:
        return
    timezone = stores.districts.current().timezone
    zone, first = ZoneInfo(timezone), value.valid_from or date.min
    shifts = _spans(stores, value, first, first + AHEAD)
    hours = hours_of(place.opening_hours, timezone, place.lon, place.lat)
    for _, span in shifts:
        opened = open_spans(hours, span.begin.astimezone(zone), span.end.astimezone(zone))
        if not without([span], opened):
            return
    raise InvalidInput(
        N_("{station} is open {hours}, and {begin} to {end} never lies within that."),
        mend=N_("Give a time at which it is open, or change its opening hours first."),
        where={"pointer": "/begin"},
        station=place.name or place.code,
        hours=place.opening_hours,
        begin=clock(value.begin_minute),
        end=clock(value.end_minute),
    )


def _refuse_clash(stores: Stores, value: Duty) -> None:
    """Refuse a duty at a time at which the same person has another, wherever that is."""
    others = [one for one in stores.rota.of(value.who) if one.id != value.id]
    for other in others:
        first = max(value.valid_from or date.min, other.valid_from or date.min) - _ONE_DAY
        mine, theirs = (
            [span for _, span in _spans(stores, one, first, first + AHEAD)] for one in (value, other)
        )
        common = clash(mine, theirs)
        if common is None:
            continue
        zone = ZoneInfo(stores.districts.current().timezone)
        begin, until = common.begin.astimezone(zone), common.end.astimezone(zone)
        raise DutyClash(
            N_("{name} has duty at {station} then: {begin} to {end} on {day}."),
            mend=N_("Give another time or person, or end the other duty first."),
            where={"pointer": "/begin"},
            extra={"other": duty_json(other)},
            name=value.name,
            station=other.station,
            begin=f"{begin:%H:%M}",
            end=f"{until:%H:%M}",
            day=begin.date().isoformat(),
        )


def duty_json(one: Duty) -> dict[str, Any]:
    """Return a duty as readers see it."""
    return {
        "id": str(one.id),
        "version": one.version,
        "station": one.station,
        "kind": "person" if one.person is not None else "volunteer",
        "who": str(one.who),
        "name": one.name,
        "days": named(one.days),
        "on_day": None if one.on_day is None else one.on_day.isoformat(),
        "begin": clock(one.begin_minute),
        "end": clock(one.end_minute),
        "from_day": None if one.valid_from is None else one.valid_from.isoformat(),
        "to_day": None if one.valid_to is None else one.valid_to.isoformat(),
        "away": {day.isoformat(): why for day, why in one.away.items()},
    }


def gaps_json(week: Week, translate: Translate) -> list[dict[str, Any]]:
    """Return the gaps of a station day by day, each named by its weekday and times."""
    found = []
    for gap in week.gaps:
        day = gap.begin.astimezone(week.zone).date()
        while (midnight := datetime.combine(day, time(), week.zone).astimezone(UTC)) < gap.end:
            part = gap.cut(Span.of(midnight, datetime.combine(day + _ONE_DAY, time(), week.zone)))
            if part is not None:
                found.append(_gap_json(week, day, part, translate))
            day += _ONE_DAY
    return found


def _gap_json(week: Week, day: date, part: Span, translate: Translate) -> dict[str, Any]:
    begin, end = part.begin.astimezone(week.zone), part.end.astimezone(week.zone)
    weekday = DAYS[day.weekday()]
    shown = {
        "weekday": translate(WEEKDAYS[weekday]),
        "day": day.isoformat(),
        "begin": f"{begin:%H:%M}",
        "end": "24:00" if end.date() > day else f"{end:%H:%M}",
    }
    return {
        "begin": begin.isoformat(),
        "end": end.isoformat(),
        "day": day.isoformat(),
        "weekday": weekday,
        "minutes": week.minutes([part]),
        "text": translate(N_("{weekday} {day}, {begin} to {end}: nobody has duty.")).format(**shown),
    }


def gaps_out(week: Week, translate: Translate) -> dict[str, Any]:
    """Return the gaps of a station as readers see them."""
    unknown = N_("The opening hours of {station} are not known, so there is no saying what is left open.")
    station = week.station
    warning = None
    if station.opening_hours is None:
        warning = translate(unknown).format(station=station.name or station.code)
    return {
        "station": station.code,
        "from_day": week.first.isoformat(),
        "to_day": week.last.isoformat(),
        "gaps": gaps_json(week, translate),
        "warning": warning,
    }


def rota_out(week: Week, duties: Sequence[Duty], translate: Translate) -> dict[str, Any]:
    """Return the rota of a station as readers see it."""
    zone = week.zone

    def span(one: Span) -> dict[str, str]:
        return {"begin": one.begin.astimezone(zone).isoformat(), "end": one.end.astimezone(zone).isoformat()}

    return {
        **gaps_out(week, translate),
        "name": week.station.name,
        "timezone": str(zone),
        "opening_hours": week.station.opening_hours,
        "open": [span(one) for one in week.open],
        "shifts": [
            {"duty": str(duty.id), "day": day.isoformat(), "name": duty.name, **span(one)}
            for duty, day, one in week.shifts
        ],
        "duties": [duty_json(one) for one in duties],
    }
