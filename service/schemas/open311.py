"""Open311 GeoReport v2: what is asked and told there, as JSON and as XML."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import orjson

FORMS = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
# What XML 1.0 cannot hold.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEMS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "attributes": "attribute",
    "extended_attributes": "attribute",
    "values": "value",
}
"""What the items of a list are called in XML."""


def written(name: str, value: Any, form: str) -> bytes:
    """Return a value in a form; ``name`` is what it is called in XML."""
    if form == "json":
        return orjson.dumps(value)
    found: bytes = ET.tostring(_element(name, value), encoding="utf-8", xml_declaration=True)
    return found


def _element(name: str, value: Any) -> ET.Element:
    made = ET.Element(name)
    if isinstance(value, Mapping):
        made.extend([_element(key, one) for key, one in value.items()])
    elif isinstance(value, Sequence) and not isinstance(value, str):
        made.extend([_element(_ITEMS[name], one) for one in value])
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        made.text = _UNWRITABLE.sub("\ufffd", text)
    return made
