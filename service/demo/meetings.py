"""Half a year of bench meetings, councils and visits in the demo county, and what came of them.

So many of each are made up in every demo: what was said, who came and what was asked for. What they come to
is counted from them, as of any other.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from layers.incident_tables import SETTLED
from layers.outreach_records import Action, Gathering, Opinion, Problem, Request
from layers.outreach_tables import DUTIES
from layers.stops import Stop
from service.demo.county import County
from service.demo.identity import demo_id
from service.demo.incidents import Report

GATHERINGS, VISITS = 16, 216
"""Meetings with councils among them, and visits."""
_SEED = 83
_DAYS = 175
_BY = "demo"
_SAID = (
    "路口晚上太黑",
    "冬天清雪太慢",
    "希望多来人走走",
    "办证要跑太远",
    "垃圾点离学校近",
    "草场围栏常被弄坏",
)
_SOLVED = (
    ("service", "养老金认证", "当场帮助办理"),
    ("dispute", "邻里占道", "当场调解"),
    ("lamp", "路灯不亮", "当天更换灯泡"),
)
_TOPICS = (
    ("垃圾收集点设在哪里", ("学校旁", "村南口"), "村南口"),
    ("冬季清雪怎么分工", ("按户分段", "集中组织"), "集中组织"),
)
_COUNCIL_TURNS = (1, 8)
_STILL_OPEN = 4
"""So many of the last meetings brought something that is still open."""
_ROOMS = ("老榆树下", "村部", "文化广场", "卫生室门前")


def make_gatherings(county: County, today: date, reports: Sequence[Report]) -> Iterator[Gathering]:
    """Yield meetings and visits of the half year before ``today``.

    Each meeting brought one of the reports that came in by meetings, as far as there are so many, the last
    ones one that is still open.
    """
    brought = _Brought(reports)
    rng = np.random.default_rng([_SEED, len(county.leaves)])
    total = GATHERINGS + VISITS
    leaf = rng.integers(len(county.leaves), size=total)
    back = np.sort(rng.integers(1, _DAYS, size=total))[::-1]
    for number in range(total):
        day = today - timedelta(days=int(back[number]))
        common: dict[str, Any] = {
            "id": demo_id("outreach", number),
            "at": datetime.combine(day, time(1 + number % 8), UTC),
            "place": _ROOMS[number % len(_ROOMS)],
            "lon": round(float(county.shapes.centre[leaf[number], 0]), 7),
            "lat": round(float(county.shapes.centre[leaf[number], 1]), 7),
            "unit": county.leaves[leaf[number]].id,
            "recorded_by": _BY,
            "recorded_at": datetime.combine(day, time(12), UTC),
            "digest": "demo",
        }
        # The few meetings lie among the many visits.
        turn, rest = divmod(number, total // GATHERINGS)
        if rest == 0 and turn < GATHERINGS:
            left = brought.take(common["at"], still_open=turn >= GATHERINGS - _STILL_OPEN)
            yield _meeting(common, number, turn, county, today, left)
        else:
            yield _visit(common, number, county)


class _Brought:
    """The reports that came in by meetings, each the problem of one meeting."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self._reports = reports
        self._left = {place for place, one in enumerate(reports) if one.channel == "meeting"}

    def take(self, at: datetime, *, still_open: bool) -> tuple[Problem, ...]:
        """Return the problem whose report came in nearest to a time, open or settled, while any is left."""
        fits = [one for one in self._left if (self._reports[one].status not in SETTLED) == still_open]
        if not fits:
            return ()
        place = min(fits, key=lambda one: (abs(self._reports[one].received_at - at), one))
        self._left.remove(place)
        report, number = self._reports[place], demo_id("incident", place)
        return (Problem(demo_id("heard", place), report.class_, report.title, None, number),)


def _meeting(
    common: dict[str, Any], number: int, turn: int, county: County, today: date, left: tuple[Problem, ...]
) -> Gathering:
    came = 9 + 7 * number % 23
    opinions = tuple(
        Opinion(demo_id("opinion", 10 * number + k), _SAID[(turn + k) % len(_SAID)])
        for k in range(1 + turn % 2)
    )
    problems = tuple(_solved(10 * number + k) for k in range(4 if turn == 0 else 1 + turn % 2))
    parts: dict[str, Any] = {
        "attendance": {"residents": came, "representatives": 2, "village": 1},
        "served": came,
        "opinions": opinions,
        "problems": problems + left,
        "requests": tuple(_requests(common, number, turn)),
    }
    if turn not in _COUNCIL_TURNS:
        return Gathering(kind="bench-meeting", **common, **parts)
    topic, options, decision = _TOPICS[_COUNCIL_TURNS.index(turn)]
    person = county.people[number % len(county.people)].id
    owners: Sequence[dict[str, Any]] = ({"unit": common["unit"]}, {"representative": person})
    actions = tuple(
        Action(demo_id("action", 10 * number + k), text, today + timedelta(days=14 * k - 7), **owners[k])
        for k, text in enumerate(("备好场地", "逐户告知"))
    )
    decided: dict[str, Any] = {"topic": topic, "options": options, "decision": decision, "actions": actions}
    return Gathering(kind="council", **common, **parts, **decided)


def _requests(common: dict[str, Any], number: int, turn: int) -> Iterator[Request]:
    if turn % 3 == 0:
        yield Request(demo_id("request", 10 * number), "patrol", common["unit"], "夜里多来走走")
    if turn % 4 == 0:
        yield Request(
            demo_id("request", 10 * number + 1), "service-stop", common["unit"], "希望流动服务车来一次"
        )


def _visit(common: dict[str, Any], number: int, county: County) -> Gathering:
    person = county.people[number * 7 % len(county.people)].id
    problems = (_solved(10 * number),) if number % 12 == 0 else ()
    duty = DUTIES[number % len(DUTIES)]
    known: dict[str, Any] = {"representative": person, "duty": duty, "served": 1 + number % 4}
    return Gathering(kind="visit", **common, **known, problems=problems)


def _solved(number: int) -> Problem:
    class_, title, solution = _SOLVED[number % len(_SOLVED)]
    return Problem(demo_id("problem", number), class_, title, solution, None)


def make_stops(county: County, today: date) -> Iterator[Stop]:
    """Yield stops of the mobile service on the days that follow."""
    rng = np.random.default_rng([_SEED, 2])
    for number, leaf in enumerate(rng.integers(len(county.leaves), size=5).tolist()):
        begins = datetime.combine(today + timedelta(days=1 + 3 * number), time(1), UTC)
        yield Stop(
            id=demo_id("stop", number),
            name="流动服务车",
            place=_ROOMS[number % len(_ROOMS)],
            lon=round(float(county.shapes.centre[leaf, 0]), 7),
            lat=round(float(county.shapes.centre[leaf, 1]), 7),
            unit=county.leaves[leaf].id,
            services=("证件办理", "医保咨询"),
            from_at=begins,
            to_at=begins + timedelta(hours=3),
            created_at=datetime.combine(today - timedelta(days=1), time(2), UTC),
            created_by=_BY,
        )
