"""Who helps in the demo county: volunteers all over it, a week of duties with one gap, and two requests."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from geo.crs import GEOD
from layers.help import HelpOffer, HelpRequest
from layers.rota import Duty
from layers.stations import Station
from layers.stores import Stores
from layers.volunteers import Volunteer
from service.access.demo import person_id
from service.demo.content import Content
from service.demo.identity import demo_id
from service.rules.hours import hours_of, open_spans
from service.rules.rota import DAYS, HOLIDAY, MINUTES, wall

VOLUNTEERS = 100
_SEED = 89
_BY = "demo"
_SKILLS = (("breakdown", "repair"), ("first-aid",), ("accompany", "charging"), ("breakdown", "first-aid"))
_SURNAMES = "白包陈丁范高郭韩金李林马孟牛宋孙王吴徐杨"
_LONGEST = 9 * 60
"""A duty in minutes, at most: longer hours are shared by several people."""


def load_helping(stores: Stores, content: Content, day: date) -> None:
    """Store the volunteers, the duties of every station but for one afternoon, and two requests for help."""
    at = datetime.combine(day, time(), UTC)
    volunteers = list(_volunteers(content, day, at))
    stores.volunteers.add(volunteers)
    zone = stores.districts.current().timezone
    free = iter(volunteers)
    stations = sorted(stores.stations.all(day), key=lambda one: one.code)
    duties = [
        duty
        for station in stations
        for duty in _duties(station, zone, day, at, free, last=station is stations[-1])
    ]
    for duty in duties:
        stores.rota.add(duty)
    for number, state in enumerate(("accepted", "done")):
        leaf = content.county.leaves[_leaves(content)[number]]
        _help(stores, volunteers[number], number, state, at - timedelta(hours=3 * number + 1), leaf.id)


def _leaves(content: Content) -> list[int]:
    """Return in which small grid each volunteer is."""
    rng = np.random.default_rng(_SEED)
    found: list[int] = rng.integers(len(content.county.leaves), size=VOLUNTEERS).tolist()
    return found


def _volunteers(content: Content, day: date, at: datetime) -> Iterator[Volunteer]:
    places = content.county.shapes.centre[_leaves(content)]
    for number, (lon, lat) in enumerate(np.round(places, 7).tolist()):
        windows: tuple[dict[str, object], ...] = (
            {"days": list(DAYS), "begin": "07:00", "end": "22:00"}
            if number % 3
            else {"days": list(DAYS[:5]), "begin": "17:00", "end": "23:00"},
        )
        yield Volunteer(
            id=demo_id("volunteer", number),
            code=f"V-{number:03}",
            name=f"{_SURNAMES[number % len(_SURNAMES)]}志愿{number + 1}号",
            # One has a login, so that being asked can be tried.
            person=person_id("worker") if number == 0 else None,
            lon=lon,
            lat=lat,
            reach_m=20_000.0,
            skills=_SKILLS[number % len(_SKILLS)],
            windows=windows,
            consented_on=day - timedelta(days=30),
            created_at=at,
            created_by=_BY,
        )


def _duties(
    station: Station, timezone: str, day: date, at: datetime, free: Iterator[Volunteer], *, last: bool
) -> Iterator[Duty]:
    """Yield duties that fill the hours of a station; of the last one an end of Wednesdays is missing."""
    for (begin, end), days in _hours(station, timezone, day).items():
        shares = -(-(end - begin) // _LONGEST)
        edges = [begin + (end - begin) * place // shares for place in range(shares + 1)]
        for place in range(shares):
            who = next(free)
            held = days - {DAYS[2]} if last and place == shares - 1 else days
            yield Duty(
                id=demo_id(f"duty-{station.code}", begin * 10 + place),
                station=station.code,
                name=who.name,
                volunteer=who.id,
                begin_minute=edges[place],
                end_minute=edges[place + 1],
                days=sum(1 << DAYS.index(one) for one in held),
                valid_from=day - timedelta(days=28),
                created_at=at,
                created_by=_BY,
            )


def _hours(station: Station, timezone: str, day: date) -> dict[tuple[int, int], set[str]]:
    """Return the hours of a station in minutes of the day, each with its weekdays, holidays with Sunday's."""
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    if station.opening_hours is None:
        return found
    zone = ZoneInfo(timezone)
    hours = hours_of(station.opening_hours, timezone, station.lon, station.lat)
    monday = day - timedelta(days=day.weekday())
    for place, weekday in enumerate(DAYS[:7]):
        first = monday + timedelta(days=place)
        begin, end = (wall(first, minute, zone) for minute in (0, MINUTES))
        for span in open_spans(hours, begin.astimezone(zone), end.astimezone(zone)):
            edges = (int((one - begin).total_seconds()) // 60 for one in (span.begin, span.end))
            since, until = edges
            found[since, until].add(weekday)
    for days in found.values():
        if DAYS[6] in days:
            days.add(HOLIDAY)
    return found


def _help(stores: Stores, who: Volunteer, number: int, state: str, at: datetime, unit: UUID) -> None:
    # Some paces from the middle of the grid, where the volunteer is.
    lon, lat = who.lon + 0.0005, who.lat
    request = HelpRequest(
        id=demo_id("help", number),
        kind=who.skills[0],
        note="车胎扎了" if number == 0 else "老人头晕",
        place="省道旁" if number == 0 else "村口",
        lon=lon,
        lat=lat,
        channel="web",
        asked_at=at,
        receipt=demo_id("receipt", number).bytes,
        state=state,
        settled_at=at + timedelta(minutes=50) if state == "done" else None,
        unit=unit,
    )
    stores.help.add(request)
    stores.help.offer(
        HelpOffer(
            id=demo_id("help-offer", number),
            request=request.id,
            place=1,
            name=who.name,
            volunteer=who.id,
            person=who.person,
            distance_m=float(GEOD.inv(who.lon, who.lat, lon, lat)[2]),
            way="straight",
            offered_at=at,
            expires_at=at + timedelta(minutes=5),
            state="accepted",
            answered_at=at + timedelta(minutes=2),
            answered_by=_BY,
        )
    )
