"""Plans of two people: neighbours that merge, the same edges that collide, reviews, publications."""

from dataclasses import dataclass

from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.drafting import Desk, Drafting

FIRST, SECOND = "02005008", "02005013"


def submit(desk: Desk, note: str = "") -> None:
    desk.page.get_by_role("button", name="Submit for review").click()
    desk.page.fill("dialog [name=note]", note)
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("#plan-badge")).to_have_text("waits for review")


def approve(reviewer: Desk, plan: str) -> None:
    reviewer.open(plan)
    reviewer.page.get_by_role("button", name="Approve").click()
    reviewer.page.fill("dialog [name=note]", "Agreed.")
    reviewer.page.click("dialog button[type=submit]")
    expect(reviewer.page.locator("#plan-badge")).to_have_text("approved")


def publish(desk: Desk, plan: str) -> None:
    desk.open(plan)
    desk.page.get_by_role("button", name="Publish").click()
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("#plan-badge")).to_have_text("published")


def catch_up(desk: Desk) -> None:
    desk.page.locator("#stale button").click()


def move(desk: Desk, node: list[int], share: float, steps: int) -> None:
    desk.choose("m")
    desk.drag(node, desk.nudge(node, share))
    desk.steps(steps)


@dataclass
class Cast:
    """Two planners and a reviewer at their desks."""

    anna: Desk
    bert: Desk
    rita: Desk

    @classmethod
    def of(cls, drafting: Drafting) -> "Cast":
        roles = (("planner", "anna"), ("planner", "bert"), ("reviewer", "rita"))
        return cls(*(drafting.sit(drafting.person(role, name)) for role, name in roles))


def test_two_planners_edit_neighbours_then_the_same_edges(drafting: Drafting) -> None:
    cast = Cast.of(drafting)
    plan = neighbours_merge(cast)
    the_same_edges_collide(cast, plan)
    # A review is done on a phone as well.
    cast.rita = drafting.sit(drafting.person("reviewer"), PHONE)
    the_step_is_taken_back_and_the_rest_is_published(cast, plan)
    releases_are_compared(cast)
    phone = cast.rita
    phone.watched.open("/redraw")
    phone.page.click("#shelves label:has-text('Published')")
    expect(phone.page.locator("#plans button")).to_have_count(3)
    phone.page.click("#plans button:has-text('Anna again')")
    expect(phone.page.locator("#impact")).to_contain_text(FIRST)


def neighbours_merge(cast: Cast) -> str:
    """Let Anna publish while Bert edits a neighbour; return Bert's plan, brought up to date."""
    anna, bert = cast.anna, cast.bert
    plan, other = anna.begin("Anna's plan"), bert.begin("Bert's plan")
    anna.pick(FIRST)
    near = {tuple(node) for node in anna.free_nodes()}
    bert.pick(SECOND)
    apart = [node for node in bert.free_nodes() if tuple(node) not in near]
    move(bert, apart[0], 0.15, 1)
    theirs = {tuple(node) for node in bert.free_nodes()}
    move(anna, next(node for node in anna.free_nodes() if tuple(node) not in theirs), 0.15, 1)
    # Anna's draft is an outline on Bert's map.
    bert.ask(
        "const units = await import('wardline/redraw/units');"
        "const { loadPlans } = await import('wardline/redraw/desk');"
        "await loadPlans(); await units.loadOthers();"
    )
    bert.wait("view.layers.others.getSource().getFeatures().length > 0")

    submit(anna, "Please look at the west.")
    expect(anna.page.locator("#tools [data-tool=move]")).to_be_disabled()
    cast.rita.watched.open("/redraw")
    cast.rita.page.click("#shelves label:has-text('To review')")
    expect(cast.rita.page.locator("#plans")).to_contain_text("Anna's plan")
    approve(cast.rita, plan)
    anna.open(plan)
    expect(anna.page.locator("#plan-facts")).to_contain_text("Agreed.")
    publish(anna, plan)

    # Bert is told while he works, and after he comes back.
    expect(bert.page.locator("#problems-section")).to_contain_text("Another plan was published")
    bert.open(other)
    expect(bert.page.locator("#stale")).to_contain_text("The units in force have changed")
    expect(bert.page.locator("#conflict-section")).to_be_hidden()
    catch_up(bert)
    bert.wait("!desk.plan.stale && desk.plan.ops === 1")
    return other


def the_same_edges_collide(cast: Cast, plan: str) -> None:
    """Let both move the same node, each elsewhere, and Anna publish first."""
    anna, bert = cast.anna, cast.bert
    second = anna.begin("Anna again")
    anna.pick(FIRST)
    bert.pick(FIRST)
    mine = {tuple(node) for node in bert.free_nodes()}
    node = next(one for one in anna.free_nodes() if tuple(one) in mine)
    move(anna, node, 0.2, 1)
    move(bert, node, 0.1, 2)
    submit(anna)
    approve(cast.rita, second)
    publish(anna, second)
    bert.open(plan)
    catch_up(bert)
    expect(bert.page.locator("#problems-section")).to_be_visible()
    expect(bert.page.locator("#conflict-section")).to_contain_text("Both moved the same border")
    roles = bert.ask("return view.layers.places.getSource().getFeatures().map((one) => one.get('role'))")
    assert {"mine", "theirs", "base"} <= set(roles)
    bert.page.click("#conflicts [data-place]")
    assert bert.ask("return desk.plan.ops") == 2, "no work is lost"


def the_step_is_taken_back_and_the_rest_is_published(cast: Cast, plan: str) -> None:
    bert = cast.bert
    bert.page.get_by_role("button", name="Undo my last step").click()
    bert.steps(1)
    catch_up(bert)
    bert.wait("!desk.plan.stale")
    expect(bert.page.locator("#conflict-section")).to_be_hidden()
    submit(bert)
    approve(cast.rita, plan)
    publish(bert, plan)


def releases_are_compared(cast: Cast) -> None:
    page = cast.bert.page
    page.click("#back")
    page.click("#history summary")
    expect(page.locator("#swipe")).to_be_visible()
    expect(page.locator("#history-right")).to_contain_text("Bert's plan")
    page.focus("#swipe")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#swipe")).to_have_attribute("aria-valuenow", "55")
    page.click("#history summary")
    expect(page.locator("#swipe")).to_be_hidden()
