"""What of the ledger is made anew at once: a device, the days that share sessions, and its cleaned track."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from geo.geocentric import Floats
from geo.track import CleanTrack
from geo.visits import CoverIndex, Ground, sight_along
from layers.coverage import Horizon
from layers.patrols import Patrol
from layers.stores import Stores
from service.indexes.day_units import DayUnits
from service.use_cases.tracks.grounds import within_district
from service.use_cases.tracks.standing import NO_WALLS, Border, Posts, Walls


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Days in a row that are computed together, and the track of a device on and around them.

    ``bounds`` are Unix seconds: the start of each day, and the end of the last; the track may begin before
    and end after them. The source of a fix is the position of its patrol in ``patrols``. ``border`` and
    ``posts`` are what is there on any of the days, and ``walls`` what nobody sees past, ``units`` the units
    of each day, None where there are none, ``cover`` the ground cover, None where there never was any.
    """

    stores: Stores
    device: str
    days: tuple[date, ...]
    bounds: tuple[float, ...]
    track: CleanTrack
    patrols: tuple[Patrol, ...]
    horizon: Horizon
    border: Border
    posts: Posts
    units: tuple[DayUnits | None, ...]
    cover: CoverIndex | None = None
    walls: Walls = NO_WALLS
    _sights: dict[UUID | None, Floats] = field(default_factory=dict, repr=False)

    def sight(self, units: DayUnits | None) -> Floats:
        """Return how many metres are in sight on the step from each waypoint to the next, (k,).

        From outside of all units, where there are any, nothing is seen: it may be another's ground.
        """
        release = None if units is None else units.release
        if release not in self._sights:
            way = self.track.way()
            ground = Ground.OPEN if self.cover is None else self.cover.ground(way.lon, way.lat)
            here = None if units is None else within_district(self.track, units)
            self._sights[release] = sight_along(self.track, way, ground, here)
        return self._sights[release]

    @property
    def end(self) -> date:
        """The last day."""
        return self.days[-1]
