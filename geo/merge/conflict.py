"""Conflicts: where two changes cannot both hold, edge by edge and attribute by attribute."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import shapely
from shapely import Geometry

from geo.lattice import SCALE
from geo.redraw import Change, RedrawRefused, UnitState

Kind = Literal["edges", "attribute", "ended", "refused"]
Edge = tuple[int, int, int, int]
Feature = dict[str, Any]

ATTRIBUTES = ("code", "name", "parent")


@dataclass(frozen=True, slots=True)
class Place:
    """One place where two changes collide.

    ``kind`` is ``edges`` where both took away the same edges and put others there, ``attribute`` where both
    gave a unit another ``attribute``, ``ended`` where one redrew a unit that the other ended, ``refused``
    where both together would be no partition. ``base``, ``theirs`` and ``mine`` are the lines or areas in
    lon, lat degrees, empty where there are none; ``values`` those of an attribute, in this order. ``refusal``
    says what the proof refused.
    """

    kind: Kind
    units: tuple[UUID, ...]
    base: Geometry
    theirs: Geometry
    mine: Geometry
    attribute: str | None = None
    values: tuple[Any, Any, Any] = (None, None, None)
    refusal: RedrawRefused | None = field(default=None, compare=False)

    def features(self) -> list[Feature]:
        """Return what a map draws of it: GeoJSON features with the roles base, theirs and mine."""
        about = {"kind": self.kind, "units": [str(unit) for unit in self.units], "attribute": self.attribute}
        told = zip(("base", "theirs", "mine"), (self.base, self.theirs, self.mine), self.values, strict=True)
        drawn = [
            {
                "type": "Feature",
                "geometry": None if shape.is_empty else shapely.geometry.mapping(shape),
                "properties": {"role": role, "value": None if value is None else str(value), **about},
            }
            for role, shape, value in told
            if not shape.is_empty or value is not None
        ]
        return drawn + list(self.refusal.features if self.refusal else ())


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two changes that cannot be put together, and every place that we know of where they collide."""

    places: tuple[Place, ...]

    def features(self) -> list[Feature]:
        """Return what a map draws of all places; ``place`` numbers them from 0."""
        return [
            {**one, "properties": {**one["properties"], "place": number}}
            for number, place in enumerate(self.places)
            for one in place.features()
        ]


def attribute_places(theirs: Change, mine: Change) -> Iterator[Place]:
    """Yield the attributes that both changed, each to another value."""
    for unit in sorted(theirs.units & mine.units):
        base, their, my = mine.before.get(unit), theirs.after.get(unit), mine.after.get(unit)
        if base is None or their is None or my is None:
            continue
        for name in ATTRIBUTES:
            values = (getattr(base, name), getattr(their, name), getattr(my, name))
            if values[1] != values[0] != values[2] and values[1] != values[2]:
                yield Place("attribute", (unit,), base.area, their.area, my.area, name, values)


def ended_places(theirs: Change, mine: Change) -> Iterator[Place]:
    """Yield the units that one ended and the other redrew or ended otherwise."""
    nothing = shapely.Polygon()
    for unit in sorted(theirs.units & mine.units):
        base, their, my = mine.before.get(unit), theirs.after.get(unit), mine.after.get(unit)
        if base is not None and (their is None or my is None):
            yield Place("ended", (unit,), base.area, _area(their, nothing), _area(my, nothing))


def edge_places(theirs: Change, mine: Change) -> list[Place]:
    """Return the places where both took away the same boundary edges and put others there."""
    their_removed, their_added, owners = _edges(theirs)
    my_removed, my_added, mine_too = _edges(mine)
    common = their_removed & my_removed
    # What both did alike is no conflict.
    if not common or (their_added == my_added and their_removed == my_removed):
        return []
    for edge, units in mine_too.items():
        owners.setdefault(edge, set()).update(units)
    layers = (their_removed | my_removed, their_added, my_added)
    found = []
    for nodes in _components([edge for layer in layers for edge in layer]):
        parts = [{edge for edge in layer if edge[:2] in nodes} for layer in layers]
        if parts[0] & common and parts[1] != parts[2]:
            touched = {unit for part in parts for edge in part for unit in owners[edge]}
            found.append(Place("edges", tuple(sorted(touched)), *(_lines(part) for part in parts)))
    return found


def _area(unit: UnitState | None, nothing: Geometry) -> Geometry:
    return nothing if unit is None else unit.area


def _edges(change: Change) -> tuple[set[Edge], set[Edge], dict[Edge, set[UUID]]]:
    """Return the undirected edges that a change took away and put there, and the units of each."""
    removed: set[Edge] = set()
    added: set[Edge] = set()
    owners: dict[Edge, set[UUID]] = {}
    for unit in change.units:
        delta = change.edges(unit)
        for edges, into in ((delta.removed, removed), (delta.added, added)):
            for edge in map(_undirected, edges.tolist()):
                into.add(edge)
                owners.setdefault(edge, set()).add(unit)
    # An edge that only changed its owner is still there.
    both = removed & added
    return removed - both, added - both, owners


def _undirected(edge: Sequence[int]) -> Edge:
    a, b = (edge[0], edge[1]), (edge[2], edge[3])
    return (*a, *b) if a < b else (*b, *a)


def _components(edges: Iterable[Edge]) -> list[set[tuple[int, int]]]:
    """Return the nodes of each connected part of a graph of edges."""
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def root(node: tuple[int, int]) -> tuple[int, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for edge in edges:
        parent[root(edge[:2])] = root(edge[2:])
    parts: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for node in parent:
        parts.setdefault(root(node), set()).add(node)
    return [parts[key] for key in sorted(parts)]


def _lines(edges: set[Edge]) -> Geometry:
    """Return edges as lines in lon, lat degrees, joined where they run on."""
    if not edges:
        return shapely.MultiLineString()
    lines = [((x1 / SCALE, y1 / SCALE), (x2 / SCALE, y2 / SCALE)) for x1, y1, x2, y2 in sorted(edges)]
    return shapely.line_merge(shapely.MultiLineString(lines))


def refused_place(refusal: RedrawRefused, units: Mapping[UUID, UnitState | None]) -> Place:
    """Return the place of what the proof refused of both changes together."""
    nothing = shapely.Polygon()
    return Place("refused", tuple(sorted(units)), nothing, nothing, nothing, refusal=refusal)
