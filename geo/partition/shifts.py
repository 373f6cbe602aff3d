"""Outlines kept up with their leaves: a sum of chains changed by what joined and left, not summed anew."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely import Geometry

from geo.errors import N_, InvalidGeometry
from geo.partition.chains import Chains, add_up, as_areas
from geo.partition.rings import assemble


def shift(outline: Geometry | None, left: Sequence[Any], joined: Sequence[Any]) -> Geometry:
    """Return the outline of a unit after leaves left it and others joined it: the chain sum of all of them.

    The cost is that of the outline and of these leaves, however many others there are.

    Parameters
    ----------
    outline
        The chain sum of the leaves before, in lon, lat degrees on the lattice; None where there were none.
    left, joined
        The areas of the leaves that are no longer in it, and of those that are new in it; a leaf whose area
        changed is in both, as it was and as it is. Likewise on the lattice.

    Returns
    -------
    The new outline; an empty polygon where no leaf is left.

    Raises
    ------
    InvalidGeometry
        What left was not in it, or what joined covers its ground: the sum bounds no area.
    """
    before = [] if outline is None else [outline]
    shapes = as_areas([*before, *joined, *left])
    chains = Chains.of(shapes)
    # What left counts the other way round.
    reversed_ = chains.edge_units() >= len(before) + len(joined)
    tails = np.where(reversed_, chains.heads, chains.tails)
    heads = np.where(reversed_, chains.tails, chains.heads)
    rest = add_up(tails, heads)
    order = np.lexsort((rest.heads, rest.tails))
    twice = (np.diff(rest.tails[order]) == 0) & (np.diff(rest.heads[order]) == 0)
    if twice.any():
        raise InvalidGeometry(
            N_("The leaves of a unit cover the same ground."),
            mend=N_("Prove that the units are an exact partition first."),
        )
    return assemble(rest, 1)[0] if len(rest) else shapely.Polygon()
