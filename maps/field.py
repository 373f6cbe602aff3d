"""The field pages: phone-sized, made to open and work without a network, and the worker that keeps them.

What a page is made of is the same for everybody: it holds nothing about who asks, because the phone keeps it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from geo.errors import N_
from geo.shift import LONGEST_SHIFT_H
from maps import assets, plain, shell

PAGES: Mapping[str, str] = {
    "patrol": N_("Patrol"),
    "report": N_("Report something"),
    "visit": N_("Visit"),
    "meeting": N_("Meeting"),
}
"""The field pages and their names, translation keys; each is served at its own path."""

_HEARING = "hearing"
_MADE_OF: Mapping[str, str] = {"visit": _HEARING, "meeting": _HEARING}
"""The template and script of pages that share one; the others have their own."""

MODES: Sequence[tuple[str, str]] = (
    ("foot", N_("on foot")),
    ("horse", N_("on horseback")),
    ("bicycle", N_("by bicycle")),
    ("ski", N_("on skis")),
    ("atv", N_("by quad bike or snowmobile")),
    ("car", N_("by car")),
    ("boat", N_("by boat")),
)
ACTIONS: Sequence[tuple[str, str]] = (
    ("inspected", N_("inspected")),
    ("jointly-inspected", N_("inspected together with the other side")),
    ("cleaned", N_("cleaned")),
    ("repainted", N_("repainted")),
    ("repaired", N_("repaired")),
    ("replaced", N_("replaced")),
)
CLASSES: Sequence[tuple[str, str]] = (
    ("road", N_("road")),
    ("lamp", N_("street light")),
    ("waste", N_("waste")),
    ("water", N_("water")),
    ("power", N_("electricity")),
    ("fence", N_("fence")),
    ("marker", N_("boundary marker")),
    ("livestock", N_("livestock")),
    ("grass-fire", N_("fire")),
    ("flood", N_("flood")),
    ("snow", N_("snow")),
    ("dispute", N_("dispute")),
    ("service", N_("help or advice")),
    ("other", N_("something else")),
)
DUTIES: Sequence[tuple[str, str]] = (
    ("law-and-policy", N_("explaining law and policy")),
    ("opinions", N_("hearing opinions")),
    ("disputes", N_("settling disputes")),
    ("safety", N_("safety")),
    ("services", N_("services and help")),
    ("environment", N_("environment")),
)
MEETINGS: Sequence[tuple[str, str]] = (
    ("bench-meeting", N_("bench meeting")),
    ("council", N_("council on a topic")),
)
ATTENDING: Sequence[tuple[str, str]] = (
    ("residents", N_("residents")),
    ("representatives", N_("representatives")),
    ("village", N_("village")),
    ("township", N_("township")),
    ("others", N_("others")),
)
"""Who comes to a meeting, by role: people are counted and never named."""
REQUESTS: Sequence[tuple[str, str]] = (
    ("patrol", N_("more patrols")),
    ("service-stop", N_("the service car should come")),
)


def page(view: str, reader: shell.Reader, nonce: str, districts: Sequence[Mapping[str, str]]) -> str:
    """Return the HTML of a field page; ``nonce`` is the one of the response's policy.

    ``districts`` are the codes and names to choose from.
    """
    context = {
        "view": view,
        "lang": reader.lang,
        "catalogue": {key: reader.catalogue[key] for key in assets.texts() if key in reader.catalogue},
        "district": None,
        "districts": list(districts),
    }
    tail = [
        f'<script type="application/json" id="wardline-page">{shell.inert(context)}</script>',
        f'<script type="importmap" nonce="{nonce}">{shell.inert(json.loads(assets.import_map()))}</script>',
        f'<script type="module" nonce="{nonce}">import "wardline/{_MADE_OF.get(view, view)}";</script>',
    ]
    return plain.page(
        view,
        reader,
        template=_MADE_OF.get(view, view),
        kept="",
        districts=districts,
        pages=[(name, reader.translate(label)) for name, label in PAGES.items()],
        modes=_told(MODES, reader),
        actions=_told(ACTIONS, reader),
        shift_hours=LONGEST_SHIFT_H,
        classes=_told(CLASSES, reader),
        duties=_told(DUTIES, reader),
        meetings=_told(MEETINGS, reader),
        attending=_told(ATTENDING, reader),
        requests=_told(REQUESTS, reader),
        tail=Markup("\n".join(tail)),  # noqa: S704 - files of ours and inert JSON
    )


def _told(choices: Sequence[tuple[str, str]], reader: shell.Reader) -> list[tuple[str, str]]:
    return [(code, reader.translate(label)) for code, label in choices]


def worker() -> str:
    """Return the service worker, told which pages and files to keep; another set is another version."""
    listed = [
        *(assets.url(path) for path in assets.modules().values()),
        *(assets.url(path) for path in shell.STYLES),
        assets.url("web/mark.svg"),
    ]
    code = (assets.WEB / "worker" / "offline.js").read_text(encoding="utf-8")
    pages = [f"/{name}" for name in PAGES]
    version = hashlib.sha256(json.dumps([pages, listed, code]).encode()).hexdigest()[:12]
    told = json.dumps({"version": version, "pages": pages, "assets": listed})
    return f"const SHELL = {told};\n{code}"


def manifest(reader: shell.Reader) -> dict[str, Any]:
    """Return the web application manifest, so that a phone can keep the patrol page among its programs."""
    return {
        "name": "Wardline",
        "short_name": "Wardline",
        "lang": reader.lang,
        "start_url": "/patrol",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0d6066",
        "icons": [{"src": assets.url("web/mark.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
