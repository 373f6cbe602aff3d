"""Chains: polygons as signed multisets of directed lattice edges, interior on the left.

Units partition their frame exactly if, and only if, each unit is a valid polygon and the signed edges of all
units sum to the frame's. What does not cancel *is* the error, edge by edge.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_, InvalidGeometry
from geo.lattice import SCALE, to_lattice
from geo.partition.chain_kernels import (
    Integers,
    cancel,
    orient_rings,
    pack,
    ring_heads,
    round_degrees,
    simple_rings,
)

Shapes = npt.NDArray[Any]

_SMALL = 20_000
_NO_GROUPS = np.empty(0, dtype=np.int32)
_NOTHING = shapely.Polygon()


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Directed edges that remain of a sum of chains.

    ``tails`` and ``heads`` are packed lattice points, int64 (n,); an edge that remains twice is there twice.
    ``groups`` is the group each belongs to.
    """

    tails: Integers
    heads: Integers
    groups: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.tails)


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """The rings of polygons in columns, oriented, without repeated vertices.

    ``xy`` int64 (n, 2) lattice vertices; ``starts`` int64 (r + 1,) of the rings; ``ring_units`` int32 (r,)
    the polygon each belongs to; ``sound`` int8 (r,) 0 for a ring without area; ``tails``, ``heads`` int64
    (n,) the packed ends of the edge that leaves each vertex; ``units`` how many polygons.
    """

    xy: Integers
    starts: Integers
    ring_units: npt.NDArray[np.int32]
    sound: npt.NDArray[np.int8]
    tails: Integers
    heads: Integers
    units: int

    @classmethod
    def of(cls, polygons: Sequence[Any] | Shapes) -> "Chains":
        """Return the chains of polygons and multipolygons whose coordinates are lattice values in degrees.

        ``None`` and empty polygons have no edges.

        Raises
        ------
        InvalidGeometry
            A geometry is not an area, or a coordinate is not on the lattice; ``where["unit"]`` is its
            position.
        """
        shapes = as_areas(polygons)
        if not len(shapes):
            none = np.empty(0, dtype=np.int64)
            return cls(
                np.empty((0, 2), dtype=np.int64),
                np.zeros(1, dtype=np.int64),
                none.astype(np.int32),
                none.astype(np.int8),
                none,
                none,
                0,
            )
        _, degrees, offsets = shapely.to_ragged_array(shapes, include_z=False, include_m=False)
        xy = np.empty(degrees.shape, dtype=np.int64)
        if not round_degrees(degrees, xy):
            # Which it is matters only once refused: off the globe, or off the lattice.
            xy = to_lattice(degrees)
            _refuse_off_lattice(shapes, bool_rows=(xy / SCALE == degrees).all(axis=1))
        ring_starts = np.ascontiguousarray(offsets[0], dtype=np.int64)
        part_starts = np.asarray(offsets[1], dtype=np.int64)
        rings = len(ring_starts) - 1
        holes = np.ones(rings, dtype=np.bool_)
        # The first ring of a part is its shell; an empty part has none.
        holes[part_starts[:-1][np.diff(part_starts) > 0]] = False
        unit_starts = (
            part_starts if len(offsets) == 2 else part_starts[np.asarray(offsets[2], dtype=np.int64)]
        )
        ring_units = np.repeat(np.arange(len(shapes), dtype=np.int32), np.diff(unit_starts))
        oriented, starts, sound = orient_rings(xy, ring_starts, holes)
        tails = pack(oriented)
        return cls(oriented, starts, ring_units, sound, tails, ring_heads(tails, starts), len(shapes))

    def edge_units(self) -> npt.NDArray[np.int32]:
        """Return the polygon that each edge belongs to, int32 (n,)."""
        return np.repeat(self.ring_units, np.diff(self.starts))

    def remainder(self) -> Edges:
        """Return the edges that remain of the sum of all chains, each in its direction."""
        return add_up(self.tails, self.heads)

    def surely_valid(self) -> npt.NDArray[np.bool_]:
        """Return for each polygon, (units,), whether it is one simple ring, hence valid, decided exactly."""
        simple = np.zeros(len(self.sound), dtype=np.int8)
        rings = len(self.sound)
        middle = int(np.searchsorted(self.starts, len(self.xy) // 2)) if len(self.xy) > _SMALL else rings
        bounds = [(0, min(middle, rings)), (min(middle, rings), rings)]
        _both(lambda share: simple_rings(self.xy, self.starts, *bounds[share], simple), len(self.xy))
        count = np.bincount(self.ring_units, minlength=self.units)
        good = np.bincount(self.ring_units, weights=simple & self.sound, minlength=self.units)
        valid: npt.NDArray[np.bool_] = (count == 1) & (good == 1)
        return valid


def add_up(tails: Integers, heads: Integers, groups: npt.NDArray[np.int32] = _NO_GROUPS) -> Edges:
    """Return what remains of directed edges, summed within their groups (one group where none are given)."""
    _first, net = matches(tails, heads, groups)
    left = np.flatnonzero(net)
    count = net[left]
    forward = count > 0
    times = np.abs(count)
    group = groups[left] if len(groups) else np.zeros(len(left), dtype=np.int32)
    return Edges(
        np.repeat(np.where(forward, tails[left], heads[left]), times),
        np.repeat(np.where(forward, heads[left], tails[left]), times),
        np.repeat(group, times),
    )


def matches(
    tails: Integers, heads: Integers, groups: npt.NDArray[np.int32] = _NO_GROUPS
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return for each edge the first of its kind, and for each first the signed sum of its kind."""
    first = np.empty(len(tails), dtype=np.int32)
    net = np.zeros(len(tails), dtype=np.int32)
    shares = 2 if len(tails) > _SMALL else 1
    _both(lambda share: cancel(tails, heads, groups, share, shares, first, net), len(tails))
    return first, net


def as_areas(polygons: Sequence[Any] | Shapes) -> Shapes:
    """Return polygons and multipolygons as an array, ``None`` as empty polygons, or refuse another type."""
    shapes = np.empty(len(polygons), dtype=object)
    shapes[:] = polygons
    kinds = shapely.get_type_id(shapes)
    shapes[kinds == -1] = _NOTHING
    wrong = np.flatnonzero((kinds != -1) & (kinds != 3) & (kinds != 6))
    if len(wrong):
        raise InvalidGeometry(
            N_("Unit {unit} is a {kind}, not an area."),
            mend=N_("Give polygons or multipolygons only."),
            where={"unit": int(wrong[0])},
            unit=int(wrong[0]),
            kind=shapes[wrong[0]].geom_type,
        )
    return shapes


def _both(work: Any, size: int) -> None:
    """Call ``work`` with share 0 and 1, at the same time where that is worth a thread."""
    if size <= _SMALL:
        work(0)
        return
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


def _refuse_off_lattice(shapes: Shapes, *, bool_rows: npt.NDArray[np.bool_]) -> None:
    """Raise the refusal for the first coordinate that is not a lattice value."""
    owner = np.repeat(np.arange(len(shapes)), shapely.get_num_coordinates(shapes))
    unit = int(owner[np.argmin(bool_rows)])
    raise InvalidGeometry(
        N_("Unit {unit} has coordinates that are not multiples of 1e-7 degrees."),
        mend=N_("Quantise the areas first."),
        where={"unit": unit},
        unit=unit,
    )
