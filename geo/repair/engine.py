"""One round of repair: node what does not cancel, decide about each faulty ground, and sum up anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.errors import GeoError
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.chains import Edges, Shapes
from geo.partition.rings import assemble
from geo.repair.bridges import bridges_over
from geo.repair.chains import Directed, find_kinds, joined, summed, to_degrees
from geo.repair.changes import Change, ChangeKind, Remain, RemainKind
from geo.repair.limits import Limits
from geo.repair.metres import fits, in_metres, sizes, step_metres, widest
from geo.repair.sheet import Draft, Sheet, inside_faces, lay_out
from geo.repair.verdicts import NOBODY, Judge, Tell, Verdict, losers, spare
from geo.repair.webs import area_of


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What one round gave: areas of units and tops, changes, and what is left."""

    shapes: Shapes
    tops: Shapes
    changes: list[Change]
    remains: list[Remain]
    enclaves: list[Geometry]


def one_round(
    shapes: Shapes,
    tops: Shapes,
    top_of: npt.NDArray[np.int64],
    limits: Limits,
    tell: Tell,
    *,
    areas_m2: npt.NDArray[np.float64],
    twins: dict[int, int],
    one_frame: bool,
    enclaves: Sequence[tuple[float, float]],
) -> Round:
    """Repair valid areas once; see ``geo.repair.repair`` for the terms."""
    draft = Draft.of(shapes, tops, top_of)
    kinds = draft.loose_kinds()
    if not len(kinds[0]):
        return Round(shapes, tops, [], [], [])
    tell("node", 0, 1)
    sheet = _sheet(draft, kinds, limits, tell)

    def judged(on: Sheet) -> list[Verdict]:
        judge = Judge(on, limits, areas_m2, twins, one_frame=one_frame, enclaves=enclaves)
        return judge.decide(tell)

    verdicts = judged(sheet)
    if len(sheet.bridges[0]):
        sheet, unused = _without_idle_bridges(sheet, verdicts)
        if unused:
            verdicts = judged(sheet)
    return _carried_out(shapes, tops, sheet, verdicts, limits, areas_m2, tell)


def _sheet(draft: Draft, kinds: tuple[Integers, Integers], limits: Limits, tell: Tell) -> Sheet:
    """Lay out the sheet: what does not cancel, then what runs through faulty ground, then bridges."""
    sheet = lay_out(draft, kinds)
    tell("node", 1, 3)
    more = inside_faces(draft, sheet, sheet.faulty())
    # Beside a given frame no ground is open to the outside.
    bridges, cuts = (None, None) if draft.tops else bridges_over(sheet, limits.shift_m)
    tell("node", 2, 3)
    if len(more[0]) > len(sheet.kinds[0]) or (bridges is not None and len(bridges[0])):
        cut = None if cuts is None else _on_edges(sheet, cuts)
        sheet = lay_out(draft, more, bridges, cut)
    tell("node", 3, 3)
    return sheet


def _on_edges(sheet: Sheet, cuts: tuple[Integers, Integers, Integers]) -> tuple[Integers, Integers, Integers]:
    """Return cuts of pieces as cuts of the edges that the pieces come from."""
    low, high = np.minimum(cuts[0], cuts[1]), np.maximum(cuts[0], cuts[1])
    tails, heads = sheet.noded.tails, sheet.noded.heads
    pieces = np.minimum(tails, heads), np.maximum(tails, heads)
    order = np.lexsort((pieces[1], pieces[0]))
    known = pieces[0][order], pieces[1][order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (known[0][1:] != known[0][:-1]) | (known[1][1:] != known[1][:-1])
    at = find_kinds((known[0][first], known[1][first]), low, high)
    edge = np.searchsorted(sheet.noded.starts, order[first][at], side="right") - 1
    keep = (at >= 0) & (edge < len(sheet.kinds[0]))
    return sheet.kinds[0][edge[keep]], sheet.kinds[1][edge[keep]], cuts[2][keep]


def _without_idle_bridges(sheet: Sheet, verdicts: list[Verdict]) -> tuple[Sheet, bool]:
    """Return the sheet with those bridges alone that close ground which is given away."""
    rims = [verdict.ground.rim for verdict in verdicts if not verdict.ground.cover]
    on = np.unique(find_kinds(sheet.bridges, *joined(*rims).kinds())) if rims else np.empty(0, np.int64)
    on = on[on >= 0]
    if len(on) == len(sheet.bridges[0]):
        return sheet, False
    kept = sheet.bridges[0][on], sheet.bridges[1][on]
    cuts = _cuts_of(sheet, kept)
    return lay_out(sheet.draft, sheet.kinds, kept if len(on) else None, cuts), True


def _cuts_of(sheet: Sheet, bridges: tuple[Integers, Integers]) -> tuple[Integers, Integers, Integers]:
    """Return the cuts, made for bridges, of edges on the sheet."""
    ends = np.unique(np.concatenate(bridges)) if len(bridges[0]) else np.empty(0, np.int64)
    counts = np.diff(sheet.noded.starts)[: len(sheet.kinds[0])]
    edge = np.repeat(np.arange(len(counts)), counts)
    heads = sheet.noded.heads[: len(edge)]
    last = np.zeros(len(edge), dtype=np.bool_)
    last[np.cumsum(counts) - 1] = True
    hit = np.flatnonzero(np.isin(heads, ends) & ~last)
    return sheet.kinds[0][edge[hit]], sheet.kinds[1][edge[hit]], heads[hit]


def _carried_out(
    shapes: Shapes,
    tops: Shapes,
    sheet: Sheet,
    verdicts: list[Verdict],
    limits: Limits,
    areas_m2: npt.NDArray[np.float64],
    tell: Tell,
) -> Round:
    """Sum up the units' noded edges and the ground that changes hands."""
    grounds = np.array([area_of(verdict.ground, sheet.origin) for verdict in verdicts], dtype=object)
    metric = in_metres(grounds, sheet.origin)
    area, width = sizes(metric)
    swallowed = spare(verdicts, areas_m2, area.tolist(), limits)
    tell("sum up", 0, 1)
    moved = [edges for verdict in verdicts for edges in _moved(verdict, sheet)]
    new, twisted = _rebuilt(shapes, tops, sheet, moved)
    shift = widest(metric)
    # The widest width is rounded up: what is within the limit is not told to be beyond it.
    close = np.flatnonzero((shift > limits.shift_m) & (shift <= 1.06 * limits.shift_m))
    shift[close[~fits(metric[close], limits.shift_m)]] = limits.shift_m
    degrees = to_degrees(grounds, sheet.origin) if len(grounds) else grounds
    changes, remains, enclaves = [], [], []
    for k, verdict in enumerate(verdicts):
        size = (float(area[k]), float(width[k]), float(shift[k]))
        if verdict.enclave:
            enclaves.append(degrees[k])
        elif verdict.remain is None:
            changes.append(_change(verdict, degrees[k], size, grounds[k]))
        elif verdict.remain is not RemainKind.SWALLOWED:
            units = verdict.ground.holders or sorted(verdict.ground.contact)
            remains.append(Remain(verdict.remain, tuple(units), degrees[k], *size))
    for unit, share in swallowed.items():
        lost = [k for k, verdict in enumerate(verdicts) if unit in losers(verdict)]
        ground = shapely.union_all(degrees[lost])
        total = float(area[lost].sum())
        remains.append(
            Remain(RemainKind.SWALLOWED, (unit,), ground, total, 0.0, 0.0, reason=f"{share * 100:.0f}")
        )
    remains += twisted
    changes += _vertex_changes(sheet)
    if twisted:
        changes = _without_units(changes, {item.units[0] for item in twisted})
    tell("sum up", 1, 1)
    count = len(shapes)
    return Round(new[:count], new[count:], changes, remains, enclaves)


def _moved(verdict: Verdict, sheet: Sheet) -> list[Directed]:
    """Return the edges to add to each owner's chain for one verdict."""
    if verdict.remain is not None:
        return []
    rim, draft = verdict.ground.rim, sheet.draft
    turns = effects_of(verdict)
    if verdict.enclave and verdict.ground.top >= 0:
        turns[draft.count + verdict.ground.top] = -1
    found = []
    for owner, times in turns.items():
        edges = Directed(rim.tails, rim.heads, np.full(len(rim), owner, dtype=np.int32))
        found += [edges if times > 0 else edges.reversed()] * abs(times)
    return found


def effects_of(verdict: Verdict) -> dict[int, int]:
    """Return how often each unit gains a verdict's ground; −1 loses it once."""
    cover = verdict.ground.cover
    units = {*cover, verdict.unit} - {NOBODY}
    turns = {unit: int(unit == verdict.unit) - cover.get(unit, 0) for unit in units}
    return {unit: times for unit, times in turns.items() if times}


def _rebuilt(
    shapes: Shapes, tops: Shapes, sheet: Sheet, moved: list[Directed]
) -> tuple[Shapes, list[Remain]]:
    """Return the areas of all owners, with those rebuilt whose edges changed."""
    every = np.concatenate((shapes, tops))
    counts = np.diff(sheet.noded.starts)[: len(sheet.kinds[0])]
    cut = np.flatnonzero(counts != 1)
    low, high = sheet.draft.edges.kinds()
    touched = find_kinds((sheet.kinds[0][cut], sheet.kinds[1][cut]), low, high) >= 0
    owners = np.unique(np.concatenate([sheet.draft.edges.owners[touched], *(each.owners for each in moved)]))
    if not len(owners):
        return every, []
    own = sheet.edges.take(np.isin(sheet.edges.owners, owners))
    total = summed(joined(own, *moved))
    place = np.searchsorted(owners, total.owners).astype(np.int32)
    twisted: list[Remain] = []
    while True:
        try:
            areas = assemble(Edges(total.tails, total.heads, place), len(owners))
            break
        except GeoError as error:
            group = error.where.get("group")
            if group is None:
                raise
            # Its rings do not bound an area: it stays as it was, and the proof will say what is wrong.
            unit = int(owners[group])
            reason = error.text()
            twisted.append(Remain(RemainKind.TWISTED, (unit,), every[unit], reason=reason))
            keep = place != group
            total, place = total.take(keep), place[keep]
    stays = np.isin(owners, [item.units[0] for item in twisted])
    every[owners[~stays]] = areas[~stays]
    return every, twisted


def _change(verdict: Verdict, degrees: Geometry, size: tuple[float, float, float], steps: Geometry) -> Change:
    """Return the change that a verdict makes."""
    turns = effects_of(verdict)
    # Corners are whole steps, so twice the area is a whole number, computed without rounding.
    double = _twice_area(steps)
    gained = tuple(sorted(unit for unit, times in turns.items() if times > 0))
    lost = tuple(sorted(unit for unit, times in turns.items() if times < 0))
    kept = (verdict.unit,) if verdict.unit != NOBODY and verdict.unit not in turns else ()
    effects = tuple(sorted((unit, times * double) for unit, times in turns.items()))
    return Change(verdict.kind, gained, lost, kept, degrees, *size, effects)


def _without_units(changes: list[Change], units: set[int]) -> list[Change]:
    """Return changes without what they say of units that stayed as they were."""
    told = []
    for change in changes:
        gained, lost, kept = (
            tuple(unit for unit in each if unit not in units)
            for each in (change.gained, change.lost, change.kept)
        )
        effects = tuple((unit, double) for unit, double in change.effects if unit not in units)
        if effects or change.kind is ChangeKind.INVALID:
            told.append(replace(change, gained=gained, lost=lost, kept=kept, effects=effects))
    return told


def _twice_area(steps: Geometry) -> int:
    """Return twice the area of a shape with whole corners."""
    total = 0
    for part in shapely.get_parts(steps):
        for ring, sign in ((part.exterior, 1), *((hole, -1) for hole in part.interiors)):
            xy = np.rint(shapely.get_coordinates(ring)).astype(np.int64)
            xy -= xy[0]
            total += sign * abs(int((xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]).sum()))
    return total


def _vertex_changes(sheet: Sheet) -> list[Change]:
    """Return for each unit the vertices that noding put into its edges, and the ground between."""
    counts = np.diff(sheet.noded.starts)[: len(sheet.kinds[0])]
    cut = np.flatnonzero(counts > 1)
    kinds = sheet.kinds[0][cut], sheet.kinds[1][cut]
    edges = sheet.draft.edges
    at = find_kinds(kinds, *edges.kinds())
    own = np.flatnonzero((at >= 0) & (edges.owners < sheet.draft.count))
    if not len(own):
        return []
    figures = [_of_edge(sheet, int(edge)) for edge in cut]
    found: dict[int, list[Any]] = {}
    against = edges.tails[own] > edges.heads[own]
    for unit, edge, back in zip(edges.owners[own].tolist(), at[own].tolist(), against.tolist(), strict=True):
        points, double, area, shift = figures[edge]
        entry = found.setdefault(unit, [[], 0, 0.0, 0.0])
        entry[0].append(points)
        # Edges run from the smaller end; what is left of it is right of its reverse.
        entry[1] += double if not back else -double
        entry[2] += area
        entry[3] = max(entry[3], shift)
    changes = []
    for unit, (points, double, area, shift) in sorted(found.items()):
        places = np.unique(np.concatenate(points), axis=0)
        gained, lost = ((unit,), ()) if double > 0 else ((), (unit,)) if double < 0 else ((), ())
        kept = () if double else (unit,)
        changes.append(
            Change(
                ChangeKind.T_JUNCTION,
                gained,
                lost,
                kept,
                shapely.multipoints(places / 1e7),
                area,
                0.0,
                shift,
                ((unit, double),),
                reason=str(len(places)),
            )
        )
    return changes


def _of_edge(sheet: Sheet, edge: int) -> tuple[Integers, int, float, float]:
    """Return the vertices put into an edge, twice the area they add, its size and the shift."""
    low, high = sheet.noded.starts[edge : edge + 2]
    path = np.vstack((unpack(sheet.noded.tails[low:high]), unpack(sheet.noded.heads[high - 1 : high])))
    local = path - path[0]
    terms = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    scale = step_metres(path[:1, 1])[0]
    along = local[-1] * scale
    offsets = np.abs(along[0] * local[1:-1, 1] * scale[1] - along[1] * local[1:-1, 0] * scale[0])
    shift = float(offsets.max() / np.hypot(*along)) if along.any() else 0.0
    return path[1:-1], int(terms.sum()), float(np.abs(terms).sum() / 2 * scale.prod()), shift
