"""How places along a border segment are named: by the markers round them."""

from collections.abc import Callable, Sequence

from geo.errors import N_
from layers.markers import Marker, NamedPlace

Round = tuple[str | None, str | None]
NEAR_M = 30.0
"""A gap that begins within this of a marker begins at it: twice what the end of a walk is good for."""


def naming(markers: Sequence[Marker | NamedPlace]) -> list[tuple[float, str]]:
    """Return measures and codes of the markers that name places: the boundary markers, else all."""
    placed = [one for one in markers if one.measure_m is not None]
    chosen = [one for one in placed if one.kind == "boundary-marker"] or placed
    return sorted((one.measure_m or 0.0, one.code) for one in chosen)


def between(markers: Sequence[tuple[float, str]], low: float, high: float) -> Round:
    """Return the codes of the markers round a stretch, None where there is none."""
    before = [code for at, code in markers if at <= low + NEAR_M and at < high]
    after = [code for at, code in markers if at >= high - NEAR_M and at > low]
    return (before[-1] if before else None, after[0] if after else None)


def place_name(markers: Round, translate: Callable[[str], str] = str) -> str:
    """Return where a stretch is, by the markers round it."""
    before, after = markers
    if before and after:
        text = N_("between marker {before} and {after}")
    elif before:
        text = N_("from marker {before} to the end")
    elif after:
        text = N_("from the start to marker {after}")
    else:
        text = N_("no markers near")
    return translate(text).format(before=before, after=after)
