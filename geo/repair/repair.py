"""Repair: dirty areas in, an exact partition and a list of every change out, within limits.

1. Rings that are not valid are read (``readings``).
2. Edges that do not cancel are noded exactly on the lattice; what cancels is not touched (``sheet``).
3. Each face that does not belong to exactly one unit is decided by rules within the limits (``verdicts``).
4. Units are summed up anew from their edges and the ground they gained or lost, and proven.

What is beyond the limits is left as it was and listed for a decision. No unit is ever lost silently.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.crs import geodesic_area
from geo.partition import Proof, dissolve, prove, prove_levels
from geo.partition.chains import Chains, Shapes, as_areas
from geo.partition.defects import DefectKind
from geo.partition.scene import to_plane
from geo.partition.validity import ring_defects
from geo.repair.changes import Change, ChangeKind, Remain, RemainKind
from geo.repair.engine import Round, one_round
from geo.repair.limits import Limits
from geo.repair.metres import in_metres, sizes
from geo.repair.readings import read_rings
from geo.repair.result import Repaired
from geo.repair.verdicts import Tell

_MOST_ROUNDS = 4


def repair(
    polygons: Sequence[Any] | Shapes,
    limits: Limits | None = None,
    *,
    frame: Geometry | None = None,
    parents: Sequence[Any] | Shapes | None = None,
    parent_of: npt.ArrayLike | None = None,
    enclaves: Sequence[tuple[float, float]] = (),
    tell: Tell | None = None,
) -> Repaired:
    """Make an exact partition of units, as far as the limits allow, and list every change.

    Parameters
    ----------
    polygons
        Units in lon, lat degrees on the lattice; rings may be invalid, and units None or empty.
    limits
        What may be changed without a decision.
    frame
        The valid area to be divided, on the lattice.
    parents, parent_of
        An exact partition that the units have to nest in, instead of a frame, and the position of each
        unit's parent, −1 for none.
    enclaves
        Points of ground that belongs to no unit on purpose.
    tell
        Called with a step, how much of it is done and how much there is.

    Raises
    ------
    InvalidGeometry
        A geometry is not an area, is off the lattice, or the frame is not valid.
    Unsettled
        Noding does not come to an end.
    """
    limits = limits or Limits()
    report = tell or _silent
    given = as_areas(polygons)
    defects = ring_defects(given, Chains.of(given))
    invalid = [defect.units[0] for defect in defects if defect.kind is DefectKind.INVALID]
    read, changes, firm = read_rings(given, invalid, limits)
    firm += [
        Remain(RemainKind.EMPTY, (int(k),), shapely.Polygon()) for k in np.flatnonzero(shapely.is_empty(read))
    ]
    twins = _twins(read)
    kept = np.arange(len(read), dtype=np.int64)
    if limits.duplicates == "first":
        changes += [_dropped(read, unit, first) for unit, first in twins.items() if unit != first]
        kept = np.array([k for k in kept.tolist() if twins.get(k, k) == k], dtype=np.int64)
        twins = {}
    tops = as_areas([frame] if frame is not None else parents if parents is not None else [])
    top_of = np.full(len(read), 0 if frame is not None else -1, dtype=np.int64)
    if frame is None and parent_of is not None:
        top_of = np.asarray(parent_of, dtype=np.int64)
    work = _Work(read[kept], tops, top_of[kept], limits, twins, list(enclaves), frame is not None, report)
    work.run()
    changes += [_renumbered(change, kept) for change in work.changes]
    remains = [replace(item, units=tuple(int(kept[unit]) for unit in item.units)) for item in work.remains]
    return Repaired(
        work.shapes,
        kept,
        read,
        tuple(changes),
        tuple(firm + remains),
        tuple(work.enclaves),
        work.tops,
        work.proof,
        limits,
    )


class _Work:
    """The rounds of one repair."""

    def __init__(
        self,
        shapes: Shapes,
        tops: Shapes,
        top_of: npt.NDArray[np.int64],
        limits: Limits,
        twins: dict[int, int],
        points: list[tuple[float, float]],
        one_frame: bool,
        tell: Tell,
    ) -> None:
        self.shapes, self.tops = shapes, tops
        self.changes: list[Change] = []
        self.remains: list[Remain] = []
        self.enclaves: list[Geometry] = []
        self.proof: Proof
        self._top_of, self._limits, self._twins = top_of, limits, twins
        self._points, self._one_frame, self._tell = points, one_frame, tell

    def run(self) -> None:
        """Repair until the units are exact or nothing changes any more."""
        origin = np.zeros(2, dtype=np.int64)
        areas = sizes(in_metres(to_plane(self.shapes, origin), origin))[0]
        for _ in range(_MOST_ROUNDS):
            done: Round = one_round(
                self.shapes,
                self.tops,
                self._top_of,
                self._limits,
                self._tell,
                areas_m2=areas,
                twins=self._twins,
                one_frame=self._one_frame,
                enclaves=self._points,
            )
            self.shapes, self.tops = done.shapes, done.tops
            self.changes += done.changes
            self.remains = done.remains
            # Ground cut out of a frame is no gap in the next round; without a frame it is one again.
            self.enclaves = self.enclaves + done.enclaves if len(self.tops) else done.enclaves
            self._prove()
            if self.proof.exact or not done.changes:
                break

    def _prove(self) -> None:
        """Prove the units as they are, against the frame or the parents."""
        self._tell("prove", 0, 1)
        if not len(self.tops):
            points = [*self._points, *_points_in(self.enclaves)]
            self.proof = prove(self.shapes, enclaves=points)
        elif self._one_frame:
            self.proof = prove(self.shapes, self.tops[0])
        else:
            whole = dissolve(self.tops, np.zeros(len(self.tops), dtype=np.int32))[0]
            proof = prove(self.shapes, whole)
            nested = prove_levels(self.shapes, self._top_of, self.tops) if proof.exact else []
            self.proof = replace(proof, exact=proof.exact and not nested, defects=(*proof.defects, *nested))
        self._tell("prove", 1, 1)


def _points_in(grounds: list[Geometry]) -> list[tuple[float, float]]:
    points = (ground.representative_point() for ground in grounds)
    return [(point.x, point.y) for point in points]


def _twins(shapes: Shapes) -> dict[int, int]:
    """Return for each unit that shares its exact ground with others the first of them."""
    full = np.flatnonzero(~shapely.is_empty(shapes))
    if not len(full):
        return {}
    # Only units of the same box can be the same.
    _, box, counts = np.unique(shapely.bounds(shapes[full]), axis=0, return_inverse=True, return_counts=True)
    alike = full[counts[box.ravel()] > 1]
    keys: dict[bytes, list[int]] = {}
    for k, key in zip(alike.tolist(), shapely.to_wkb(shapely.normalize(shapes[alike])), strict=True):
        keys.setdefault(key, []).append(k)
    return {unit: group[0] for group in keys.values() if len(group) > 1 for unit in group}


def _dropped(shapes: Shapes, unit: int, first: int) -> Change:
    """Return the change that drops a duplicate."""
    area = float(geodesic_area(shapes[unit]))
    return Change(ChangeKind.DUPLICATE, (), (unit,), (first,), shapes[unit], area, 0.0, 0.0, ())


def _renumbered(change: Change, kept: npt.NDArray[np.int64]) -> Change:
    """Return a change with the positions that its units have in the input."""
    gained, lost, held = (
        tuple(int(kept[unit]) for unit in units) for units in (change.gained, change.lost, change.kept)
    )
    effects = tuple((int(kept[unit]), double) for unit, double in change.effects)
    return replace(change, gained=gained, lost=lost, kept=held, effects=effects)


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
