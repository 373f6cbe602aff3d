"""Period plans: tasks of offices, merged by a person, what they ask of units, and what was carried out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry import Point
from sqlalchemy import ColumnElement, Row, Table, func, select, update

from geo.errors import N_
from layers.area import within
from layers.districts import district
from layers.errors import Conflict, NotFound, translated
from layers.geometry import from_shape, to_shape
from layers.paging import Page, checked_limit, decode_cursor, encode_cursor
from layers.period_records import (
    ItemFilter,
    MonitoringPoint,
    PeriodEvent,
    PeriodItem,
    PeriodPlan,
    PeriodTask,
)
from layers.period_tables import monitoring_point, period_event, period_item, period_plan, period_task
from layers.storage import Store, read_sql

_COLUMNS: Mapping[type[Any], tuple[str, ...]] = {
    PeriodTask: tuple(
        one.name for one in fields(PeriodTask) if one.name not in ("lon", "lat", "sources", "reason", "units")
    ),
    MonitoringPoint: tuple(one.name for one in fields(MonitoringPoint) if one.name not in ("lon", "lat")),
    PeriodPlan: tuple(one.name for one in fields(PeriodPlan)),
    PeriodEvent: tuple(one.name for one in fields(PeriodEvent)),
}


class Periods(Store):
    """The period plans of one district."""

    def add_plan(self, value: PeriodPlan) -> None:
        """Store a plan.

        Raises
        ------
        Conflict
            The period has one.
        """
        row = _row(value)
        if not self._insert_new(period_plan, [row], ["district", "first_day", "last_day"]):
            raise Conflict(
                N_("The period from {first} to {last} has a plan already."),
                mend=N_("Submit tasks to that plan, or give other days."),
                where={"pointer": "/first_day"},
                first=value.first_day.isoformat(),
                last=value.last_day.isoformat(),
            )

    def lock(self, plan: UUID) -> None:
        """Let nobody else change the tasks of a plan until the transaction ends."""
        self._lock(f"period:{plan}")

    def plan(self, identifier: UUID) -> PeriodPlan:
        """Return a plan.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        row = self._first(self._one(period_plan, identifier))
        row = self._there(row, N_("District {district} has no period {id}."), identifier)
        found: PeriodPlan = _value(PeriodPlan, row)
        return found

    def of_days(self, first: date, last: date) -> PeriodPlan | None:
        """Return the plan of the period of just these days, None where it has none."""
        column = period_plan.c
        mine = (column.district == self.district, column.first_day == first, column.last_day == last)
        row = self._first(select(period_plan).where(*mine))
        return None if row is None else _value(PeriodPlan, row)

    def plans(self, *, limit: int, cursor: str | None = None) -> Page[PeriodPlan]:
        """Return a page of plans, those made last first."""
        statement = select(period_plan).where(period_plan.c.district == self.district)
        return self._page(
            statement,
            period_plan.c.id,
            lambda row: _value(PeriodPlan, row),
            limit,
            cursor,
            newest_first=True,
        )

    def publish(self, identifier: UUID, at: datetime | None, by: str | None) -> None:
        """Note that a plan is published, or with None that it is not any more."""
        self._change(period_plan, identifier, published_at=at, published_by=by)

    def add_task(self, value: PeriodTask) -> None:
        """Store a task and what it asks of its units."""
        body = {"sources": [str(one) for one in value.sources], "reason": value.reason}
        place = None if value.lon is None or value.lat is None else Point(value.lon, value.lat)
        self._insert(period_task, [{**_row(value), "geom": from_shape(place), "body": body}])

    def add_items(self, task: UUID, items: Sequence[tuple[UUID, UUID]]) -> None:
        """Store the units of a task: pairs of the item's id and the unit."""
        self._insert(period_item, [{"id": one, "task": task, "unit": unit} for one, unit in items])

    def task(self, identifier: UUID) -> PeriodTask:
        """Return a task with its units.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        row = self._first(self._one(period_task, identifier))
        row = self._there(row, N_("District {district} has no task {id} of a period."), identifier)
        return self._with_units([_task(row)])[0]

    def tasks(
        self, plan: UUID, *, merged: bool | None = None, limit: int, cursor: str | None = None
    ) -> Page[PeriodTask]:
        """Return a page of the tasks of a plan: as submitted (not ``merged``), as they stand, or all."""
        column = period_task.c
        statement = select(period_task).where(column.district == self.district, column.plan == plan)
        if merged is not None:
            is_merge = func.jsonb_array_length(column.body["sources"]) > 0
            standing = column.merged_into.is_(None) & column.undone_at.is_(None)
            statement = statement.where(standing if merged else ~is_merge)
        page = self._page(statement, column.id, _task, limit, cursor)
        return Page(self._with_units(page.items), page.cursor)

    def merge(self, tasks: Collection[UUID], into: UUID) -> int:
        """Let tasks that are in no merge be sources of another; return how many were."""
        column = period_task.c
        mine = (
            (column.district == self.district)
            & column.id.in_(tasks)
            & column.merged_into.is_(None)
            & column.undone_at.is_(None)
        )
        return self._write(update(period_task).where(mine).values(merged_into=into)).rowcount

    def undo(self, merge: UUID, at: datetime, by: str) -> bool:
        """Let the sources of a merge stand for themselves again; say whether they did not."""
        column = period_task.c
        mine = (column.district == self.district) & (column.id == merge) & column.undone_at.is_(None)
        if not self._write(update(period_task).where(mine).values(undone_at=at, undone_by=by)).rowcount:
            return False
        sources = (column.district == self.district) & (column.merged_into == merge)
        self._write(update(period_task).where(sources).values(merged_into=None))
        return True

    def items(self, only: ItemFilter, *, limit: int, cursor: str | None = None) -> Page[PeriodItem]:
        """Return a page of what plans ask of units, in the order of their ids."""
        found = self._items(
            "period_items_page", only, after=decode_cursor(cursor), most=checked_limit(limit) + 1
        )
        items = tuple(PeriodItem(*row) for row in found[:limit])
        return Page(items, encode_cursor(items[-1].id) if len(found) > limit else None)

    def covered(self, only: ItemFilter, *, limit: int, cursor: str | None = None) -> Page[UUID]:
        """Return a page of the units that something is asked of, each once, in the order of their ids."""
        found = self._items(
            "period_items_units", only, after=decode_cursor(cursor), most=checked_limit(limit) + 1
        )
        units = tuple(row[0] for row in found[:limit])
        return Page(units, encode_cursor(units[-1]) if len(found) > limit else None)

    def counts(self, only: ItemFilter) -> dict[str, int]:
        """Return how many units and items there are, and how many items of each state."""
        (row,) = self._items("period_items_count", only)
        return dict(zip(("units", "items", "open", "done", "done-late", "late"), row, strict=True))

    def _items(self, query: str, only: ItemFilter, **others: Any) -> list[Any]:
        values = {one.name: getattr(only, one.name) for one in fields(ItemFilter)}
        zone = self._first(select(district.c.timezone).where(district.c.code == self.district))
        values |= {
            "district": self.district,
            "zone": "UTC" if zone is None else zone.timezone,
            "states": list(only.states),
            "units": None if only.units is None else sorted(only.units),
        }
        statement = f"{read_sql('period_items')}\n{read_sql(query)}"
        with translated(), self._driver().cursor() as cursor:
            return cursor.execute(statement.encode(), values | others).fetchall()

    def add_events(self, values: Sequence[PeriodEvent]) -> frozenset[UUID]:
        """Store checks and ledgers; return the ids of those whose id was free."""
        found: frozenset[UUID] = self._insert_new(
            period_event, [_row(one) for one in values], ["district", "id"]
        )
        return found

    def known_events(self, ids: Collection[UUID]) -> dict[UUID, PeriodEvent]:
        """Return those of some checks and ledgers that are stored and that the caller sees."""
        column = period_event.c
        rows = self._all(
            select(period_event).where(column.district == self.district, column.id == func.any(list(ids)))
        )
        return {row.id: _value(PeriodEvent, row) for row in rows}

    def events(
        self, plan: UUID, *, kind: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[PeriodEvent]:
        """Return a page of the checks and ledgers of a plan."""
        tasks = select(period_task.c.id).where(
            period_task.c.district == self.district, period_task.c.plan == plan
        )
        column = period_event.c
        wanted: list[ColumnElement[bool]] = [column.district == self.district, column.task.in_(tasks)]
        if kind is not None:
            wanted.append(column.kind == kind)
        if self.roots is not None:
            wanted.append(within(column.unit, self.district, self.roots))
        statement = select(period_event).where(*wanted)
        return self._page(statement, column.id, lambda row: _value(PeriodEvent, row), limit, cursor)

    def add_point(self, value: MonitoringPoint) -> None:
        """Store a monitoring point."""
        self._insert(monitoring_point, [{**_row(value), "geom": from_shape(Point(value.lon, value.lat))}])

    def point(self, identifier: UUID) -> MonitoringPoint:
        """Return a monitoring point.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        row = self._first(self._one(monitoring_point, identifier))
        row = self._there(row, N_("District {district} has no monitoring point {id}."), identifier)
        return _point(row)

    def points(self, plan: UUID) -> tuple[MonitoringPoint, ...]:
        """Return the monitoring points of a plan by name, those that ended last."""
        column = monitoring_point.c
        rows = self._all(
            select(monitoring_point)
            .where(column.district == self.district, column.plan == plan)
            .order_by(column.ended_at.is_not(None), column.name, column.id)
        )
        return tuple(_point(row) for row in rows)

    def end_point(self, identifier: UUID, at: datetime, by: str) -> None:
        """Note that a monitoring point is watched no more."""
        self._change(monitoring_point, identifier, ended_at=at, ended_by=by)

    def _one(self, table: Table, identifier: UUID) -> Any:
        return select(table).where(table.c.district == self.district, table.c.id == identifier)

    def _change(self, table: Table, identifier: UUID, **values: Any) -> None:
        mine = (table.c.district == self.district) & (table.c.id == identifier)
        self._write(update(table).where(mine).values(**values))

    def _there(self, row: Row[Any] | None, text: str, identifier: UUID) -> Row[Any]:
        if row is None:
            raise NotFound(
                text,
                mend=N_("List those that you may see."),
                where={"id": str(identifier)},
                district=self.district,
                id=str(identifier),
            )
        return row

    def _with_units(self, values: Sequence[PeriodTask]) -> tuple[PeriodTask, ...]:
        """Return tasks with the units they were submitted for, a merge with those of its sources."""
        wanted = {one.id for one in values} | {source for one in values for source in one.sources}
        column = period_item.c
        rows = self._all(
            select(column.task, column.unit)
            .where(column.district == self.district, column.task.in_(wanted))
            .order_by(column.id)
        )
        units: dict[UUID, list[UUID]] = {}
        for row in rows:
            units.setdefault(row.task, []).append(row.unit)
        return tuple(_covering(one, units) for one in values)


def _covering(value: PeriodTask, units: Mapping[UUID, Sequence[UUID]]) -> PeriodTask:
    found = dict.fromkeys(unit for task in (value.id, *value.sources) for unit in units.get(task, ()))
    names = {one.name: getattr(value, one.name) for one in fields(PeriodTask)}
    return PeriodTask(**{**names, "units": tuple(found)})


def _row(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _COLUMNS[type(value)]}


def _value(kind: type[Any], row: Row[Any]) -> Any:
    return kind(**{name: getattr(row, name) for name in _COLUMNS[kind]})


def _task(row: Row[Any]) -> PeriodTask:
    shape = to_shape(row.geom)
    lon, lat = (None, None) if shape is None else map(float, shapely.get_coordinates(shape)[0])
    return PeriodTask(
        **{name: getattr(row, name) for name in _COLUMNS[PeriodTask]},
        lon=lon,
        lat=lat,
        sources=tuple(UUID(one) for one in row.body["sources"]),
        reason=row.body["reason"],
    )


def _point(row: Row[Any]) -> MonitoringPoint:
    lon, lat = map(float, shapely.get_coordinates(to_shape(row.geom))[0])
    return MonitoringPoint(
        **{name: getattr(row, name) for name in _COLUMNS[MonitoringPoint]}, lon=lon, lat=lat
    )
