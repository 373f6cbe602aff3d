"""The arithmetic of the redraw workspace in a real browser: lattice, ownership of edges, the chain test."""

import json
from typing import Any

import pytest
import shapely
from playwright.sync_api import Page

from geo.partition import prove
from tests.browser.conftest import Watched

STEP = 100_000


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.open("/redraw")


def call(page: Page, module: str, body: str, *arguments: Any) -> Any:
    """Run a function body with the exports of a module as ``m`` and its arguments as ``a``."""
    return page.evaluate(
        f"async (a) => {{ const m = await import('wardline/redraw/{module}'); {body} }}", list(arguments)
    )


def square(column: int, row: int) -> dict[str, Any]:
    """Return a unit of a chequer as the service sends it."""
    west, south = 131 + column / 100, 46 + row / 100
    ring = [
        [west, south],
        [west + 0.01, south],
        [west + 0.01, south + 0.01],
        [west, south + 0.01],
        [west, south],
    ]
    geometry = {"type": "Polygon", "coordinates": [[[round(x, 7), round(y, 7)] for x, y in ring]]}
    return {"id": f"{column}{row}", "geometry": geometry}


CHEQUER = [square(column, row) for column in range(3) for row in range(3)]
MESH = "const mesh = new m.Mesh(); mesh.put(a[0].map((u) => ({id: u.id, rings: m.ringsOf(u.geometry)})));"
MIDDLE = [1_310_100_000, 460_100_000]


def test_degrees_come_back_exactly_from_the_lattice(page: Page) -> None:
    degrees = [[118.1234567, 46.7654321], [-0.0000001, 89.9999999], [179.9999999, -45.5]]
    found = call(page, "lattice", "return a[0].map((p) => m.toDegrees(m.toLattice(p)))", degrees)
    assert found == degrees
    whole = call(page, "lattice", "return a[0].map(m.toLattice)", degrees)
    assert whole == [[round(x * 1e7), round(y * 1e7)] for x, y in degrees]
    assert all(x / 1e7 == lon and y / 1e7 == lat for (x, y), (lon, lat) in zip(whole, degrees, strict=True))


@pytest.mark.parametrize(
    ("line", "crosses"),
    [
        ([[0, 0], [10, 10], [0, 10], [10, 0]], True),
        ([[0, 0], [10, 0], [5, 0], [5, 10]], False),
        ([[0, 0], [10, 0], [10, 0], [10, 10]], False),
        ([[0, 0], [10, 0], [2, 0], [8, 0]], False),
        ([[0, 0], [10, 0], [5, -1], [5, 1]], True),
        ([[0, 0], [1, 1], [2, 3], [4, 9]], False),
    ],
)
def test_edges_cross_only_inside_both(page: Page, line: list[list[int]], crosses: bool) -> None:
    far = [[x + 1_310_000_000, y + 460_000_000] for x, y in line]
    assert call(page, "lattice", "return m.cross(...a[0])", far) is crosses


def test_a_node_of_four_units_moves_for_all_of_them(page: Page) -> None:
    to = [MIDDLE[0] + 123, MIDDLE[1] - 456]
    body = MESH + (
        "const op = mesh.moveNode(a[1], a[2]); const t = mesh.test(op);"
        "return {paths: op.paths, degree: mesh.degree(a[1]), test: t, passes: m.passes(t),"
        " rings: Object.fromEntries(mesh.preview(op))}"
    )
    found = call(page, "topology", body, CHEQUER, MIDDLE, to)
    assert found["degree"] == 4
    assert len(found["paths"]) == 4
    assert all(path["old"][-1] == MIDDLE and path["new"][-1] == to for path in found["paths"])
    assert found["passes"], found["test"]
    assert sorted(found["rings"]) == ["00", "01", "10", "11"]
    # What the browser draws is an exact partition of the same ground, by our own proof.
    before = [shapely.from_geojson(json.dumps(unit["geometry"])) for unit in CHEQUER]
    after = [
        shapely.Polygon([(x / 1e7, y / 1e7) for x, y in found["rings"][unit["id"]][0]])
        if unit["id"] in found["rings"]
        else area
        for unit, area in zip(CHEQUER, before, strict=True)
    ]
    whole = prove(before)
    proof = prove(after, whole.frame)
    assert proof.exact, proof.defects


def test_the_frame_does_not_move(page: Page) -> None:
    corner = [1_310_100_000, 460_000_000]
    body = MESH + (
        "const op = mesh.moveNode(a[1], [a[1][0], a[1][1] - 50]);"
        "return {framed: mesh.framed(a[1]), open: mesh.test(op).open}"
    )
    found = call(page, "topology", body, CHEQUER, corner)
    assert found["framed"]
    assert len(found["open"]) == 4, "two frame edges before and after, the inner edge cancels"


def test_a_new_edge_that_crosses_another_is_found_with_its_place(page: Page) -> None:
    far = [MIDDLE[0] + 150_000, MIDDLE[1] + 30_000]
    found = call(page, "topology", MESH + "return mesh.test(mesh.moveNode(a[1], a[2]))", CHEQUER, MIDDLE, far)
    assert found["crossings"]
    assert found["open"] == []


def test_nodes_are_inserted_and_deleted_for_both_sides(page: Page) -> None:
    tail, head = MIDDLE, [MIDDLE[0], MIDDLE[1] + STEP]
    node = [MIDDLE[0] + 700, MIDDLE[1] + STEP // 2]
    body = MESH + (
        "const op = mesh.insert(a[1], a[2], a[3]); const rings = mesh.preview(op);"
        "mesh.put([...rings].map(([id, r]) => ({id, rings: r})));"
        "const back = mesh.remove(a[3]);"
        "return {passes: m.passes(mesh.test(back)), units: [...rings.keys()].sort(),"
        " kept: mesh.remove(a[1]), back: [...mesh.preview(back)]}"
    )
    found = call(page, "topology", body, CHEQUER, tail, head, node)
    assert found["units"] == ["01", "11"]
    assert found["passes"]
    assert found["kept"] is None, "a node of four edges cannot be taken out"
    assert {len(rings[0]) for _, rings in found["back"]} == {4}


def test_a_stretch_follows_a_line(page: Page) -> None:
    line = [[MIDDLE[0] - 9_000, MIDDLE[1] + 1_000 * k] for k in range(-5, 110, 5)]
    head = [MIDDLE[0], MIDDLE[1] + STEP]
    body = MESH + (
        "const [stretch] = mesh.stretches('11', a[1], a[2]); const op = mesh.trace(stretch, a[3]);"
        "return {op, test: mesh.test(op), passes: m.passes(mesh.test(op))}"
    )
    found = call(page, "topology", body, CHEQUER, MIDDLE, head, line)
    [path] = found["op"]["paths"]
    assert {tuple(path["new"][0]), tuple(path["new"][-1])} == {tuple(MIDDLE), tuple(head)}
    assert len(path["new"]) > 15
    assert found["passes"], found["test"]


def test_holes_and_islands_keep_their_rings(page: Page) -> None:
    ring = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]
    hole = [[3, 3], [6, 3], [6, 6], [3, 6], [3, 3]]
    island = [[20, 0], [22, 0], [22, 2], [20, 0]]
    geometry = {"type": "MultiPolygon", "coordinates": [[ring, hole], [island]]}
    body = "const rings = m.ringsOf(a[0]); return m.polygonsOf(rings).map((p) => p.length)"
    assert call(page, "topology", body, geometry) == [2, 1]


def test_seams_are_the_edges_between_units_below_different_ones(page: Page) -> None:
    body = (
        "const mesh = new m.Mesh();"
        "mesh.put(a[0].map((u) => ({id: u.id, parent: u.id[0] === '0', rings: m.ringsOf(u.geometry)})));"
        "return mesh.seams()"
    )
    found = call(page, "topology", body, CHEQUER)
    assert len(found) == 3
    assert {x for edge in found for x, _ in edge} == {MIDDLE[0]}
