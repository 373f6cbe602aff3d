"""A folium figure that only ever links to files the service itself serves.

folium compiles its own output a second time as an unsandboxed Jinja template, so any stored text that
reached a folium object would run as code on the server. Nothing here takes text: a shell is drawn from
constants and numbers, and its three parts are handed to the page's own autoescaping template.
"""

from dataclasses import dataclass

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, Link, MacroElement
from folium.template import Template

from geo.errors import N_
from maps import assets
from maps.errors import UnknownAsset

MAP_NAME = "map_view"
"""The name of the map's element and of its script variable."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What folium drew: the addresses of styles and scripts, the map's element, and its script."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    body: str
    script: str


class OfflineFigure(Figure):
    """A figure whose header links must all be files of ours; any other link is refused when it is drawn."""

    def parts(self) -> Parts:
        """Render the figure without its page around it.

        Raises
        ------
        UnknownAsset
            A header link points to anything but a served file.
        """
        for child in list(self._children.values()):
            child.render()
        header = self.header._children  # noqa: SLF001 - branca has no public list of them
        links = [child for child in header.values() if isinstance(child, Link)]
        for link in links:
            _must_be_served(link.url)
        # Other header children are dropped: folium's own viewport forbids zooming, and its inline
        # styles and switches would need exceptions in the content security policy.
        return Parts(
            styles=tuple(link.url for link in links if isinstance(link, CssLink)),
            scripts=tuple(link.url for link in links if isinstance(link, JavascriptLink)),
            body=self.html.render(),
            script=self.script.render(),
        )

    def render(self, **kwargs: object) -> str:
        """Refuse to render folium's own page, which has no content security policy."""
        raise NotImplementedError("an offline figure is drawn by its parts()")


class ShellMap(folium.Map):
    """A map without tiles, drawn from numbers only, that needs Leaflet and nothing else."""

    def __init__(self, center: tuple[float, float], zoom: int, snap: float) -> None:
        # Lists of this object, since folium edits the lists of the class for the whole process.
        self.default_js = [("leaflet", assets.url("npm/leaflet/dist/leaflet.js"))]
        self.default_css = [("leaflet_css", assets.url("npm/leaflet/dist/leaflet.css"))]
        lon, lat = center
        super().__init__(
            location=[float(lat), float(lon)],
            zoom_start=int(zoom),
            tiles=None,
            zoom_control="topright",
            prefer_canvas=True,
            attribution_control=False,
            zoom_snap=float(snap),
            zoom_delta=1,
            wheel_px_per_zoom_level=90,
        )
        self._id = "view"


class MetricScale(MacroElement):
    """A scale bar in metres and kilometres only."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            L.control.scale({imperial: false, maxWidth: 140, position: "bottomright"})
                .addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )


def draw(center: tuple[float, float], zoom: int, *controls: Element, snap: float = 0.25) -> Parts:
    """Draw a map shell about a centre (lon, lat in degrees) and return its parts.

    ``snap`` is the smallest step between zoom levels; 0.25 lets a view fill the page.

    Raises
    ------
    UnknownAsset
        A control brings a script or style that the service does not serve.
    """
    figure = OfflineFigure()
    shell = ShellMap(center, zoom, snap)
    for control in (MetricScale(), *controls):
        shell.add_child(control)
    figure.add_child(shell)
    return figure.parts()


def _must_be_served(url: str) -> None:
    path = url.removeprefix(assets.PREFIX).partition("?")[0] if url.startswith(assets.PREFIX) else None
    if path is None:
        raise UnknownAsset(
            N_("The map links to “{url}”, which this service does not serve."),
            mend=N_("Serve the file from an npm package on the allow-list of maps/assets.py."),
            url=url,
        )
    assets.read(path)
