"""The station finder: by position, by map, by typing, with and without permission."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, Site, Watched, new_context


def test_typed_position_lists_open_stations_by_distance(watched: Watched) -> None:
    page = watched.open("/stations")
    page.fill("[name=lon]", "118.6")
    page.fill("[name=lat]", "46.36")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-station]:has-text('0 m')")
    assert page.locator("[data-station]").count() == 2
    assert "驿站3" in page.locator("[data-station]").first.inner_text()


def test_closed_stations_show_when_wanted(watched: Watched) -> None:
    page = watched.open("/stations?lon=118.5&lat=46.4")
    page.wait_for_selector("[data-station]")
    with page.expect_response("**/stations/nearest*"):
        page.uncheck("[name=open]", force=True)
    expect(page.locator("[data-station]")).to_have_count(3)
    assert "closed now" in page.locator("[data-station]").first.inner_text()


def test_facility_narrows_the_list(watched: Watched) -> None:
    page = watched.open("/stations?lon=118.5&lat=46.4")
    page.check("[name=facility][value=repair]", force=True)
    expect(page.locator("[data-station]")).to_have_count(1)
    page.check("[name=facility][value=water]", force=True)
    page.wait_for_selector(".message")
    assert "Take away a wish" in page.inner_text("#answer")


def test_wrong_position_is_told_at_the_field(watched: Watched) -> None:
    page = watched.open("/stations")
    page.fill("[name=lon]", "118.6")
    page.fill("[name=lat]", "146.36")
    page.keyboard.press("Enter")
    assert "−90 to 90" in page.inner_text("#where")
    assert page.evaluate("document.activeElement.name") == "lat"


def test_map_tap_on_a_phone_finds_the_nearest(browser: Browser, site: Site) -> None:
    context = new_context(browser, PHONE)
    watched = Watched(context.new_page(), site.url)
    page = watched.open("/stations")
    page.click("#map_view", position={"x": 60, "y": 250})
    expect(page.locator("#where")).to_contain_text("place on the map")
    page.wait_for_selector("[data-station]")
    context.close()
    assert watched.errors == []


def test_position_of_the_device_is_used_when_it_is_allowed(browser: Browser, site: Site) -> None:
    context = new_context(browser, PHONE)
    context.grant_permissions(["geolocation"], origin=site.url)
    context.set_geolocation({"longitude": 118.42, "latitude": 46.42, "accuracy": 12})
    watched = Watched(context.new_page(), site.url)
    page = watched.open("/stations")
    page.click("#near-me")
    expect(page.locator("#where")).to_contain_text("12 m")
    page.wait_for_selector("[data-station]:has-text('0 m')")
    assert "驿站1" in page.locator("[data-station]").first.inner_text()
    context.close()


def test_refused_position_says_what_else_to_do(watched: Watched) -> None:
    page = watched.open("/stations")
    page.click("#near-me")
    expect(page.locator("#where")).to_contain_text("Tap the map")


def test_chosen_station_shows_directions_and_telephone(watched: Watched) -> None:
    page = watched.open("/stations?lon=118.5&lat=46.4")
    page.locator("[data-station]").first.focus()
    page.keyboard.press("Enter")
    links = page.locator(".station-more:not([hidden]) a")
    assert [link.get_attribute("href").split(":")[0] for link in links.all()] == ["tel", "geo"]  # type: ignore[union-attr]
    assert page.locator(".map-pin-chosen").count() == 1


def test_the_way_is_switched_and_the_answer_says_which_and_why(watched: Watched) -> None:
    page = watched.open("/stations?lon=118.5&lat=46.4")
    page.wait_for_selector("[data-station]")
    expect(page.locator("#how")).to_have_text("Distances in a straight line.")
    with page.expect_response("**/stations/nearest*mode=network&by=car*"):
        page.check("[name=way][value=car]", force=True)
    expect(page.locator("#how")).to_contain_text("No road is within 500 m")
    expect(page.locator(".map-route")).to_have_count(0)
    with page.expect_response("**/stations/nearest*mode=designated*"):
        page.check("[name=way][value=designated]", force=True)
    expect(page.locator("#how")).to_contain_text("No service areas are stored")
    assert "way=designated" in page.url


def test_the_way_along_roads_is_drawn(watched: Watched) -> None:
    page = watched.open("/stations?lon=118.56&lat=46.36&way=foot")
    expect(page.locator("#how")).to_have_text("Distances by road, on foot.")
    route = page.locator("path.map-route")
    # Up, round the corner and down again.
    assert (route.get_attribute("d") or "").count("L") >= 2
    box = route.bounding_box()
    assert box is not None
    assert box["height"] > 20
    with page.expect_response("**/stations/nearest*mode=straight*"):
        page.check("[name=way][value=straight]", force=True)
    expect(route).to_have_count(0)


def test_help_is_asked_for_on_a_phone_without_the_position_of_the_device(
    browser: Browser, site: Site
) -> None:
    context = new_context(browser, PHONE)
    watched = Watched(context.new_page(), site.url)
    page = watched.open("/stations?lang=zh")
    assert page.locator("#help h2").inner_text() == "求助"
    page.locator("#help [type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#helped")).to_contain_text("您在哪里")
    page.goto(f"{site.url}/stations?lang=en&lon=118.5&lat=46.4")
    page.wait_for_selector("[data-station]")
    page.select_option("#help [name=kind]", "repair")
    page.fill("#help [name=note]", "chain came off")
    page.locator("#help [type=submit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#helped .message")).to_contain_text("Nobody is")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    receipt = page.locator("#help-receipt").inner_text()
    page.reload()
    expect(page.locator("#help-receipt")).to_have_text(receipt)
    page.locator("#help-cancel").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#helped .message")).to_contain_text("cancelled")
    context.close()
    assert watched.errors == []
