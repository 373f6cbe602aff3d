"""Visits of markers as the ledger tells them, with everybody at one place at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import ColumnElement, case, func, literal, select, union, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from geo.evidence import Evidence
from geo.visits import one_visit_each
from layers.coverage_days import coverage_day
from layers.coverage_tables import coverage_grid, coverage_line, coverage_marker
from layers.markers import marker
from layers.storage import Store

_DAY = timedelta(days=1)
_Owner = tuple[str, date]


@dataclass(frozen=True, slots=True)
class MarkerRow:
    """How it is known that somebody was at a marker, by its code, when, how near, and by whom.

    ``recorded`` is whether positions show it, and no action that was done there.
    """

    marker: str
    device: str
    person: str | None
    evidence: Evidence
    at: datetime
    distance_m: float | None
    day: date
    recorded: bool


@dataclass(slots=True)
class _Way:
    """How far a device came in units and along lines on a day, and when it knows where it was."""

    metres: float = 0.0
    walked_m: float = 0.0
    spans: list[list[float]] = field(default_factory=list)


class MarkerVisits(Store):
    """The ledger of markers of one district."""

    def during(self, from_day: date, to_day: date) -> tuple[MarkerRow, ...]:
        """Return the visits of the days of [from_day, to_day), by time."""
        c = coverage_marker.c
        return self._settled(self._rows(c.day >= from_day, c.day < to_day))

    def of(self, codes: Collection[str], since: date) -> tuple[MarkerRow, ...]:
        """Return the visits of some markers from a day on, by time."""
        c = coverage_marker.c
        return self._settled(self._rows(c.day >= since, marker.c.code == func.any(list(codes))))

    def last(self, least: Evidence, since: datetime, until: datetime) -> dict[str, MarkerRow]:
        """Return the last visit of each marker in [since, until), known at least so well, by code."""
        c = coverage_marker.c
        # By day first, which has an index: a day begins nowhere more than a day before its own date does.
        within = (c.day >= since.date() - _DAY, c.at >= since, c.at < until)
        rows = self._rows(*within, c.evidence >= int(least), last=True)
        doubted = self._doubted(rows)
        again = {row.marker for row in rows if _owner(row) in doubted}
        found = {row.marker: row for row in rows if row.marker not in again}
        if again:
            # Where it is not a visit of its own, the one before it counts.
            every = self._settled(self._rows(*within, marker.c.code == func.any(sorted(again))))
            found |= {row.marker: row for row in every if row.evidence >= least}
        return found

    def _rows(self, *conditions: ColumnElement[bool], last: bool = False) -> tuple[MarkerRow, ...]:
        """Return rows by time; with ``last`` the last of each marker alone."""
        c = coverage_marker.c
        statement = (
            select(
                marker.c.code, c.device, c.person, c.evidence, c.at, c.distance_m, c.day,
                c.patrol.is_not(None),
            )
            .join(marker, (marker.c.district == c.district) & (marker.c.id == c.marker))
            .where(c.district == self.district, *conditions)
        )  # fmt: skip
        if last:
            statement = statement.ext(distinct_on(marker.c.code)).order_by(
                marker.c.code, c.at.desc(), c.evidence.desc(), c.id
            )
        else:
            statement = statement.order_by(c.at, c.id)
        return tuple(
            MarkerRow(code, device, person, Evidence(evidence), *rest)
            for code, device, person, evidence, *rest in (tuple(row) for row in self._all(statement))
        )

    def _settled(self, rows: Sequence[MarkerRow]) -> tuple[MarkerRow, ...]:
        """Return what is left of all visits of some markers when everybody is at one place at a time."""
        doubted = self._doubted(rows)
        if not doubted:
            return tuple(rows)
        mine: dict[_Owner, list[MarkerRow]] = defaultdict(list)
        kept = []
        for row in rows:
            owner = _owner(row)
            if owner in doubted:
                mine[owner].append(row)
            else:
                kept.append(row)
        ways = self._ways(doubted)
        for owner, group in mine.items():
            kept += _of_one(group, ways[owner])
        return tuple(sorted(kept, key=lambda row: row.at))

    def _doubted(self, rows: Iterable[MarkerRow]) -> dict[_Owner, set[str]]:
        """Return the devices of those who had several on the day of one of the rows."""
        asked = {owner for row in rows if (owner := _owner(row)) is not None}
        if not asked:
            return {}
        people, days = sorted({one for one, _ in asked}), sorted({day for _, day in asked})
        tables = ((coverage_marker, "person"), (coverage_grid, "person"), (coverage_day, "holder"))
        parts = [
            select(table.c[name], table.c.day, table.c.device).where(
                table.c.district == self.district,
                table.c.day == func.any(days),
                table.c[name] == func.any(people),
                table.c.device != "",
            )
            for table, name in tables
        ]
        devices: dict[_Owner, set[str]] = defaultdict(set)
        for row in self._all(union(*parts)):
            devices[row.person, row.day].add(row.device)
        return {owner: some for owner, some in devices.items() if owner in asked and len(some) > 1}

    def _ways(self, owners: Mapping[_Owner, Collection[str]]) -> dict[_Owner, dict[str, _Way]]:
        """Return how far each device of some people came on their days, and when it knows where it was."""
        found = {owner: {device: _Way() for device in devices} for owner, devices in owners.items()}
        devices = sorted({device for some in owners.values() for device in some})
        days = sorted({day for _, day in owners})
        c, lines = coverage_grid.c, coverage_line.c
        walked = case((lines.evidence >= int(Evidence.OBSERVED), lines.to_m - lines.from_m), else_=0.0)
        nothing = literal(0.0)
        parts = (
            select(
                c.person, c.day, c.device, c.entered_at, c.left_at, c.metres, nothing.label("walked_m")
            ).where(c.district == self.district, c.day == func.any(days), c.device == func.any(devices)),
            select(lines.person, lines.day, lines.device, lines.from_at, lines.to_at, nothing, walked).where(
                lines.district == self.district,
                lines.day == func.any(days),
                lines.device == func.any(devices),
                lines.evidence.not_in([int(Evidence.SEEN), int(Evidence.DECLARED)]),
            ),
        )
        for row in self._all(union_all(*parts)):
            if (way := found.get((row.person, row.day), {}).get(row.device)) is not None:
                way.metres += row.metres
                way.walked_m += row.walked_m
                way.spans.append(sorted((row.entered_at.timestamp(), row.left_at.timestamp())))
        return found


def _owner(row: MarkerRow) -> _Owner | None:
    """Return whose visit a row is, on which day; None where nobody is known, or an action proves it."""
    return (row.person, row.day) if row.recorded and row.person is not None else None


def _of_one(group: Sequence[MarkerRow], ways: Mapping[str, _Way]) -> list[MarkerRow]:
    """Return what is left of the visits of one person with several devices on a day."""
    order = sorted(ways, key=lambda one: (-ways[one].metres, -ways[one].walked_m, one))
    markers = sorted({row.marker for row in group})
    kept, best = one_visit_each(
        np.array([markers.index(row.marker) for row in group], dtype=np.int32),
        np.array([order.index(row.device) for row in group], dtype=np.int32),
        np.array([row.at.timestamp() for row in group]),
        np.array([row.evidence for row in group], dtype=np.int8),
        [np.array(ways[device].spans, dtype=np.float64) for device in order],
    )
    return [replace(group[k], evidence=Evidence(int(best[k]))) for k in np.flatnonzero(kept).tolist()]
