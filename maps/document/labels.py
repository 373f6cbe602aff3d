"""Where the codes on a map go: the changed units first, none upon another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from unicodedata import east_asian_width

import shapely
from shapely import Geometry

SIZE = 12.0
_TRIES = ((0, 0), (0, -13), (0, 13), (-18, 0), (18, 0), (0, -26), (0, 26))
_LONG = 10
_KEPT = 3
_NARROW = 5.0
"""What is narrower is a mark, not the rest of a unit at the edge of a map."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text centred at x, y; ``strong`` for changed units."""

    x: float
    y: float
    text: str
    strong: bool


def shortened(codes: Iterable[str]) -> str:
    """Return the common beginning that long codes are shown without, empty where they are short."""
    known = list(codes)
    if len(known) < 2 or min(map(len, known)) < _LONG:
        return ""
    same = takewhile(lambda signs: len(set(signs)) == 1, zip(*known, strict=False))
    return "".join(signs[0] for signs in same)[: min(map(len, known)) - _KEPT]


def place(wanted: Sequence[tuple[Geometry, str, bool]], width: float, height: float) -> list[Label]:
    """Return the labels of drawn areas that find room; of areas, text and whether they are changed."""
    taken: list[tuple[float, float, float, float]] = []
    found = []
    for area, text, strong in sorted(wanted, key=lambda one: (not one[2], -one[0].area, one[1])):
        if area.is_empty or area.area < 1.0:
            continue
        point = shapely.point_on_surface(area)
        half = sum(1.0 if east_asian_width(sign) in "WF" else 0.58 for sign in text) * SIZE / 2 + 2
        west, _, east, _ = area.bounds
        if not strong and _NARROW < east - west < half:
            continue
        for dx, dy in _TRIES if strong else _TRIES[:3]:
            x, y = point.x + dx, point.y + dy
            box = (x - half, y - SIZE * 0.6, x + half, y + SIZE * 0.6)
            inside = box[0] >= 2 and box[1] >= 2 and box[2] <= width - 2 and box[3] <= height - 2
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                found.append(Label(round(x, 1), round(y, 1), text, strong))
                break
    return found


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
