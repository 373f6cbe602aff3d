"""The page of plans: who may what on it, both widths, both languages, and no serious finding of axe."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE
from tests.browser.drafting import Desk, Drafting

UNIT = "03008033"


def serious(desk: Desk) -> list[Any]:
    found: dict[str, Any] = Axe().run(desk.page).response
    return [
        (finding["id"], [node["target"] for node in finding["nodes"]])
        for finding in found["violations"]
        if finding["impact"] in {"serious", "critical"}
    ]


def fits(desk: Desk) -> bool:
    return bool(desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_reader_sees_plans_and_changes_nothing(drafting: Drafting) -> None:
    planner = drafting.sit(drafting.person("planner", "carla"))
    plan = planner.begin("Carla's plan")
    planner.pick(UNIT)
    node = planner.free_nodes()[1]
    planner.choose("m")
    planner.drag(node, planner.nudge(node))
    planner.steps(1)

    reader = drafting.sit(drafting.person("auditor"))
    reader.watched.open("/redraw")
    expect(reader.page.locator("#begin")).to_be_hidden()
    reader.page.click("#shelves label:has-text('Others')")
    reader.page.click('#plans button:has-text("Carla\'s plan")')
    expect(reader.page.locator("#plan-title")).to_be_focused()
    expect(reader.page.locator("#impact")).to_contain_text(UNIT)
    expect(reader.page.locator("#tools [data-tool=move]")).to_be_disabled()
    expect(reader.page.locator("#plan-actions button")).to_have_count(0)
    reader.page.focus("#map_view")
    reader.page.keyboard.press("m")
    expect(reader.page.locator("#tools [data-tool=pick]")).to_have_attribute("aria-pressed", "true")
    assert reader.page.url.endswith(plan)
    reader.pick(UNIT)
    expect(reader.page.locator("#unit-section")).to_contain_text(UNIT)
    assert reader.ask("return view.layers.handles.getSource().getFeatures().length") == 0
    offered = reader.page.locator("#documents a").evaluate_all("all => all.map((one) => one.href)")
    assert all(reader.page.request.get(address).ok for address in offered)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_plan_fits_its_window_and_axe_finds_nothing_serious(
    drafting: Drafting, size: tuple[int, int]
) -> None:
    desk = drafting.sit(drafting.person("planner"), size)
    desk.begin("A plan with a fairly long title, as plans of large districts have")
    assert fits(desk)
    assert serious(desk) == []
    desk.pick(UNIT)
    node = desk.free_nodes()[1]
    desk.choose("m")
    desk.drag(node, desk.nudge(node))
    desk.steps(1)
    expect(desk.page.locator("#impact-section")).to_be_visible()
    assert fits(desk)
    assert serious(desk) == []
    desk.page.focus("#map_view")
    desk.page.keyboard.press("?")
    assert serious(desk) == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_earlier_step_is_undone_from_the_list(drafting: Drafting, size: tuple[int, int]) -> None:
    desk = drafting.sit(drafting.person("planner"), size)
    desk.begin("Three codes")
    ids = []
    for code in (UNIT, "03008043"):
        desk.pick(code)
        ids.append(desk.ask("return desk.picked"))
    steps = (
        (ids[0], "recode", "code", "X1"),
        (ids[0], "rename", "name", "New"),
        (ids[1], "recode", "code", UNIT),
    )
    for number, (unit, kind, member, value) in enumerate(steps, 1):
        desk.ask(
            "const { perform } = await import('wardline/redraw/desk');"
            "await perform({ type: a[0], unit: a[1], [a[2]]: a[3] }, 'done')",
            kind,
            unit,
            member,
            value,
        )
        desk.steps(number)
    undo = desk.page.locator(".step-undo")
    expect(undo).to_have_count(3)
    undo.first.click()
    expect(desk.page.locator("#problems")).to_contain_text("Step 3 cannot be done without step 1")
    assert desk.ask("return desk.plan.ops") == 3
    undo.nth(1).focus()
    desk.page.keyboard.press("Enter")
    desk.steps(2)
    expect(desk.page.locator(".step.undone")).to_have_count(1)
    expect(desk.page.locator("#problems-section")).to_be_hidden()
    assert fits(desk)
    assert serious(desk) == []


def test_a_plan_in_chinese(drafting: Drafting) -> None:
    desk = drafting.sit(drafting.person("planner"), lang="zh-CN")
    desk.begin("北片调整")
    desk.pick(UNIT)
    expect(desk.page.locator("#hint-text")).to_contain_text("点击")
    words = desk.page.inner_text("#plan-view")
    for text in ("全部方案", "草稿", "步骤", "方案信息", "相邻单元"):
        assert text in words
    desk.page.focus("#map_view")
    desk.page.keyboard.press("?")
    assert "移动节点" in desk.page.inner_text("dialog")


def test_an_unknown_plan_is_said_and_the_list_stays(drafting: Drafting) -> None:
    desk = drafting.sit(drafting.person("planner"))
    desk.watched.open("/redraw?plan=00000000-0000-0000-0000-000000000001")
    expect(desk.page.locator("#plans-view")).to_be_visible()
    expect(desk.page.locator("#problem")).to_be_visible()


def test_a_node_is_dragged_by_a_finger(drafting: Drafting) -> None:
    desk = drafting.sit(drafting.person("planner"), PHONE)
    desk.begin("On a phone")
    desk.pick(UNIT)
    desk.page.click("#tools [data-tool=move]")
    expect(desk.page.locator("#panel")).to_have_attribute("data-sheet", "low")
    node = desk.free_nodes()[0]
    start, end = desk.pixel(node), desk.pixel(desk.nudge(node, 0.4))
    finger = desk.page.context.new_cdp_session(desk.page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", start)
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        touch("touchMove", (x, y))
    touch("touchEnd")
    desk.steps(1)
    assert fits(desk)
