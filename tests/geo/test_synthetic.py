"""The synthetic partition: exact, valid, nested, contiguous, and the same every time."""

import hashlib
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.errors import InvalidGeometry
from geo.partition import prove
from geo.synthetic import REAL_COUNTS, Counts, SyntheticPartition, TooCrowded, counts_for, partition


def round_frame(seed: int, points: int = 400, rough: float = 0.3) -> shapely.Polygon:
    """A star-shaped frame of about 115 by 80 km with inlets and headlands, on the lattice."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    radius = np.ones(points)
    for wave in range(2, 60):
        radius += rough * 0.2 / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0.0, 6.0))
    radius = np.clip(radius, 0.4, 1.6)
    corners = np.column_stack([118.5 + 0.75 * radius * np.cos(angle), 46.2 + 0.36 * radius * np.sin(angle)])
    return shapely.Polygon(np.rint(corners * 1e7) / 1e7)


def lattice_edges(polygons: NDArray[Any]) -> NDArray[np.int64]:
    """All directed edges (n, 4) of single-ring polygons in lattice units."""
    points, ring = shapely.get_coordinates(polygons, return_index=True)
    whole = np.rint(points * 1e7).astype(np.int64)
    assert (whole / 10_000_000 == points).all(), "a coordinate is not exactly an integer over 10⁷"
    same = ring[1:] == ring[:-1]
    return np.column_stack([whole[:-1][same], whole[1:][same]])


def chain_residue(polygons: NDArray[Any], frame: shapely.Polygon) -> int:
    """The number of edges whose signed sum over all units is not that of the frame: 0 is a proof."""
    edges = lattice_edges(polygons)
    around = lattice_edges(np.array([shapely.orient_polygons(frame)]))
    everything = np.concatenate([edges, around[:, [2, 3, 0, 1]]])
    backward = (everything[:, 0] > everything[:, 2]) | (
        (everything[:, 0] == everything[:, 2]) & (everything[:, 1] > everything[:, 3])
    )
    turned = np.where(backward[:, None], everything[:, [2, 3, 0, 1]], everything)
    _, edge = np.unique(turned, axis=0, return_inverse=True)
    return int(np.count_nonzero(np.bincount(edge.ravel(), np.where(backward, -1, 1))))


def assert_exact(made: SyntheticPartition, counts: Counts) -> None:
    assert len(made.polygons) == counts.small_grids
    assert shapely.is_valid(made.polygons).all()
    assert (shapely.get_num_interior_rings(made.polygons) == 0).all()
    assert shapely.is_ccw(shapely.get_exterior_ring(made.polygons)).all()
    assert chain_residue(made.polygons, made.frame) == 0
    assert prove(made.polygons, made.frame).exact


def digest(made: SyntheticPartition) -> str:
    whole = hashlib.sha256(b"".join(shapely.to_wkb(made.polygons)))
    whole.update(made.big_grid.tobytes() + made.township.tobytes() + shapely.to_wkb(made.frame))
    return whole.hexdigest()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**31),
    size=st.integers(1, 900),
    shape=st.integers(0, 1000),
    rough=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_any_seed_and_size_gives_an_exact_partition(seed: int, size: int, shape: int, rough: float) -> None:
    counts = counts_for(size)
    made = partition(round_frame(shape, rough=rough), counts, seed=seed)
    assert_exact(made, counts)


@pytest.fixture(scope="module")
def county() -> SyntheticPartition:
    return partition(round_frame(7), seed=1)


def test_the_real_counts_come_out_exactly(county: SyntheticPartition) -> None:
    assert (REAL_COUNTS.townships, REAL_COUNTS.big_grids, REAL_COUNTS.small_grids) == (12, 184, 2_924)
    assert_exact(county, REAL_COUNTS)
    assert sorted(set(county.big_grid.tolist())) == list(range(184))
    assert sorted(set(county.township.tolist())) == list(range(12))


def test_units_have_natural_outlines(county: SyntheticPartition) -> None:
    """Wiggly, not straight: many vertices, and boundaries longer than their chords."""
    vertices = shapely.get_num_coordinates(county.polygons) - 1
    assert 30 <= vertices.mean() <= 45
    roughness = shapely.length(county.polygons) / shapely.length(shapely.convex_hull(county.polygons))
    assert np.median(roughness) > 1.05


def test_towns_are_denser_than_the_country(county: SyntheticPartition) -> None:
    area = np.sort(shapely.area(county.polygons))
    assert area[-len(area) // 10] > 10 * area[len(area) // 10]


def test_big_grids_and_townships_are_contiguous(county: SyntheticPartition) -> None:
    for group in (county.big_grid, county.township[county.big_grid]):
        for index in range(group.max() + 1):
            outline = shapely.union_all(county.polygons[group == index])
            assert outline.geom_type == "Polygon", f"group {index} is in several parts"


def test_neighbours_share_an_edge(county: SyntheticPartition) -> None:
    first, second = county.polygons[county.neighbours.T]
    shared = shapely.length(shapely.intersection(first, second))
    assert (shared > 0).all()


def test_the_frame_keeps_every_vertex_it_was_given(county: SyntheticPartition) -> None:
    given_vertices = set(map(tuple, shapely.get_coordinates(round_frame(7)).tolist()))
    kept = set(map(tuple, shapely.get_coordinates(county.frame).tolist()))
    assert given_vertices <= kept


def test_the_same_seed_gives_the_same_coordinates() -> None:
    counts = counts_for(300)
    once, again = (partition(round_frame(3), counts, seed=5) for _ in range(2))
    other = partition(round_frame(3), counts, seed=6)
    assert digest(once) == digest(again) != digest(other)


def test_counts_scale_with_the_size() -> None:
    assert counts_for(2_924) == REAL_COUNTS
    assert counts_for(1) == Counts(1, 1, 1)
    large = counts_for(100_000)
    assert (large.big_grids, large.small_grids) == (6_293, 100_000)
    # The 15-digit code leaves three digits for the township and three for the big grid within it.
    assert large.townships < 1_000
    assert large.big_grids / large.townships < 300


def test_a_large_partition_is_exact_too() -> None:
    counts = counts_for(20_000)
    assert_exact(partition(round_frame(11, points=2_000), counts, seed=3), counts)


def test_counts_that_do_not_nest_are_refused() -> None:
    with pytest.raises(InvalidGeometry, match="do not nest"):
        Counts(3, 2, 10)


@pytest.mark.parametrize(
    "frame",
    [
        shapely.Polygon(),
        shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
        shapely.Polygon(shapely.box(0, 0, 3, 3).exterior, [shapely.box(1, 1, 2, 2).exterior]),
        shapely.Point(1, 1),
    ],
)
def test_a_frame_that_is_no_simple_polygon_is_refused(frame: Any) -> None:
    with pytest.raises(InvalidGeometry, match="without holes"):
        partition(frame, counts_for(10))


def test_more_units_than_the_lattice_can_hold_are_refused() -> None:
    with pytest.raises(TooCrowded, match="no room for 100000 units"):
        partition(shapely.box(100.0, 40.0, 100.01, 40.01), counts_for(100_000))
