"""Styles that QGIS opens a layer with, from the classes of the one style."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from maps.style import MapClass

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
_WIDTHS_MM = {"thin": 0.6, "dotted": 0.7}
_USUAL_MM = 1.2
_DASHES_MM = {"hatch": "0.7;0.7", "dotted": "0.6;1.1"}


@dataclass(frozen=True, slots=True)
class LineRule:
    """Lines of one class: those that an expression of QGIS chooses, and what the legend calls them."""

    step: MapClass
    label: str
    chosen: str


def line_style(rules: Sequence[LineRule]) -> str:
    """Return the style (QML) of a layer of lines that draws each by the rule that chooses it."""
    root = Element("qgis", version="3.28.0", styleCategories="Symbology")
    renderer = SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0")
    listed = SubElement(renderer, "rules", key="{all}")
    symbols = SubElement(renderer, "symbols")
    for place, rule in enumerate(rules):
        name = str(place)
        key = f"{{{rule.step.key}}}"
        SubElement(listed, "rule", key=key, symbol=name, label=rule.label, filter=rule.chosen)
        symbol = SubElement(symbols, "symbol", type="line", name=name, alpha="1", clip_to_extent="1")
        layer = SubElement(symbol, "layer", {"class": "SimpleLine"}, enabled="1", locked="0")
        layer.set("pass", "0")
        options = SubElement(layer, "Option", type="Map")
        for option, value in _look(rule.step).items():
            SubElement(options, "Option", name=option, type="QString", value=value)
    SubElement(root, "layerGeometryType").text = "1"
    return f"{_DOCTYPE}\n{tostring(root, encoding='unicode')}"


def _look(step: MapClass) -> dict[str, str]:
    red, green, blue = (int(step.light[k : k + 2], 16) for k in (1, 3, 5))
    dash = _DASHES_MM.get(step.pattern)
    return {
        "line_color": f"{red},{green},{blue},255",
        "line_style": "solid",
        "line_width": str(_WIDTHS_MM.get(step.pattern, _USUAL_MM)),
        "line_width_unit": "MM",
        "capstyle": "flat",
        "joinstyle": "round",
        "use_custom_dash": "0" if dash is None else "1",
        "customdash": dash or "5;2",
        "customdash_unit": "MM",
    }
