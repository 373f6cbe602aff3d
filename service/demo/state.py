"""Which demo a database holds. Kept apart from what makes one, so that serving it again starts quickly."""

import json
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import N_
from layers import districts
from layers.errors import Conflict
from layers.stores import Stores
from service.database import session_factory

COUNTY_CODE = "159901"
LAYER = "grids"
# The counts of the county that the demo is modelled on (``geo.synthetic.REAL_COUNTS``).
SIZE = 2_924
INCIDENTS = 20_000
PATROL_DAYS = 30
# Raised whenever the same arguments give another content, so that an older demo is loaded anew.
VERSION = 13


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How much to make: small grids, incidents in the year, and days of patrols."""

    small_grids: int = SIZE
    incidents: int = INCIDENTS
    patrol_days: int = PATROL_DAYS


@dataclass(frozen=True, slots=True)
class DemoState:
    """Which demo a database holds: the generator's version, its size and the day it was made for."""

    version: int
    size: DemoSize
    today: date

    @property
    def current(self) -> bool:
        """Whether this generator would make the same, but for the day."""
        return self.version == VERSION


def demo_state(engine: Engine) -> DemoState | None:
    """Return which demo the database holds, None where it holds none.

    There are no half-loaded demos: a load is one transaction.

    Raises
    ------
    Conflict
        The demo's code belongs to a district that no demo made.
    """
    with session_factory(engine)() as session:
        return state_of(session)


def state_of(session: Session) -> DemoState | None:
    """Read which demo a database holds from the note of its first release."""
    if COUNTY_CODE not in {one.code for one in districts.every(session)}:
        return None
    releases = Stores(session, COUNTY_CODE).releases.all(LAYER)
    note = min(releases, key=lambda one: one.number).note if releases else ""
    try:
        said = json.loads(note)
        size = DemoSize(said["small_grids"], said["incidents"], said["patrol_days"])
        return DemoState(said["demo"], size, date.fromisoformat(said["today"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Conflict(
            N_("District {district} is there, but no demo made it."),
            mend=N_("Use another database for the demo, or another code for your district."),
            where={"district": COUNTY_CODE},
            district=COUNTY_CODE,
        ) from error
