"""A GeoPackage that was edited elsewhere comes back by the page of plans, or is refused in its places."""

from pathlib import Path

import pytest
import shapely
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import PHONE, WIDE
from tests.browser.drafting import Desk, Drafting
from tests.browser.test_redraw_page import fits, serious
from tests.fixtures.desktop import Sheet, opened, put, saved

UNIT = "03008033"


def exported(desk: Desk) -> Sheet:
    link = desk.page.locator("#documents a[href*='exchange.gpkg']")
    with desk.page.expect_download() as waited:
        link.click()
    return opened(Path(waited.value.path()).read_bytes())


def choose(desk: Desk, content: bytes) -> None:
    kind = "application/geopackage+sqlite3"
    desk.page.set_input_files(
        "dialog [name=file]", FilePayload(name="edited.gpkg", mimeType=kind, buffer=content)
    )


def bring(desk: Desk, content: bytes, *, repair: bool = False) -> None:
    """Choose a file in the dialog that is open, and send it."""
    choose(desk, content)
    if repair:
        desk.page.click("dialog label:has([name=repair])")
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("dialog")).to_have_count(0)


def nudged(sheet: Sheet, metres: float) -> None:
    """Move one vertex of one area alone, so that it leaves a gap and overlaps."""
    row = sheet.row(UNIT)
    outline = shapely.get_coordinates(row["geometry"])
    lon, lat = outline[len(outline) // 2]
    row["geometry"] = shapely.transform(row["geometry"], put((lon, lat), (lon + metres / 77_000, lat)))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_edited_file_becomes_more_of_the_draft_it_came_from(
    drafting: Drafting, size: tuple[int, int]
) -> None:
    desk = drafting.sit(drafting.person("planner"), size)
    desk.begin("To be edited elsewhere")
    sheet = exported(desk)
    sheet.row(UNIT)["name"] = "新名"
    desk.page.focus("#take-back")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("dialog")).to_be_visible()
    assert serious(desk) == []
    bring(desk, saved(sheet))
    desk.steps(1)
    expect(desk.page.locator("#steps")).to_contain_text("Renamed")
    expect(desk.page.locator("#taken")).to_contain_text("Steps derived from the file: 1.")
    assert fits(desk)
    # What was drawn since the export is not undone by the older file, and the dialog keeps what was chosen.
    desk.page.click("#take-back")
    choose(desk, saved(sheet))
    desk.page.click("dialog button[type=submit]")
    expect(desk.page.locator("dialog .message-warn")).to_be_visible()
    desk.page.click("dialog button:has-text('Cancel')")
    desk.steps(1)
    desk.watched.errors.clear()


def test_a_dirty_file_is_refused_in_its_places_and_taken_with_a_repair(drafting: Drafting) -> None:
    desk = drafting.sit(drafting.person("planner"))
    desk.begin("Edited without topology")
    sheet = exported(desk)
    nudged(sheet, 1.0)
    next(row for row in sheet.rows if row["code"] != UNIT)["name"] = "新名"
    desk.page.click("#back")
    desk.page.click("#bring-back")
    bring(desk, saved(sheet))
    expect(desk.page.locator("#problem")).to_contain_text("repair=true")
    places = desk.page.locator("#problem .problem-row")
    assert places.count() > 0
    places.last.click()
    assert desk.ask("return view.layers.problems.getSource().getFeatures().length") == 1
    desk.page.click("#bring-back")
    bring(desk, saved(sheet), repair=True)
    expect(desk.page.locator("#plan-title")).to_have_text("Edited without topology")
    expect(desk.page.locator("#taken")).to_contain_text("Places repaired: 1")
    desk.page.locator("#taken .row").first.click()
    assert desk.ask("return view.layers.problems.getSource().getFeatures().length") == 1
    expect(desk.page.locator("#steps")).to_contain_text("Renamed")
    assert fits(desk)
    assert serious(desk) == []
    assert (
        desk.ask("return desk.plans.filter(({ title }) => title === a[0]).length", "Edited without topology")
        == 2
    )
    desk.watched.errors.clear()
