"""Pages around a map: folium's shell, our panel and scripts, and what they need to know, as inert JSON.

The text of a page passes through an autoescaping Jinja environment once and is never compiled again. What
scripts need is in one ``<script type="application/json">`` block, in which no character can end the
element.
"""

import html
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from geo.errors import N_
from maps import assets, basemap, editor, figure, style
from maps.errors import UnknownView

TEMPLATES = Path(__file__).parent / "templates"
STYLES = ("web/tokens.css", assets.PALETTE, "web/wardline.css")
LANGUAGES: tuple[tuple[str, str], ...] = (("zh", "中文"), ("en", "English"))

VIEWS: Mapping[str, str] = {
    "home": N_("Start"),
    "grids": N_("Grids"),
    "redraw": N_("Redraw"),
    "coverage": N_("Coverage"),
    "stations": N_("Stations"),
    "meetings": N_("Meetings"),
    "incidents": N_("Incidents"),
}
"""Every view and its name, a translation key."""

_WORKSPACES = {view: label for view, label in VIEWS.items() if view != "home"}

OFFICES: Mapping[str, str] = {
    "reports": N_("Reports"),
    "chain": N_("Chain"),
    "staffing": N_("Staffing"),
    "teams": N_("Project teams"),
    "notices": N_("Notices"),
    "quarantine": N_("Quarantine"),
    "admin": N_("Administration"),
}
"""The pages without a map that the bar leads to, and their names, translation keys."""

PRESETS: tuple[tuple[str, str], ...] = (
    ("month", N_("This month")),
    ("week", N_("Last 7 days")),
    ("30", N_("Last 30 days")),
)
"""The periods offered by name."""

RUNGS: tuple[tuple[str, str], ...] = (
    ("observed", N_("Walked")),
    ("seen", N_("+ seen")),
    ("inferred", N_("+ bridged")),
    ("declared", N_("+ declared")),
)
"""How a metre may be known to have been visited, from the strongest; each counts those before it as well."""

BOARD_LAYERS: tuple[tuple[str, str], ...] = (
    ("grids", N_("Grids, by visits in the period")),
    ("ground", N_("Grids, by ground seen")),
    ("markers", N_("Markers, by how they stand")),
    ("asked", N_("What was asked for at meetings")),
)
"""What the map of coverage can show besides the border."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a page: a language code and the texts of that language by their English keys."""

    lang: str = "en"
    catalogue: Mapping[str, str] = field(default_factory=dict)

    def translate(self, text: str) -> str:
        """Return a text in the reader's language, or unchanged when there is no translation."""
        return self.catalogue.get(text) or text

    def say(self, text: str, /, **params: Any) -> str:
        """Return a translated text with its parameters filled in."""
        translated = self.translate(text)
        return translated.format(**params) if params else translated


@dataclass(frozen=True, slots=True)
class Place:
    """The district of a page; ``bounds`` are west, south, east, north in degrees, None while it is empty."""

    code: str
    name: str
    timezone: str
    bounds: tuple[float, float, float, float] | None = None
    name_en: str = ""

    def called(self, lang: str) -> str:
        """Return the district's name as its readers of a language know it."""
        return (self.name_en or self.name) if lang == "en" else self.name

    def center(self) -> tuple[float, float]:
        """Return the middle of the bounds as lon, lat; 0, 0 without bounds."""
        if self.bounds is None:
            return (0.0, 0.0)
        west, south, east, north = self.bounds
        return ((west + east) / 2, (south + north) / 2)


def policy(nonce: str) -> str:
    """Return the content security policy of the served pages."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def page(
    view: str,
    reader: Reader,
    nonce: str,
    place: Place | None,
    query: Mapping[str, str] | None = None,
    offered: Collection[str] = tuple(VIEWS),
    **facts: Any,
) -> str:
    """Return the HTML of a served view.

    ``nonce`` is the one of the response's policy; ``query`` goes on links between the workspaces; ``offered``
    are the pages that the reader may open; ``facts`` are further values for the scripts.

    Raises
    ------
    UnknownView
        There is no such view.
    """
    _known(view)
    folders = folders_of(view)
    if view == "redraw":
        parts = editor.parts()
    else:
        parts = figure.draw(place.center() if place else (0.0, 0.0), 8 if place and place.bounds else 2)
    context = known(view, reader, place) | {"basemap": _basemap_url(place)} | facts
    links = [f'<link rel="stylesheet" href="{html.escape(url)}">' for url in _style_urls(view, parts)]
    # All at once, where each would be asked for only when what imports it has come.
    ahead = [assets.url(path) for path in assets.imported(entry(view), *folders)]
    tail = [
        _block("wardline-page", context),
        f'<script type="importmap" nonce="{nonce}">{inert(json.loads(assets.import_map(*folders)))}</script>',
        *(f'<link rel="modulepreload" nonce="{nonce}" href="{html.escape(url)}">' for url in ahead),
        *(f'<script nonce="{nonce}" src="{html.escape(url)}"></script>' for url in parts.scripts),
        f'<script nonce="{nonce}">{parts.script}</script>',
        f'<script type="module" nonce="{nonce}">import "wardline/{entry(view)}";</script>',
    ]
    return render(
        view,
        reader,
        place,
        parts,
        "\n".join(links),
        "\n".join(tail),
        **bar(reader, offered),
        query=_query_string(query or {}),
        districts=facts.get("districts", ()),
        account=facts.get("account"),
        may=facts.get("may", ()),
    )


def bar(reader: Reader, offered: Collection[str]) -> dict[str, Any]:
    """Return what the bar leads to, of the pages that the reader may open."""
    return {
        name: [(view, reader.translate(label)) for view, label in pages.items() if view in offered]
        for name, pages in (("workspaces", _WORKSPACES), ("offices", OFFICES))
    } | {"offered": offered}


def known(view: str, reader: Reader, place: Place | None) -> dict[str, Any]:
    """Return what the scripts of every page need: language, texts, colours and the district."""
    return {
        "view": view,
        "lang": reader.lang,
        "catalogue": {
            key: reader.catalogue[key] for key in assets.texts(*folders_of(view)) if key in reader.catalogue
        },
        "style": style.document(reader.translate),
        "district": None
        if place is None
        else {
            "code": place.code,
            "name": place.called(reader.lang),
            "timezone": place.timezone,
            "bounds": list(place.bounds) if place.bounds else None,
        },
        "map": figure.MAP_NAME,
    }


def render(
    view: str,
    reader: Reader,
    place: Place | None,
    parts: figure.Parts,
    head: str,
    tail: str,
    **context: Any,
) -> str:
    """Return a page from its template; ``standalone`` hides what needs the service."""
    settings: dict[str, Any] = {
        "_": reader.say,
        "reader": reader,
        "view": view,
        "title": reader.translate(VIEWS[view]),
        "district": place,
        "district_name": place.called(reader.lang) if place else "",
        "shell": parts,
        "head": Markup(head),  # noqa: S704 - made of addresses and files of ours only
        "tail": Markup(tail),  # noqa: S704 - likewise, and the JSON block is inert
        "languages": LANGUAGES,
        "presets": [(key, reader.translate(label)) for key, label in PRESETS],
        "rungs": [(key, reader.translate(label)) for key, label in RUNGS],
        "may": (),
        "board_layers": [(key, reader.translate(label)) for key, label in BOARD_LAYERS],
        "icon": assets.url("web/mark.svg"),
        "standalone": False,
        "policy": "",
        "districts": (),
        "account": None,
        "query": "",
        **bar(reader, VIEWS),
    }
    return _environment().get_template(f"{view}.html").render(settings | context)


def inert(value: Any) -> str:
    """Return JSON in which nothing can end a script element or a line of script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _block(identifier: str, value: Any) -> str:
    return f'<script type="application/json" id="{identifier}">{inert(value)}</script>'


def _known(view: str) -> None:
    if view not in VIEWS:
        raise UnknownView(
            N_("There is no map view “{view}”."),
            mend=N_("The views are: {views}."),
            view=view,
            views=", ".join(VIEWS),
        )


def folders_of(view: str) -> tuple[str, ...]:
    """Return the folders of scripts that a view has for itself."""
    return tuple(folder for folder in assets.FOLDERS if folder == view)


def entry(view: str) -> str:
    """Return the module that starts a view."""
    return f"{view}/main" if folders_of(view) else view


def styles_of(view: str) -> Sequence[str]:
    """Return the paths of our styles that a view has."""
    return [*STYLES, *(f"web/{folder}/{folder}.css" for folder in folders_of(view))]


def _style_urls(view: str, parts: figure.Parts) -> Sequence[str]:
    return [*parts.styles, *(assets.url(path) for path in styles_of(view))]


def _basemap_url(place: Place | None) -> str:
    if place is None or place.bounds is None:
        return ""
    box = ",".join(f"{value:g}" for value in basemap.surroundings(place.bounds))
    home = ",".join(f"{value:.3f}" for value in place.center())
    return f"/assets/basemap.json?{urlencode({'bbox': box, 'home': home}, safe=',')}"


def _query_string(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
