"""Splits, merges and transfers give the ground that was asked for, and name it rightly."""

from uuid import UUID

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.partition import prove
from geo.redraw import (
    Base,
    Into,
    LineageKind,
    Merge,
    Move,
    Part,
    Reassign,
    Recode,
    RedrawRefused,
    Rename,
    Split,
    State,
    Transfer,
    halving_line,
)
from tests.geo.partitions import CORNER, degrees, same_ground, steps
from tests.geo.redraw_cases import GROUPS, base_of, fresh, path, random_made, split, transfer, unit_id

seeds = st.integers(0, 2**32 - 1)
A, B, C, D = (unit_id(k) for k in range(4))
NEW, OTHER = UUID(int=500), UUID(int=501)


def lattice(*points: tuple[int, int]) -> npt.NDArray[np.int64]:
    return np.asarray(np.array(points, dtype=np.int64) + CORNER)


def square(west: int, south: int, *, size: int = 1_000) -> shapely.Geometry:
    return degrees(shapely.box(west, south, west + size, south + size))


@pytest.fixture
def state() -> State:
    """Four squares: A west and B east in the south, C and D north of them; B has another parent."""
    places = [(0, 0), (1_000, 0), (0, 1_000), (1_000, 1_000)]
    base = Base.build(
        [A, B, C, D],
        ["a", "b", "c", "d"],
        ["A", "B", "C", "D"],
        [GROUPS[0], GROUPS[1], GROUPS[0], GROUPS[0]],
        [10, 20, None, 40],
        [square(*place) for place in places],
        groups=GROUPS,
    )
    return State.of(base)


def exact(state: State) -> bool:
    frame = shapely.union_all([state.base.units[each].area for each in state.base.ids])
    # The frame keeps the vertices where units end on it.
    outline = prove([unit.area for unit in state.base.units.values()]).frame
    assert same_ground(frame, outline)
    return prove([state.unit(each).area for each in state], outline).exact


def refusal(state: State, operation: object) -> RedrawRefused:
    with pytest.raises(RedrawRefused) as refused:
        state.apply(operation)  # type: ignore[arg-type]
    assert refused.value.text()
    assert not state.changed
    return refused.value


def parts(*ids: UUID) -> tuple[Part, ...]:
    return tuple(Part(each, f"p{k}", f"Part {k}", k) for k, each in enumerate(ids))


def test_a_split_orders_its_parts_and_pushes_the_cut_into_the_neighbour(state: State) -> None:
    after, change = state.apply(Split(A, lattice((333, 0), (333, 3_000)), parts(NEW, OTHER)))
    assert exact(after)
    # The cut in the south goes to the nearer vertex of the frame, the one in the north into C.
    assert steps(after.unit(NEW).area).equals(shapely.Polygon([(0, 0), (333, 1_000), (0, 1_000)]))
    assert (333, 1_000) in steps(after.unit(C).area).exterior.coords
    assert change.units == {A, C, NEW, OTHER}
    assert A not in after
    assert after.unit(OTHER).parent == GROUPS[0]
    assert after.unit(OTHER).households == 1
    kinds = {(edge.before, edge.after): edge.kind for edge in change.lineage()}
    assert kinds == {
        (A, NEW): LineageKind.SPLIT,
        (A, OTHER): LineageKind.SPLIT,
        (C, C): LineageKind.CONTINUE,
    }


def test_a_part_with_the_old_id_lives_on(state: State) -> None:
    after, change = state.apply(Split(A, lattice((-50, 400), (1_050, 600)), parts(NEW, A)))
    assert exact(after)
    assert after.unit(A).code == "p1"
    shares = {edge.after: edge.share for edge in change.lineage() if edge.before == A}
    assert sum(shares.values()) == pytest.approx(1.0)
    # The frame's edge in the west stays; those in the south and east go with the other part.
    assert not any(
        (row == [*lattice((0, 0))[0], *lattice((1_000, 0))[0]]).all() for row in change.edges(A).added
    )


def test_splits_are_refused_with_what_a_map_draws(state: State) -> None:
    misses = refusal(state, Split(A, lattice((-50, 5_000), (1_050, 5_000)), parts(NEW, OTHER)))
    assert misses.code == "line-misses"
    assert [each["properties"]["role"] for each in misses.features] == ["line", "unit"]
    stops = refusal(state, Split(A, lattice((500, 1_500), (500, 500)), parts(NEW, OTHER)))
    assert stops.code == "line-misses"
    many = refusal(state, Split(A, lattice((500, 1_500), (0, 0)), parts(NEW, OTHER, UUID(int=502))))
    assert many.code == "parts-mismatch"
    assert [each["properties"].get("place") for each in many.features] == [None, 0, 1]
    assert refusal(state, Split(A, lattice((500, 1_500), (0, 0)), parts(NEW, B))).code == "id-taken"
    assert refusal(state, Split(NEW, lattice((500, 1_500), (0, 0)), parts(NEW, B))).code == "unknown-unit"
    taken = (Part(NEW, "b", "x"), Part(OTHER, "y", "y"))
    assert refusal(state, Split(A, lattice((500, 1_500), (0, 0)), taken)).code == "code-taken"


def test_a_merge_keeps_one_or_makes_a_new_one(state: State) -> None:
    after, change = state.apply(Merge((A, B), Into(A, "a", "A and B")))
    assert exact(after)
    assert steps(after.unit(A).area).equals(shapely.box(0, 0, 2_000, 1_000))
    assert after.unit(A).households == 30
    assert after.unit(A).parent == GROUPS[0]
    assert {(edge.before, edge.after, edge.kind) for edge in change.lineage()} == {
        (A, A, LineageKind.CONTINUE),
        (B, A, LineageKind.MERGE),
    }
    after, change = state.apply(Merge((A, C), Into(NEW, "n", "New")))
    assert after.unit(NEW).households is None
    assert {edge.kind for edge in change.lineage()} == {LineageKind.MERGE}
    assert refusal(state, Merge((A, B), Into(NEW, "n", "New"))).code == "parents-differ"
    assert refusal(state, Merge((A, D), Into(A, "n", "New"))).code == "units-apart"
    assert refusal(state, Merge((A, C), Into(A, "d", "New"))).code == "code-taken"
    assert refusal(state, Merge((A, C), Into(B, "n", "New"))).code == "id-taken"


def test_a_transfer_moves_the_ground_in_the_region(state: State) -> None:
    ring = lattice((700, 200), (1_200, 200), (1_200, 800), (700, 800), (700, 200))
    after, change = state.apply(Transfer((ring,), A, B))
    assert exact(after)
    assert steps(after.unit(B).area).area == 1_000 * 1_000 + 300 * 600
    assert {(edge.before, edge.after, edge.kind) for edge in change.lineage()} == {
        (A, A, LineageKind.CONTINUE),
        (A, B, LineageKind.TRANSFER),
        (B, B, LineageKind.CONTINUE),
    }
    assert refusal(state, Transfer((ring,), A, D)).code == "units-apart"
    assert refusal(state, Transfer((ring + 5_000,), A, B)).code == "line-misses"
    everything = lattice((-9, -9), (1_009, -9), (1_009, 1_009), (-9, 1_009), (-9, -9))
    assert refusal(state, Transfer((everything,), A, B)).code == "swallowed"
    bow = lattice((100, 100), (900, 900), (900, 100), (100, 900), (100, 100))
    assert refusal(state, Transfer((bow,), A, B)).code == "crosses-edge"
    # A ring inside makes an enclave of B in A, which is legal.
    inner = lattice((200, 200), (400, 200), (400, 400), (200, 400), (200, 200))
    after, _ = state.apply(Transfer((inner,), A, B))
    assert exact(after)
    assert len(after.unit(B).area.geoms) == 2


def test_moves_and_labels_are_refused_with_their_codes(state: State) -> None:
    def move(old: list[tuple[int, int]], new: list[tuple[int, int]]) -> Move:
        shift = [(int(x), int(y)) for x, y in lattice(*old)], [(int(x), int(y)) for x, y in lattice(*new)]
        return Move((path(*shift),))

    between = [(1_000, 0), (1_000, 1_000)]
    assert refusal(state, move([(0, 0), (500, 0)], [(0, 0), (0, 500)])).code == "edge-not-found"
    assert refusal(state, move([(0, 0), (1_000, 0)], [(0, 0), (500, 5), (1_000, 0)])).code == "frame-locked"
    assert refusal(state, move([*between, (1_000, 2_000)], [between[0], (1_000, 2_000)])).code == (
        "owners-differ"
    )
    opened = refusal(state, move(between, [(1_000, 0), (900, 900)]))
    assert (opened.code, opened.features[0]["properties"]["role"]) == ("paths-open", "open")
    crossed = refusal(state, move(between, [(1_000, 0), (500, 1_500), (1_000, 1_000)]))
    assert crossed.code == "crosses-edge"
    assert {"crossing", "unit"} <= {each["properties"]["role"] for each in crossed.features}
    around = [(1_000, 0), (0, 0), (0, 1_000), (1_000, 1_000)]
    assert refusal(state, move(between, around)).code == "swallowed"
    assert refusal(state, Reassign((A,), B)).code == "unknown-parent"
    assert refusal(state, Recode(A, "b")).code == "code-taken"
    assert refusal(state, Rename(NEW, "x")).code == "unknown-unit"
    # Codes may be exchanged through a third one, and one that is free again may be taken.
    after = state.apply_all([Recode(A, "x"), Recode(B, "a"), Recode(A, "b")])
    assert (after.unit(A).code, after.unit(B).code) == ("b", "a")
    assert after.with_code("b") == A
    with pytest.raises(RedrawRefused) as refused:
        state.apply_all([Rename(A, "x"), Rename(NEW, "x")])
    assert refused.value.where["operation"] == 1


def test_edges_and_neighbours_are_found(state: State) -> None:
    west, south_east, centre = lattice((0, 0), (1_000, 0), (1_000, 1_000))
    assert state.owners(south_east, centre) == (A, B)
    assert state.owners(west, south_east) == (A, None)
    assert state.owners(west, centre) == (None, None)
    assert set(state.around([A])) == {B, C}
    assert state.around(square(100, 100, size=100).bounds) == [A]
    after, _ = state.apply(Merge((A, C), Into(NEW, "n", "New")))
    assert set(after.around([NEW])) == {B, D}
    assert set(after) == {B, D, NEW}
    assert len(after) == 3
    assert after.owners(south_east, centre) == (NEW, B)


@given(seeds)
@settings(deadline=None, max_examples=80)
def test_a_split_divides_the_ground_and_a_transfer_moves_the_region(seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = State.of(base_of(random_made(rng)))
    operation = split(rng, state, 0)
    try:
        after, change = state.apply(operation)
    except RedrawRefused:
        pass
    else:
        areas = [after.unit(part.id).area for part in operation.parts]
        assert all(change.edges(part.id).added.shape[1] == 4 for part in operation.parts)
        lost = shapely.difference(steps(state.unit(operation.unit).area), shapely.union_all(steps(areas)))
        # Only rounding: at most a step along the edges that were cut.
        assert lost.area <= steps(state.unit(operation.unit).area).length
    moved = transfer(rng, state, 0)
    try:
        after, _ = state.apply(moved)
    except RedrawRefused:
        return
    region = shapely.Polygon(moved.region[0] - CORNER)
    source = steps(state.unit(moved.source).area)
    gone = shapely.difference(source, steps(after.unit(moved.source).area))
    frame = steps(prove([unit.area for unit in state.base.units.values()], enclaves=None).frame)
    if not region.intersects(frame.boundary):
        wanted = shapely.intersection(source, region)
        assert shapely.symmetric_difference(gone, wanted).area <= 2 * (region.length + source.length)


@given(seeds, st.integers(5, 60), st.floats(0.1, 0.9))
@settings(deadline=None, max_examples=60)
def test_a_halving_line_cuts_off_the_households_asked_for(seed: int, dwellings: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 100_000, (dwellings, 2))
    # The cut goes to vertices of the frame, which has to have some.
    area = degrees(shapely.segmentize(shapely.box(0, 0, 100_000, 60_000), 1_000))
    places[:, 1] *= 0.6
    weights = rng.integers(0, 4, dwellings)
    total = int(weights.sum())
    n = int(share * total)
    lonlat = (places + CORNER) / 10**7
    if not 0 < n < total:
        with pytest.raises(RedrawRefused):
            halving_line(area, lonlat, weights, n)
        return
    line = halving_line(area, lonlat, weights, n)
    base = Base.build([A], ["a"], ["A"], [None], [total], [area], groups=())
    after, _ = State.of(base).apply(Split(A, line, (Part(fresh(rng), "1", "1"), Part(fresh(rng), "2", "2"))))
    (x1, y1), (x2, y2) = (line - CORNER).tolist()
    left = (x2 - x1) * (places[:, 1] - y1) - (y2 - y1) * (places[:, 0] - x1) > 0
    cut_off = {int(weights[left].sum()), int(weights[~left].sum())}
    # No dwelling holds more than three: some order of them comes within two of any number.
    assert min(abs(each - n) for each in cut_off) <= 2
    assert len(after) == 2
