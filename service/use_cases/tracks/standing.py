"""The border, markers, barriers and ground cover of some days, read and made ready once for many uploads.

What is kept is known by a digest that changes whenever one of them does, and with what the caller
is shown of them.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any, Generic, Protocol, Self, TypeVar

from geo.visits import CoverIndex
from layers.barriers import Barrier
from layers.border import BorderSegment
from layers.markers import MarkerPlace
from layers.stores import Stores
from service.indexes.day_units import cover_of

KEPT = 8


class Dated(Protocol):
    """Something that is there for a period of days."""

    @property
    def valid_from(self) -> date | None:
        """The first day, None for since ever."""

    @property
    def valid_to(self) -> date | None:
        """The first day no more, None for no end."""


D = TypeVar("D", bound=Dated)


def valid_on(one: Dated, day: date) -> bool:
    """Return whether something is there on a day."""
    begun = one.valid_from is None or one.valid_from <= day
    return begun and (one.valid_to is None or day < one.valid_to)


def always(several: Sequence[Dated]) -> tuple[date, date]:
    """Return the first day on which all of several things are there, and the first on which one is not."""
    begun = max((one.valid_from or date.min for one in several), default=date.min)
    return begun, min((one.valid_to or date.max for one in several), default=date.max)


@dataclass(frozen=True, eq=False)
class Border:
    """Segments with the line that is patrolled and the legal line of each as WKB."""

    segments: tuple[BorderSegment, ...]
    lines: tuple[bytes, ...]
    legal: tuple[bytes, ...]
    _days: dict[tuple[bool, ...], "Border"] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, segments: tuple[BorderSegment, ...]) -> "Border":
        """Return segments with their lines."""
        lines, legal = (one.line.wkb for one in segments), (one.geom.wkb for one in segments)
        return cls(segments, tuple(lines), tuple(legal))

    @cached_property
    def _always(self) -> tuple[date, date]:
        return always(self.segments)

    def on(self, day: date) -> "Border":
        """Return what is valid on a day; the same value for days on which it is the same."""
        if self._always[0] <= day < self._always[1]:
            return self
        valid = tuple(valid_on(one, day) for one in self.segments)
        if all(valid):
            return self
        if valid not in self._days:
            kept = [k for k, one in enumerate(valid) if one]
            self._days[valid] = Border(
                tuple(self.segments[k] for k in kept),
                tuple(self.lines[k] for k in kept),
                tuple(self.legal[k] for k in kept),
            )
        return self._days[valid]


@dataclass(frozen=True, eq=False)
class _Standing(Generic[D]):
    """Things that stand on some of several days."""

    several: tuple[D, ...]
    _days: dict[tuple[bool, ...], Self] = field(default_factory=dict, repr=False)

    @cached_property
    def _always(self) -> tuple[date, date]:
        return always(self.several)

    def on(self, day: date) -> Self:
        """Return those that stand on a day; the same value for days on which they are the same."""
        if self._always[0] <= day < self._always[1]:
            return self
        standing = tuple(valid_on(one, day) for one in self.several)
        if all(standing):
            return self
        if standing not in self._days:
            kept = (one for one, stands in zip(self.several, standing, strict=True) if stands)
            self._days[standing] = type(self)(tuple(kept))
        return self._days[standing]


class Posts(_Standing[MarkerPlace]):
    """Places of markers."""

    @property
    def places(self) -> tuple[MarkerPlace, ...]:
        """The places."""
        return self.several


class Walls(_Standing[Barrier]):
    """What nobody sees past."""

    @cached_property
    def lines(self) -> tuple[bytes, ...]:
        """The lines of it, as WKB."""
        return tuple(line for one in self.several for line in one.lines)


NO_WALLS = Walls(())

_kept: OrderedDict[bytes, Any] = OrderedDict()
_guard = Lock()


def standing(stores: Stores, first: date, last: date) -> tuple[Border, Posts, CoverIndex | None, Walls]:
    """Return the border and the markers that are there on a day of [first, last), and what is seen past.

    Of the ground cover only what is known now is kept; None where there never was any. Barriers are those of
    the days.
    """
    stamps = stores.heads.ground(first, last)
    cover = None if stamps[2] is None else cover_of(stores, stamps[2])
    border_stamp, posts_stamp, _, walls_stamp = stamps
    with _guard:
        border, posts = _kept.get(border_stamp), _kept.get(posts_stamp)
        walls = NO_WALLS if walls_stamp is None else _kept.get(walls_stamp)
    if border is not None and posts is not None and walls is not None:
        return border, posts, cover, walls
    border = border or Border.of(stores.border.during(first, last))
    posts = posts or Posts(stores.markers.places(first, last))
    walls = walls or Walls(stores.barriers.during(first, last))
    # What was changed while it was read is not kept as what was there before.
    if stores.heads.ground(first, last) == stamps:
        with _guard:
            for stamp, value in ((border_stamp, border), (posts_stamp, posts), (walls_stamp, walls)):
                if stamp is not None:
                    _kept[stamp] = value
                    _kept.move_to_end(stamp)
            while len(_kept) > 3 * KEPT:
                _kept.popitem(last=False)
    return border, posts, cover, walls
