"""Adjacency of units: which share an edge, and how many metres of it, read off their chains exactly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.crs import GEOD
from geo.errors import N_, InvalidGeometry
from geo.lattice import to_lonlat
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.chains import Chains, Shapes, matches

Floats = npt.NDArray[np.float64]


def adjacency(polygons: Sequence[Any] | Shapes) -> tuple[npt.NDArray[np.int32], Floats]:
    """Return every pair of units that share an edge, and the geodesic metres that they share.

    Two units share an edge where one has it in the one direction and the other in the other: nothing is
    measured to find it. Units that touch in single points only are no pair.

    Parameters
    ----------
    polygons
        Units of an exact partition, as for ``prove``.

    Returns
    -------
    int32 (k, 2), the positions of each pair, smaller first and in order; float64 (k,) metres.

    Raises
    ------
    InvalidGeometry
        Two units lie on the same side of an edge, so that they overlap; ``where["unit"]``.
    """
    chains = Chains.of(polygons)
    owners = chains.edge_units()
    first, net = matches(chains.tails, chains.heads)
    _refuse_overlap(chains, owners, net)
    second = np.flatnonzero(first != np.arange(len(first)))
    sides = np.sort(np.column_stack((owners[first[second]], owners[second])), axis=1)
    # A unit that touches itself along an edge is no pair; a valid one never does.
    pairs, of_edge = np.unique(sides, axis=0, return_inverse=True)
    lengths = edge_metres(chains.tails[second], chains.heads[second])
    metres: Floats = np.bincount(of_edge.ravel(), weights=lengths, minlength=len(pairs)).astype(np.float64)
    return pairs.astype(np.int32).reshape(-1, 2), metres


def edge_metres(tails: Integers, heads: Integers) -> Floats:
    """Return the geodesic length in metres of edges whose ends are packed lattice points.

    Each is measured from its smaller end, so that both directions have the same length to the last bit.
    """
    low, high = to_lonlat(unpack(np.minimum(tails, heads))), to_lonlat(unpack(np.maximum(tails, heads)))
    metres: Floats = np.asarray(GEOD.inv(low[:, 0], low[:, 1], high[:, 0], high[:, 1])[2], dtype=np.float64)
    return metres


def _refuse_overlap(chains: Chains, owners: npt.NDArray[np.int32], net: npt.NDArray[np.int32]) -> None:
    """Raise the refusal for the first edge that two units have in the same direction."""
    bad = np.flatnonzero(np.abs(net) > 1)
    if not len(bad):
        return
    lon, lat = to_lonlat(unpack(chains.tails[bad[:1]]))[0].tolist()
    unit = int(owners[bad[0]])
    raise InvalidGeometry(
        N_("Unit {unit} overlaps another: both lie on the same side of the edge at {lon}, {lat}."),
        mend=N_("Prove the partition and mend the defects it names; layers that may overlap are overlays."),
        where={"unit": unit, "lon": lon, "lat": lat},
        unit=unit,
        lon=lon,
        lat=lat,
    )
