"""The folium shell: only served files, no stored text, no inline surprise."""

import re

import folium
import folium.plugins
import pytest
from branca.colormap import LinearColormap
from branca.element import Element, JavascriptLink

from maps import assets, figure
from maps.errors import UnknownAsset


def test_links_are_served_files_only() -> None:
    parts = figure.draw((118.5, 46.4), 9)
    for url in (*parts.styles, *parts.scripts):
        assert url.startswith("/assets/")
        assert assets.read(url.removeprefix("/assets/").partition("?")[0]).body
    assert "http" not in parts.body + parts.script


def test_needs_leaflet_and_nothing_else() -> None:
    parts = figure.draw((0.0, 0.0), 2)
    assert [url.partition("?")[0] for url in parts.scripts] == ["/assets/npm/leaflet/dist/leaflet.js"]
    assert [url.partition("?")[0] for url in parts.styles] == ["/assets/npm/leaflet/dist/leaflet.css"]


@pytest.mark.parametrize(
    "control",
    [
        folium.plugins.MousePosition(),  # type: ignore[no-untyped-call]
        LinearColormap(["#000000", "#ffffff"]),
        folium.plugins.Fullscreen(),  # type: ignore[no-untyped-call]
    ],
    ids=["mouse-position", "colour-map-with-d3", "fullscreen"],
)
def test_control_with_a_foreign_link_is_refused(control: Element) -> None:
    with pytest.raises(UnknownAsset, match="https://"):
        figure.draw((0.0, 0.0), 2, control)


def test_link_to_an_unlisted_own_path_is_refused() -> None:
    drawn = figure.OfflineFigure()
    drawn.header.add_child(JavascriptLink("/assets/npm/leaflet/package.json"), name="sneaky")
    with pytest.raises(UnknownAsset, match=re.escape("npm/leaflet/package.json")):
        drawn.parts()


def test_class_lists_of_folium_stay_untouched() -> None:
    before = (list(folium.Map.default_js), list(folium.Map.default_css))
    figure.draw((1.0, 2.0), 3)
    assert (folium.Map.default_js, folium.Map.default_css) == before


def test_shell_is_the_same_every_time() -> None:
    assert figure.draw((1.0, 2.0), 3) == figure.draw((1.0, 2.0), 3)


def test_own_page_of_folium_is_never_drawn() -> None:
    with pytest.raises(NotImplementedError):
        figure.OfflineFigure().render()
