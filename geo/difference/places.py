"""The vertices of areas as packed lattice points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.lattice import to_lattice
from geo.partition.chain_kernels import Integers, pack

Shapes = npt.NDArray[Any]


def places_of(areas: Sequence[Any] | Shapes) -> Integers:
    """Return the different vertices of areas in lon, lat degrees, packed, in order."""
    degrees = shapely.get_coordinates(np.asarray(areas, dtype=object))
    places = np.sort(pack(to_lattice(degrees)))
    # Sorting millions of them is several times faster than numpy's own search for unique ones.
    first = np.ones(len(places), dtype=np.bool_)
    first[1:] = places[1:] != places[:-1]
    return places[first]


def unknown_places(areas: Sequence[Any] | Shapes, known: Integers) -> Integers:
    """Return the vertices of areas that are none of the known ones (in order), packed."""
    places = places_of(areas)
    return places[~among(places, known)]


def among(places: Integers, known: Integers) -> npt.NDArray[np.bool_]:
    """Tell for each packed place whether it is one of the known ones, which are in order."""
    if not len(known):
        return np.zeros(len(places), dtype=np.bool_)
    at = np.minimum(np.searchsorted(known, places), len(known) - 1)
    found: npt.NDArray[np.bool_] = known[at] == places
    return found
