"""Files of rows that somebody sends: read from a folder of their own, and refused with all that is wrong."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request

from geo.errors import N_
from service.errors import InvalidInput, MalformedBody
from service.readers.faults import RowFault, RowsRefused
from service.readers.row_files import read_rows
from service.readers.vector import Features, Shape

LARGEST_FILE = 64 << 20
MOST_TOLD = 1_000
LONGEST_NAME = 255
"""Bytes of a name that a file may have."""
BODY = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
FileName = Annotated[
    str,
    Query(min_length=1, max_length=200, description="What the file is called; its ending says what it is."),
]
Apply = Annotated[bool, Query(description="Store the rows; else they are only looked at.")]
Translate = Callable[[str], str]
Plan = TypeVar("Plan")


async def get_file(request: Request) -> bytes:
    """Return the file of a request: its body."""
    body = await request.body()
    if not body:
        raise MalformedBody(N_("The body is empty."), mend=N_("Send the file as the body."))
    return body


FileDep = Annotated[bytes, Depends(get_file)]


def rows_from(
    name: str,
    body: bytes,
    shape: Shape,
    plan: Callable[[Features, Sequence[RowFault]], Plan],
    translate: Translate,
) -> Plan:
    """Return what is planned of the rows of a file.

    Raises
    ------
    InvalidInput
        Nothing can be called by that name.
    RowsRefused
        Rows are at fault; ``extra["rows"]`` tells of up to a thousand faults in the reader's language what,
        where and how to mend, and ``extra["count"]`` how many there are.
    """
    codes: list[Any] = []
    file = _file_name(name)
    try:
        with tempfile.TemporaryDirectory(prefix="wardline-rows-") as folder:
            path = Path(folder) / file
            path.write_bytes(body)
            features, faults = read_rows(path, shape)
        codes = list(features.columns.get("code", ()))
        return plan(features, faults)
    except RowsRefused as refused:
        told = [_told(one, codes, translate) for one in refused.faults[:MOST_TOLD]]
        refused.extra = {"rows": told, "count": len(refused.faults)}
        first = " ".join(part for part in (told[0]["problem"], told[0]["mend"]) if part)
        refused.params = {**refused.params, "problem": first, "others": ""}
        raise


def _file_name(name: str) -> str:
    """Return the last part of what a file is called, under which it can be written."""
    found = PurePath(name.replace("\\", "/")).name
    if found in ("", "..") or "\0" in found or len(found.encode("utf-8", "replace")) > LONGEST_NAME:
        raise InvalidInput(
            N_("“{name}” is no name of a file."),
            mend=N_("Give the name with its ending, such as rows.csv."),
            where={"parameter": "name"},
            name=name[:64],
        )
    return found


def _told(fault: RowFault, codes: list[Any], translate: Translate) -> dict[str, Any]:
    code = fault.code or (codes[fault.row - 1] if codes else None)
    return {
        "row": fault.row,
        "code": None if code is None else str(code)[:64],
        "field": fault.params.get("field"),
        "problem": translate(fault.message).format(**fault.params),
        "mend": translate(fault.mend).format(**fault.params) if fault.mend else "",
    }
