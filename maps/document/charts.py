"""Charts as SVG that browsers and the PDF draw alike: bars by month, and two periods side by side."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from maps import style
from maps.document.drawing import GROUND, text

WIDTH, HEIGHT = 260, 96
_LEFT, _TOP, _BOTTOM = 8, 14, 16
_NOW, _BEFORE = style.AGES[0].light, GROUND["parent-line"]


def bars(title: str, names: Sequence[str], values: Sequence[float]) -> Markup:
    """Return a bar for each value, named below the first and the last, with the value above each.

    Where there are many, only the largest has its value; a table beside the chart has all.
    """
    most = max([*values, 1e-9])
    wide = (WIDTH - 2 * _LEFT) / max(1, len(values))
    body = [f'<path d="M{_LEFT} {HEIGHT - _BOTTOM}H{WIDTH - _LEFT}" stroke="{GROUND["parent-line"]}"/>']
    largest = values.index(max(values)) if values else 0
    for place, value in enumerate(values):
        high = (HEIGHT - _TOP - _BOTTOM) * value / most
        x, y = _LEFT + place * wide, HEIGHT - _BOTTOM - high
        body.append(
            f'<rect x="{x + wide * 0.12:.1f}" y="{y:.1f}" width="{wide * 0.76:.1f}" height="{high:.1f}" '
            f'fill="{_NOW}"/>'
        )
        if len(values) <= 6 or place == largest:
            body.append(text(x + wide / 2, y - 3, f"{value:,.0f}", GROUND["label"], 9, "middle"))
        if len(values) <= 6 or place in (0, len(values) - 1):
            body.append(text(x + wide / 2, HEIGHT - 4, names[place], GROUND["label"], 9, "middle"))
    return _svg(title, HEIGHT, body)


def pairs(title: str, rows: Sequence[tuple[str, float, float]]) -> Markup:
    """Return two bars for each row, the period before above the one now, each as long as its count.

    Rows differ in what they count, so each has a scale of its own.
    """
    step = 30
    body = []
    for place, (name, before, now) in enumerate(rows):
        y = 4 + place * step
        most = max(before, now, 1e-9)
        room = WIDTH * 1.5
        body.append(text(_LEFT, y + 16, name, GROUND["label"], 10, "start"))
        for low, value, fill in ((y + 2, before, _BEFORE), (y + 13, now, _NOW)):
            long = room * value / most
            body.append(
                f'<rect x="230" y="{low}" width="{long:.1f}" height="10" fill="{fill}"/>'
                + text(236 + long, low + 8.5, f"{value:,.0f}", GROUND["label"], 9, "start")
            )
    return _svg(title, 8 + step * len(rows), body, 700)


def _svg(title: str, height: int, body: Sequence[str], width: int = WIDTH) -> Markup:
    return Markup(  # noqa: S704 - texts are escaped where they are put in
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">{"".join(body)}</svg>'
    )
