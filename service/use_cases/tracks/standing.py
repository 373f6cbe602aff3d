"""The border, the markers and the ground cover of some days, read and made ready once for many uploads.

What is kept is known by a digest that changes whenever one of them does, and with what the caller
is shown of them.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any, Protocol

from geo.visits import CoverIndex
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
class Posts:
    """Places of markers."""

    places: tuple[MarkerPlace, ...]
    _days: dict[tuple[bool, ...], "Posts"] = field(default_factory=dict, repr=False)

    @cached_property
    def _always(self) -> tuple[date, date]:
        return always(self.places)

    def on(self, day: date) -> "Posts":
        """Return those that stand on a day; the same value for days on which they are the same."""
        if self._always[0] <= day < self._always[1]:
            return self
        standing = tuple(valid_on(one, day) for one in self.places)
        if all(standing):
            return self
        if standing not in self._days:
            kept = (one for one, stands in zip(self.places, standing, strict=True) if stands)
            self._days[standing] = Posts(tuple(kept))
        return self._days[standing]


_kept: OrderedDict[bytes, Any] = OrderedDict()
_guard = Lock()


def standing(stores: Stores, first: date, last: date) -> tuple[Border, Posts, CoverIndex | None]:
    """Return the border and the markers that are there on a day of [first, last), and the ground cover.

    Of the ground cover only what is known now is kept; None where there never was any.
    """
    stamps = stores.heads.ground(first, last)
    cover = None if stamps[2] is None else cover_of(stores, stamps[2])
    with _guard:
        border, posts = _kept.get(stamps[0]), _kept.get(stamps[1])
    if border is not None and posts is not None:
        return border, posts, cover
    border = border or Border.of(stores.border.during(first, last))
    posts = posts or Posts(stores.markers.places(first, last))
    # What was changed while it was read is not kept as what was there before.
    if stores.heads.ground(first, last) == stamps:
        with _guard:
            for stamp, value in zip(stamps[:2], (border, posts), strict=True):
                _kept[stamp] = value
                _kept.move_to_end(stamp)
            while len(_kept) > 2 * KEPT:
                _kept.popitem(last=False)
    return border, posts, cover
