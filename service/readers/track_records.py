"""Tracks as JSON of one object a fix: a list, lines of objects, or a list that the answer of a service holds.

What an object has in objects of its own, such as a place in ``location``, is taken as if it stood beside.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from geo.errors import N_
from service.errors import MalformedBody
from service.readers.track_heads import is_head

_LISTS = ("data", "results", "records", "locations", "positions", "points", "observations", "fixes", "items")
_DEPTH = 3
_MOST_NAMES = 300
_LINES = re.compile(rb"\s*\{[^\n]*\}[ \t\r]*\n\s*\{")
"""An object that ends with its line, and another after it: no JSON as a whole."""
_BETWEEN = re.compile(rb"\}[ \t\r]*\n\s*\{")


def as_list(content: bytes) -> bytes:
    """Return lines of one object each as a list; other content as it is."""
    if _LINES.match(content[: 1 << 16]) is None:
        return content
    return b"[" + _BETWEEN.sub(b"},\n{", content) + b"]"


def require_lines(content: bytes) -> None:
    """Refuse lines of one object each of which one is no JSON.

    Raises
    ------
    MalformedBody
        Names the line.
    """
    for number, line in enumerate(content.splitlines(), 1):
        try:
            json.loads(line or b"0")
        except ValueError as error:
            raise MalformedBody(
                N_("Line {line} of the file breaks off or is no JSON object."),
                mend=N_("Export it again, or take that line out."),
                where={"row": number},
                line=number,
            ) from error


def features_of(value: Any) -> Any:
    """Return a list of features as their collection; any other value as it is."""
    if isinstance(value, list) and value and all(_is_feature(one) for one in value):
        return {"type": "FeatureCollection", "features": value}
    return value


def columns_of(value: Any) -> Mapping[str, list[Any]] | None:
    """Return objects that are fixes as a table in columns; None where there are none."""
    rows = _rows(value, _DEPTH)
    if rows is None:
        return None
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))[:_MOST_NAMES]
    return {name: [row.get(name) for row in flat] for name in names} if is_head(names) else None


def _is_feature(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") == "Feature"


def _rows(value: Any, depth: int) -> Sequence[Mapping[str, Any]] | None:
    if isinstance(value, list):
        return value if value and all(isinstance(one, Mapping) for one in value) else None
    if not isinstance(value, Mapping) or "type" in value or depth == 0:
        return None
    inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list | Mapping)), None)
    return _rows(inner, depth - 1)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: one for name, one in row.items() if not isinstance(one, Mapping | list)}
    for one in row.values():
        if isinstance(one, Mapping):
            for name, inner in one.items():
                if not isinstance(inner, Mapping | list):
                    found.setdefault(name, inner)
    return found
