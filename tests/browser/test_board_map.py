"""The map of the coordinator's board: where names stand, and what of it goes to paper."""

from playwright.sync_api import Browser

from tests.browser.conftest import Site, Watched, new_context

# What happens to the canvases of the map between a browser's going to paper and the sheets.
PRINTING = """() => {
    const paper = matchMedia("print");
    window.printed = { cleared: 0, gaps: 0 };
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        if (paper.matches) window.printed.cleared += 1;
        return clearRect.apply(this, box);
    };
    paper.addEventListener("change", ({ matches }) => {
        if (!matches) return;
        const canvas = document.querySelector(".leaflet-data-pane canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        for (let k = 0; k < data.length; k += 4) {
            window.printed.gaps += data[k] === 163 && data[k + 1] === 40 && data[k + 2] === 79;
        }
        window.printed.wide = document.getElementById("map_view").offsetWidth;
        window.printed.size = window.map_view.getSize().x;
    });
}"""

# Each text that is drawn on a canvas, with the middle of it and its width.
RECORD = """() => {
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        window.drawn.push({ text, x, y, wide: this.measureText(text).width });
        return fillText.call(this, text, x, y);
    };
}"""

# The texts that were drawn, and those of them that a place of the border lies in.
DRAWN = """async () => {
    const answer = await fetch("/api/v1/coverage/segments.geojson?district=yunling");
    const places = (await answer.json()).features.flatMap(({ geometry }) => geometry.coordinates);
    const points = places.map(([lon, lat]) => window.map_view.latLngToContainerPoint([lat, lon]));
    const within = (one) => ({ x, y }) => Math.abs(x - one.x) < one.wide / 2 && Math.abs(y - one.y) < 4;
    const texts = (some) => some.map(({ text }) => text);
    return [texts(window.drawn), texts(window.drawn.filter((one) => points.some(within(one))))];
}"""


def test_paper_has_what_the_screen_shows_in_light_colours(browser: Browser, site: Site) -> None:
    context = new_context(browser)
    watched = Watched(context.new_page(), site.url)
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open("/coverage")
    page.evaluate(PRINTING)
    page.pdf()
    printed = page.evaluate("window.printed")
    context.close()
    # A canvas that is cleared while it is printed hides what lies below; another size would need other tiles.
    assert printed["cleared"] == 0
    assert printed["wide"] == printed["size"]
    assert printed["gaps"] > 20, "in the colour of paper"


def test_names_and_measures_do_not_lie_on_the_border(watched: Watched) -> None:
    page = watched.open("/coverage")
    page.evaluate(RECORD)
    for zoom in (10, 11.5, 13):
        page.evaluate(f"window.drawn = []; window.map_view.setZoom({zoom}, {{ animate: false }})")
        page.wait_for_function("window.drawn.length > 0")
        names, hit = page.evaluate(DRAWN)
        assert any(name.startswith("km ") for name in names)
        assert hit == [], zoom
