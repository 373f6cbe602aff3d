"""Quarantine: whole, and with the reason, what came from the field and could not be stored.

Nothing is ever deleted here: an item waits until somebody releases it, with corrections or as it is, or
discards it with a reason. The same item sent again is the same item here.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, tuple_, update

from geo.errors import N_
from layers.errors import Conflict, NotFound
from layers.field_tables import DISCARDED, RELEASED, WAITING, quarantine
from layers.paging import Page
from layers.storage import Store


class Settled(Conflict):
    """The item was released or discarded before."""

    code = "already-settled"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item that could not be stored.

    ``kind`` is point, visit, incident or outreach; ``ref`` what the device calls it; ``reason`` a code;
    ``fault`` a template of ours (``text``) and its values (``params``); ``raw`` the item as JSON in ASCII.
    """

    id: UUID
    kind: str
    device: str
    person: UUID
    ref: str
    reason: str
    raw: str
    received_at: datetime
    fault: Mapping[str, Any] = field(default_factory=dict)
    batch: UUID | None = None
    state: str = WAITING
    settled_at: datetime | None = None
    settled_by: str | None = None
    corrections: Mapping[str, Any] | None = None
    note: str | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of ``raw``."""
        return hashlib.sha256(self.raw.encode()).hexdigest()

    @property
    def key(self) -> tuple[str, str, str]:
        """What the item is known by, with its person."""
        return self.kind, self.ref, self.digest

    def value(self) -> Any:
        """Return the item as it was sent."""
        return json.loads(self.raw)


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Which items a list shows; every field that is None shows all. Periods are half-open instants."""

    state: str | None = WAITING
    device: str | None = None
    reason: str | None = None
    kind: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None


class Quarantine(Store):
    """What waits, or waited, in one district."""

    def hold(self, values: Sequence[Quarantined]) -> dict[tuple[str, str, str], Quarantined]:
        """Keep items of one person; return all of them by key, as they stand here.

        One that was sent before is not kept again: it may be released or discarded by now.
        """
        if not values:
            return {}
        once = list({one.key: one for one in values}.values())
        rows = [{**_plain(one), "digest": one.digest} for one in once]
        self._insert_new(quarantine, rows, ("district", "person", "kind", "ref", "digest"))
        return self.known(values[0].person, [one.key for one in once])

    def known(
        self, person: UUID, keys: Collection[tuple[str, str, str]]
    ) -> dict[tuple[str, str, str], Quarantined]:
        """Return those of some items of a person that are here, by key."""
        columns = tuple_(quarantine.c.kind, quarantine.c.ref, quarantine.c.digest)
        rows = self._all(
            select(quarantine).where(
                quarantine.c.district == self.district,
                quarantine.c.person == person,
                columns.in_(list(keys)),
            )
        )
        return {(row.kind, row.ref, row.digest): _item(row) for row in rows}

    def waiting(
        self, person: UUID, kind: str, refs: Collection[str], reasons: Collection[str]
    ) -> tuple[Quarantined, ...]:
        """Return the items of some things that wait for one of some reasons, the oldest first."""
        if not refs:
            return ()
        rows = self._all(
            select(quarantine)
            .where(
                quarantine.c.district == self.district,
                quarantine.c.person == person,
                quarantine.c.kind == kind,
                quarantine.c.ref == func.any(list(refs)),
                quarantine.c.reason.in_(list(reasons)),
                quarantine.c.state == WAITING,
            )
            .order_by(quarantine.c.id)
        )
        return tuple(_item(row) for row in rows)

    def get(self, identifier: UUID, *, lock: bool = False) -> Quarantined:
        """Return an item; with ``lock`` nobody else settles it until the transaction ends.

        Raises
        ------
        NotFound
            The district has no such item.
        """
        statement = select(quarantine).where(
            quarantine.c.district == self.district, quarantine.c.id == identifier
        )
        row = self._first(statement.with_for_update() if lock else statement)
        if row is None:
            raise NotFound(
                N_("District {district} has nothing in quarantine under {item}."),
                mend=N_("Check the id; items belong to one district."),
                where={"item": str(identifier)},
                district=self.district,
                item=str(identifier),
            )
        return _item(row)

    def settle(
        self,
        identifier: UUID,
        state: str,
        *,
        at: datetime,
        by: str,
        note: str | None = None,
        corrections: Mapping[str, Any] | None = None,
    ) -> Quarantined:
        """Mark an item that waits as released or discarded, and keep who did it and why.

        Raises
        ------
        Settled
            It was settled before.
        """
        found = self.get(identifier, lock=True)
        if found.state != WAITING or state not in (RELEASED, DISCARDED):
            raise Settled(
                N_("This was {state} on {at} already."),
                mend=N_("Load the list again."),
                where={"item": str(identifier)},
                state=found.state,
                at=found.settled_at.isoformat() if found.settled_at else "–",
            )
        given = None if corrections is None else dict(corrections)
        row = self._write(
            update(quarantine)
            .where(quarantine.c.district == self.district, quarantine.c.id == identifier)
            .values(state=state, settled_at=at, settled_by=by, note=note, corrections=given)
            .returning(quarantine)
        ).one()
        return _item(row)

    def page(
        self, only: QuarantineFilter, *, limit: int = 100, cursor: str | None = None
    ) -> Page[Quarantined]:
        """Return a page of items, the newest first."""
        columns = quarantine.c
        same = {name: getattr(only, name) for name in ("state", "device", "reason", "kind")}
        conditions = [columns[name] == value for name, value in same.items() if value is not None]
        if only.received_from is not None:
            conditions.append(columns.received_at >= only.received_from)
        if only.received_to is not None:
            conditions.append(columns.received_at < only.received_to)
        statement = select(quarantine).where(columns.district == self.district, *conditions)
        return self._page(statement, columns.id, _item, limit, cursor, newest_first=True)

    def reasons(self) -> dict[str, int]:
        """Return how many items wait for each reason."""
        rows = self._all(
            select(quarantine.c.reason, func.count().label("number"))
            .where(quarantine.c.district == self.district, quarantine.c.state == WAITING)
            .group_by(quarantine.c.reason)
            .order_by(quarantine.c.reason)
        )
        return {row.reason: row.number for row in rows}


def _plain(value: Quarantined) -> dict[str, Any]:
    return {**{name: getattr(value, name) for name in Quarantined.__slots__}, "fault": dict(value.fault)}


def _item(row: Row[Any]) -> Quarantined:
    return Quarantined(**{name: getattr(row, name) for name in Quarantined.__slots__})
