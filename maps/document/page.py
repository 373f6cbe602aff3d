"""The page of a plan's document: everything inside, for the screen and for paper."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geo.describe import Run
from geo.errors import N_
from maps import assets
from maps.document import drawing
from maps.document.facts import Facts
from maps.document.frames import Frame, clusters
from maps.shell import TEMPLATES, Reader

MOST_PAIRS = 40
MOST_ROWS = 1_000
_PAIR = (400, 430)
_OVERVIEW = (820, 470)

STATUSES: Mapping[str, str] = {
    "draft": N_("draft"),
    "submitted": N_("submitted"),
    "approved": N_("approved"),
    "scheduled": N_("scheduled"),
    "published": N_("published"),
    "rejected": N_("rejected"),
    "withdrawn": N_("withdrawn"),
}
KINDS: Mapping[str, str] = {
    "new": N_("new unit"),
    "ended": N_("unit ends"),
    "boundary": N_("boundary"),
    "parent": N_("upper unit"),
    "name": N_("name"),
    "code": N_("code"),
}
LINEAGE: Mapping[str, str] = {
    "split": N_("split off"),
    "merge": N_("merged"),
    "transfer": N_("transferred"),
    "move": N_("boundary moved"),
    "continue": N_("goes on"),
}
THINGS: Mapping[str, str] = {
    "station": N_("Station"),
    "marker": N_("Marker"),
    "representative": N_("Representative"),
}


def policy(nonce: str) -> str:
    """Return the policy of a document: its own style, and neither script nor request."""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'none'; "
        "base-uri 'none'; form-action 'none'"
    )


def page(facts: Facts, reader: Reader, nonce: str) -> str:
    """Return the document as one HTML file."""
    maps = facts.maps
    groups = clusters(maps.change)
    before, after = drawing.Side.of(maps, maps.before), drawing.Side.of(maps, maps.after)
    values: dict[str, Any] = {
        "_": reader.say,
        "reader": reader,
        "facts": facts,
        "plan": facts.plan,
        "impact": facts.impact,
        "rows": facts.impact["units"][:MOST_ROWS],
        "lineage": facts.lineage[:MOST_ROWS],
        "most_rows": MOST_ROWS,
        "statuses": STATUSES,
        "kinds": KINDS,
        "ways": LINEAGE,
        "things": THINGS,
        "overview": _overview(after, reader, groups) if groups else None,
        "pairs": [
            _pair(before, after, reader, number, group) for number, group in enumerate(groups[:MOST_PAIRS], 1)
        ],
        "undrawn": max(0, len(groups) - MOST_PAIRS),
        "colours": drawing,
        "nonce": nonce,
        "policy": policy(nonce),
        "sheet": sheet(),
    }
    return environment().get_template("document.html").render(values)


def _overview(after: drawing.Side, reader: Reader, groups: Any) -> Any:
    change = after.maps.change
    areas = [one.area for states in (change.before, change.after) for one in states.values() if one]
    return drawing.overview(
        after, Frame.around(areas, *_OVERVIEW), groups, reader.translate(N_("All changes"))
    )


def _pair(old: drawing.Side, new: drawing.Side, reader: Reader, number: int, group: Any) -> dict[str, Any]:
    maps = old.maps
    sides = (maps.change.before, maps.change.after)
    areas = [value.area for states in sides for unit in group if (value := states.get(unit)) is not None]
    frame = Frame.around(areas, *_PAIR)
    prefix = drawing.prefix_of(maps, frame)
    before = reader.say(N_("Before, group {number}"), number=number)
    after = reader.say(N_("After, group {number}"), number=number)
    codes = sorted(
        {value.code.removeprefix(prefix) for states in sides for unit in group if (value := states.get(unit))}
    )
    return {
        "number": number,
        "codes": codes,
        "prefix": prefix,
        "before": drawing.side(old, drawing.Sheet(frame, group, before, f"before{number}", prefix)),
        "after": drawing.side(new, drawing.Sheet(frame, group, after, f"after{number}", prefix)),
    }


def legs(run: Run) -> str:
    """Return the legs of a run. A leg stays on one line; as text alone, as thousands of elements are slow."""
    return (
        "; ".join(
            f"{leg.bearing_deg:,.2f}°\N{NO-BREAK SPACE}{leg.distance_m:,.1f}\N{NO-BREAK SPACE}m"
            for leg in run.legs
        )
        + "."
    )


@lru_cache(maxsize=1)
def sheet() -> str:
    """Return the style of a document: the tokens as paper has them, and its own."""
    tokens = assets.read("web/tokens.css").body.decode()
    # A document is paper, on the screen as well: the dark theme stays out, as the maps are drawn for light.
    light = tokens.partition("@media screen")[0].replace("color-scheme: light dark", "color-scheme: light")
    return light + assets.read("web/document.css").body.decode()


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return what the templates of documents are filled in with."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["number"] = lambda value, digits=0: f"{value:,.{digits}f}"
    found.filters["legs"] = legs
    found.filters["percent"] = lambda value: f"{value * 100:.1f} %"
    return found
