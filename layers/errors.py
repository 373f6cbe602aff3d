"""Refusals of the stored layers, and the translation of PostgreSQL's own.

    LayerError
    ├── NotFound              nothing stored under this id or code
    │   └── Gone              it was stored here, and was taken away for good
    ├── Conflict              the same key with other content, or a value another row already has
    │   ├── StaleVersion      somebody else changed it since it was read
    │   ├── Overlap           two periods of one thing would overlap
    │   └── InUse             other rows still refer to it
    ├── InvalidAttribute      a value that the layer does not allow
    │   ├── UnknownKind       a kind of marker nobody declared
    │   └── UnknownAttribute  an attribute its kind does not have
    ├── UnknownLayer          no layer of that name in the district
    ├── UnknownDistrict       no district of that code
    ├── InvalidBox            a bounding box that encloses nothing
    ├── InvalidTile           no such tile
    ├── InvalidCursor         a page cursor that this list did not hand out
    ├── OutsideArchive        a fix from a month that is never stored
    ├── WrongPerson           a step that is somebody else's, such as deciding a plan of one's own
    └── OutOfReach            row security does not let the caller write this

No constraint violation leaves this package raw: ``translate`` names the thing, the place and the way out.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError

from geo.errors import N_, WardlineError


class LayerError(WardlineError):
    """A stored layer refused what it was asked."""

    code = "layer-refused"


class NotFound(LayerError):
    """Nothing is stored under this id or code in this district."""

    code = "not-found"


class Gone(NotFound):
    """It was stored in this district and was taken away for good; who may have seen it is told so."""

    code = "gone"


class Conflict(LayerError):
    """The same key exists with other content."""

    code = "conflict"


class StaleVersion(Conflict):
    """The thing was changed by somebody else since it was read."""

    code = "stale-version"


class Overlap(Conflict):
    """Two periods of one thing would overlap."""

    code = "overlap"


class InUse(Conflict):
    """Other rows still refer to the thing that was to be removed."""

    code = "in-use"


class InvalidAttribute(LayerError):
    """A value is not what the layer allows."""

    code = "attribute-invalid"


class UnknownKind(InvalidAttribute):
    """A marker is of a kind nobody declared."""

    code = "kind-unknown"


class UnknownAttribute(InvalidAttribute):
    """A marker carries an attribute that its kind does not have."""

    code = "attribute-unknown"


class UnknownLayer(LayerError):
    """The district has no layer of this name."""

    code = "layer-unknown"


class UnknownDistrict(LayerError):
    """There is no district of this code."""

    code = "district-unknown"


class InvalidBox(LayerError):
    """A bounding box is not west, south, east, north in degrees."""

    code = "bbox-invalid"


class InvalidTile(LayerError):
    """There is no tile of this zoom, column and row."""

    code = "tile-invalid"


class InvalidCursor(LayerError):
    """A page cursor was not handed out by this list."""

    code = "cursor-invalid"


class OutsideArchive(LayerError):
    """A fix is dated outside the months that are stored."""

    code = "outside-archive"


class WrongPerson(LayerError):
    """The step is somebody else's, such as deciding a plan of one's own."""

    code = "wrong-person"


class OutOfReach(LayerError):
    """Row security does not let whoever the transaction works for write this."""

    code = "out-of-reach"


_FOREIGN_KEY = "23503"
_INVALID = (
    InvalidAttribute,
    N_("A value of {table} is not allowed ({constraint}): {detail}"),
    N_("Correct the value and send it again."),
)
_IN_USE = (
    InUse,
    N_("This {table} cannot be removed because others refer to it: {detail}"),
    N_("End its period instead of removing it."),
)
# What a violation means, by SQLSTATE.
_MEANINGS: dict[str, tuple[type[LayerError], str, str]] = {
    "23502": _INVALID,  # not null
    _FOREIGN_KEY: (
        NotFound,
        N_("This {table} refers to something that is not stored in the district: {detail}"),
        N_("Store what it refers to first, in the same district."),
    ),
    "23505": (  # unique
        Conflict,
        N_("Another {table} already has this key: {detail}"),
        N_("Change the key, or change the existing {table} instead."),
    ),
    "23514": _INVALID,  # check
    "42501": (  # insufficient privilege: the policy of a table, or no right to it at all
        OutOfReach,
        N_("None of your roles lets you write this: {detail}"),
        N_("Ask an administrator for a role that reaches it."),
    ),
    "23P01": (  # exclusion
        Overlap,
        N_("Two periods of one {table} would overlap: {detail}"),
        N_("End the earlier period first, or begin the new one on the day the earlier one ends."),
    ),
}
# A violation names the partition it happened in, by district, by month or both, or where rows were staged.
_PARTITION = re.compile(r"(_stage|(_h\d+)?(_\d{4}_\d{2})?)$")


def translate(violation: psycopg.Error) -> LayerError | None:
    """Return the refusal that a constraint violation means, or None for any other database error."""
    diagnosis = violation.diag
    # What the driver refuses by itself, such as a zero byte in a text, has no diagnosis.
    detail = (diagnosis.message_detail or diagnosis.message_primary or str(violation)).strip()
    meaning = _MEANINGS.get(violation.sqlstate or "")
    if violation.sqlstate == _FOREIGN_KEY and "still referenced" in detail:
        meaning = _IN_USE
    if meaning is None and isinstance(violation, psycopg.DataError):
        meaning = _INVALID
    if meaning is None:
        return None
    refusal, message, mend = meaning
    table = _PARTITION.sub("", diagnosis.table_name or "?")
    constraint = diagnosis.constraint_name or diagnosis.column_name or "?"
    return refusal(
        message,
        mend=mend,
        where={"table": table, "constraint": constraint},
        table=table,
        constraint=constraint,
        detail=detail,
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raise a :class:`LayerError` in place of a constraint violation.

    Raises
    ------
    LayerError
        For violations of unique, exclusion, foreign-key, not-null and check constraints and of row security,
        and for values a column type refuses. Other database errors pass unchanged: they are faults.
    """
    try:
        yield
    except DBAPIError as error:
        refusal = translate(error.orig) if isinstance(error.orig, psycopg.Error) else None
        if refusal is None:
            raise
        raise refusal from error
    except psycopg.Error as error:
        refusal = translate(error)
        if refusal is None:
            raise
        raise refusal from error
    except UnicodeEncodeError as error:
        raise InvalidAttribute(
            N_("A text holds half of a character (a lone surrogate) at position {position}."),
            mend=N_("Send the text as UTF-8."),
            position=error.start,
        ) from error
