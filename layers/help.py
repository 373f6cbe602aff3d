"""Requests for help, and their offers to whoever is near."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry import Point
from sqlalchemy import Row, exists, or_, select, update

from geo.errors import N_
from layers.errors import NotFound
from layers.geometry import from_shape, to_shape
from layers.help_tables import help_offer, help_request
from layers.paging import Page
from layers.storage import Store

OPEN = ("asked", "offered", "accepted")
WAITING = ("offered", "lapsed")
"""Offers that may still be accepted: one whose time is over may, until somebody else has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequest:
    """A request for help at ``lon``, ``lat`` in degrees, in a small grid."""

    id: UUID
    kind: str
    note: str
    place: str
    lon: float
    lat: float
    unit: UUID
    channel: str
    asked_at: datetime
    receipt: bytes
    state: str = "asked"
    told: Mapping[str, Any] = field(default_factory=dict)
    settled_at: datetime | None = None
    closing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpOffer:
    """An offer of a request to a volunteer, or to who has duty at a station."""

    id: UUID
    request: UUID
    place: int
    name: str
    distance_m: float
    way: str
    offered_at: datetime
    expires_at: datetime
    volunteer: UUID | None = None
    station: str | None = None
    person: UUID | None = None
    state: str = "offered"
    answered_at: datetime | None = None
    answered_by: str | None = None
    version: int = 1


_REQUEST = (
    *("id", "kind", "note", "place", "unit", "channel", "asked_at", "receipt", "state", "told"),
    *("settled_at", "closing"),
)


class Help(Store):
    """The requests for help of one district."""

    def add(self, value: HelpRequest) -> None:
        """Store a request."""
        row = {name: getattr(value, name) for name in _REQUEST} | {"told": dict(value.told)}
        self._insert(help_request, [{**row, "geom": from_shape(Point(value.lon, value.lat))}])

    def get(self, identifier: UUID, *, lock: bool = False) -> HelpRequest:
        """Return a request that the caller may see; with ``lock`` nobody else changes it meanwhile.

        Raises
        ------
        NotFound
            There is none.
        """
        mine = (help_request.c.district == self.district) & (help_request.c.id == identifier)
        statement = select(help_request).where(mine)
        row = self._first(statement.with_for_update() if lock else statement)
        if row is None:
            raise NotFound(
                N_("District {district} has no request for help {request}."),
                mend=N_("List the requests that you may see."),
                where={"request": str(identifier)},
                district=self.district,
                request=str(identifier),
            )
        return _request(row)

    def by_receipt(self, receipt: bytes) -> HelpRequest | None:
        """Return the request of the digest of a receipt."""
        mine = (help_request.c.district == self.district) & (help_request.c.receipt == receipt)
        row = self._first(select(help_request).where(mine))
        return None if row is None else _request(row)

    def page(self, *, open_only: bool, limit: int, cursor: str | None) -> Page[HelpRequest]:
        """Return a page of requests that the caller may see, the newest first."""
        statement = select(help_request).where(help_request.c.district == self.district)
        if open_only:
            statement = statement.where(help_request.c.state.in_(OPEN))
        return self._page(statement, help_request.c.id, _request, limit, cursor, newest_first=True)

    def set(self, identifier: UUID, **values: Any) -> None:
        """Change a request."""
        mine = (help_request.c.district == self.district) & (help_request.c.id == identifier)
        self._write(update(help_request).where(mine).values(**values))

    def offers(self, request: UUID) -> tuple[HelpOffer, ...]:
        """Return the offers of a request that the caller may see, in their order."""
        mine = (help_offer.c.district == self.district) & (help_offer.c.request == request)
        return tuple(
            _offer(row) for row in self._all(select(help_offer).where(mine).order_by(help_offer.c.place))
        )

    def offer(self, value: HelpOffer) -> None:
        """Store an offer."""
        self._insert(help_offer, [{name: getattr(value, name) for name in HelpOffer.__slots__}])

    def answer(self, offer: UUID, state: str, at: datetime | None = None, by: str | None = None) -> None:
        """Say what became of an offer."""
        mine = (help_offer.c.district == self.district) & (help_offer.c.id == offer)
        self._write(
            update(help_offer)
            .where(mine)
            .values(state=state, answered_at=at, answered_by=by, version=help_offer.c.version + 1)
        )

    def busy(self) -> frozenset[UUID]:
        """Return the volunteers and accounts that help somebody or are asked to just now."""
        c = help_offer.c
        of = (help_request.c.district == self.district) & (help_request.c.id == c.request)
        rows = self._all(
            select(c.volunteer, c.person).where(
                c.district == self.district,
                or_(
                    c.state == "offered",
                    (c.state == "accepted") & exists().where(of, help_request.c.state == "accepted"),
                ),
            )
        )
        return frozenset(one for row in rows for one in (row.volunteer, row.person) if one is not None)

    def due(self, now: datetime, limit: int) -> tuple[HelpRequest, ...]:
        """Return requests that nobody answers in time, or that nobody could be asked for, locked."""
        c = help_request.c
        of = (help_offer.c.district == self.district) & (help_offer.c.request == c.id)
        waits = exists().where(of, help_offer.c.state == "offered", help_offer.c.expires_at > now)
        rows = self._all(
            select(help_request)
            .where(c.district == self.district, c.state.in_(("asked", "offered")), ~waits)
            .order_by(c.asked_at)
            .limit(limit)
            .with_for_update(skip_locked=True, of=help_request)
        )
        return tuple(_request(row) for row in rows)

    def forget(self, volunteer: UUID) -> None:
        """Take the name and account of a volunteer out of all offers."""
        mine = (help_offer.c.district == self.district) & (help_offer.c.volunteer == volunteer)
        self._write(update(help_offer).where(mine).values(name="", person=None))


def _request(row: Row[Any]) -> HelpRequest:
    point = shapely.get_coordinates(to_shape(row.geom))[0]
    plain = {name: getattr(row, name) for name in _REQUEST}
    return HelpRequest(**plain, lon=float(point[0]), lat=float(point[1]))


def _offer(row: Row[Any]) -> HelpOffer:
    return HelpOffer(**{name: getattr(row, name) for name in HelpOffer.__slots__})
