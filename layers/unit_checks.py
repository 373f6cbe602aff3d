"""What a unit must be to be published: on a level, below a parent, with a code of its own, on the lattice.

Whether areas are an exact partition is not asked here: that is ``geo.partition``'s answer.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import shapely

from geo.errors import N_
from layers.catalog import Layer
from layers.errors import InvalidAttribute
from layers.geometry import as_multi, off_lattice
from layers.units import UnitDraft


class Standing(NamedTuple):
    """What is stored of a unit in force: the number of its version, and what others are checked against."""

    revision: int
    digest: bytes
    level: int
    code: str
    parent: UUID | None


@dataclass(frozen=True, slots=True)
class CheckedUnits:
    """Units that can be published: their areas as MultiPolygons and the digest of each content."""

    drafts: tuple[UnitDraft, ...]
    areas: np.ndarray[Any, np.dtype[np.object_]]
    digests: tuple[bytes, ...]


def checked(
    layer: Layer, drafts: Sequence[UnitDraft], kept: Mapping[UUID, Standing] = MappingProxyType({})
) -> CheckedUnits:
    """Return the drafts with their areas and digests, or refuse the first that is not possible.

    ``kept`` are the units that stay beside them as they are, by id.

    Raises
    ------
    InvalidAttribute
        A unit's level, parent, code or area is not possible beside the others.
    """
    levels = {draft.id: draft.level for draft in drafts}
    if len(levels) < len(drafts):
        raise _refusal(N_("Two units have the same id."), mend=N_("Give every unit an id of its own."))
    levels |= {unit: one.level for unit, one in kept.items()}
    codes = {(one.level, one.code) for one in kept.values()}
    for row, draft in enumerate(drafts):
        _check_draft(layer, draft, row, levels)
        if (draft.level, draft.code) in codes:
            raise _refusal(
                N_("Two units of level {level} have the code {unit}."),
                mend=N_("Give every unit of a level a code of its own."),
                row=row,
                unit=draft.code,
                level=layer.level_names[draft.level],
            )
        codes.add((draft.level, draft.code))
    _check_kept(layer, kept, levels)
    areas = as_multi([draft.geometry for draft in drafts])
    for row in off_lattice(areas)[:1]:
        raise _refusal(
            N_("The area of {unit} has a coordinate that is not a multiple of 1e-7 degrees."),
            mend=N_("Quantise the areas before they are proven and published."),
            row=int(row),
            unit=drafts[row].code,
        )
    binary = shapely.to_wkb(areas)
    digests = tuple(
        _digest(
            draft.code,
            draft.name,
            draft.level,
            draft.parent,
            draft.households,
            draft.attributes,
            area,
        )
        for draft, area in zip(drafts, binary, strict=True)
    )
    return CheckedUnits(tuple(drafts), areas, digests)


def _check_draft(layer: Layer, draft: UnitDraft, row: int, levels: Mapping[UUID, int]) -> None:
    if not 0 <= draft.level <= layer.leaf_level:
        raise _refusal(
            N_("Unit {unit} is on level {level}, but layer “{layer}” has only {levels}."),
            mend=N_("Use levels 0 (the top) to {leaf}."),
            row=row,
            unit=draft.code,
            level=draft.level,
            layer=layer.code,
            levels=", ".join(layer.level_names),
            leaf=layer.leaf_level,
        )
    if (draft.parent is None) != (draft.level == 0):
        raise _refusal(
            N_("Unit {unit} of level {level} has a wrong parent: the top has none, all others have one."),
            mend=N_("Give the unit its parent, one level up."),
            row=row,
            unit=draft.code,
            level=layer.level_names[draft.level],
        )
    if draft.parent is not None and levels.get(draft.parent) != draft.level - 1:
        raise _refusal(
            N_("The parent of unit {unit} is not a unit one level up in this publication."),
            mend=N_("Publish the parent too, on level {level}."),
            row=row,
            unit=draft.code,
            level=layer.level_names[draft.level - 1],
        )
    if not draft.code.strip():
        raise _refusal(N_("A unit has no code."), mend=N_("Give every unit a code."), row=row)


def _check_kept(layer: Layer, kept: Mapping[UUID, Standing], levels: Mapping[UUID, int]) -> None:
    for one in kept.values():
        if one.parent is not None and levels.get(one.parent) != one.level - 1:
            raise _refusal(
                N_("Unit {unit} of level {level} would lose its parent."),
                mend=N_("Give the unit another parent in the same change, or keep the one it has."),
                unit=one.code,
                level=layer.level_names[one.level],
            )


def _refusal(message: str, *, mend: str, row: int | None = None, **params: Any) -> InvalidAttribute:
    where = {} if row is None else {"row": row}
    return InvalidAttribute(message, mend=mend, where=where, **params)


def _digest(
    code: str,
    name: str,
    level: int,
    parent: UUID | None,
    households: int | None,
    attributes: Mapping[str, Any],
    area: bytes,
) -> bytes:
    """Return the SHA-256 of everything a version says of a unit."""
    words = json.dumps([code, name, level, str(parent), households, dict(attributes)], sort_keys=True)
    return hashlib.sha256(words.encode() + b"\0" + area).digest()
