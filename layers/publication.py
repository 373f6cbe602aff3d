"""Publishing a release: the whole state of an area layer from a day on, kept as the least change.

A unit that is the same as before keeps its version. One that changes, ends or comes anew is written in
both times: the version believed so far is closed at the instant of publication (``recorded``), what
remains true of it before and after the release's days is written again, and the new state holds from the
effective day to the next release already published. So an earlier belief is never lost, and "who was
responsible on day D, as known on day K" has one answer.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from psycopg.types.json import Jsonb
from psycopg.types.range import Range
from sqlalchemy import func, select, text

from geo.errors import N_
from layers.catalog import Layer
from layers.errors import Conflict, InvalidAttribute, StaleVersion
from layers.geometry import as_multi, from_shape, off_lattice, to_ewkbs
from layers.heads import Heads
from layers.ids import new_id
from layers.releases import Release, Releases, release
from layers.storage import Store, read_sql
from layers.units import UnitDraft, unit, unit_outline, unit_version

_VERSION_COLUMNS = (
    "unit",
    "revision",
    "layer",
    "release",
    "code",
    "name",
    "level",
    "parent",
    "geom",
    "households",
    "attributes",
    "valid",
    "recorded",
    "digest",
)


@dataclass(frozen=True, slots=True)
class _State:
    """The units to be published, checked: their areas as MultiPolygons and the digest of each content."""

    drafts: tuple[UnitDraft, ...]
    areas: np.ndarray[Any, np.dtype[np.object_]]
    digests: tuple[bytes, ...]

    def digest(self) -> str:
        """Return the SHA-256 of the whole content, whatever the order of the units."""
        return hashlib.sha256(b"".join(sorted(self.digests))).hexdigest()


class Publication(Store):
    """Publishes releases of one district's area layers."""

    def publish(
        self,
        layer: Layer,
        effective_on: date,
        drafts: Sequence[UnitDraft],
        *,
        published_at: datetime | None = None,
        note: str = "",
        base: UUID | None = None,
    ) -> Release:
        """Publish the whole state of a layer from a day on.

        Parameters
        ----------
        layer
            The area layer.
        effective_on
            The first day; it holds to the next release already published, or without end.
        drafts
            Every unit of every level.
        published_at
            The instant from which the district knows it; now, where none is given.
        note
            Why it was published.
        base
            The release the state was drawn from: refused if another was published since.

        Raises
        ------
        InvalidAttribute
            A unit's level, parent, code or area is not possible, or an area is off the lattice.
        StaleVersion
            Another release was published since ``base``.
        Conflict
            An id belongs to another layer, or ``published_at`` is before the last publication.
        """
        self._lock(f"release:{layer.code}")
        at = published_at or datetime.now(UTC)
        latest = Releases(self._session, self.district).latest(layer.code)
        _check_base(latest, base, at)
        state = _checked(layer, drafts)
        until = Releases(self._session, self.district).next_after(layer.code, effective_on)
        made = self._add_release(
            layer, effective_on, at, note, state, 1 if latest is None else latest.number + 1
        )
        present = {} if latest is None else self._digests(layer.code, effective_on)
        changed = [
            position
            for position, (draft, digest) in enumerate(zip(state.drafts, state.digests, strict=True))
            if present.get(draft.id, (0, b""))[1] != digest
        ]
        kept = {draft.id for draft in state.drafts} - {state.drafts[position].id for position in changed}
        closed = {key: revision for key, (revision, _) in present.items() if key not in kept}
        self._close(closed, effective_on, until, at)
        self._add_units(layer.code, [state.drafts[position].id for position in changed], at)
        self._add_versions(made, state, changed, Range(effective_on, until), Range(at, None))
        Heads(self._session, self.district).raise_head(layer.code)
        return made

    def _add_release(
        self, layer: Layer, effective_on: date, at: datetime, note: str, state: _State, number: int
    ) -> Release:
        counts = np.bincount(
            np.array([draft.level for draft in state.drafts], dtype=np.int64),
            minlength=len(layer.level_names),
        )
        frame = shapely.box(*shapely.total_bounds(state.areas)) if state.drafts else None
        identifier = new_id()
        self._insert(
            release,
            [
                {
                    "id": identifier,
                    "layer": layer.code,
                    "number": number,
                    "effective_on": effective_on,
                    "published_at": at,
                    "note": note,
                    "units": len(state.drafts),
                    "digest": state.digest(),
                    "counts": counts.tolist(),
                    "extent": from_shape(frame),
                }
            ],
        )
        return Releases(self._session, self.district).get(identifier)

    def _digests(self, layer: str, day: date) -> dict[UUID, tuple[int, bytes]]:
        """Return revision and digest of the versions now believed for a day."""
        rows = self._all(
            select(unit_version.c.unit, unit_version.c.revision, unit_version.c.digest).where(
                unit_version.c.district == self.district,
                unit_version.c.layer == layer,
                unit_version.c.valid.contains(day),
                func.upper_inf(unit_version.c.recorded),
            )
        )
        return {row.unit: (row.revision, bytes(row.digest)) for row in rows}

    def _close(self, closed: Mapping[UUID, int], day: date, until: date | None, at: datetime) -> None:
        """End the belief in versions, and write again what stays true before ``day`` and from ``until``."""
        if not closed:
            return
        parameters = {
            "district": self.district,
            "units": list(closed),
            "revisions": list(closed.values()),
            "day": day,
            "until": until,
            "at": at,
        }
        for name in ("publish_close", "publish_before", "publish_after", "publish_outlines"):
            self._write(text(read_sql(name)), parameters)

    def _add_units(self, layer: str, ids: list[UUID], at: datetime) -> None:
        known = {
            row.id: row.layer
            for row in self._all(
                select(unit.c.id, unit.c.layer).where(
                    unit.c.district == self.district, unit.c.id == func.any(ids)
                )
            )
        }
        foreign = [key for key, owner in known.items() if owner != layer]
        if foreign:
            raise Conflict(
                N_("Unit {unit} belongs to layer “{layer}”."),
                mend=N_("Give units of another layer ids of their own."),
                where={"unit": str(foreign[0])},
                unit=str(foreign[0]),
                layer=known[foreign[0]],
            )
        self._copy(unit, ("id", "layer", "created_at"), ((key, layer, at) for key in ids if key not in known))

    def _add_versions(
        self, made: Release, state: _State, changed: list[int], valid: Range[date], recorded: Range[datetime]
    ) -> None:
        if not changed:
            return
        ids = [state.drafts[position].id for position in changed]
        revisions = {
            row.unit: row.revision
            for row in self._all(
                select(unit_version.c.unit, func.max(unit_version.c.revision).label("revision"))
                .where(unit_version.c.district == self.district, unit_version.c.unit == func.any(ids))
                .group_by(unit_version.c.unit)
            )
        }
        leaf = len(made.counts) - 1
        binary = to_ewkbs(state.areas[changed])
        rows = []
        outlines = []
        labels = to_ewkbs(shapely.point_on_surface(state.areas[changed]))
        for position, area, label in zip(changed, binary, labels, strict=True):
            draft = state.drafts[position]
            revision = revisions.get(draft.id, 0) + 1
            rows.append(
                (
                    draft.id,
                    revision,
                    made.layer,
                    made.id,
                    draft.code,
                    draft.name,
                    draft.level,
                    draft.parent,
                    area if draft.level == leaf else None,
                    draft.households,
                    Jsonb(dict(draft.attributes)),
                    valid,
                    recorded,
                    state.digests[position],
                )
            )
            if draft.level != leaf:
                outlines.append((draft.id, revision, area, label))
        self._copy(unit_version, _VERSION_COLUMNS, rows)
        self._copy(unit_outline, ("unit", "revision", "geom", "label"), outlines)


def _check_base(latest: Release | None, base: UUID | None, at: datetime) -> None:
    if base is not None and (latest is None or latest.id != base):
        raise StaleVersion(
            N_("Another release of this layer was published since the one this was drawn from."),
            mend=N_("Load the layer again and repeat the change on release {number}."),
            where={"release": str(base)},
            number=0 if latest is None else latest.number,
        )
    if latest is not None and at < latest.published_at:
        raise Conflict(
            N_("The release would be published at {at}, before the last one at {last}."),
            mend=N_("Publish with the present time; only the effective day may lie in the past."),
            where={"pointer": "/published_at"},
            at=at.isoformat(),
            last=latest.published_at.isoformat(),
        )


def _checked(layer: Layer, drafts: Sequence[UnitDraft]) -> _State:
    """Return the drafts with their areas and digests, or refuse the first that is not possible."""
    levels = {draft.id: draft.level for draft in drafts}
    if len(levels) < len(drafts):
        raise _refusal(N_("Two units have the same id."), mend=N_("Give every unit an id of its own."))
    codes: set[tuple[int, str]] = set()
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
    return _State(tuple(drafts), areas, digests)


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
