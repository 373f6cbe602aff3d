"""What services ask for besides the request itself, as the district's rules say, and the answers."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from geo.errors import N_
from service.errors import InvalidInput
from service.schemas.times import Instant

Definitions = Sequence[Mapping[str, Any]]
Answers = Mapping[str, Sequence[str]]

_NAME = re.compile(r"attribute\[([^\[\]]+)\](?:\[\])?")
_LISTS = ("singlevaluelist", "multivaluelist")
_LONGEST = {"string": 200, "text": 4000}
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


def definition_json(code: str, asked: Definitions) -> dict[str, Any]:
    """Return what a service asks for, in the order of the rules."""
    attributes = [
        {
            "variable": True,
            "code": one["code"],
            "datatype": one["datatype"],
            "required": one["required"],
            "datatype_description": one["datatype_description"] or None,
            "order": place,
            "description": one["description"],
            **({"values": _values(one["values"])} if one["datatype"] in _LISTS else {}),
        }
        for place, one in enumerate(asked, start=1)
    ]
    return {"service_code": code, "attributes": attributes}


def _values(names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "name": name} for key, name in names.items()]


def given_answers(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the answers among the fields of a form: ``attribute[CODE]``, or ``attribute[CODE][]`` of many.

    Raises
    ------
    InvalidInput
        A field is neither.
    """
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if not name.startswith("attribute"):
            continue
        read = _NAME.fullmatch(name)
        if read is None:
            raise InvalidInput(
                N_("{name} names no attribute."),
                mend=N_("Send attribute[CODE]=value, with a code of the service's definition."),
                where={"parameter": name[:64]},
                name=name[:64],
            )
        if value.strip():
            found.setdefault(read[1], []).append(value.strip())
    return found


def checked_answers(service: str, asked: Definitions, given: Answers) -> list[dict[str, Any]]:
    """Return the answers that a service asks for, with what they answer.

    Raises
    ------
    InvalidInput
        One is missing, asked by nobody, or not of its kind.
    """
    known = {one["code"]: one for one in asked}
    for code in sorted(given.keys() - known.keys()):
        raise InvalidInput(
            N_("Service {code} has no attribute {attribute}."),
            mend=N_("Leave it out."),
            where={"parameter": f"attribute[{code[:64]}]"},
            code=service,
            attribute=code[:64],
        )
    found = []
    for code, one in known.items():
        values = given.get(code, ())
        if not values and one["required"]:
            raise InvalidInput(
                N_("{name} is needed."),
                mend=N_("Send it as a field of the form."),
                where={"parameter": f"attribute[{code}]"},
                name=f"attribute[{code}]",
            )
        if values:
            _check(one, values)
            names = one["values"]
            told = [{"key": value, "name": names.get(value, value)} for value in values]
            found.append({"code": code, "description": one["description"], "values": told})
    return found


def _check(asked: Mapping[str, Any], values: Sequence[str]) -> None:
    kind = asked["datatype"]
    right = all(_fits(kind, asked["values"], value) for value in values)
    if right and (len(values) == 1 or kind == "multivaluelist"):
        return
    raise InvalidInput(
        N_("attribute[{code}] takes {kind}."),
        mend=N_("Send what the service's definition lists, once each."),
        where={"parameter": f"attribute[{asked['code']}]"},
        code=asked["code"],
        kind=kind,
    )


def _fits(kind: str, names: Mapping[str, str], value: str) -> bool:
    if kind in _LISTS:
        return value in names
    if kind == "number":
        try:
            return math.isfinite(float(value))
        except ValueError:
            return False
    if kind == "datetime":
        try:
            _INSTANT.validate_python(value)
        except ValidationError:
            return False
        return True
    return len(value) <= _LONGEST[kind] and (kind == "text" or not re.search(r"[\r\n]", value))


def media_address(text: str) -> str | None:
    """Return the address of a picture that a form names, or None.

    Raises
    ------
    InvalidInput
        It is no address of the web.
    """
    text = text.strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or len(text) > 2000 or " " in text:
        raise InvalidInput(
            N_("{name} is no address of the web."),
            mend=N_("Send it such as https://example.org/picture.jpg, or leave it out."),
            where={"parameter": "media_url"},
            name="media_url",
        )
    return text
