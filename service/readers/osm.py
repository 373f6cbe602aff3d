"""Roads from OpenStreetMap files (.osm.pbf, .osm): ways cut at junctions into edges, access by their tags.

The file is read twice: its ways first, then the nodes that roads have. What of a way lies beyond the edge of
the extract is left out and counted.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import osmium
import shapely

from geo.crs import geodesic_length
from geo.errors import N_
from layers.roads import RoadTable
from service.errors import ContentTooLarge, InvalidInput, MalformedBody, UnsupportedFormat
from service.readers.osm_tags import barred_by, uses_of

SUFFIXES = (".pbf", ".osm", ".osm.gz", ".osm.bz2")
MOST_BYTES = 1 << 30
MOST_PLACES = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class RoadFile:
    """The roads of a file: the edges, of how many ways, and how many ways lacked nodes."""

    file: str
    table: RoadTable
    ways: int
    cut: int

    def to_json(self) -> dict[str, Any]:
        """Return the report of reading it."""
        feet, cars = (int(((self.table.uses & bits) > 0).sum()) for bits in (3, 12))
        return {
            "file": self.file,
            "source_layer": "ways",
            "crs": "EPSG:4326",
            "ways": self.ways,
            "ways_cut": self.cut,
            "edges": len(self.table),
            "edges_foot": feet,
            "edges_car": cars,
            "length_m": round(float(self.table.length_m.sum()), 3),
        }


@dataclass(frozen=True, slots=True)
class _Way:
    id: int
    uses: int
    name: str
    kind: str
    refs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    lon: float
    lat: float
    barred: int


def read_roads(path: Path) -> RoadFile:
    """Read the roads of a file.

    Raises
    ------
    InvalidInput
        There is no such file, or no road in it.
    UnsupportedFormat, MalformedBody, ContentTooLarge
        It is of another format, damaged, or too large.
    """
    _check(path)
    try:
        ways = list(_ways(path))
        seen = Counter(ref for way in ways for ref in way.refs)
        nodes = _nodes(path, seen)
    except (RuntimeError, UnicodeDecodeError) as error:
        raise MalformedBody(
            N_("{file} cannot be read as OpenStreetMap data."),
            mend=N_("Is it damaged, or another format than its suffix says?"),
            where={"file": path.name},
            file=path.name,
        ) from error
    junctions = {ref for ref, count in seen.items() if count > 1}
    junctions |= {ref for ref, node in nodes.items() if node.barred}
    rows = [row for way in ways for row in _edges(way, nodes, junctions)]
    if not rows:
        raise InvalidInput(
            N_("{file} has no road that anybody may use."),
            mend=N_("Give an extract with ways that have the tag highway, and with their nodes."),
            where={"file": path.name},
            file=path.name,
        )
    cut = sum(any(ref not in nodes for ref in way.refs) for way in ways)
    return RoadFile(path.name, RoadTable.of_rows(rows), len(ways), cut)


def _check(path: Path) -> None:
    if not path.is_file():
        raise InvalidInput(
            N_("There is no file {file}."),
            mend=N_("Check the path."),
            where={"file": str(path)},
            file=path,
        )
    if not path.name.lower().endswith(SUFFIXES):
        raise UnsupportedFormat(
            N_("{file} is no OpenStreetMap file by its name."),
            mend=N_("Give one of: {known}."),
            where={"file": path.name},
            file=path.name,
            known=", ".join(SUFFIXES),
        )
    if path.stat().st_size > MOST_BYTES:
        raise _too_large(path)


def _too_large(path: Path) -> ContentTooLarge:
    return ContentTooLarge(
        N_("{file} is more than the roads of a district."),
        mend=N_("Cut it to the district, such as with osmium extract."),
        where={"file": path.name},
        file=path.name,
    )


def _ways(path: Path) -> Iterator[_Way]:
    """Yield the ways that are roads for somebody."""
    places = 0
    reader = osmium.FileProcessor(path, osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway"))
    for found in reader:
        way = cast("osmium.osm.Way", found)
        tags = {tag.k: tag.v for tag in way.tags}
        uses = uses_of(tags)
        if not uses:
            continue
        refs = tuple(node.ref for node in way.nodes)
        places += len(refs)
        if places > MOST_PLACES:
            raise _too_large(path)
        yield _Way(way.id, uses, tags.get("name", ""), tags["highway"], refs)


def _nodes(path: Path, wanted: Counter[int]) -> dict[int, _Node]:
    """Return the nodes of the roads that the file has."""
    if not wanted:
        return {}
    found = {}
    reader = osmium.FileProcessor(path, osmium.osm.NODE).with_filter(osmium.filter.IdFilter(list(wanted)))
    for one in reader:
        node = cast("osmium.osm.Node", one)
        if node.location.valid():
            barred = barred_by({tag.k: tag.v for tag in node.tags}) if len(node.tags) else 0
            found[node.id] = _Node(node.location.lon, node.location.lat, barred)
    return found


def _edges(way: _Way, nodes: dict[int, _Node], junctions: set[int]) -> Iterator[tuple[Any, ...]]:
    """Yield the edges of a way: from junction to junction, none across a node that is not there."""
    part, run = 0, list[int]()
    for ref in (*way.refs, None):
        if ref is not None and ref in nodes:
            run.append(ref)
        if ref is None or ref not in nodes or (ref in junctions and len(run) > 1):
            line = (
                shapely.LineString([(nodes[one].lon, nodes[one].lat) for one in run])
                if len(run) > 1
                else None
            )
            length = 0.0 if line is None else geodesic_length(line)
            if length > 0.0:
                barred = nodes[run[0]].barred | nodes[run[-1]].barred << 2
                yield (way.id, part, way.name, way.kind, run[0], run[-1], length, way.uses, barred, line)
                part += 1
            run = [ref] if ref is not None and ref in nodes else []
