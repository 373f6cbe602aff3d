"""Publishing a release: the whole state of an area layer from a day on, kept as the least change.

A unit that is the same as before keeps its version. One that changes, ends or comes anew is written in
both times: the version believed so far is closed at the instant of publication (``recorded``), what
remains true of it before and after the release's days is written again, and the new state holds from the
effective day to the next release already published. So an earlier belief is never lost, and "who was
responsible on day D, as known on day K" has one answer.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from uuid import UUID

import numpy as np
import shapely
from psycopg.types.json import Jsonb
from psycopg.types.range import Range
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select, text

from geo.errors import N_
from layers.catalog import Layer
from layers.errors import Conflict, InvalidAttribute, StaleVersion
from layers.geometry import from_shape, to_ewkbs
from layers.heads import Heads
from layers.ids import new_id
from layers.releases import Release, Releases, release
from layers.storage import Store, read_sql
from layers.unit_checks import CheckedUnits, Standing, checked
from layers.units import UnitDraft, unit, unit_outline, unit_version

_VERSION_COLUMNS = tuple(column.name for column in unit_version.columns if column.name != "district")


@dataclass(frozen=True, slots=True)
class _Issue:
    """What a publication says of itself."""

    layer: Layer
    effective_on: date
    at: datetime
    note: str
    replaces: UUID | None = None


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
        at = self._begin(layer.code, published_at)
        latest = Releases(self._session, self.district).latest(layer.code)
        _check_base(latest, base)
        state = checked(layer, drafts)
        present = {} if latest is None else self._standing(layer.code, effective_on)
        ended = present.keys() - {draft.id for draft in state.drafts}
        return self._issue(_Issue(layer, effective_on, at, note), state, present, ended)

    def publish_change(
        self,
        layer: Layer,
        effective_on: date,
        drafts: Sequence[UnitDraft],
        ended: Collection[UUID],
        *,
        base: UUID,
        published_at: datetime | None = None,
        note: str = "",
        replaces: UUID | None = None,
    ) -> Release:
        """Publish what a change makes of some units from a day on; all others keep their versions.

        The release is the same as if the whole state had been published: digest, counts and extent are
        those of all units. It holds to the next release already published, which does not know of the change:
        publish that again on top of it (:meth:`republish`) in the same transaction.

        Parameters
        ----------
        layer
            The area layer.
        effective_on
            The first day.
        drafts
            The units that change or are new, with the upper units whose outline changes by it.
        ended
            The ids of the units that are no more.
        base
            The release in force on that day: refused if it is another by now.
        published_at, note
            As :meth:`publish`.
        replaces
            The release of the same day that this one stands for.

        Raises
        ------
        InvalidAttribute
            A unit is not possible beside those that stay, or one that ends is not in force.
        StaleVersion
            Another release than ``base`` is in force on that day.
        Conflict
            As :meth:`publish`.
        """
        at = self._begin(layer.code, published_at)
        _check_base(Releases(self._session, self.district).in_force(layer.code, effective_on), base)
        present = self._standing(layer.code, effective_on)
        for unknown in sorted(set(ended) - present.keys())[:1]:
            raise InvalidAttribute(
                N_("Unit {unit} cannot end: it is not in force on {day}."),
                mend=N_("Load the layer again and repeat the change."),
                where={"unit": str(unknown)},
                unit=str(unknown),
                day=effective_on.isoformat(),
            )
        left_out = {draft.id for draft in drafts} | set(ended)
        kept = {unit: one for unit, one in present.items() if unit not in left_out}
        state = checked(layer, drafts, kept)
        issue = _Issue(layer, effective_on, at, note, replaces)
        return self._issue(issue, state, present, set(ended) - {draft.id for draft in drafts}, kept)

    def republish(
        self,
        layer: Layer,
        replaced: UUID,
        drafts: Sequence[UnitDraft],
        ended: Collection[UUID],
        *,
        published_at: datetime | None = None,
        note: str = "",
    ) -> Release:
        """Publish a release again, for its own day, after one of an earlier day was inserted before it.

        ``drafts`` and ``ended`` change the state that the release had. Two releases of one instant are told
        together: a version written by the first and changed by the second was never believed, and its
        ``recorded`` is empty.

        Raises
        ------
        NotFound
            The district has no such release.
        InvalidAttribute, StaleVersion, Conflict
            As :meth:`publish_change`.
        """
        before = Releases(self._session, self.district).get(replaced)
        return self.publish_change(
            layer,
            before.effective_on,
            drafts,
            ended,
            base=replaced,
            published_at=published_at,
            note=note or before.note,
            replaces=replaced,
        )

    def _begin(self, layer: str, published_at: datetime | None) -> datetime:
        """Wait for whoever publishes the layer, and return the instant of this publication."""
        self._lock(f"release:{layer}")
        at = published_at or datetime.now(UTC)
        latest = Releases(self._session, self.district).latest(layer)
        if latest is not None and at < latest.published_at:
            raise Conflict(
                N_("The release would be published at {at}, before the last one at {last}."),
                mend=N_("Publish with the present time; only the effective day may lie in the past."),
                where={"pointer": "/published_at"},
                at=at.isoformat(),
                last=latest.published_at.isoformat(),
            )
        return at

    def _issue(
        self,
        issue: _Issue,
        state: CheckedUnits,
        present: Mapping[UUID, Standing],
        ended: Collection[UUID],
        kept: Mapping[UUID, Standing] = MappingProxyType({}),
    ) -> Release:
        """Store a release and what it changes; ``kept`` are the units that it does not speak of."""
        layer, day = issue.layer.code, issue.effective_on
        until = Releases(self._session, self.district).next_after(layer, day)
        made = self._add_release(issue, state, kept, set(present) - set(kept))
        changed = [
            position
            for position, (draft, digest) in enumerate(zip(state.drafts, state.digests, strict=True))
            if draft.id not in present or present[draft.id].digest != digest
        ]
        ids = [state.drafts[position].id for position in changed]
        closed = {unit: present[unit].revision for unit in (*ids, *ended) if unit in present}
        self._close(closed, day, until, issue.at)
        self._add_units(layer, ids, issue.at)
        self._add_versions(made, state, changed, Range(day, until), Range(issue.at, None))
        Heads(self._session, self.district).raise_head(layer)
        return made

    def _add_release(
        self, issue: _Issue, state: CheckedUnits, kept: Mapping[UUID, Standing], spoken_of: set[UUID]
    ) -> Release:
        levels = [draft.level for draft in state.drafts] + [one.level for one in kept.values()]
        names = issue.layer.level_names
        counts = np.bincount(np.array(levels, dtype=np.int64), minlength=len(names))
        digests = sorted([*state.digests, *(one.digest for one in kept.values())])
        latest = Releases(self._session, self.district).latest(issue.layer.code)
        identifier = new_id()
        self._insert(
            release,
            [
                {
                    "id": identifier,
                    "layer": issue.layer.code,
                    "number": 1 if latest is None else latest.number + 1,
                    "effective_on": issue.effective_on,
                    "published_at": issue.at,
                    "note": issue.note,
                    "units": len(levels),
                    # Of the whole content, whatever the order of the units.
                    "digest": hashlib.sha256(b"".join(digests)).hexdigest(),
                    "counts": counts.tolist(),
                    "extent": from_shape(self._frame(issue, state, kept, spoken_of)),
                    "replaces": issue.replaces,
                }
            ],
        )
        return Releases(self._session, self.district).get(identifier)

    def _frame(
        self, issue: _Issue, state: CheckedUnits, kept: Mapping[UUID, Standing], spoken_of: set[UUID]
    ) -> BaseGeometry | None:
        """Return the box of all units: that of those published, and of those on the top that stay."""
        boxes = [shapely.total_bounds(state.areas)] if state.drafts else []
        if any(one.level == 0 for one in kept.values()):
            row = self._first(
                text(read_sql("publish_extent")),
                {
                    "district": self.district,
                    "layer": issue.layer.code,
                    "day": issue.effective_on,
                    "others": list(spoken_of),
                },
            )
            boxes += [] if row is None or row[0] is None else [np.array(row, dtype=np.float64)]
        if not boxes:
            return None
        every = np.array(boxes)
        return shapely.box(*every[:, :2].min(axis=0), *every[:, 2:].max(axis=0))

    def _standing(self, layer: str, day: date) -> dict[UUID, Standing]:
        """Return what is now believed of the units in force on a day."""
        columns = unit_version.c
        rows = self._all(
            select(
                columns.unit, columns.revision, columns.digest, columns.level, columns.code, columns.parent
            ).where(
                columns.district == self.district,
                columns.layer == layer,
                columns.valid.contains(day),
                func.upper_inf(columns.recorded),
            )
        )
        return {
            row.unit: Standing(row.revision, bytes(row.digest), row.level, row.code, row.parent)
            for row in rows
        }

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
        self,
        made: Release,
        state: CheckedUnits,
        changed: list[int],
        valid: Range[date],
        recorded: Range[datetime],
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


def _check_base(there: Release | None, base: UUID | None) -> None:
    if base is not None and (there is None or there.id != base):
        raise StaleVersion(
            N_("Another release of this layer was published since the one this was drawn from."),
            mend=N_("Load the layer again and repeat the change on release {number}."),
            where={"release": str(base)},
            number=0 if there is None else there.number,
        )
