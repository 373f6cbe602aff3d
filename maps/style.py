"""Colours, classes and patterns of every map: the one source of legends, tiles, exports and print.

Sequences differ in lightness as well as in hue, and the two ends of the ages are blue and orange, so that
they can be told apart with every common kind of colour blindness and in greyscale. What is missing
altogether is also a pattern (a hatch), never a colour alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from geo.errors import N_


@dataclass(frozen=True, slots=True)
class MapClass:
    """One class of a legend.

    ``label`` is a translation key; ``light`` and ``dark`` are the colours of the two themes; ``pattern`` is
    ``solid``, ``thin``, ``hatch``, ``dotted`` or ``ring``; ``low`` (included) and ``high`` (excluded) bound
    the value, ``None`` is open.
    """

    key: str
    label: str
    light: str
    dark: str
    pattern: str = "solid"
    low: float | None = None
    high: float | None = None


AGES: tuple[MapClass, ...] = (
    MapClass("age-3", N_("0 to 2 days ago"), "#1d5c92", "#4c9fe0", low=0, high=3),
    MapClass("age-7", N_("3 to 6 days ago"), "#4b93c1", "#86bfe8", low=3, high=7),
    MapClass("age-14", N_("1 to 2 weeks ago"), "#9cc5da", "#c3dcec", low=7, high=14),
    MapClass("age-30", N_("2 to 4 weeks ago"), "#e2ae45", "#ecc46c", low=14, high=30),
    MapClass("age-old", N_("30 days or more"), "#bf6420", "#e0894a", low=30),
)
"""Age since a metre of border was last walked, in days."""

INFERRED = MapClass("inferred", N_("bridged, not counted"), "#6d747c", "#a2a9b0", "dotted")
GAP = MapClass("gap", N_("not walked"), "#a3284f", "#f57ba0", "hatch")

WEAKER: tuple[MapClass, ...] = (
    MapClass("seen", N_("seen, not walked"), "#12695f", "#5fc3b4", "thin"),
    MapClass("declared", N_("declared, not walked"), "#7a4a9e", "#b995d6", "dotted"),
)
"""What is known of a gap less well, drawn within it."""

BARRIERS: tuple[MapClass, ...] = (MapClass("barrier", N_("ends the sight"), "#1f262c", "#eef1f3", "thin"),)
"""What nobody sees past."""

SEQUENCE: tuple[MapClass, ...] = (
    MapClass("seq-1", "", "#e2efed", "#21373a"),
    MapClass("seq-2", "", "#b7d8d4", "#28575b"),
    MapClass("seq-3", "", "#82b8b5", "#35817f"),
    MapClass("seq-4", "", "#468f90", "#58afaa"),
    MapClass("seq-5", "", "#15636a", "#a9e0d8"),
)
"""Five steps of any counted property, few to many; the breaks are quantiles of what is shown."""


def _step(place: int) -> tuple[str, str]:
    """Return the colours of a step of the sequence."""
    return SEQUENCE[place].light, SEQUENCE[place].dark


NO_VALUE = MapClass("none", N_("no figure"), "#f7f8f8", "#1f2327", "hatch")

VISITS: tuple[MapClass, ...] = (
    MapClass("visits-none", N_("not visited"), "#f7f8f8", "#1f2327", "hatch"),
    MapClass("visits-grazed", N_("only grazed"), *_step(0)),
    MapClass("visits-1", N_("once"), *_step(1), low=1, high=2),
    MapClass("visits-2", N_("2 or 3 times"), *_step(2), low=2, high=4),
    MapClass("visits-4", N_("4 to 7 times"), *_step(3), low=4, high=8),
    MapClass("visits-8", N_("8 times or more"), *_step(4), low=8),
)
"""How often a unit was visited in a period."""

SEEN: tuple[MapClass, ...] = (
    MapClass("ground-none", N_("nothing seen"), "#f7f8f8", "#1f2327", "hatch"),
    MapClass("ground-0", N_("below 5 %"), *_step(0), low=0, high=5),
    MapClass("ground-5", N_("5 to 20 %"), *_step(1), low=5, high=20),
    MapClass("ground-20", N_("20 to 50 %"), *_step(2), low=20, high=50),
    MapClass("ground-50", N_("50 to 80 %"), *_step(3), low=50, high=80),
    MapClass("ground-80", N_("80 % or more"), *_step(4), low=80),
)
"""How much of a unit's ground was in sight in a period."""

STATIONS: tuple[MapClass, ...] = (
    MapClass("station-open", N_("open now"), "#12695f", "#5fc3b4"),
    MapClass("station-closed", N_("closed now"), "#8a9097", "#7c848c"),
)

DUE: tuple[MapClass, ...] = (
    MapClass("due-overdue", N_("overdue"), "#a3284f", "#f57ba0", "ring"),
    MapClass("due-soon", N_("due soon"), "#c98a12", "#ecc46c"),
    MapClass("due-ok", N_("in time"), "#12695f", "#5fc3b4"),
    MapClass("due-suspended", N_("suspended"), "#8a9097", "#7c848c"),
)
"""How a thing stands that has to be visited; what is late is also hollow."""

LIVE: tuple[MapClass, ...] = (
    MapClass("live-fresh", N_("known under 10 minutes ago"), "#1d5c92", "#4c9fe0", low=0, high=10),
    MapClass("live-old", N_("10 minutes ago or more"), "#6d747c", "#a2a9b0", "ring", low=10),
)
"""How long ago the last place of somebody on shift was known, in minutes."""

ASKED: tuple[MapClass, ...] = (
    MapClass("asked-stop", N_("stop of the service car"), "#7a3f9d", "#c79be4"),
    MapClass("asked-patrols", N_("more patrols granted"), "#b03a2e", "#f1948a", "ring"),
)
"""What people asked for at meetings and visits, and got."""

MARKERS: tuple[MapClass, ...] = (MapClass("marker", N_("boundary marker"), "#2b3238", "#e4e8ea"),)

LINES: tuple[MapClass, ...] = (
    MapClass("road", N_("road"), "#b09a7c", "#85735b"),
    MapClass("river", N_("river"), "#7fb0d0", "#4c7f9f"),
    MapClass("track", N_("track"), "#b09a7c", "#85735b", "hatch"),
    MapClass("other", N_("other line"), "#8a9097", "#7c848c", "dotted"),
)
"""Lines on the ground by kind; a track is a broken road."""

PLAN: tuple[MapClass, ...] = (
    MapClass("plan-mine", N_("mine"), "#1d5c92", "#4c9fe0", "hatch"),
    MapClass("plan-theirs", N_("theirs"), "#bf6420", "#e0894a", "hatch"),
    MapClass("plan-base", N_("before both"), "#6d747c", "#a2a9b0", "dotted"),
    MapClass("plan-changed", N_("changed by this plan"), "#0d6066", "#6fd0cb"),
    MapClass("plan-other", N_("in another draft"), "#7a4a9e", "#b995d6", "dotted"),
    MapClass("plan-problem", N_("does not fit"), "#a3284f", "#f57ba0", "hatch"),
)
"""What plans draw: whose version an edge is of, and where something does not fit."""

ITEMS: tuple[MapClass, ...] = (
    MapClass("item-late", N_("late"), "#a3284f", "#f57ba0", "hatch"),
    MapClass("item-open", N_("open"), "#d9dde0", "#3a4249"),
    MapClass("item-done-late", N_("done late"), "#e2ae45", "#ecc46c"),
    MapClass("item-done", N_("done"), "#12695f", "#5fc3b4"),
)
"""How a unit stands with what a plan asks of it, the worst first; what is late is hatched as well."""

CASES: tuple[MapClass, ...] = (
    MapClass("case-green", N_("green"), "#12695f", "#5fc3b4"),
    MapClass("case-blue", N_("blue"), "#1d5c92", "#4c9fe0"),
    MapClass("case-yellow", N_("yellow"), "#e2ae45", "#ecc46c"),
    MapClass("case-red", N_("red"), "#a3284f", "#f57ba0", "ring"),
)
"""The four colours of incidents; on the map and in lists each has a shape and a number as well."""

GROUND: dict[str, tuple[str, str]] = {
    # name: light, dark
    "water": ("#dfe5e8", "#12161a"),
    "home": ("#f1f2f1", "#1d2125"),
    "abroad": ("#e6e8e8", "#171b1f"),
    "frontier": ("#a9b0b4", "#4a5259"),
    "unit": ("#fbfbfa", "#23282d"),
    "unit-line": ("#c9cfd1", "#3a4249"),
    "parent-line": ("#8d979c", "#66717a"),
    "top-line": ("#5b666c", "#93a0a9"),
    "label": ("#39434a", "#cdd5da"),
    "quiet": ("#6b757b", "#98a3aa"),
    "halo": ("#ffffff", "#14181b"),
    "casing": ("#ffffff", "#0f1214"),
    "selected": ("#0d6066", "#6fd0cb"),
}
"""The calm base map: greys only, so that data carries the colour."""

_GROUPS: dict[str, tuple[MapClass, ...]] = {
    "ages": AGES,
    "states": (INFERRED, GAP),
    "weaker": WEAKER,
    "barriers": BARRIERS,
    "sequence": SEQUENCE,
    "no_value": (NO_VALUE,),
    "stations": STATIONS,
    "visits": VISITS,
    "ground": SEEN,
    "due": DUE,
    "live": LIVE,
    "asked": ASKED,
    "markers": MARKERS,
    "lines": LINES,
    "plan": PLAN,
    "items": ITEMS,
    "cases": CASES,
}


def age_class(age_days: float) -> MapClass:
    """Return the class of an age in days; ages below zero (a clock ahead) count as new."""
    for step in AGES:
        if step.high is None or age_days < step.high:
            return step
    raise AssertionError(age_days)  # the last class is open


def document(translate: Callable[[str], str] = str) -> dict[str, Any]:
    """Return the style as a JSON value for the browser, labels translated."""
    groups = {
        name: [
            {
                "key": step.key,
                "label": translate(step.label) if step.label else "",
                "pattern": step.pattern,
                "low": step.low,
                "high": step.high,
            }
            for step in steps
        ]
        for name, steps in _GROUPS.items()
    }
    classes = {
        step.key: {"light": step.light, "dark": step.dark} for steps in _GROUPS.values() for step in steps
    }
    ground = {name: {"light": light, "dark": dark} for name, (light, dark) in GROUND.items()}
    return {"groups": groups, "colours": classes | ground}


def stylesheet() -> str:
    """Return the same colours as custom properties (``--map-…``) for both themes."""
    colours = document()["colours"]
    light = "".join(f"  --map-{key}: {pair['light']};\n" for key, pair in colours.items())
    dark = "".join(f"    --map-{key}: {pair['dark']};\n" for key, pair in colours.items())
    return (
        f":root {{\n{light}}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n  :root {{\n{dark}  }}\n}}\n"
    )


def maplibre(tiles: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a MapLibre style of a tile set, for desktop programs that read such styles.

    ``tiles`` is the TileJSON document of the set; its vector layers are drawn from the last (finest) to the
    first.
    """
    widths = (1.6, 1.0, 0.5)
    lines = ("top-line", "parent-line", "unit-line")
    layers: list[dict[str, Any]] = [
        {"id": "ground", "type": "background", "paint": {"background-color": GROUND["home"][0]}}
    ]
    names = [layer["id"] for layer in tiles.get("vector_layers", [])]
    for rank, layer in reversed(list(enumerate(names))):
        if rank == len(names) - 1:
            layers.append(
                {
                    "id": f"{layer}-fill",
                    "type": "fill",
                    "source": "wardline",
                    "source-layer": layer,
                    "paint": {"fill-color": GROUND["unit"][0]},
                }
            )
        step = min(rank, len(widths) - 1)
        layers.append(
            {
                "id": f"{layer}-line",
                "type": "line",
                "source": "wardline",
                "source-layer": layer,
                "paint": {"line-color": GROUND[lines[step]][0], "line-width": widths[step]},
            }
        )
    return {
        "version": 8,
        "name": name,
        "sources": {"wardline": {"type": "vector", **tiles}},
        "layers": layers,
    }
