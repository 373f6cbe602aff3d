"""Loading the demo district, all in one transaction: an interrupted load leaves nothing behind.

Everything goes the way of real data: the partition is proven before it is published, incidents are assigned
by the rules for incidents, and recordings are uploaded as from the field, so the coverage ledger is computed
from what devices recorded and never typed in.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from geo.errors import N_
from layers.stores import Stores
from service.database import session_factory
from service.demo.clear import clear_district
from service.demo.content import Content, make_content
from service.demo.county import COUNTY_NAME
from service.demo.helping import load_helping
from service.demo.maintenance import load_maintenance
from service.demo.patrols import TIMEZONE
from service.demo.planning import load_plans
from service.demo.projects import load_projects
from service.demo.staffing import load_chain, load_staffing
from service.demo.state import (
    COUNTY_CODE,
    INCIDENTS,
    LAYER,
    PATROL_DAYS,
    SIZE,
    VERSION,
    DemoSize,
    DemoState,
    state_of,
)
from service.demo.steps import (
    load_border,
    load_gatherings,
    load_incidents,
    load_land,
    load_overlays,
    load_patrols,
    load_people,
    publish_county,
)
from service.demo.upkeep import load_upkeep

Progress = Callable[[str, float], None]
"""Told the name of each step as it begins, and the share of the whole that is done, 0 to 1."""

# Each step's name for people, and its part of the time a load of the default size takes.
_STEPS = (
    (N_("making up the county"), 0.1),
    (N_("proving and publishing the grids"), 0.2),
    (N_("laying the border and placing markers"), 0.13),
    (N_("appointing representatives"), 0.02),
    (N_("assigning incidents"), 0.25),
    (N_("replaying patrols"), 0.23),
    (N_("setting what is due"), 0.02),
    (N_("planning periods"), 0.02),
    (N_("staffing the grids"), 0.03),
)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was loaded: counts of each thing, the seconds of each step, and whether it was there before."""

    district: str
    counts: dict[str, int]
    seconds: dict[str, float]
    was_there: bool


def load_demo(
    engine: Engine,
    *,
    size: int = SIZE,
    today: date | None = None,
    progress: Progress | None = None,
    incidents: int = INCIDENTS,
    patrol_days: int = PATROL_DAYS,
) -> DemoSummary:
    """Load the demo district, or leave it as it is where the same one is there already.

    Another demo (an older generator's, of another size or day) is replaced as a whole.

    Parameters
    ----------
    engine
        A migrated database.
    size
        The number of small grids, up to 100,000.
    today
        The day after the last recorded one; today in the county, where none is given.
    progress
        Told of each step.
    incidents, patrol_days
        How many incidents in the year, and days of patrols.

    Raises
    ------
    AtlasMissing
        The atlas of the world is not installed.
    Conflict
        The demo's code belongs to a district that no demo made.
    """
    day = today or datetime.now(ZoneInfo(TIMEZONE)).date()
    wanted = DemoState(VERSION, DemoSize(size, incidents, patrol_days), day)
    clock = _Clock(progress)
    with session_factory(engine)() as session, session.begin():
        there = state_of(session)
        if there == wanted:
            return DemoSummary(COUNTY_CODE, _counts(Stores(session, COUNTY_CODE), day), {}, was_there=True)
        if there is not None:
            clear_district(session, COUNTY_CODE)
        with clock.step(0):
            content = make_content(wanted.size, day)
        stores = Stores(session, COUNTY_CODE)
        counts = _load(stores, content, wanted, clock)
    return DemoSummary(COUNTY_CODE, counts, clock.seconds, was_there=False)


class _Clock:
    """Times the steps and tells of their progress."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        name = _STEPS[number][0]
        if self._progress is not None:
            self._progress(name, sum(share for _, share in _STEPS[:number]))
        begun = monotonic()
        yield
        self.seconds[name] = monotonic() - begun


def _load(stores: Stores, content: Content, state: DemoState, clock: _Clock) -> dict[str, int]:
    note = json.dumps(
        {
            "demo": state.version,
            "small_grids": state.size.small_grids,
            "incidents": state.size.incidents,
            "patrol_days": state.size.patrol_days,
            "today": state.today.isoformat(),
        }
    )
    stores.districts.create(COUNTY_NAME.zh, name_en=COUNTY_NAME.en, timezone=TIMEZONE)
    with clock.step(1):
        publish_county(stores, content, note)
        load_overlays(stores, content)
    with clock.step(2):
        load_border(stores, content)
        load_land(stores, content)
    with clock.step(3):
        load_people(stores, content)
        load_gatherings(stores, content, state.today)
        load_helping(stores, content, state.today)
    with clock.step(4):
        load_incidents(stores, content, state.today)
    with clock.step(5):
        load_patrols(stores, content)
    with clock.step(6):
        load_maintenance(stores, content, state.today)
        load_upkeep(stores, content, state.today, state.size.patrol_days)
    with clock.step(7):
        load_plans(stores, content, state.today)
        load_projects(stores, content, state.today)
    with clock.step(8):
        load_chain(stores, content)
        load_staffing(stores)
    return _counts(stores, state.today)


def _counts(stores: Stores, day: date) -> dict[str, int]:
    """Return how much of each thing the district holds on a day."""
    release = stores.releases.latest(LAYER)
    levels = stores.layers.get(LAYER).level_names
    return {
        **dict(zip(levels, release.counts if release else (), strict=True)),
        "segments": len(stores.border.all(day)),
        "markers": len(stores.markers.all(day)),
        "lines": stores.lines.count(),
        "cover": stores.cover.count(),
        "dwellings": stores.dwellings.count(),
        "stations": len(stores.stations.all(day)),
        "volunteers": len(stores.volunteers.all()),
        "representatives": len(stores.representatives.all()),
    }
