"""What is due on the coordinator's board: the list that leads to each place, and the layer of markers."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import WAIT_S, Databases, Site, Watched, new_context, site_of

RULES = (
    {"kind": "segment", "code": "S01", "within_days": 2.0},
    {"kind": "segment", "code": "S02", "within_days": 300.0},
    {"kind": "marker-kind", "code": "boundary-marker", "within_days": 30.0},
)


@pytest.fixture(scope="module")
def ruled(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The scene with rules: a stretch that is late, another where it was never walked, and markers."""
    with site_of(database_factory, tmp_path_factory.mktemp("ruled")) as site:
        for rule in RULES:
            made = httpx.post(f"{site.url}/api/v1/coverage/due/rules", json=rule, timeout=WAIT_S)
            assert made.status_code == 201, made.text
        yield site


@pytest.fixture
def board(browser: Browser, ruled: Site) -> Iterator[Watched]:
    context = new_context(browser)
    watched = Watched(context.new_page(), ruled.url)
    yield watched
    context.close()
    assert watched.errors == []
    assert watched.strangers == []


def test_what_is_due_leads_to_its_place(board: Watched) -> None:
    page = board.open("/coverage")
    page.click("#due-kinds [data-kind=segment]")
    late = page.locator("[data-due='segment:S01']").first
    assert "late" in late.inner_text()
    assert "at least 1 in 2 days" in late.inner_text()
    before = page.evaluate("window.map_view.getZoom()")
    late.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("window.map_view.getZoom()") > before


def test_kinds_of_what_is_due_are_chosen_by_keyboard(board: Watched) -> None:
    page = board.open("/coverage")
    rows = page.locator("#due .row")
    assert rows.count() == 12
    page.locator("#due-kinds [data-kind=marker]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#due-kinds [data-kind=marker]")).to_be_focused()
    assert page.locator("#due [data-due^=segment]").count() == 0
    page.locator("#due .row-more").focus()
    page.keyboard.press("Enter")
    assert str(rows.count()) in page.inner_text("#due-kinds [data-kind=marker]")
    # Who went on by keyboard goes on at the first row that is new.
    assert page.evaluate("[...document.querySelectorAll('#due .row')].indexOf(document.activeElement)") == 12


def test_what_was_due_is_told_for_the_day_asked_about(board: Watched) -> None:
    page = board.open("/coverage?from=2020-02-01&to=2020-03-01")
    assert page.locator("#due-section").is_hidden()


def test_markers_are_a_layer_with_its_classes(board: Watched) -> None:
    page = board.open("/coverage")
    assert page.locator("#classes-markers").is_hidden()
    page.locator("[name=layer][value=markers]").focus()
    page.keyboard.press("Space")
    classes = page.locator("#classes-markers .number")
    expect(classes).to_have_count(4)
    assert int(classes.first.inner_text()) > 10
    assert "layers=markers" in page.url
    board.open(page.url.removeprefix(board.origin))
    expect(page.locator("[name=layer][value=markers]")).to_be_checked()
    expect(classes).to_have_count(4)
    page.uncheck("[name=layer][value=markers]")
    assert page.locator("#classes-markers").is_hidden()


def test_grids_are_a_layer_by_their_visits_and_by_their_ground(board: Watched) -> None:
    page = board.open("/coverage")
    with page.expect_response("**/api/v1/coverage/grids?*"):
        page.check("[name=layer][value=grids]")
    classes = page.locator("#classes-grids .number")
    expect(classes).to_have_count(6)
    assert sum(int(text) for text in classes.all_inner_texts()) == 60
    with page.expect_response("**/api/v1/coverage/grids?*from=2025-06-01*"):
        page.fill("[name=from]", "2025-06-01")
    page.uncheck("[name=layer][value=grids]")
    assert page.locator("#classes-grids").is_hidden()
    with page.expect_response("**/api/v1/coverage/grids?*"):
        page.check("[name=layer][value=ground]")
    seen = page.locator("#classes-ground .number")
    expect(seen).to_have_count(6)
    assert sum(int(text) for text in seen.all_inner_texts()) == 60
