"""Hostile text in every text field of every layer never becomes code, on the server or in the browser."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WAIT_S, Databases, Site, Watched, new_context, site_of
from tests.fixtures import field
from tests.fixtures.injected import EVALUATED, PRODUCT, TEMPLATE

# Only a template engine, a script or an event handler would make EVALUATED of this.
NOTE = (
    f" {TEMPLATE}{{% print({PRODUCT}) %}}{{#x#}}${{{PRODUCT}}}"
    f'<img src=x onerror="document.title={PRODUCT}">'
    f"</script><script>document.title={PRODUCT}</script>'`&amp;\u2028"
)
VIEWS = (
    "/",
    "/grids?property=households",
    "/grids?property=incidents&level=0",
    "/coverage",
    "/stations?lon=118.5&lat=46.4",
)


@pytest.fixture(scope="module")
def hostile(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_of(database_factory, tmp_path_factory.mktemp("hostile"), NOTE) as found:
        yield found


@pytest.fixture
def page(browser: Browser, hostile: Site) -> Iterator[Watched]:
    context = new_context(browser)
    watched = Watched(context.new_page(), hostile.url)
    watched.page.on("dialog", lambda dialog: watched.errors.append(dialog.message))
    yield watched
    context.close()
    assert watched.errors == []
    assert watched.strangers == []


def assert_inert(page: Page) -> None:
    assert EVALUATED not in page.title()
    assert EVALUATED not in page.inner_text("body")
    assert EVALUATED not in page.content()
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("path", VIEWS)
def test_page_shows_hostile_text_as_text(page: Watched, path: str) -> None:
    opened = page.open(path)
    opened.wait_for_load_state("networkidle")
    assert_inert(opened)
    assert TEMPLATE in opened.inner_text("body")


def test_owner_panel_shows_hostile_text_as_text(page: Watched) -> None:
    opened = page.open("/grids")
    opened.click("#map_view", position={"x": 500, "y": 400})
    opened.wait_for_selector(".chain li")
    assert TEMPLATE in opened.inner_text(".chain")
    assert TEMPLATE in opened.inner_text(".place-more")
    assert_inert(opened)


def test_border_tooltip_shows_hostile_text_as_text(page: Watched) -> None:
    opened = page.open("/coverage")
    place = opened.evaluate(
        "(() => { let found; map_view.eachLayer((one) => { if (one.getTooltip?.()) found = one; });"
        " const middle = found.getLatLngs().flat(2)[0]; map_view.setView(middle, 14, {animate: false});"
        " const {x, y} = map_view.latLngToContainerPoint(middle); return {x, y}; })()"
    )
    box = opened.locator("#map_view").bounding_box()
    assert box
    for step in (40, 10, 3, 0):
        opened.mouse.move(box["x"] + place["x"] + step, box["y"] + place["y"])
        opened.wait_for_timeout(60)
    opened.wait_for_selector(".leaflet-tooltip")
    assert TEMPLATE in opened.inner_text(".leaflet-tooltip")
    assert_inert(opened)


def test_chosen_station_shows_hostile_text_as_text(page: Watched) -> None:
    opened = page.open("/stations?lon=118.5&lat=46.4")
    opened.locator("[data-station]").first.click()
    assert TEMPLATE in opened.inner_text(".station-more:not([hidden])")
    assert_inert(opened)


def test_quarantine_shows_what_a_device_sent_as_text(page: Watched) -> None:
    with httpx.Client(base_url=page.origin, timeout=WAIT_S) as client:
        sent = field.Phone(client, "hostile").put(
            field.batch(
                visits=[field.visit(marker="nothing-has-this", note=NOTE)],
                incidents=[field.incident(lon=0.0, lat=0.0, title=NOTE, description=NOTE)],
                tracks=[{**field.track([{"seq": 1, "at": NOTE, "lon": 118.5, "lat": 46.4}]), "name": NOTE}],
            )
        )
    assert [one["verdict"] for one in sent.json()["items"]] == ["quarantined"] * 3, sent.text
    opened = page.open("/quarantine?device=hostile")
    expect(opened.locator("[data-item]")).to_have_count(3)
    for summary in opened.locator("summary").all():
        summary.click()
    for card in opened.locator("[data-item]").all():
        expect(card).to_contain_text(TEMPLATE)
    assert_inert(opened)


@pytest.mark.parametrize(
    "query", [f"district={TEMPLATE}", f"lang={TEMPLATE}", f"from={TEMPLATE}&to=<img onerror=x>"]
)
def test_hostile_question_is_inert(page: Watched, query: str) -> None:
    answer = page.page.request.get(f"{page.origin}/coverage?{query}")
    assert answer.status < 500
    assert EVALUATED not in answer.text()


def test_export_shows_hostile_text_as_text(page: Watched, tmp_path_factory: pytest.TempPathFactory) -> None:
    answer = page.page.request.get(f"{page.origin}/maps/coverage.html?from=2024-01-01&to=2032-01-01")
    assert answer.status == 200
    file = tmp_path_factory.mktemp("export") / "coverage.html"
    file.write_bytes(answer.body())
    opened = page.page.context.new_page()
    opened.goto(f"file://{file}")
    opened.wait_for_selector("body[data-ready]")
    assert TEMPLATE in opened.inner_text("#segments")
    assert_inert(opened)


@pytest.mark.parametrize("layer", ["grids", "border", "markers", "stations", "representatives", "incidents"])
def test_every_layer_is_served_with_its_text_as_it_is(page: Watched, layer: str) -> None:
    answer = page.page.request.get(f"{page.origin}/api/v1/layers/{layer}/items?limit=5")
    assert answer.status == 200
    assert EVALUATED not in answer.text()
    assert TEMPLATE in answer.text()
    described = page.page.request.get(f"{page.origin}/tiles/{layer}.json")
    assert EVALUATED not in described.text()
