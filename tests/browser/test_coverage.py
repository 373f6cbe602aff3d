"""The coverage page and its self-contained file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, WIDE, Site, Watched, new_context


def test_share_stretches_and_gaps_are_told(watched: Watched, site: Site) -> None:
    page = watched.open("/coverage")
    assert page.inner_text("#walked-share") == "67 %"
    assert page.locator("[data-segment]").count() == site.scene.segments
    assert page.locator("[data-gap]").count() == site.scene.segments
    assert "号桩" in page.locator("[data-gap]").first.inner_text()


def test_legend_has_lengths_that_sum_to_the_border(watched: Watched, site: Site) -> None:
    page = watched.open("/coverage")
    lengths = []
    for text in page.locator("#legend .number").all_inner_texts():
        number, unit = text.split("\u00a0" if "\u00a0" in text else " ")
        lengths.append(float(number.replace(",", "")) * (1000 if unit == "km" else 1))
    assert sum(lengths) == pytest.approx(site.scene.length_m, abs=400)


def test_choosing_a_stretch_shows_its_gaps_only(watched: Watched, site: Site) -> None:
    page = watched.open("/coverage")
    page.locator("[data-segment]").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-segment]").nth(1).get_attribute("aria-pressed") == "true"
    assert page.locator("[data-gap]").count() == 1
    page.keyboard.press("Enter")
    assert page.locator("[data-gap]").count() == site.scene.segments


def test_choosing_a_gap_zooms_to_it(watched: Watched) -> None:
    page = watched.open("/coverage")
    before = page.evaluate("window.map_view.getZoom()")
    page.locator("[data-gap]").first.click()
    assert page.evaluate("window.map_view.getZoom()") > before


def test_preset_and_typed_period_change_the_answer(watched: Watched) -> None:
    page = watched.open("/coverage")
    with page.expect_response("**/api/v1/coverage/segments?*"):
        page.check("[name=preset][value=week]")
    expect(page.locator("#walked-share")).not_to_have_text("67 %")
    with page.expect_response("**/api/v1/coverage/segments?*"):
        page.fill("[name=from]", "2021-01-01")
    page.fill("[name=to]", "2021-01-31")
    expect(page.locator("#walked-share")).to_have_text("0 %")
    assert "from=2021-01-01" in page.url
    assert "to=2021-02-01" in page.url


def test_period_of_the_address_is_shown(watched: Watched) -> None:
    page = watched.open("/coverage?from=2025-06-01&to=2025-07-01")
    assert page.locator("[name=to]").input_value() == "2025-06-30"
    assert "1 Jun 2025" in page.inner_text("#period-text")


def _period() -> str:
    today = datetime.now(UTC).date()
    return f"from={today - timedelta(days=29)}&to={today + timedelta(days=2)}"


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_exported_file_opens_from_disk_without_any_network(
    browser: Browser, site: Site, tmp_path: Path, size: tuple[int, int]
) -> None:
    context = new_context(browser, size)
    file = tmp_path / "coverage.html"
    answer = context.request.get(f"{site.url}/maps/coverage.html?{_period()}&lang=zh")
    assert answer.status == 200
    file.write_bytes(answer.body())
    context.set_offline(True)
    watched = Watched(context.new_page(), "file://")
    page = watched.open(str(file))
    assert page.inner_text("h1") == "边界巡护"
    assert page.locator("[data-segment]").count() == site.scene.segments
    page.locator("[data-gap]").first.click()
    assert page.locator("#timeline-grid [role=row]").count() == site.scene.segments + 1
    bars = page.locator("#trend-chart .bar-group")
    assert bars.count() == 26
    said = page.inner_text("#period-text")
    bars.last.click()
    expect(page.locator("#trend-says")).to_contain_text("%")
    page.locator("#timeline-grid [data-start]").last.click()
    assert page.inner_text("#period-text") == said, "a file has one period"
    assert page.locator("form").count() == 0
    context.close()
    assert watched.errors == []
    assert watched.strangers == []


def test_export_links_carry_the_period(watched: Watched) -> None:
    page = watched.open("/coverage?from=2025-06-01&to=2025-07-01")
    for kind in ("html", "sheet", "gpkg", "csv", "geojson"):
        address = page.get_attribute(f"[data-export={kind}]", "href")
        assert address is not None
        answer = page.request.get(watched.origin + address)
        assert answer.status == 200, kind
        assert "from=2025-06-01" in address


def test_paper_has_the_map_and_the_lists_but_no_controls(watched: Watched) -> None:
    page = watched.open("/coverage")
    page.emulate_media(media="print")
    assert page.locator("#map_view").is_visible()
    assert page.locator("#segments").is_visible()
    assert page.locator("#period").is_hidden()
    assert page.locator("#layers-section").is_hidden()
    assert page.locator(".leaflet-control-zoom").is_hidden()


def test_a_period_without_a_border_or_yet_to_come_has_no_gaps(watched: Watched) -> None:
    page = watched.open("/coverage?from=2019-01-01&to=2019-02-01")
    assert page.inner_text("#summary").startswith("No border on 31 Jan 2019")
    ahead = datetime.now(UTC).date() + timedelta(days=40)
    watched.open(f"/coverage?from={ahead}&to={ahead + timedelta(days=7)}")
    assert "It has not begun" in page.inner_text("#summary")
    assert page.locator("#gaps-section").is_hidden()
    assert page.locator("[data-gap]").count() == 0


def test_sheet_fits_its_paper(watched: Watched) -> None:
    page = watched.page
    page.set_viewport_size({"width": 672, "height": 900})  # A4 within its margins
    page.emulate_media(media="print")
    page.goto(f"{watched.origin}/api/v1/coverage/sheet.html?{_period()}&lang=en")
    assert page.evaluate("document.documentElement.scrollWidth") <= 672


def test_a_refusal_is_in_sight_and_says_what_is_still_shown(watched: Watched) -> None:
    page = watched.open("/coverage")
    before = page.inner_text("#period-text")
    page.context.set_offline(True)
    page.check("[name=preset][value=week]", force=True)
    problem = page.locator("#problem")
    expect(problem).to_contain_text("The service cannot be reached")
    expect(problem).to_contain_text(f"What is shown is still of {before}.")
    assert page.inner_text("#period-text") == before
    page.locator("#exports").scroll_into_view_if_needed()
    expect(problem).to_be_in_viewport()
    assert page.get_attribute("#panel-body", "aria-busy") == "false"
    page.context.set_offline(False)
    problem.get_by_role("button").click()
    expect(problem).to_be_hidden()
    assert page.inner_text("#period-text") != before
    watched.errors = [text for text in watched.errors if "ERR_INTERNET_DISCONNECTED" not in text]


def test_headline_is_told_for_each_kind_of_evidence(watched: Watched) -> None:
    page = watched.open("/coverage")
    walked, bridged = (page.inner_text(f"[data-rung={rung}]") for rung in ("observed", "inferred"))
    assert walked == "66.7 %"
    assert float(bridged.split()[0]) > float(walked.split()[0])
    # What nobody reckons is not the same as nothing, and cannot be chosen.
    seen = page.inner_text("[data-rung=seen]")
    assert page.locator("[name=evidence][value=seen]").is_disabled() is (seen == "–")
    page.locator("[name=evidence][value=declared]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[name=evidence][value=inferred]")).to_be_checked()
    # What choosing another would do is told before it is chosen.
    assert page.inner_text("[data-more=observed]").startswith("-")
    assert page.inner_text("[data-more=inferred]") == ""
    expect(page.locator("#walked-share")).not_to_have_text("67 %")
    assert "evidence=inferred" in page.url
    watched.open(page.url.removeprefix(watched.origin))
    assert page.locator("[name=evidence][value=inferred]").is_checked()
    page.check("[name=evidence][value=observed]", force=True)
    expect(page.locator("#walked-share")).to_have_text("67 %")


def test_another_period_is_compared_in_the_headline_and_by_stretch(watched: Watched, site: Site) -> None:
    page = watched.open("/coverage")
    assert page.locator(".change").count() == 0
    page.select_option("[name=compare]", "previous")
    expect(page.locator("#walked-change .change")).to_have_attribute("data-change", "66.7")
    assert page.locator("[data-segment] .change-up").count() == site.scene.segments
    assert "compare=previous" in page.url
    page.select_option("[name=compare]", "own")
    with page.expect_response("**/api/v1/coverage/segments?*from=2019-01-01*"):
        page.fill("[name=compare-from]", "2019-01-01")
        page.fill("[name=compare-to]", "2019-01-31")
    expect(page.locator("#walked-change")).to_contain_text("There was no border")
    assert page.locator("[data-segment]").first.inner_text().endswith("not there then")
    page.select_option("[name=compare]", "")
    expect(page.locator(".change")).to_have_count(0)
    assert "compare" not in page.url


def test_the_same_days_a_year_before_end_on_their_own_last_day(watched: Watched) -> None:
    page = watched.open("/coverage?from=2024-02-01&to=2024-03-01&compare=year")
    assert "1 Feb 2023 to 28 Feb 2023" in page.inner_text("#walked-change")


def test_outlines_and_markers_are_those_of_the_asked_day(watched: Watched) -> None:
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    watched.open("/coverage?from=2025-06-01&to=2025-07-01").wait_for_load_state("networkidle")
    dated = [url for url in asked if "/tiles/grids" in url or "/layers/markers" in url]
    assert any(".mvt" in url for url in dated)
    assert [url for url in dated if "as_of=2025-06-30" not in url] == []
