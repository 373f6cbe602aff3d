"""Meetings and visits: bench meetings, councils on a topic, visits by representatives, what came of them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry import Point
from sqlalchemy import ColumnElement, Row, Select, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo.errors import N_
from layers.area import within
from layers.errors import Conflict, NotFound, translated
from layers.geometry import from_shape, to_shape
from layers.outreach_records import (
    Action,
    Figure,
    Gathering,
    Opinion,
    OutreachFilter,
    Problem,
    Request,
    RequestState,
)
from layers.outreach_tables import (
    ACCEPTED,
    DECLINED,
    outreach,
    outreach_action,
    outreach_opinion,
    outreach_problem,
    outreach_request,
)
from layers.paging import Page
from layers.storage import Store, read_sql

_COLUMNS = (
    *("id", "kind", "at", "place", "unit", "representative", "duty", "served"),
    *("author", "recorded_by", "recorded_at", "digest"),
)


class Outreach(Store):
    """The meetings and visits of one district."""

    def begin(self, value: Gathering) -> bool:
        """Store a meeting or visit without its parts; say whether its id was free.

        Whoever stores the same id at the same time waits here, before anything follows from it.
        """
        row = {**_row(value), "district": self.district}
        statement = insert(outreach).values(row).on_conflict_do_nothing(index_elements=["district", "id"])
        return bool(self._write(statement.returning(outreach.c.id)).all())

    def add_parts(self, value: Gathering) -> None:
        """Store what came of a meeting or visit that is stored, as its incidents are.

        Raises
        ------
        Conflict
            The id of a part was used before; names the part.
        """
        self._insert_parts(outreach_opinion, value.id, "opinions", [asdict(one) for one in value.opinions])
        self._insert_parts(
            outreach_problem, value.id, "problems", [_problem_row(one) for one in value.problems]
        )
        self._insert_parts(outreach_action, value.id, "actions", [asdict(one) for one in value.actions])
        self._insert_parts(outreach_request, value.id, "requests", [asdict(one) for one in value.requests])

    def _insert_parts(
        self, table: Table, outreach_id: UUID, member: str, rows: Sequence[dict[str, Any]]
    ) -> None:
        placed = [{**row, "outreach": outreach_id, "place": place} for place, row in enumerate(rows)]
        # Also an id of what the caller does not see: the database knows, a look before would not.
        new = self._insert_new(table, placed, ("district", "id"))
        for row in placed:
            if row["id"] not in new:
                raise part_taken(member, row["place"], row["id"])

    def known(self, ids: Collection[UUID]) -> dict[UUID, tuple[str, UUID | None]]:
        """Return digest and author of those of some ids that are stored and that the caller sees."""
        rows = self._all(
            select(outreach.c.id, outreach.c.digest, outreach.c.author).where(
                outreach.c.district == self.district, outreach.c.id == func.any(list(ids))
            )
        )
        return {row.id: (row.digest, row.author) for row in rows}

    def get(self, identifier: UUID) -> Gathering:
        """Return a meeting or visit with its parts.

        Raises
        ------
        NotFound
            The district has none of this id, or none that the caller may see.
        """
        row = self._first(self._select().where(outreach.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no meeting or visit {outreach}."),
                mend=N_("List those that you may see."),
                where={"outreach": str(identifier)},
                district=self.district,
                outreach=str(identifier),
            )
        return self._with_parts([_gathering(row)])[0]

    def page(self, only: OutreachFilter, *, limit: int, cursor: str | None = None) -> Page[Gathering]:
        """Return a page of meetings and visits with their parts, in the order of their ids, newest first."""
        statement = self._select().where(*self._of(only))
        page = self._page(statement, outreach.c.id, _gathering, limit, cursor, newest_first=True)
        return Page(self._with_parts(page.items), page.cursor)

    def problems(self, only: OutreachFilter, *, solved: bool | None = None) -> tuple[Problem, ...]:
        """Return the problems of meetings and visits; ``solved`` keeps those that are, or are not."""
        held = self._all(self._select().with_only_columns(outreach.c.id).where(*self._of(only)))
        found = self._problems([row.id for row in held])
        return tuple(one for one in found if solved is None or is_solved(one) == solved)

    def actions(self, *, done: bool | None = None) -> tuple[Action, ...]:
        """Return what was resolved, by the day it is due."""
        table = outreach_action
        statement = select(table).where(table.c.district == self.district)
        if done is not None:
            statement = statement.where(table.c.done_at.is_not(None) if done else table.c.done_at.is_(None))
        return tuple(_action(row) for row in self._all(statement.order_by(table.c.due_on, table.c.id)))

    def requests(self, states: Sequence[RequestState] = ()) -> tuple[Request, ...]:
        """Return what was asked for, in some states or in any, the oldest first."""
        table = outreach_request
        statement = select(table).where(table.c.district == self.district)
        if states:
            statement = statement.where(table.c.state == func.any(list(states)))
        return tuple(_request(row) for row in self._all(statement.order_by(table.c.id)))

    def action(self, identifier: UUID) -> Action:
        """Return what was resolved, by its id.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        return _action(self._part(outreach_action, identifier))

    def request(self, identifier: UUID) -> Request:
        """Return what was asked for, by its id.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        return _request(self._part(outreach_request, identifier))

    def finish(self, action: UUID, at: datetime, by: str, closing: str) -> bool:
        """Note that an action is done; say whether it was not yet."""
        table = outreach_action
        mine = (table.c.district == self.district) & (table.c.id == action) & table.c.done_at.is_(None)
        values = {"done_at": at, "done_by": by, "closing": closing}
        return self._write(update(table).where(mine).values(values)).rowcount > 0

    def settle(
        self,
        request: UUID,
        at: datetime,
        by: str,
        answer: str,
        *,
        rule: UUID | None = None,
        stop: UUID | None = None,
    ) -> bool:
        """Accept a request by what became of it, or decline it; say whether nobody had yet."""
        table = outreach_request
        accepted = rule is not None or stop is not None
        values = {
            "state": ACCEPTED if accepted else DECLINED,
            "settled_at": at,
            "settled_by": by,
            "answer": answer,
            "rule": rule,
            "stop": stop,
        }
        mine = (table.c.district == self.district) & (table.c.id == request) & (table.c.state == "asked")
        return self._write(update(table).where(mine).values(values)).rowcount > 0

    def of_incident(self, incident: UUID) -> UUID | None:
        """Return the meeting or visit that collected an incident, as far as the caller may see it."""
        c = outreach_problem.c
        row = self._first(select(c.outreach).where(c.district == self.district, c.incident == incident))
        return None if row is None else row.outreach

    def figures(
        self, from_at: datetime, to_at: datetime, zone: str, units: Collection[UUID] | None = None
    ) -> tuple[Figure, ...]:
        """Return how many there were of each kind by month, in [from_at, to_at), by what the caller sees.

        ``what`` is a kind of gathering, or: served, opinions, problems (collected then), solved-on-the-spot,
        solved-later (whose incident was closed then, whenever they were collected), requests, actions.
        """
        parameters = {
            "district": self.district,
            "from_at": from_at,
            "to_at": to_at,
            "zone": zone,
            "units": None if units is None else sorted(units),
        }
        with translated(), self._driver().cursor() as cursor:
            rows = cursor.execute(read_sql("outreach_figures").encode(), parameters).fetchall()
        return tuple(Figure(*row) for row in rows)

    def duties(self, only: OutreachFilter) -> dict[tuple[UUID, str], int]:
        """Return how many visits each representative made for each duty."""
        statement = (
            select(outreach.c.representative, outreach.c.duty, func.count().label("visits"))
            .where(outreach.c.district == self.district, outreach.c.kind == "visit", *self._of(only))
            .group_by(outreach.c.representative, outreach.c.duty)
        )
        return {(row.representative, row.duty): row.visits for row in self._all(statement)}

    def _select(self) -> Select[Any]:
        return select(outreach).where(outreach.c.district == self.district)

    def _of(self, only: OutreachFilter) -> list[ColumnElement[bool]]:
        column = outreach.c
        found = [within(column.unit, self.district, self.roots)] if self.roots is not None else []
        if only.from_at is not None:
            found.append(column.at >= only.from_at)
        if only.to_at is not None:
            found.append(column.at < only.to_at)
        wanted = {name: getattr(only, name) for name in ("kind", "duty", "representative")}
        found += [column[name] == value for name, value in wanted.items() if value is not None]
        if only.units is not None:
            found.append(column.unit == func.any(sorted(only.units)))
        return found

    def _part(self, table: Table, identifier: UUID) -> Row[Any]:
        row = self._first(select(table).where(table.c.district == self.district, table.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has nothing of the id {id} that came of a meeting or visit."),
                mend=N_("List those that you may see."),
                where={"id": str(identifier)},
                district=self.district,
                id=str(identifier),
            )
        return row

    def _problems(self, ids: Collection[UUID]) -> list[Problem]:
        with translated(), self._driver().cursor() as cursor:
            parameters = {"district": self.district, "ids": list(ids)}
            rows = cursor.execute(read_sql("outreach_problems").encode(), parameters).fetchall()
        return [Problem(*row) for row in rows]

    def _with_parts(self, values: Sequence[Gathering]) -> tuple[Gathering, ...]:
        """Return meetings and visits with what came of them."""
        ids = [one.id for one in values]
        if not ids:
            return ()
        opinions, actions, requests = (
            self._parts(table, ids) for table in (outreach_opinion, outreach_action, outreach_request)
        )
        problems = self._problems(ids)
        return tuple(
            replace(
                one,
                opinions=tuple(Opinion(row.id, row.text) for row in opinions if row.outreach == one.id),
                problems=tuple(each for each in problems if each.outreach == one.id),
                actions=tuple(_action(row) for row in actions if row.outreach == one.id),
                requests=tuple(_request(row) for row in requests if row.outreach == one.id),
            )
            for one in values
        )

    def _parts(self, table: Table, ids: Collection[UUID]) -> Sequence[Row[Any]]:
        return self._all(
            select(table)
            .where(table.c.district == self.district, table.c.outreach == func.any(list(ids)))
            .order_by(table.c.outreach, table.c.place)
        )


def part_taken(member: str, place: int, identifier: UUID) -> Conflict:
    """Return the refusal of a part whose id was used before, in this record or another."""
    pointer = f"/{member}/{place}/id"
    return Conflict(
        N_("{pointer}: the id {id} was used before, by a part of another record."),
        mend=N_("Make a new id for this part and send the whole record again; nothing of it is stored."),
        where={"pointer": pointer},
        pointer=pointer,
        id=str(identifier),
    )


def is_solved(value: Problem) -> bool:
    """Say whether a problem is solved: there and then, or as an incident that is closed."""
    return value.solution is not None or value.status == "closed"


def _row(value: Gathering) -> dict[str, Any]:
    plain = {name: getattr(value, name) for name in _COLUMNS}
    body = {
        "topic": value.topic,
        "options": list(value.options),
        "decision": value.decision,
        "attendance": value.attendance,
        "note": value.note,
    }
    return {**plain, "geom": from_shape(Point(value.lon, value.lat)), "body": body}


def _gathering(row: Row[Any]) -> Gathering:
    point = shapely.get_coordinates(to_shape(row.geom))[0]
    body = {**row.body, "options": tuple(row.body["options"])}
    return Gathering(
        lon=float(point[0]), lat=float(point[1]), **{name: getattr(row, name) for name in _COLUMNS}, **body
    )


def _problem_row(value: Problem) -> dict[str, Any]:
    stored = ("id", "title", "solution", "incident", "opinion")
    return {"class": value.class_, **{name: getattr(value, name) for name in stored}}


def _action(row: Row[Any]) -> Action:
    return Action(**{one.name: getattr(row, one.name) for one in fields(Action)})


def _request(row: Row[Any]) -> Request:
    return Request(**{one.name: getattr(row, one.name) for one in fields(Request)})
