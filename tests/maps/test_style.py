"""Classes and colours: complete, ordered, and told apart without hue."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import style, tiles


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #1d5c92 (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@given(st.floats(-10, 1e5))
def test_every_age_has_one_class(days: float) -> None:
    found = style.age_class(days)
    assert days < 0 or (found.low or 0) <= days
    assert found.high is None or days < found.high


def test_ages_have_no_hole() -> None:
    for one, other in itertools.pairwise(style.AGES):
        assert one.high == other.low


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sequence_runs_one_way_in_lightness(theme: str) -> None:
    steps = [luminance(getattr(step, theme)) for step in style.SEQUENCE]
    assert steps in (sorted(steps), sorted(steps, reverse=True))
    for one, other in itertools.pairwise(style.SEQUENCE):
        assert contrast(getattr(one, theme), getattr(other, theme)) >= 1.25


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_gap_is_a_pattern_and_stands_out(theme: str) -> None:
    assert style.GAP.pattern == "hatch"
    ground = style.GROUND["unit"][0 if theme == "light" else 1]
    assert contrast(getattr(style.GAP, theme), ground) >= 3


def test_names_are_read_against_their_halo() -> None:
    for theme in (0, 1):
        assert contrast(style.GROUND["label"][theme], style.GROUND["halo"][theme]) >= 4.5


def test_stylesheet_has_every_colour_twice() -> None:
    sheet = style.stylesheet()
    for key in style.document()["colours"]:
        assert sheet.count(f"--map-{key}:") == 2


def test_labels_are_translated() -> None:
    groups = style.document(lambda text: text.upper())["groups"]
    assert groups["ages"][0]["label"] == style.AGES[0].label.upper()
    assert groups["sequence"][0]["label"] == ""


def test_maplibre_style_draws_every_vector_layer() -> None:
    layers = [tiles.VectorLayer(name, 0, 14, {"code": "String"}) for name in ("townships", "grids")]
    described = tiles.tile_json("/t/{z}/{x}/{y}.mvt", "grids", layers, None, "1")
    document = style.maplibre(described, "grids")
    assert document["version"] == 8
    assert {layer["source-layer"] for layer in document["layers"] if "source-layer" in layer} == {
        "townships",
        "grids",
    }
