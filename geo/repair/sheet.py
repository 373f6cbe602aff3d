"""The noded sheet: every edge that does not cancel, what lies in its way, and who covers each face.

Edges that cancel, and that nothing meets, are not on the sheet and keep their coordinates. Owners are the
units first and then the tops: the frame, or the parents.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.chains import Shapes, matches
from geo.repair.chains import (
    Directed,
    directed,
    faces_of,
    find_kinds,
    joined,
    lines_of,
    to_degrees,
    unique_kinds,
)
from geo.repair.kernels import owner_windings
from geo.repair.noding import Noded, node

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Units and tops before noding.

    ``edges`` are everybody's, ``count`` the number of units, ``top_of`` (count,) each unit's top or −1, and
    ``boxes`` (owners, 4) in degrees.
    """

    edges: Directed
    count: int
    tops: int
    top_of: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.float64]

    @classmethod
    def of(cls, shapes: Shapes, tops: Shapes, top_of: npt.NDArray[np.int64]) -> "Draft":
        """Lay out units and tops."""
        every = np.concatenate((shapes, tops))
        return cls(directed(every), len(shapes), len(tops), top_of, shapely.bounds(every))

    def loose_kinds(self) -> tuple[Integers, Integers]:
        """Return the undirected edges that do not cancel among the units of each top and the top itself."""
        owners = self.edges.owners
        groups = np.concatenate((self.top_of + 1, np.arange(1, self.tops + 1))).astype(np.int32)[owners]
        top = owners >= self.count
        tails = np.where(top, self.edges.heads, self.edges.tails)
        heads = np.where(top, self.edges.tails, self.edges.heads)
        first, net = matches(tails, heads, groups)
        loose = np.flatnonzero(net[first])
        return unique_kinds(tails[loose], heads[loose])


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Noded edges, their faces, and who covers each face.

    ``kinds`` are the undirected edges that were noded and ``noded`` their pieces; ``edges`` everybody's
    directed edges with the pieces in place, by owner with ``owner_starts``. ``faces`` (f,) are in steps from
    ``origin``; ``rims`` their directed edges, ``rim_starts`` (f + 1,). ``cover_faces``, ``cover_owners`` and
    ``cover_turns`` (c,) say who winds around which face how often, in the order of faces.
    """

    draft: Draft
    kinds: tuple[Integers, Integers]
    noded: Noded
    edges: Directed
    owner_starts: Integers
    origin: Integers
    faces: Shapes
    rims: Directed
    rim_starts: Integers
    cover_faces: Integers
    cover_owners: Integers
    cover_turns: Integers
    bridges: tuple[Integers, Integers]

    def cover(self, face: int) -> dict[int, int]:
        """Return who winds around a face, and how often."""
        low, high = np.searchsorted(self.cover_faces, (face, face + 1))
        owners, turns = self.cover_owners[low:high].tolist(), self.cover_turns[low:high].tolist()
        return dict(zip(owners, turns, strict=True))

    def faulty(self) -> Integers:
        """Return the faces that do not belong to exactly one unit of their top."""
        draft, faces = self.draft, len(self.faces)
        unit = self.cover_owners < draft.count
        turns = np.bincount(self.cover_faces[unit], weights=self.cover_turns[unit], minlength=faces)
        rough = np.bincount(self.cover_faces[unit], weights=np.abs(self.cover_turns[unit]), minlength=faces)
        bad = (turns != 1) | (rough != 1)
        if draft.tops:
            top = np.full(faces, -1, dtype=np.int64)
            top[self.cover_faces[~unit]] = self.cover_owners[~unit] - draft.count
            wanted = np.full(faces, -2, dtype=np.int64)
            wanted[self.cover_faces[unit]] = draft.top_of[self.cover_owners[unit]]
            empty = (rough == 0) & (top < 0)
            bad = (bad | (wanted != top)) & ~empty
        return np.flatnonzero(bad)

    def outer(self) -> Directed:
        """Return the directed edges of faces that border no other face."""
        edges = self.rims
        first, net = matches(edges.tails, edges.heads)
        return edges.take(np.flatnonzero(net[first] != 0))


def lay_out(
    draft: Draft,
    kinds: tuple[Integers, Integers],
    bridges: tuple[Integers, Integers] | None = None,
    cuts: tuple[Integers, Integers, Integers] | None = None,
) -> Sheet:
    """Node undirected edges, with whatever lies in their way, and tell who covers each face.

    Parameters
    ----------
    draft
        Units and tops.
    kinds
        The edges to node, once each.
    bridges
        Further lines that are nobody's edges.
    cuts
        Ends of edges among ``kinds``, and the point in which each is cut.
    """
    kinds = _with_obstacles(draft, kinds)
    none = np.empty(0, dtype=np.int64)
    extra = bridges if bridges is not None else (none, none)
    cut = None
    if cuts is not None and len(cuts[0]):
        at = find_kinds(kinds, np.minimum(cuts[0], cuts[1]), np.maximum(cuts[0], cuts[1]))
        cut = (at[at >= 0], cuts[2][at >= 0])
    noded = node(np.concatenate((kinds[0], extra[0])), np.concatenate((kinds[1], extra[1])), cut)
    edges, owner_starts = _with_pieces(draft, kinds, noded)
    pieces = unique_kinds(noded.tails, noded.heads)
    origin = np.minimum(unpack(pieces[0]).min(axis=0), unpack(pieces[1]).min(axis=0))
    faces = faces_of(*pieces, origin)
    rims = directed(to_degrees(faces, origin)) if len(faces) else edges.take(slice(0, 0))
    rim_starts = np.searchsorted(rims.owners, np.arange(len(faces) + 1))
    covers = _covers(draft, edges, owner_starts, faces, origin)
    lines = noded.starts[len(kinds[0])]
    laid = unique_kinds(noded.tails[lines:], noded.heads[lines:])
    return Sheet(draft, kinds, noded, edges, owner_starts, origin, faces, rims, rim_starts, *covers, laid)


def inside_faces(draft: Draft, sheet: Sheet, faces: Integers) -> tuple[Integers, Integers]:
    """Return the sheet's edges and those, not yet on it, that run through some of its faces."""
    grounds = sheet.faces[faces]
    shapely.prepare(grounds)
    owners = _owners_near(draft, grounds, sheet.origin)
    edges = draft.edges.take(np.isin(draft.edges.owners, owners))
    kinds = unique_kinds(edges.tails, edges.heads)
    fresh = find_kinds(sheet.kinds, *kinds) < 0
    kinds = (kinds[0][fresh], kinds[1][fresh])
    lines = lines_of(*kinds, sheet.origin)
    hit = np.unique(STRtree(lines).query(grounds, predicate="intersects")[1])
    return unique_kinds(
        np.concatenate((sheet.kinds[0], kinds[0][hit])), np.concatenate((sheet.kinds[1], kinds[1][hit]))
    )


def _with_obstacles(draft: Draft, kinds: tuple[Integers, Integers]) -> tuple[Integers, Integers]:
    """Return edges and all others whose box meets the box of one of them."""
    origin = unpack(kinds[0]).min(axis=0)
    tree = STRtree(lines_of(*kinds, origin))
    owners = _owners_near(draft, tree.geometries, origin)
    edges = draft.edges.take(np.isin(draft.edges.owners, owners))
    others = unique_kinds(edges.tails, edges.heads)
    fresh = find_kinds(kinds, *others) < 0
    others = (others[0][fresh], others[1][fresh])
    hit = np.unique(tree.query(lines_of(*others, origin))[0])
    return unique_kinds(
        np.concatenate((kinds[0], others[0][hit])), np.concatenate((kinds[1], others[1][hit]))
    )


def _owners_near(draft: Draft, shapes: Shapes, origin: Integers) -> Integers:
    """Return the owners whose box meets the box of one of the shapes, in steps from a corner."""
    full = np.flatnonzero(np.isfinite(draft.boxes[:, 0]))
    boxes = np.rint(draft.boxes[full] * SCALE) - np.tile(origin, 2)
    found: Integers = full[np.unique(STRtree(shapes).query(shapely.box(*boxes.T))[0])]
    return found


def _with_pieces(draft: Draft, kinds: tuple[Integers, Integers], noded: Noded) -> tuple[Directed, Integers]:
    """Return everybody's edges with noded pieces in the place of those that were cut, sorted by owner."""
    edges = draft.edges
    low, high = edges.kinds()
    at = find_kinds(kinds, low, high)
    counts = np.diff(noded.starts)
    cut = np.flatnonzero((at >= 0) & (counts[np.maximum(at, 0)] != 1))
    whole = np.ones(len(edges), dtype=np.bool_)
    whole[cut] = False
    number = counts[at[cut]]
    first = np.concatenate(([0], np.cumsum(number)))[:-1]
    step = np.arange(int(number.sum())) - np.repeat(first, number)
    piece = np.repeat(noded.starts[at[cut]], number) + step
    # Pieces run from the smaller end to the larger.
    against = np.repeat(edges.tails[cut] > edges.heads[cut], number)
    laid = Directed(
        np.where(against, noded.heads[piece], noded.tails[piece]),
        np.where(against, noded.tails[piece], noded.heads[piece]),
        np.repeat(edges.owners[cut], number),
    )
    every = joined(edges.take(whole), laid)
    every = every.take(np.argsort(every.owners, kind="stable"))
    return every, np.searchsorted(every.owners, np.arange(draft.count + draft.tops + 1))


def _covers(
    draft: Draft, edges: Directed, owner_starts: Integers, faces: Shapes, origin: Integers
) -> tuple[Integers, Integers, Integers]:
    """Return faces, owners and turns: who winds around the middle of which face."""
    if not len(faces):
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    full = np.flatnonzero(np.isfinite(draft.boxes[:, 0]))
    # Noding may move an edge out of its owner's box by a step.
    boxes = np.rint(draft.boxes[full] * SCALE) - np.tile(origin, 2) + (-2, -2, 2, 2)
    points = shapely.point_on_surface(faces)
    face, owner = STRtree(shapely.box(*boxes.T)).query(points)
    owner = full[owner].astype(np.int64)
    places = shapely.get_coordinates(points)
    tails, heads = (unpack(edges.tails) - origin).astype(float), (unpack(edges.heads) - origin).astype(float)
    ends = (*np.ascontiguousarray(tails.T), *np.ascontiguousarray(heads.T))
    px, py = np.ascontiguousarray(places[face].T)
    turns = owner_windings(px, py, owner, owner_starts.astype(np.int64), ends)
    kept = np.flatnonzero(turns)
    kept = kept[np.lexsort((owner[kept], face[kept]))]
    return face[kept].astype(np.int64), owner[kept], turns[kept]


def edges_of_faces(sheet: Sheet, faces: Sequence[int] | Integers) -> Directed:
    """Return the rims of some faces; the owner of an edge is the place of its face in ``faces``."""
    faces = np.asarray(faces, dtype=np.int64)
    counts = np.diff(sheet.rim_starts)[faces]
    first = np.concatenate(([0], np.cumsum(counts)))[:-1]
    index = (
        np.repeat(sheet.rim_starts[faces], counts) + np.arange(int(counts.sum())) - np.repeat(first, counts)
    )
    owners = np.repeat(np.arange(len(faces), dtype=np.int32), counts)
    return Directed(sheet.rims.tails[index], sheet.rims.heads[index], owners)
