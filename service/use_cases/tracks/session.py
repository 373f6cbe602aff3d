"""What of the ledger is made anew at once: a device, the days that share sessions, and its cleaned track."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from geo.track import CleanTrack
from layers.patrols import Patrol
from layers.stores import Stores


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """Days in a row that no recording of a device leaves, and its track on them.

    ``bounds`` are Unix seconds: the start of each day, and the end of the last. The source of a fix is the
    position of its patrol in ``patrols``.
    """

    stores: Stores
    device: str
    days: tuple[date, ...]
    bounds: tuple[float, ...]
    track: CleanTrack
    patrols: tuple[Patrol, ...]

    @property
    def end(self) -> date:
        """The last day."""
        return self.days[-1]


class Dated(Protocol):
    """Something that is there for a period of days."""

    @property
    def valid_from(self) -> date | None:
        """The first day, None for since ever."""

    @property
    def valid_to(self) -> date | None:
        """The first day no more, None for no end."""


def valid_on(one: Dated, day: date) -> bool:
    """Return whether something is there on a day."""
    begun = one.valid_from is None or one.valid_from <= day
    return begun and (one.valid_to is None or day < one.valid_to)
