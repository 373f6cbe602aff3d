"""What of the ledger is made anew at once: a device, the days that share sessions, and its cleaned track."""

from dataclasses import dataclass
from datetime import date

from geo.track import CleanTrack
from layers.coverage import Horizon
from layers.patrols import Patrol
from layers.stores import Stores
from service.use_cases.tracks.grounds import DayUnits
from service.use_cases.tracks.standing import Border, Posts


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Days in a row that no recording of a device leaves, and its track on them.

    ``bounds`` are Unix seconds: the start of each day, and the end of the last. The source of a fix is the
    position of its patrol in ``patrols``. ``border`` and ``posts`` are what is there
    on any of the days, ``units`` the units of each day, None where there are none.
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

    @property
    def end(self) -> date:
        """The last day."""
        return self.days[-1]
