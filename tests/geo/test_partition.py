"""Partitions are proven exactly: nothing broken is accepted, nothing exact refused, each fault is placed."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidGeometry
from geo.partition import DefectKind, Proof, dissolve, prove
from tests.geo.partitions import Made, degrees, make, same_ground, spoil, steps

HOW = ("delete", "duplicate", "shift", "nudge", "move", "insert", "swap")
CHUNKS = 8
# Seven mutations of each: just over ten thousand in all.
PARTITIONS = 1_440
seeds = st.integers(0, 2**32 - 1)


def random_partition(rng: np.random.Generator) -> Made:
    return make(rng, int(rng.integers(2, 8)), int(rng.integers(1, 9)))


def square(west: float, south: float, east: float, north: float) -> Any:
    return degrees(shapely.box(west, south, east, north))


def kinds(proof: Proof) -> set[DefectKind]:
    return {defect.kind for defect in proof.defects}


def touches(proof: Proof, place: Any) -> bool:
    """Tell whether some defect lies within three lattice steps of a place."""
    return any(defect.geometry.distance(place) < 3e-7 for defect in proof.defects)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_ten_thousand_mutations_are_each_refused_and_placed(chunk: int) -> None:
    tried = 0
    for seed in range(chunk, PARTITIONS, CHUNKS):
        rng = np.random.default_rng(seed)
        made = random_partition(rng)
        assert prove(made.units, made.frame).exact, f"seed {seed}: an exact partition was refused"
        for how in HOW:
            spoilt = spoil(rng, made, how)
            if spoilt is None:
                continue
            tried += 1
            proof = prove(spoilt.units, made.frame)
            assert not proof.exact, f"seed {seed}: {how} was accepted"
            assert touches(proof, spoilt.place), f"seed {seed}: {how} was not placed"
    assert tried > len(HOW) * PARTITIONS / CHUNKS * 0.9


@given(seeds)
@settings(deadline=None, max_examples=60)
def test_an_exact_partition_needs_no_frame(seed: int) -> None:
    made = random_partition(np.random.default_rng(seed))
    proof = prove(made.units, enclaves=None)
    assert proof.exact
    assert proof.frame is not None
    assert same_ground(proof.frame, made.frame)
    assert len(proof.frame_edges) == shapely.get_num_coordinates(proof.frame) - sum(
        1 + len(part.interiors) for part in shapely.get_parts(proof.frame)
    )


@given(seeds, st.integers(1, 5))
@settings(deadline=None, max_examples=60)
def test_dissolve_is_the_union_exactly_and_valid(seed: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    made = random_partition(rng)
    group = rng.integers(0, groups, len(made.units))
    areas = dissolve(made.units, group)
    assert len(areas) == group.max() + 1
    for number, area in enumerate(areas):
        union = shapely.union_all(steps(made.units[group == number]))
        assert steps(area).is_valid
        assert area.is_empty == union.is_empty
        assert same_ground(area, degrees(union))


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_neither_order_nor_orientation_matters(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = random_partition(rng)
    turned = np.array([unit.reverse() if rng.random() < 0.5 else unit for unit in made.units], dtype=object)
    proof = prove(rng.permutation(turned), made.frame)
    assert proof.exact
    whole = dissolve(made.units, np.zeros(len(made.units), dtype=int))[0]
    assert whole.wkb == dissolve(rng.permutation(turned), np.zeros(len(made.units), dtype=int))[0].wkb


def test_touching_corners_and_enclaves_give_valid_parents() -> None:
    # A chequerboard: every inner corner has degree 4 in the sum.
    cells = np.array([square(i * 10, j * 10, i * 10 + 10, j * 10 + 10) for i in range(4) for j in range(4)])
    colour = np.array([(i + j) % 2 for i in range(4) for j in range(4)])
    black, white = dissolve(cells, colour)
    assert (len(black.geoms), len(white.geoms)) == (8, 8)
    assert steps(black).is_valid
    # Four cells around a hole that touches the outside in a corner: one part with one hole.
    ring = dissolve(cells[[0, 1, 2, 4, 6, 8, 9]], np.zeros(7, dtype=int))[0]
    assert steps(ring).is_valid
    assert steps(ring).area == 700


def strip(*xs: int, height: int = 10_000) -> Any:
    """Return a rectangle from the first to the last x with vertices at each x, below and above."""
    return degrees(shapely.Polygon([(x, 0) for x in xs] + [(x, height) for x in reversed(xs)]))


def test_a_gap_an_overlap_and_a_sliver_are_told_apart() -> None:
    west = strip(0, 10_000)
    found = prove([west, strip(12_000, 20_000)], strip(0, 10_000, 12_000, 20_000)).defects
    assert [(defect.kind, defect.units, defect.covered) for defect in found] == [(DefectKind.GAP, (0, 1), 0)]
    assert found[0].area_m2 == pytest.approx(17.0 * 111.0, rel=0.02)
    assert found[0].width_m == pytest.approx(2 * found[0].area_m2 / (2 * (17.0 + 111.0)), rel=0.02)
    found = prove(
        [strip(0, 8_000, 10_000), strip(8_000, 10_000, 20_000)], strip(0, 8_000, 10_000, 20_000)
    ).defects
    assert [(defect.kind, defect.units, defect.covered) for defect in found] == [
        (DefectKind.OVERLAP, (0, 1), 2)
    ]
    found = prove([west, strip(10_050, 20_000)], strip(0, 10_000, 10_050, 20_000)).defects
    assert [(defect.kind, defect.covered) for defect in found] == [(DefectKind.SLIVER, 0)]
    assert found[0].width_m == pytest.approx(0.43 * 2 / 2, rel=0.05)
    assert prove([west, strip(10_000, 20_000)], strip(0, 10_000, 20_000)).exact


def test_a_missing_unit_is_as_large_as_one() -> None:
    units = np.array([strip(x, x + 10_000) for x in range(0, 50_000, 10_000)])
    proof = prove(np.delete(units, 2), strip(*range(0, 50_001, 10_000)))
    assert kinds(proof) == {DefectKind.MISSING}
    assert proof.defects[0].units == (1, 2)
    assert "Add the missing unit" in proof.defects[0].sentence(["A", "B", "D", "E"])


def test_enclosed_ground_has_to_be_confirmed_where_no_frame_is_given() -> None:
    whole = square(0, 0, 30_000, 30_000)
    inner = square(10_000, 10_000, 20_000, 20_000)
    units = [shapely.Polygon(whole.exterior, [inner.exterior])]
    proof = prove(units)
    assert kinds(proof) == {DefectKind.ENCLAVE}
    place = proof.defects[0].place
    assert f"--enclave {place[0]:.7f},{place[1]:.7f}" in proof.defects[0].sentence(["A"])
    assert prove(units, enclaves=[place]).exact
    assert prove(units, enclaves=None).exact
    assert prove(units, units[0]).exact
    assert not prove(units, enclaves=[(0.0, 0.0)]).exact


def test_a_t_junction_names_who_has_the_vertex_and_who_lacks_it() -> None:
    west = degrees(shapely.Polygon([(0, 0), (100, 0), (100, 50), (100, 100), (0, 100)]))
    east = square(100, 0, 200, 100)
    proof = prove([west, east], strip(0, 100, 200, height=100))
    assert [(defect.kind, defect.units) for defect in proof.defects] == [(DefectKind.T_JUNCTION, (0, 1))]
    assert steps(proof.defects[0].geometry).coords[0] == (100, 50)
    text = proof.defects[0].sentence(["West", "East"])
    assert text.startswith("West has a vertex at")
    assert text.endswith("Insert this vertex into East.")


@pytest.mark.parametrize(
    ("ring", "words"),
    [
        ([(0, 0), (100, 100), (100, 0), (0, 100)], "Self-intersection"),
        ([(0, 0), (100, 0), (200, 0)], ""),
        ([(0, 0), (100, 0), (100, 100), (50, 0), (0, 100)], "Self-intersection"),
    ],
)
def test_a_bad_ring_is_named_with_its_place(ring: list[tuple[int, int]], words: str) -> None:
    proof = prove([degrees(shapely.Polygon(ring)), square(1_000, 0, 1_100, 100)])
    bad = [defect for defect in proof.defects if defect.kind is DefectKind.INVALID]
    assert [defect.units for defect in bad] == [(0,)]
    assert words in bad[0].reason
    assert steps(bad[0].geometry).distance(shapely.Polygon(ring)) < 2


def test_nothing_is_no_area() -> None:
    proof = prove([None, shapely.Polygon(), square(0, 0, 10, 10)])
    assert [(defect.kind, defect.units) for defect in proof.defects] == [
        (DefectKind.EMPTY, (0,)),
        (DefectKind.EMPTY, (1,)),
    ]


def test_what_is_no_area_or_off_the_lattice_is_refused() -> None:
    with pytest.raises(InvalidGeometry, match="LineString"):
        prove([shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(InvalidGeometry, match="multiples of 1e-7") as refusal:
        prove([square(0, 0, 10, 10), shapely.box(1, 1, 1.00000001, 2)])
    assert refusal.value.where["unit"] == 1
    bow = degrees(shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))
    with pytest.raises(InvalidGeometry, match="frame is not a valid area"):
        prove([square(0, 0, 10, 10)], bow)


def test_dissolving_what_overlaps_is_refused_not_guessed() -> None:
    with pytest.raises(InvalidGeometry):
        dissolve([square(0, 0, 10, 10), square(0, 0, 10, 10)], [0, 0])


def test_the_whole_globe_fits_without_overflow() -> None:
    half = 1_800_000_000
    west = shapely.box(-180, -90, 0, 90)
    east = shapely.box(0, -90, 180, 90)
    assert prove([west, east], shapely.MultiPolygon([shapely.box(-180, -90, 180, 90)])).exact is False
    corners = [(-180, -90), (0, -90), (180, -90), (180, 90), (0, 90), (-180, 90)]
    proof = prove([west, east], shapely.Polygon(corners))
    assert proof.exact
    assert proof.frame_edges.max() == half
    slanted = shapely.Polygon([(-180, -90), (180, 90), (-180, 90)])
    other = shapely.Polygon([(-180, -90), (180, -90), (180, 90)])
    assert prove([slanted, other], shapely.box(-180, -90, 180, 90)).exact


@given(seeds)
@settings(deadline=None, max_examples=25)
def test_very_dirty_units_are_explained_without_failing(seed: int) -> None:
    """Everything at once: no crash, every unit that is bad is named, and all that overlaps is measured."""
    rng = np.random.default_rng(seed)
    made = random_partition(rng)
    units = list(made.units)
    for _ in range(6):
        spoilt = spoil(rng, Made(np.array(units, dtype=object), made.frame), str(rng.choice(HOW)))
        if spoilt is not None:
            units = list(spoilt.units)
    units += [
        None,
        shapely.Polygon(),
        degrees(shapely.Polygon([(0, 0), (9_000, 9_000), (9_000, 0), (0, 9_000)])),
    ]
    proof = prove(units, made.frame)
    named = {
        unit for defect in proof.defects for unit in defect.units if defect.kind in ("empty", "invalid_ring")
    }
    assert {len(units) - 3, len(units) - 2, len(units) - 1} <= named
    for defect in proof.defects:
        assert defect.sentence()
        assert np.isfinite(defect.place).all()
        assert defect.area_m2 >= 0
