"""Tools for whole units: split, merge, put elsewhere, hand over, by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.drafting import Desk, Drafting

UNIT = "01004019"
NEIGHBOUR = "01004021"


@pytest.fixture
def desk(drafting: Drafting) -> Desk:
    """A planner at a plan of their own, with a unit picked."""
    found = drafting.sit(drafting.person("planner"))
    found.begin("A plan")
    found.pick(UNIT)
    return found


def ends_of_cut(desk: Desk) -> tuple[list[int], list[int]]:
    """Return two nodes on opposite sides of the picked unit, whose line runs inside it."""
    found = desk.ask(
        "const nodes = desk.mesh.nodes(desk.picked); const rings = desk.mesh.units.get(desk.picked).rings;"
        "let best = null;"
        "for (const one of nodes) for (const other of nodes) { const away = lattice.distance(one, other);"
        "  const within = [0.02, 0.2, 0.4, 0.5, 0.6, 0.8, 0.98].every((s) => lattice.inside(rings,"
        "   [Math.round(one[0] + s * (other[0] - one[0])), Math.round(one[1] + s * (other[1] - one[1]))]));"
        "  if (within && (!best || away > best[0])) best = [away, one, other]; }"
        "return best.slice(1)"
    )
    return found[0], found[1]


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_a_unit_is_split_by_a_drawn_line(desk: Desk, way: str) -> None:
    start, end = ends_of_cut(desk)
    desk.choose("s")
    if way == "mouse":
        desk.click(start)
        desk.click(end)
        desk.page.click("#hint-finish")
    else:
        for place in (start, end):
            desk.cross(place)
            desk.page.keyboard.press("Enter")
        desk.page.keyboard.press("Enter")
    desk.steps(1)
    expect(desk.page.locator("#impact .badge")).to_contain_text(["new"])
    expect(desk.page.locator("#steps")).to_contain_text("Unit split")


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_a_unit_is_split_by_a_road(desk: Desk, way: str) -> None:
    start, end = ends_of_cut(desk)
    far = [
        [round(a + 0.3 * (a - b)) for a, b in zip(*pair, strict=True)]
        for pair in ((start, end), (end, start))
    ]
    desk.lay_road(far[0], far[1])
    desk.choose("r")
    desk.wait("view.layers.lines.getSource().getFeatures().length > 0")
    if way == "mouse":
        places = desk.ask("return view.layers.lines.getSource().getFeatures()[0].get('places')")
        desk.click(places[6])
        desk.page.click("#hint-finish")
    else:
        desk.page.keyboard.press("n")
        desk.page.keyboard.press("Enter")
    desk.steps(1)
    expect(desk.page.locator("#steps")).to_contain_text("Unit split")


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_a_unit_is_split_by_households(desk: Desk, way: str) -> None:
    if way == "mouse":
        desk.page.click("#tools [data-tool=households]")
    else:
        desk.choose("h")
    desk.page.fill("dialog [name=households]", "40")
    desk.page.keyboard.press("Enter")
    desk.steps(1)
    expect(desk.page.locator("dialog")).to_have_count(0)
    expect(desk.page.locator("#steps")).to_contain_text("Unit split")


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_units_are_merged(desk: Desk, way: str) -> None:
    desk.choose("g")
    if way == "mouse":
        desk.click(desk.place_of(NEIGHBOUR))
        expect(desk.page.locator("#hint-text")).to_contain_text(f"2 units become {UNIT}")
        desk.page.click("#hint-finish")
    else:
        desk.cross(desk.place_of(NEIGHBOUR))
        desk.page.keyboard.press("Space")
        expect(desk.page.locator("#announce")).to_contain_text("2 chosen")
        desk.page.keyboard.press("f")
    desk.steps(1)
    expect(desk.page.locator("#impact .badge")).to_contain_text(["ends"])
    assert (
        desk.ask("return [...desk.mesh.units.values()].some((one) => one.code === a[0])", NEIGHBOUR) is False
    )


def test_units_apart_are_refused_with_what_to_draw_and_the_draft_stays(desk: Desk) -> None:
    far = desk.ask(
        "const near = desk.mesh.around([desk.picked]);"
        "const apart = ({ id }) => id !== desk.picked && !near.includes(id);"
        "return [...desk.mesh.units.values()].find(apart).code"
    )
    desk.show_around(2)
    desk.choose("g")
    desk.click(desk.place_of(far))
    expect(desk.page.locator("#hint-text")).to_contain_text("2 units become")
    desk.page.click("#hint-finish")
    expect(desk.page.locator("#problems-section")).to_be_visible()
    desk.wait("view.layers.problems.getSource().getFeatures().length > 0")
    expect(desk.page.locator(".callout")).to_be_visible()
    assert desk.ask("return desk.plan.ops") == 0
    desk.pick(UNIT)
    expect(desk.page.locator("#problems-section")).to_be_hidden()


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_units_are_put_below_another_by_painting(desk: Desk, way: str) -> None:
    desk.choose("a")
    desk.wait("desk.groups?.length > 0")
    own, other = desk.ask(
        "const unit = desk.mesh.units.get(desk.picked);"
        "return [unit.parent, desk.groups.find((one) => one.id !== unit.parent).id]"
    )
    desk.page.select_option("#hint-more select", other)
    if way == "mouse":
        desk.drag(desk.place_of(UNIT), desk.place_of(NEIGHBOUR))
        number = 2
    else:
        desk.cross(desk.place_of(UNIT))
        desk.page.keyboard.press("Enter")
        number = 1
    desk.steps(1)
    parents = desk.ask("return desk.plan.operations[0].op.units.length")
    assert parents >= number
    desk.wait("[...desk.mesh.units.values()].find((one) => one.code === a[0])?.parent === a[1]", UNIT, other)
    assert own != other


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_ground_is_handed_over_to_a_neighbour(desk: Desk, way: str) -> None:
    west, south, east, north = desk.ask(
        "const [a1, a2] = [desk.picked, [...desk.mesh.units.values()].find((one) => one.code === a[0]).id];"
        "const mine = new Set(desk.mesh.nodes(a1).map(lattice.nodeKey));"
        "return lattice.boxOf(desk.mesh.nodes(a2).filter((node) => mine.has(lattice.nodeKey(node))))",
        NEIGHBOUR,
    )
    around = [[west - 40_000, south], [east + 40_000, south], [east + 40_000, north], [west - 40_000, north]]
    desk.choose("x")
    for place in around:
        if way == "mouse":
            desk.click(place)
        else:
            desk.cross(place)
            desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("f")
    expect(desk.page.locator("#hint-text")).to_contain_text("click the neighbour that takes it")
    if way == "mouse":
        desk.click(desk.place_of(NEIGHBOUR))
    else:
        desk.cross(desk.place_of(NEIGHBOUR))
        desk.page.keyboard.press("Enter")
    desk.steps(1)
    expect(desk.page.locator("#steps")).to_contain_text("Ground handed over")


def test_the_load_is_evened_out_by_a_proposal(desk: Desk) -> None:
    desk.page.click("#even-out")
    desk.page.fill("dialog [name=area]", "1")
    desk.page.click("dialog button[type=submit]")
    card = desk.page.locator("#balance [data-aim]").first
    # A fresh checkout compiles the search first.
    expect(card).to_contain_text("Fewest moves", timeout=300_000)
    expect(card).to_contain_text("worst deviation")
    card.get_by_text("Why").click()
    expect(card.locator("li").first).to_be_visible()
    card.get_by_role("button", name="Take it").click()
    desk.wait("!desk.busy && desk.plan.ops > 0")
    expect(desk.page.locator("#steps")).to_contain_text("Put below another unit")
    expect(desk.page.locator("#balance-section")).to_be_hidden()
