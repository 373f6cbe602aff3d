"""Places that stand in one column of a table, and columns that say whether a fix is one.

A place in one column is read where it has one meaning: as WKT or WKB, or with its hemispheres.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import shapely

from service.readers.track_file import ReadFault
from service.readers.track_heads import shifted

_WKT = re.compile(
    r"\s*(?:SRID=4326;\s*)?POINT\s*(?:ZM|Z|M)?\s*\(\s*(\S+)\s+([^\s)]+)(?:\s[^)]*)?\)\s*", re.IGNORECASE
)
_SIDED = re.compile(
    r"\s*(?:([NS北南][^NSEW东西]*)[,;\s]*([EW东西][^NSEW北南]*)|([^NSEW东西]*[NS北南])[,;\s]*([^NSEW北南]*[EW东西]))\s*",
    re.IGNORECASE,
)
_LONGEST = 200
_INVALID = frozenset(("0", "false", "no", "n", "v", "void", "invalid", "无效", "未定位", "否"))


def split_place(text: str) -> tuple[str, str]:
    """Return lon and lat of a place as texts; what has no one meaning stays whole, as a lon."""
    if len(text) > _LONGEST:
        return text, ""
    found = _WKT.fullmatch(text)
    if found is not None:
        return found[1], found[2]
    found = _SIDED.fullmatch(text)
    if found is None:
        return text, ""
    lat, lon = (found[1], found[2]) if found[1] else (found[3], found[4])
    return lon.strip(" ,;"), lat.strip(" ,;")


def places_of(values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return longitudes and latitudes of a column of texts or of WKB, as GeoParquet has it."""
    if not any(isinstance(one, bytes) for one in values):
        pairs = [split_place("" if one is None else str(one)) for one in values]
        return [lon for lon, _ in pairs], [lat for _, lat in pairs]
    shapes = shapely.from_wkb(
        [one if isinstance(one, bytes) else None for one in values], on_invalid="ignore"
    )
    lon, lat = shapely.get_x(shapes), shapely.get_y(shapes)
    points = np.isfinite(lon) & np.isfinite(lat)
    wrong = ~points & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    wrong |= shapely.is_missing(shapes) & np.array([one is not None for one in values])
    texts = [
        "no point" if bad else None if not good else x
        for good, bad, x in zip(points, wrong, lon.tolist(), strict=True)
    ]
    return texts, [y if good else None for good, y in zip(points, lat.tolist(), strict=True)]


def doubts(valid: Iterable[Any], datum: Iterable[Any], start: int) -> Iterator[tuple[int, ReadFault]]:
    """Yield which fixes, counted from a start, the receiver says are none, or are in a shifted datum."""
    for place, word in enumerate(valid, start):
        if word is not None and str(word).strip().lower() in _INVALID:
            yield place, ReadFault.POSITION_INVALID
    for place, word in enumerate(datum, start):
        if word and shifted(str(word)):
            yield place, ReadFault.DATUM_SHIFTED
