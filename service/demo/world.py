"""Real land borders from the npm package ``world-atlas`` (Natural Earth 10m, public domain), in TopoJSON.

Only what the demo needs is read: the arcs that the outlines of two countries share. A TopoJSON arc is a
list of integer steps; the transform turns their running sums into degrees (TopoJSON 1.0, section 2.1).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import N_
from service.errors import ServiceError

ATLAS = Path(__file__).parents[2] / "maps" / "web" / "node_modules" / "world-atlas" / "countries-10m.json"


class AtlasMissing(ServiceError):
    """The world atlas is not installed or does not hold the border asked for."""

    code = "demo-atlas-missing"


def shared_border(first: str, second: str, atlas: Path = ATLAS) -> NDArray[np.float64]:
    """Return the longest arc two countries share, as lon, lat degrees (n, 2).

    Parameters
    ----------
    first, second
        Numeric ISO 3166-1 codes, as the atlas has them: "156", "496".
    atlas
        The TopoJSON file.

    Raises
    ------
    AtlasMissing
        The file is not there or not readable, or the countries share no border in it.
    """
    try:
        topology = json.loads(atlas.read_text(encoding="utf-8"))
        countries = {one.get("id"): one for one in topology["objects"]["countries"]["geometries"]}
        common = set(_arc_indexes(countries[first]["arcs"])) & set(_arc_indexes(countries[second]["arcs"]))
        arcs = [_decoded(topology, index) for index in sorted(common)]
        return max(arcs, key=len)
    except (OSError, ValueError, KeyError) as error:
        raise AtlasMissing(
            N_("The borders of the world are not in {file}."),
            mend=N_("Run ./wardline demo, which installs the map assets, or npm ci in maps/web."),
            where={"file": atlas.name},
            file=atlas.name,
        ) from error


def _arc_indexes(arcs: list[Any]) -> Iterator[int]:
    """Give the arcs of nested rings; an arc walked backwards is written as its complement."""
    for one in arcs:
        if isinstance(one, list):
            yield from _arc_indexes(one)
        else:
            yield one if one >= 0 else ~one


def _decoded(topology: dict[str, Any], index: int) -> NDArray[np.float64]:
    steps = np.array(topology["arcs"][index], dtype=np.int64)
    transform = topology["transform"]
    degrees: NDArray[np.float64] = np.cumsum(steps, axis=0) * transform["scale"] + transform["translate"]
    return degrees
