"""Every tool of the redraw workspace, by mouse and by keyboard, against the real service and its proof."""

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


def test_picking_loads_two_rings_and_leaves_the_rest_to_tiles(desk: Desk) -> None:
    loaded, near = desk.ask("return [desk.mesh.units.size, desk.mesh.around([desk.picked]).length]")
    assert near < loaded < 40
    expect(desk.page.locator("#unit-section")).to_contain_text(UNIT)
    frame = desk.ask("return desk.mesh.nodes(desk.picked).some((node) => desk.mesh.framed(node))")
    assert not frame, "every edge of a unit inside has both its sides loaded"


def test_picking_by_keys(desk: Desk) -> None:
    desk.choose("v")
    desk.cross(desk.place_of(NEIGHBOUR))
    desk.page.keyboard.press("Enter")
    desk.wait("desk.mesh.units.get(desk.picked)?.code === a[0]", NEIGHBOUR)


def test_a_node_is_dragged_for_all_units_that_meet_there(desk: Desk) -> None:
    node = desk.free_nodes()[0]
    to = desk.nudge(node)
    owners = desk.ask("return [...desk.mesh.deltas(desk.mesh.moveNode(a[0], a[0])).units.keys()]", node)
    desk.choose("m")
    desk.drag(node, to)
    desk.steps(1)
    left = desk.ask("return desk.mesh.spokes(a[0]).length", node)
    assert left == 0, "the old node is nobody's any more"
    assert len(owners) == 2
    expect(desk.page.locator("#impact")).to_contain_text(UNIT)
    expect(desk.page.locator("#proof")).to_contain_text("Proven exact")
    expect(desk.page.locator("#announce")).to_contain_text("Node moved. Proven exact.")


def test_a_node_is_moved_by_keys(desk: Desk) -> None:
    desk.choose("m")
    desk.page.keyboard.press("n")
    expect(desk.page.locator("#announce")).to_contain_text("Node 1 of")
    while (
        desk.ask(
            "const { hold } = await import('wardline/redraw/border'); return desk.mesh.degree(hold.node)"
        )
        > 2
    ):
        desk.page.keyboard.press("Tab")
    held = desk.ask("const { hold } = await import('wardline/redraw/border'); return hold.node")
    desk.page.keyboard.press("Shift+ArrowRight")
    desk.page.keyboard.press("Shift+ArrowUp")
    expect(desk.page.locator("#hint-text")).to_contain_text("Nothing gapes or overlaps")
    desk.page.keyboard.press("Enter")
    desk.steps(1)
    assert held not in desk.nodes(UNIT)


def test_escape_drops_what_was_begun_then_the_tool_then_the_unit(desk: Desk) -> None:
    desk.choose("m")
    desk.page.keyboard.press("n")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#hint-cancel")).to_be_hidden()
    expect(desk.page.locator("#tools [data-tool=move]")).to_have_attribute("aria-pressed", "true")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#tools [data-tool=pick]")).to_have_attribute("aria-pressed", "true")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#unit-section")).to_be_hidden()
    assert desk.ask("return desk.plan.ops") == 0


def test_what_does_not_cancel_is_shown_at_once_and_nothing_is_sent(desk: Desk) -> None:
    sent: list[str] = []
    desk.page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    node = desk.free_nodes()[0]
    far = desk.nudge(node, 2.2)
    before = desk.rings(UNIT)
    desk.choose("m")
    desk.drag(node, far)
    expect(desk.page.locator("#problems-section")).to_contain_text("The new edge crosses another")
    expect(desk.page.locator(".callout")).to_contain_text("The new edge crosses another")
    assert sent == []
    assert desk.rings(UNIT) == before
    desk.page.click("#problems .row")
    assert desk.ask("return view.layers.problems.getSource().getFeatures().length") >= 1


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_nodes_are_inserted_and_deleted(desk: Desk, way: str) -> None:
    number = len(desk.nodes(UNIT))
    edge = desk.ask(
        "const ring = desk.mesh.units.get(desk.picked).rings[0];"
        "const long = (k) => lattice.distance(ring[k], ring[(k + 1) % ring.length]);"
        "let best = 0; ring.forEach((p, i) => { if (long(i) > long(best)) best = i; });"
        "const [t, h] = [ring[best], ring[(best + 1) % ring.length]];"
        "return [Math.round((t[0] + h[0]) / 2), Math.round((t[1] + h[1]) / 2)]"
    )
    desk.choose("i")
    if way == "mouse":
        desk.drag(edge, desk.nudge(edge, 0.08))
    else:
        desk.page.keyboard.press("n")
        expect(desk.page.locator("#announce")).to_contain_text("Edge 1 of")
        desk.page.keyboard.press("Shift+ArrowUp")
        desk.page.keyboard.press("Enter")
    desk.steps(1)
    assert len(desk.nodes(UNIT)) == number + 1
    desk.choose("d")
    free = desk.free_nodes()
    if way == "mouse":
        desk.click(free[len(free) // 2])
    else:
        desk.cross(free[len(free) // 2])
        desk.page.keyboard.press("Enter")
    desk.steps(2)
    assert len(desk.nodes(UNIT)) == number


def test_a_node_that_holds_units_together_stays(desk: Desk) -> None:
    node = desk.ask("return desk.mesh.nodes(desk.picked).find((one) => desk.mesh.degree(one) > 2)")
    desk.choose("d")
    desk.click(node)
    expect(desk.page.locator("#announce")).to_contain_text("this node holds units together")
    assert desk.ask("return desk.plan.ops") == 0


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_a_border_is_traced_along_a_road(desk: Desk, way: str) -> None:
    # Two ends of a stretch that two units share, and a road laid beside it.
    start, end = desk.ask(
        "const ring = desk.mesh.units.get(desk.picked).rings[0];"
        "const ends = ring.filter((p) => desk.mesh.degree(p) > 2); let best = null;"
        "for (const one of ends) for (const other of ends) if (one !== other) {"
        "  const [way] = desk.mesh.stretches(desk.picked, one, other);"
        "  if (way && (!best || way.length > best.length)) best = way; }"
        "return [best[1], best[best.length - 2]]"
    )
    desk.lay_road(start, end)
    desk.choose("t")
    desk.wait("view.layers.lines.getSource().getFeatures().length > 0")
    for node in (start, end):
        if way == "mouse":
            desk.click(node)
        else:
            desk.cross(node)
            desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#hint-text")).to_contain_text("Nothing gapes or overlaps")
    if way == "mouse":
        desk.page.click("#hint-finish")
    else:
        desk.page.keyboard.press("f")
    desk.steps(1)
    assert start in desk.nodes(UNIT)
    assert end in desk.nodes(UNIT)


def test_undo_and_redo_by_key_and_by_button(desk: Desk) -> None:
    before = desk.rings(UNIT)
    node = desk.free_nodes()[0]
    desk.choose("m")
    desk.drag(node, desk.nudge(node))
    desk.steps(1)
    after = desk.rings(UNIT)
    assert after != before
    desk.page.focus("#map_view")
    desk.page.keyboard.press("u")
    desk.steps(0)
    desk.wait("desk.plan.undone === 1")
    assert sorted(map(tuple, desk.nodes(UNIT))) == sorted(tuple(one) for ring in before for one in ring)
    expect(desk.page.locator("#steps .undone")).to_have_count(1)
    desk.page.click("#redo")
    desk.steps(1)
    assert sorted(map(tuple, desk.nodes(UNIT))) == sorted(tuple(one) for ring in after for one in ring)
    desk.page.focus("#map_view")
    # What is asked for while another step is under way waits for its turn.
    ops = desk.ask(
        "const steps = await import('wardline/redraw/desk');"
        "await Promise.all([steps.undo(), steps.redo(), steps.undo(), steps.redo()]); return desk.plan.ops"
    )
    assert ops == 1
    desk.page.keyboard.press("Control+z")
    desk.steps(0)


def test_a_unit_is_renamed_and_a_taken_code_is_refused_in_the_dialog(desk: Desk) -> None:
    desk.page.get_by_role("button", name="Rename").click()
    desk.page.fill("dialog [name=name]", "松林网格")
    desk.page.click("dialog button[type=submit]")
    desk.steps(1)
    expect(desk.page.locator("#unit-title")).to_have_text("松林网格")
    desk.page.get_by_role("button", name="Change the code").click()
    desk.page.fill("dialog [name=code]", NEIGHBOUR)
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("dialog [role=alert]")).to_contain_text(NEIGHBOUR)
    expect(desk.page.locator("dialog [name=code]")).to_have_value(NEIGHBOUR)
    desk.page.keyboard.press("Escape")


def test_a_plan_changed_elsewhere_is_taken_in_and_said(desk: Desk) -> None:
    twin = desk.page.context.new_page()
    twin.goto(desk.page.url)
    twin.wait_for_selector("body[data-ready]")
    twin.get_by_role("button", name="Title and day").click()
    twin.fill("dialog [name=title]", "Another title")
    twin.click("dialog button[type=submit]")
    expect(twin.locator("#plan-title")).to_have_text("Another title")
    node = desk.free_nodes()[0]
    desk.choose("m")
    desk.drag(node, desk.nudge(node))
    expect(desk.page.locator("#problems-section")).to_contain_text("The plan was changed meanwhile")
    expect(desk.page.locator("#plan-title")).to_have_text("Another title")
    assert desk.ask("return desk.plan.ops") == 0
    desk.wait("desk.mesh.units.get(desk.picked)")
    desk.drag(node, desk.nudge(node))
    desk.steps(1)
    twin.close()


def test_the_help_lists_every_tool(desk: Desk) -> None:
    desk.page.focus("#map_view")
    desk.page.keyboard.press("?")
    text = desk.page.inner_text("dialog")
    for label in desk.page.locator("#tools [data-tool]").evaluate_all(
        "all => all.map((one) => one.ariaLabel)"
    ):
        assert label in text
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("dialog")).to_have_count(0)
    expect(desk.page.locator("#map_view")).to_be_focused()


def test_arrows_go_from_tool_to_tool(desk: Desk) -> None:
    desk.page.focus("#tools [data-tool=pick]")
    desk.page.keyboard.press("ArrowDown")
    expect(desk.page.locator("#tools [data-tool=move]")).to_be_focused()
    desk.page.keyboard.press("ArrowUp")
    desk.page.keyboard.press("ArrowUp")
    expect(desk.page.locator("#help-button")).to_be_focused()
    desk.page.keyboard.press("s")
    expect(desk.page.locator("#tools [data-tool=split]")).to_have_attribute("aria-pressed", "true")
    expect(desk.page.locator("#map_view")).to_be_focused()
