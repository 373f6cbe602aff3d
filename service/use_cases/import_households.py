"""Importing demonstration households from a file: places with a code and a label, all of them or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from geo.errors import N_, WardlineError
from layers.demonstration import DemonstrationHousehold
from layers.ids import new_id
from layers.stores import Stores
from service.errors import VALIDATION
from service.indexes.ground import Ground
from service.indexes.locate import locate
from service.readers.columns import code_field, lacking, repeated_codes, resolve, texts
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features
from service.schemas.chain import HouseholdIn

_FIELDS = ("code", "label", "since", "until")
_SAME = 1e-6
"""Degrees, a tenth of a metre: a place that was written with fewer digits is the same."""


@dataclass(frozen=True, slots=True, eq=False)
class HouseholdPlan:
    """What an import of households would store; ``known`` are rows that are stored just so."""

    features: Features
    households: tuple[DemonstrationHousehold, ...]
    known: int

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "file": self.features.file,
            "rows": len(self.features),
            "new": len(self.households),
            "known": self.known,
        }

    def store(self, stores: Stores) -> None:
        """Store the new ones; the audit says how many."""
        if self.households:
            stores.demonstrations.add(self.households)
            first = self.households[0].id
            stores.audit.record("household.add", "household", first, count=len(self.households))


def plan_households(
    stores: Stores, ground: Ground, features: Features, faults: Sequence[RowFault]
) -> HouseholdPlan:
    """Read households: points with a code and a label, perhaps their first day and the day they end before.

    Raises
    ------
    RowsRefused
        Rows with a value that is none, with the code of another row or of a household that is elsewhere, or
        in no small grid of the caller's; and those that ``faults`` name already.
    InvalidInput
        There is no field for the code or the label.
    """
    chosen = resolve(features, {}, _FIELDS)
    codes, _ = texts(features, code_field(features, chosen))
    if "label" not in chosen:
        raise lacking(features, "label", N_("Name the column of the labels of the places: label."))
    found = [*faults, *repeated_codes([one or "" for one in codes])]
    columns = {name: texts(features, field)[0] for name, field in chosen.items()}
    stored = {one.code: one for one in stores.demonstrations.all()}
    # Of a row whose cells are not those of the head nothing more can be said.
    torn = {one.row for one in faults if "field" not in one.params}
    households, known = [], 0
    for row, shape in enumerate(features.geometries, start=1):
        if row in torn:
            continue
        values = {name: column[row - 1] for name, column in columns.items() if column[row - 1] is not None}
        # Whose place is wrong is told already; the rest of the row is looked at all the same.
        place = (0.0, 0.0) if shape is None else (shape.x, shape.y)
        given, more = _given(row, values, place)
        found += more
        if given is None or shape is None:
            continue
        unit = _unit(stores, ground, given)
        if isinstance(unit, WardlineError):
            found.append(RowFault(row, unit.message, unit.mend, given.code, unit.params))
            continue
        old = stored.get(given.code)
        if old is None:
            since = given.since or ground.day
            if given.until is not None and given.until <= since:
                found.append(_backwards(row, given))
            households.append(
                DemonstrationHousehold(
                    new_id(), given.code, given.label, unit, given.lon, given.lat, since, given.until
                )
            )
        elif _same(old, given):
            known += 1
        else:
            mend = N_("Give it a code of its own, or correct its place and label.")
            found.append(RowFault(row, N_("Another household has this code."), mend, given.code))
    refuse_rows(features.file, features.layer, found)
    return HouseholdPlan(features, tuple(households), known)


def _given(
    row: int, values: dict[str, Any], place: tuple[float, float]
) -> tuple[HouseholdIn | None, list[RowFault]]:
    """Return a row as the service takes a household, and what is wrong with its values."""
    try:
        return HouseholdIn(lon=place[0], lat=place[1], **values), []
    except ValidationError as refused:
        return None, [
            RowFault(
                row,
                VALIDATION.get(str(one["type"]), N_("This value is not allowed.")),
                N_("Correct the column {field}."),
                str(values.get("code", ""))[:64],
                {**one.get("ctx", {}), "field": str(one["loc"][0])},
            )
            for one in refused.errors(include_url=False)
        ]


def _unit(stores: Stores, ground: Ground, given: HouseholdIn) -> Any:
    """Return the id of the small grid of a household, or the refusal of its place."""
    try:
        chain = locate(ground, given.lon, given.lat).chain
    except WardlineError as error:
        return error
    if stores.roots is not None and not {one.id for one in chain} & set(stores.roots):
        return WardlineError(
            N_("{unit} lies outside of your area."),
            mend=N_("Ask somebody whose area it lies in."),
            unit=chain[0].code,
        )
    return chain[0].id


def _backwards(row: int, given: HouseholdIn) -> RowFault:
    return RowFault(
        row, N_("It ends before it begins."), N_("Give a later day."), given.code, {"field": "until"}
    )


def _same(old: DemonstrationHousehold, given: HouseholdIn) -> bool:
    near = abs(old.lon - given.lon) <= _SAME and abs(old.lat - given.lat) <= _SAME
    return (
        near
        and old.label == given.label
        and given.since in (None, old.since)
        and given.until in (None, old.until)
    )
