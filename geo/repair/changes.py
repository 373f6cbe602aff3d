"""What a repair did, and what it left to a decision: each with ground, size, units and words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import shapely
from shapely import Geometry

from geo.errors import N_


class ChangeKind(StrEnum):
    """Which defect a change mends."""

    GAP = "gap"
    OVERLAP = "overlap"
    HAIRLINE = "hairline"
    T_JUNCTION = "t_junction"
    INVALID = "invalid_ring"
    DUPLICATE = "duplicate"
    OUTSIDE_FRAME = "outside_frame"
    OUTSIDE_PARENT = "outside_parent"


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Ground that changed hands, or vertices that were inserted.

    ``gained`` and ``lost`` are positions of units; a unit that keeps ground is in neither. ``geometry`` is
    in lon, lat degrees; ``area_m2`` its size, ``width_m`` the mean and ``shift_m`` the largest width: how far
    an edge moved. ``effects`` are pairs of unit and gained (or lost) ground in half square steps, exact.
    ``kept`` are units that hold the ground from before; ``reason`` more words.
    """

    kind: ChangeKind
    gained: tuple[int, ...]
    lost: tuple[int, ...]
    kept: tuple[int, ...]
    geometry: Geometry
    area_m2: float
    width_m: float
    shift_m: float
    effects: tuple[tuple[int, int], ...]
    reason: str = ""

    def sentence(self, names: Sequence[str], translate: Callable[[str], str] = str) -> str:
        """Return what was changed, in words."""
        params = _params(self, names)
        return translate(_TEXTS[self.kind]).format(**params | {"reason": translate(self.reason)})


class RemainKind(StrEnum):
    """Why something was not repaired."""

    GAP = "gap"
    OVERLAP = "overlap"
    DUPLICATE = "duplicate"
    OUTSIDE_FRAME = "outside_frame"
    OUTSIDE_PARENT = "outside_parent"
    NO_NEIGHBOUR = "no_neighbour"
    SWALLOWED = "swallowed"
    EMPTY = "empty"
    RING = "invalid_ring"
    TWISTED = "twisted"


@dataclass(frozen=True, slots=True, eq=False)
class Remain:
    """What needs a decision: ground, its size and widest width, and the units concerned."""

    kind: RemainKind
    units: tuple[int, ...]
    geometry: Geometry
    area_m2: float = 0.0
    width_m: float = 0.0
    shift_m: float = 0.0
    reason: str = ""

    def sentence(self, names: Sequence[str], translate: Callable[[str], str] = str) -> str:
        """Return what was left as it is, why, and what would decide it."""
        what, mend = _REMAINS[self.kind]
        params = _params(self, names) | {"reason": translate(self.reason)}
        return f"{translate(what).format(**params)} {translate(mend).format(**params)}"


_TEXTS: dict[ChangeKind, str] = {
    ChangeKind.GAP: N_("{gained} got a gap of {area} m², up to {shift} m wide, at {lon}, {lat}."),
    ChangeKind.OVERLAP: N_(
        "{lost} lost ground of {area} m², up to {shift} m wide, at {lon}, {lat} that {kept} holds too."
    ),
    ChangeKind.HAIRLINE: N_("At {lon}, {lat} edges of {units} less than a step apart became one edge."),
    ChangeKind.T_JUNCTION: N_(
        "{units} got {reason} vertices of neighbours, near {lon}, {lat} and elsewhere."
    ),
    ChangeKind.INVALID: N_("{units} was made valid at {lon}, {lat}: {reason}"),
    ChangeKind.DUPLICATE: N_("{lost} was removed: it is the same area as {kept}."),
    ChangeKind.OUTSIDE_FRAME: N_(
        "{lost} lost {area} m², up to {shift} m wide, at {lon}, {lat} outside the frame."
    ),
    ChangeKind.OUTSIDE_PARENT: N_(
        "{lost} lost {area} m², up to {shift} m wide, at {lon}, {lat} outside its parent to {owner}."
    ),
}
RINGS_FILLED = N_("what its rings enclose is counted as its ground.")
RINGS_EVEN_ODD = N_("ground that its rings enclose twice is left out.")
RINGS_SAME = N_("its rings cross, touch or double themselves; its ground stays the same.")

_REMAINS: dict[RemainKind, tuple[str, str]] = {
    RemainKind.GAP: (
        N_("A gap of {area} m², up to {shift} m wide, at {lon}, {lat} between {units} is beyond the limits."),
        N_("Add the unit that is missing, raise the limits, or give --gaps fill."),
    ),
    RemainKind.OVERLAP: (
        N_("{units} overlap by {area} m², up to {shift} m wide, at {lon}, {lat}: beyond the limits."),
        N_("Redraw one, raise the limits, or give --overlap first, smaller, larger or longest-edge."),
    ),
    RemainKind.DUPLICATE: (
        N_("{units} are the same area of {area} m² at {lon}, {lat}."),
        N_("Remove one, or give --duplicates first to keep the first."),
    ),
    RemainKind.OUTSIDE_FRAME: (
        N_("{units} reach {area} m², up to {shift} m wide, out of the frame at {lon}, {lat}."),
        N_("Cut the unit at the frame, or raise the limits."),
    ),
    RemainKind.OUTSIDE_PARENT: (
        N_("{units} lie outside their parent by {area} m², up to {shift} m wide, at {lon}, {lat}."),
        N_("Correct the parent or the edge, or raise the limits."),
    ),
    RemainKind.NO_NEIGHBOUR: (
        N_("Ground of {area} m² at {lon}, {lat} has no neighbour of the same parent that could take it."),
        N_("Correct the parents of the units around it, or redraw them."),
    ),
    RemainKind.SWALLOWED: (
        N_("{units} would lose {reason} % of its ground, more than is allowed; what it shares was left."),
        N_("Decide which unit the ground belongs to, or raise --most-share."),
    ),
    RemainKind.EMPTY: (N_("{units} has no area."), N_("Draw it or remove it.")),
    RemainKind.RING: (
        N_("The rings of {units} run over themselves at {lon}, {lat}: {area} m² may be its ground or not."),
        N_("Redraw the ring, or give --rings filled or --rings even-odd."),
    ),
    RemainKind.TWISTED: (
        N_("{units} at {lon}, {lat} could not be rebuilt: {reason}"),
        N_("Redraw the units there."),
    ),
}
_NAMED = 6


def _params(item: Change | Remain, names: Sequence[str]) -> dict[str, str]:
    """Return the values of an item's sentence."""
    at = shapely.Point() if item.geometry.is_empty else item.geometry.representative_point()
    lon, lat = (0.0, 0.0) if at.is_empty else (at.x, at.y)
    params = {
        "area": readable(item.area_m2),
        "width": readable(item.width_m),
        "shift": readable(item.shift_m),
        "lon": f"{lon:.7f}",
        "lat": f"{lat:.7f}",
    }
    if isinstance(item, Remain):
        return {**params, "units": _listed(item.units, names)}
    return {
        **params,
        "units": _listed(tuple(dict.fromkeys((*item.gained, *item.lost, *item.kept))), names),
        "gained": _listed(item.gained, names),
        "lost": _listed(item.lost, names),
        "kept": _listed(item.kept, names),
        "owner": _listed(item.gained or item.kept, names),
    }


def _listed(units: Sequence[int], names: Sequence[str]) -> str:
    """Return units by name, the first few."""
    return ", ".join(names[unit] for unit in units[:_NAMED]) + (" …" if len(units) > _NAMED else "") or "–"


def readable(number: float) -> str:
    """Return a number with three significant digits at most, without an exponent."""
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.2f}" if abs(number) >= 0.01 else f"{number:.4f}"


def as_feature(
    item: Change | Remain, names: Sequence[str], translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """Return a change, or what remains, as a GeoJSON feature."""
    properties: dict[str, Any] = {"kind": item.kind.value}
    if isinstance(item, Remain):
        properties |= {"status": "remains", "units": [names[unit] for unit in item.units]}
    else:
        properties |= {
            "status": "changed",
            "gained": [names[unit] for unit in item.gained],
            "lost": [names[unit] for unit in item.lost],
            "kept": [names[unit] for unit in item.kept],
        }
    return {
        "type": "Feature",
        "geometry": None if item.geometry.is_empty else shapely.geometry.mapping(item.geometry),
        "properties": {
            **properties,
            "area_m2": round(item.area_m2, 4),
            "width_m": round(item.width_m, 4),
            "shift_m": round(item.shift_m, 4),
            "text": item.sentence(names, translate),
        },
    }
