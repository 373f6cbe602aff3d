"""Pages without a map, such as the one to sign in: forms that work without any script."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geo.errors import N_
from maps import assets
from maps.shell import LANGUAGES, OFFICES, STYLES, TEMPLATES, Reader

VIEWS = {
    "signin": N_("Sign in"),
    "oidc": N_("Sign in"),
    "patrol": N_("Patrol"),
    "report": N_("Report something"),
    "visit": N_("Visit"),
    "meeting": N_("Meeting"),
    "rota": N_("Rota and help"),
    "refused": N_("There is nothing here"),
    **OFFICES,
}
"""Every page without a map and its title, a translation key."""


def page(view: str, reader: Reader, **facts: Any) -> str:
    """Return the HTML of a page without a map; ``facts`` are the values of its template.

    That is the view's own, unless ``template`` is among them.
    """
    settings: dict[str, Any] = {
        "_": reader.say,
        "reader": reader,
        "view": view,
        "title": reader.translate(VIEWS[view]),
        "styles": [assets.url(path) for path in STYLES],
        "icon": assets.url("web/mark.svg"),
        "languages": LANGUAGES,
    }
    return _environment().get_template(f"{facts.get('template', view)}.html").render(settings | facts)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
