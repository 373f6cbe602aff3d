"""What a plan's document tells, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shapely import Geometry

from geo.describe import Description, Marks
from geo.redraw import Change, State


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """What the maps are drawn from; ``lines`` are pairs of a kind and a line in lon, lat degrees."""

    before: State
    after: State
    change: Change
    lines: Sequence[tuple[str, Geometry]]
    marks: Marks


@dataclass(frozen=True, slots=True)
class Written:
    """A unit and its boundary."""

    code: str
    name: str
    description: Description


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """All that a document tells.

    ``plan`` is as ``GET /plans/{plan}`` shows it and ``impact`` as ``GET /plans/{plan}/impact``; ``upper``
    are code and name of upper units by id; ``lineage`` has rows of ``from``, ``to``, ``kind`` and shares;
    ``unwritten`` counts the units whose boundaries there was no room for.
    """

    district: str
    level: str
    plan: Mapping[str, Any]
    impact: Mapping[str, Any]
    upper: Mapping[str, tuple[str, str]]
    lineage: Sequence[Mapping[str, Any]]
    written: Sequence[Written]
    unwritten: int
    maps: Maps
    day: str
    made_at: str

    def above(self, side: Mapping[str, Any] | None) -> str:
        """Return code and name of the parent of one side of a unit of ``impact``."""
        if side is None or side["parent"] is None:
            return ""
        return " ".join(self.upper.get(side["parent"], ("", ""))).strip()

    def kinds(self, row: Mapping[str, Any]) -> list[str]:
        """Return what a change does to a unit of ``impact``: keys such as ``new``, ``boundary``, ``name``."""
        before, after = row["before"], row["after"]
        if before is None:
            return ["new"]
        if after is None:
            return ["ended"]
        unit = UUID(row["id"])
        old, new = self.maps.change.before[unit], self.maps.change.after[unit]
        same = old is None or new is None or old.area.equals_exact(new.area, 0.0, normalize=True)
        found = [] if same else ["boundary"]
        return found + [key for key in ("parent", "name", "code") if before[key] != after[key]]
