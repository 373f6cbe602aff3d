"""Columns of a layer as the values we keep: texts, counts and JSON; rows that do not fit are named."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from geo.errors import N_
from service.errors import InvalidInput
from service.readers.faults import RowFault
from service.readers.vector import Features

_MOST_TEXT = 500


def resolve(features: Features, given: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """Return the field that each of our names is read from: the given one, else one of the same name.

    Raises
    ------
    InvalidInput
        A given name is not one of ours, or its field does not exist.
    """
    for name in given:
        if name not in known:
            raise InvalidInput(
                N_("“{name}” is nothing that a field can be given for; these are: {known}."),
                mend=N_("Write --field {first}=FIELD, for example."),
                where={"file": features.file, "layer": features.layer},
                name=name,
                known=", ".join(known),
                first=known[0],
            )
        features.column(given[name])
    return {name: given.get(name, name) for name in known if name in given or name in features.columns}


def texts(features: Features, field: str) -> tuple[list[str | None], list[RowFault]]:
    """Return a column as trimmed texts; null and empty are None, whole numbers lose their point."""
    values: list[str | None] = []
    faults = []
    for row, value in enumerate(features.column(field).tolist(), start=1):
        text = _text(value)
        fault = None if text is None else _text_fault(text)
        if fault is not None:
            faults.append(RowFault(row, fault[0], fault[1], params={"field": field}))
        values.append(text)
    return values, faults


def required_texts(features: Features, field: str) -> tuple[list[str], list[RowFault]]:
    """Return a column as texts none of which is missing; a missing one is "" and a fault."""
    values, faults = texts(features, field)
    faults += [
        RowFault(row, N_("Its field “{field}” is empty."), N_("Fill it in."), params={"field": field})
        for row, value in enumerate(values, start=1)
        if value is None
    ]
    return [value or "" for value in values], faults


def repeated_codes(codes: Sequence[str]) -> list[RowFault]:
    """Return a fault for each row whose code an earlier row has."""
    first: dict[str, int] = {}
    faults = []
    for row, code in enumerate(codes, start=1):
        if code and first.setdefault(code, row) != row:
            message, mend = N_("Its code is that of row {first}."), N_("Give it its own code.")
            faults.append(RowFault(row, message, mend, code, {"first": first[code]}))
    return faults


def code_field(features: Features, chosen: Mapping[str, str]) -> str:
    """Return the field of the codes.

    Raises
    ------
    InvalidInput
        There is none; the fields are listed.
    """
    if "code" in chosen:
        return chosen["code"]
    raise lacking(features, "code", N_("Name the field of the codes with --field code=FIELD."))


def lacking(features: Features, name: str, mend: str) -> InvalidInput:
    """Return the refusal of a layer that has no field for one of our names."""
    return InvalidInput(
        N_("{file}, layer {layer}, has no field “{field}”; it has: {known}."),
        mend=mend,
        where={"file": features.file, "layer": features.layer},
        file=features.file,
        layer=features.layer,
        field=name,
        known=", ".join(features.columns) or "–",
    )


def counts(features: Features, field: str) -> tuple[list[int | None], list[RowFault]]:
    """Return a column as whole numbers from 0; null is None."""
    values: list[int | None] = []
    faults = []
    for row, value in enumerate(features.column(field).tolist(), start=1):
        number, good = _count(value)
        values.append(number)
        if not good:
            mend = N_("Give a whole number from 0, or leave it empty.")
            params = {"field": field, "value": str(value)[:40]}
            faults.append(RowFault(row, N_("Its field “{field}” is {value}."), mend, params=params))
    return values, faults


def attributes(features: Features, without: Sequence[str]) -> list[dict[str, Any]]:
    """Return the other columns row by row as JSON values, nulls left out."""
    others = {name: column.tolist() for name, column in features.columns.items() if name not in without}
    rows: list[dict[str, Any]] = [{} for _ in range(len(features))]
    for name, values in others.items():
        for row, value in zip(rows, values, strict=True):
            plain = json_value(value)
            if plain is not None:
                row[name] = plain
    return rows


def json_value(value: Any) -> Any:
    """Return a value as JSON holds it; NaN and not-a-time are None."""
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value.is_integer() else value
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (np.ndarray, list, tuple)):
        return [json_value(each) for each in value]
    if isinstance(value, (np.datetime64, np.generic)):
        return json_value(value.item())
    return str(value)


def _text(value: Any) -> str | None:
    plain = json_value(value)
    text = "" if plain is None else str(plain).strip()
    return text or None


def _text_fault(text: str) -> tuple[str, str] | None:
    if len(text) > _MOST_TEXT:
        return N_("Its field “{field}” is longer than 500 letters."), N_("Shorten it.")
    if "\0" in text or "\ufffd" in text or not text.isprintable():
        return (
            N_("Its field “{field}” has letters that cannot be read."),
            N_("Name the file's real encoding with --encoding, or write the text anew."),
        )
    return None


def _count(value: Any) -> tuple[int | None, bool]:
    plain = json_value(value)
    if isinstance(plain, str):
        plain = plain.strip()
        plain = int(plain) if plain.isdecimal() and len(plain) < 10 else None if not plain else -1
    if plain is None:
        return None, True
    good = isinstance(plain, int) and not isinstance(plain, bool) and 0 <= plain < 2**31
    return (plain if good else None), good
