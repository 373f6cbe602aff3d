"""The coverage ledgers: what was walked, entered and reached, per device and day.

A ledger row is what one device proved on one day, so rows are additive: any period is a union of days,
and a late upload replaces the rows of its own device and day and nothing else. The ledger stays when the
fixes it came from are dropped by retention.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, ColumnElement, Row, Table, Uuid, and_, any_, literal, not_, select

from geo.evidence import Evidence
from layers.coverage_areas import AreaSight, coverage_area
from layers.coverage_days import CoverageDays
from layers.coverage_tables import coverage_grid, coverage_line, coverage_marker
from layers.errors import translated
from layers.ids import first_id_at, new_id
from layers.late_rows import late_fixes_of
from layers.line_intervals import LineIntervals, coded
from layers.storage import COPY_FROM, Store, read_sql

# A ledger that was computed beside the removal of its fixes may have been written a little after it.
_OVERLAP = timedelta(minutes=1)

_FIELDS = (
    ("place", ">i4"), ("number", ">i4"), ("day", ">i4"), ("evidence", ">i2"), ("from_m", ">f8"),
    ("to_m", ">f8"), ("from_t", ">i8"), ("to_t", ">i8"), ("band", ">i2"),
)  # fmt: skip
_MARKER = ("marker", "patrol", "evidence", "at", "distance_m", "person")


@dataclass(frozen=True, slots=True)
class LineVisit:
    """An interval of a border segment that a patrol covered.

    Measures in metres from the segment's start, ``from_m <= to_m``; ``from_at`` is the time at ``from_m``,
    so it is the later one where the patrol walked towards the start. ``band`` says of what was seen how sure
    that is: −1 within V − 2σ, 0 within V, 1 within V + 2σ; each band is stored whole. What was declared
    has no ``patrol``.
    """

    segment: UUID
    patrol: UUID | None
    evidence: Evidence
    from_m: float
    to_m: float
    from_at: datetime
    to_at: datetime
    person: str | None = None
    band: int = 0


@dataclass(frozen=True, slots=True)
class GridVisit:
    """A stay in a unit; ``state`` is ``visited`` or ``grazed``."""

    unit: UUID
    patrol: UUID
    state: str
    metres: float
    seconds: float
    entered_at: datetime
    left_at: datetime
    person: str | None = None


@dataclass(frozen=True, slots=True)
class MarkerVisit:
    """A marker that was reached, with the closest distance in metres.

    ``patrol`` is None where an action at the marker proves it, ``distance_m`` where the device gave no place.
    """

    marker: UUID
    patrol: UUID | None
    evidence: Evidence
    at: datetime
    distance_m: float | None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Horizon:
    """The first day of which fixes are kept, and when those before it were removed; None for never."""

    before: date = date.min
    removed_at: datetime | None = None


class Coverage(Store):
    """The coverage ledgers of one district."""

    def horizon(self) -> Horizon:
        """Return up to which day fixes are gone; whoever holds a device may use it until the end."""
        rows = self._asked("coverage_horizon", {"district": self.district})
        return Horizon(*rows[0]) if rows else Horizon()

    def replace_lines(
        self, device: str, day: date, visits: Sequence[LineVisit], horizon: Horizon | None = None
    ) -> None:
        """Make these the only border intervals a device covered on a day."""
        columns = ("segment", "patrol", "evidence", "from_m", "to_m", "from_at", "to_at", "person", "band")
        made_again = self._recomputable(coverage_line, day, horizon)
        with self._together(visits, made_again):
            self._replace(coverage_line, columns, device, day, visits, made_again)
            CoverageDays(self._session, self.district).make(device, day)

    def replace_grids(
        self, device: str, day: date, visits: Sequence[GridVisit], horizon: Horizon | None = None
    ) -> None:
        """Make these the only units a device was in on a day."""
        columns = ("unit", "patrol", "state", "metres", "seconds", "entered_at", "left_at", "person")
        made_again = self._recomputable(coverage_grid, day, horizon)
        with self._together(visits, made_again):
            self._replace(coverage_grid, columns, device, day, visits, made_again)

    def replace_areas(
        self, device: str, day: date, sights: Sequence[AreaSight], horizon: Horizon | None = None
    ) -> None:
        """Make these the only ground that was in sight of a device on a day."""
        columns = ("from_at", "to_at", "cells", "sure", "possible")
        told = attrgetter(*columns)
        # What stays is not to be there twice: its fixes may be there still.
        settled = {told(row) for row in self._settled(coverage_area, device, day, horizon)}
        new = [one for one in sights if told(one) not in settled]
        made_again = self._recomputable(coverage_area, day, horizon)
        with self._together(new, made_again):
            self._replace(coverage_area, columns, device, day, new, made_again)

    def replace_markers(self, device: str, day: date, visits: Sequence[MarkerVisit]) -> None:
        """Make these the only markers at which actions of a device on a day prove that it was there."""
        # From visits, which stay when the fixes go.
        with self._together(visits):
            self._replace(coverage_marker, _MARKER, device, day, visits, (), "ledger_clear_done")

    def replace_passed(
        self, device: str, day: date, visits: Sequence[MarkerVisit], horizon: Horizon | None = None
    ) -> None:
        """Make these the only markers that a device came to on a day by its recordings."""
        made_again = self._recomputable(coverage_marker, day, horizon)
        with self._together(visits, made_again):
            self._replace(coverage_marker, _MARKER, device, day, visits, made_again, "ledger_clear_recorded")

    def lines(
        self,
        segments: Sequence[UUID],
        from_day: date,
        to_day: date,
        every_from: date | None = None,
    ) -> LineIntervals:
        """Return what was covered of some segments on the days of [from_day, to_day).

        Of the days before ``every_from`` only what was observed: of four rows three tell what was seen.
        """
        names = tuple(dict.fromkeys(segments))
        parameters = {
            "district": self.district,
            "segments": list(names),
            "from_day": from_day,
            "to_day": to_day,
            "every_from": from_day if every_from is None else every_from,
            "evidence": int(Evidence.OBSERVED),
        }
        found, told = self._arrays_and_text("coverage_lines", parameters, _FIELDS)
        whose = json.loads(told or "[]")
        devices, device = coded([name for name, _, _ in whose])
        persons, person = coded([name for _, name, _ in whose])
        patrols, patrol = coded([None if key is None else UUID(key) for _, _, key in whose])
        return LineIntervals(
            names,
            devices,
            persons,
            patrols,
            found["place"].astype(np.int32),
            device[found["number"]],
            person[found["number"]],
            patrol[found["number"]],
            found["day"].astype("datetime64[D]"),
            found["evidence"].astype(np.int8),
            found["from_m"].astype(np.float64),
            found["to_m"].astype(np.float64),
            found["from_t"].astype(np.int64) / 1e6,
            found["to_t"].astype(np.int64) / 1e6,
            found["band"].astype(np.int8),
        )

    def last_seen(self, segments: Sequence[UUID], until: date) -> dict[UUID, datetime]:
        """Return when each segment was last observed anywhere on it, before a day."""
        rows = self._driver().execute(
            read_sql("coverage_last").encode(),
            {
                "district": self.district,
                "segments": list(segments),
                "until": until,
                "evidence": int(Evidence.OBSERVED),
            },
        )
        return dict(rows.fetchall())

    def settled_lines(
        self, device: str, day: date, horizon: Horizon | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Return what a device is known to have walked on a day and cannot be made again from fixes.

        Returns
        -------
        times
            (n, 2) begin and end in seconds since 1970.
        evidence
            (n,) codes of :class:`geo.evidence.Evidence`.
        """
        rows = self._settled(coverage_line, device, day, horizon)
        times = [sorted((row.from_at.timestamp(), row.to_at.timestamp())) for row in rows]
        evidence = np.array([row.evidence for row in rows], dtype=np.int8)
        return np.array(times, dtype=np.float64).reshape(-1, 2), evidence

    def settled_units(self, device: str, day: date, horizon: Horizon | None = None) -> NDArray[np.float64]:
        """Return when (n, 2) a device was in units, as far as that cannot be made again from fixes."""
        rows = self._settled(coverage_grid, device, day, horizon)
        return np.array([(row.entered_at.timestamp(), row.left_at.timestamp()) for row in rows]).reshape(
            -1, 2
        )

    def settled_markers(
        self, device: str, day: date, horizon: Horizon | None = None
    ) -> list[tuple[UUID, datetime]]:
        """Return the markers that recordings came to, as far as that cannot be made again from fixes."""
        rows = self._settled(coverage_marker, device, day, horizon)
        return [(row.marker, row.at) for row in rows if row.patrol is not None]

    def _settled(self, table: Table, device: str, day: date, horizon: Horizon | None) -> Sequence[Row[Any]]:
        made_again = self._recomputable(table, day, horizon)
        if not made_again:
            return ()
        mine = (table.c.district == self.district, table.c.device == device, table.c.day == day)
        return self._all(select(table).where(*mine, *(not_(one) for one in made_again)))

    def _recomputable(
        self, table: Table, day: date, horizon: Horizon | None
    ) -> Sequence[ColumnElement[bool]]:
        """Return the condition that fixes are left from which a row of a day can be made again.

        What was walked of a day whose fixes were removed stays as it was found then; what arrives of it later
        is added, and can be made again until it is removed in its turn.
        """
        known = horizon or self.horizon()
        if known.removed_at is None or known.before <= day:
            return ()
        return (and_(table.c.id > first_id_at(known.removed_at + _OVERLAP), late_fixes_of(table)),)

    @contextmanager
    def _together(self, rows: Sequence[Any], made_again: Sequence[Any] = ()) -> Iterator[None]:
        """Send the statements of a block at once, where they are few and all stored ones.

        The keys of rows are planned once either way.
        """
        at_once = not made_again and len(rows) < COPY_FROM
        with translated(), self._pipelined() if at_once else self._planned_once():
            yield

    def _replace(
        self,
        table: Table,
        columns: tuple[str, ...],
        device: str,
        day: date,
        visits: Sequence[Any],
        made_again: Sequence[ColumnElement[bool]],
        clear: str = "ledger_clear",
    ) -> None:
        mine = (table.c.district == self.district, table.c.device == device, table.c.day == day)
        if made_again:
            recorded = (table.c.patrol.is_not(None),) if table is coverage_marker else ()
            self._write(table.delete().where(*mine, *recorded, *made_again))
        elif len(visits) >= COPY_FROM and table is not coverage_marker:
            visits = self._changed(table, columns, mine, visits)
        else:
            self._done(clear, {"district": self.district, "device": device, "day": day}, table)
        self._copy(
            table,
            ("id", "device", "day", *columns),
            ((new_id(), device, day, *(getattr(visit, name) for name in columns)) for visit in visits),
        )

    def _changed(
        self,
        table: Table,
        columns: tuple[str, ...],
        mine: Sequence[ColumnElement[bool]],
        visits: Sequence[Any],
    ) -> list[Any]:
        """Remove rows that are found no more; return what is not stored yet.

        A device adds to its day many times, and what it did before is found again each time.
        """
        stored: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
        for row in self._all(select(table.c.id, *(table.c[name] for name in columns)).where(*mine)):
            stored[tuple(row[1:])].append(row.id)
        told = attrgetter(*columns)
        new = []
        for visit in visits:
            known = stored.get(told(visit))
            if known:
                known.pop()
            else:
                new.append(visit)
        gone = [key for known in stored.values() for key in known]
        if gone:
            # Statements have room for 65,535 values, and a day may have more rows.
            self._write(table.delete().where(*mine, table.c.id == any_(literal(gone, ARRAY(Uuid)))))
        return new
