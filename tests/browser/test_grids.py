"""The grids page: who owns a point, by mouse, by keyboard and by code."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, Watched
from tests.browser.drafting import Drafting


def test_click_tells_the_owners_and_the_representative(watched: Watched) -> None:
    page = watched.open("/grids")
    page.click("#map_view", position={"x": 500, "y": 400})
    page.wait_for_selector(".chain li")
    chain = page.locator(".chain li").all_inner_texts()
    assert len(chain) == 3
    assert "镇" in chain[0]
    assert "village" not in chain[0]
    assert "网格" in chain[2]
    assert "代表 " in page.inner_text(".place-more")


def test_enter_asks_about_the_middle_of_the_map(watched: Watched) -> None:
    page = watched.open("/grids")
    page.focus("#map_view")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".chain li")
    assert page.locator(".chain li").count() == 3


def test_search_by_code_finds_zooms_and_tells_the_owner(watched: Watched, site: object) -> None:
    page = watched.open("/grids")
    scene = site.scene  # type: ignore[attr-defined]
    page.fill("[name=q]", scene.leaf_code)
    page.keyboard.press("Enter")
    page.wait_for_selector(".chain li")
    assert scene.leaf_name in page.locator(".chain li").last.inner_text()
    assert scene.representative in page.inner_text(".place-more")


def test_search_by_part_of_a_name_lists_what_fits(watched: Watched) -> None:
    page = watched.open("/grids")
    page.fill("[name=q]", "青松")
    page.click("#search button")
    rows = page.locator("#found-rows .row")
    rows.first.wait_for()
    assert rows.count() == 3
    rows.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".chain li")
    assert "level=0" in page.url


def test_search_for_nothing_known_says_so(watched: Watched) -> None:
    page = watched.open("/grids")
    page.fill("[name=q]", "zzz")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found-rows .row")
    assert "Try its beginning" in page.inner_text("#found-rows")


def test_point_outside_is_refused_in_words(watched: Watched) -> None:
    page = watched.open("/grids")
    with page.expect_response("**/api/v1/locate*") as answer:
        page.click("#map_view", position={"x": 20, "y": 20})
    assert answer.value.status == 422
    page.wait_for_selector(".message")
    assert "nearest" in page.inner_text("#place-answer")
    # The browser itself logs every answer of 422; nothing else may be wrong.
    assert all("422" in error for error in watched.errors)
    watched.errors.clear()


def test_colouring_shows_a_legend_with_classes_and_counts(watched: Watched) -> None:
    page = watched.open("/grids")
    assert page.locator("#legend").is_hidden()
    page.select_option("#property", "households")
    page.wait_for_selector("#legend:not([hidden])")
    counts = [int(text) for text in page.locator("#legend .number").all_inner_texts()]
    assert len(counts) == 5
    assert sum(counts) == 60
    assert "property=households" in page.url


def test_open_incidents_are_summed_up_the_levels(watched: Watched) -> None:
    page = watched.open("/grids?property=incidents&level=0")
    page.wait_for_selector("#legend:not([hidden])")
    labels = page.locator("#legend li").all_inner_texts()
    assert any("3" in label for label in labels), "three of four incidents are open, all in one township"


def test_day_before_the_first_release_has_no_units(watched: Watched) -> None:
    page = watched.open("/grids?as_of=2019-12-31")
    assert page.locator("#as-of").input_value() == "2019-12-31"
    assert page.locator("#problem").is_hidden()


def test_where_there_is_no_line_the_switch_says_so(watched: Watched) -> None:
    page = watched.open("/grids")
    page.check("#lines")
    page.wait_for_selector("#lines-none:not([hidden])")
    assert page.locator("#legend").is_hidden()
    page.uncheck("#lines")
    assert page.locator("#lines-none").is_hidden()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_roads_and_rivers_are_drawn_on_request(drafting: Drafting, size: tuple[int, int]) -> None:
    watched = drafting.sit(drafting.person("auditor"), size).watched
    page = watched.open("/grids")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.focus("#lines")
    page.keyboard.press("Space")
    legend = page.locator("#legend li")
    expect(legend).to_have_text(["road", "river", "track"])
    assert any("/tiles/lines/" in url for url in asked)
    assert "lines=1" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.select_option("#property", "households")
    expect(legend).to_have_count(8)
    page.reload()
    watched.ready()
    expect(legend).to_have_count(8)
    expect(page.locator("#lines")).to_be_checked()
    page.focus("#lines")
    page.keyboard.press("Space")
    expect(legend).to_have_count(5)
    assert "lines=" not in page.url
