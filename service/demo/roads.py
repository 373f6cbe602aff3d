"""The demo's roads as OpenStreetMap data: written as a file and read as any other is."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import osmium
import shapely
from numpy.typing import NDArray
from osmium.osm.mutable import Node, Way

from layers.line_features import LineFeature
from layers.markers import Marker

_KINDS = {"road": "secondary", "track": "unclassified"}


def write_roads(path: Path, lines: Sequence[LineFeature], stations: Sequence[Marker]) -> None:
    """Write roads and tracks, and a service road from each station to the nearest place of them.

    Lines meet where they have a vertex in common. The suffix of the path says which format it is.
    """
    roads = [one for one in lines if one.kind in _KINDS]
    courses = [shapely.get_coordinates(one.line) for one in roads]
    tags = [{"highway": _KINDS[one.kind], "name": one.name} for one in roads]
    if courses:
        vertices = np.unique(np.concatenate(courses), axis=0)
        tree = shapely.STRtree(shapely.points(vertices))
        for station in stations:
            place = vertices[tree.nearest(shapely.Point(station.lon, station.lat))]
            courses.append(np.array([(station.lon, station.lat), place]))
            tags.append({"highway": "service", "name": f"{station.name}路"})
    places = np.unique(np.concatenate(courses), axis=0) if courses else np.empty((0, 2))
    with osmium.SimpleWriter(path) as writer:
        for number, (lon, lat) in enumerate(places.tolist(), start=1):
            writer.add_node(Node(id=number, location=(lon, lat), version=1))
        for number, nodes in enumerate(_numbered(places, courses), start=1):
            writer.add_way(Way(id=number, nodes=nodes, tags=tags[number - 1], version=1))


def _numbered(places: NDArray[np.float64], courses: Sequence[NDArray[np.float64]]) -> Iterator[list[int]]:
    numbers = {place: number for number, place in enumerate(map(tuple, places.tolist()), start=1)}
    for course in courses:
        yield [numbers[place] for place in map(tuple, course.tolist())]
