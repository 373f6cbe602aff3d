"""Districts: the unit of ownership and of sharding, copied to every shard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, DateTime, Row, Text, select
from sqlalchemy.orm import Session

from geo.errors import N_
from layers.base import reference_table
from layers.errors import InvalidAttribute, UnknownDistrict
from layers.storage import Store

district = reference_table(
    "district",
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class District:
    """A district: its code never changes; ``timezone`` is an IANA name and decides what a day is."""

    code: str
    name: str
    name_en: str
    timezone: str
    created_at: datetime

    def today(self, now: datetime) -> date:
        """Return the day it is in the district at an instant."""
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def begin_of(self, day: date) -> datetime:
        """Return the instant at which a day begins in the district."""
        return datetime.combine(day, time(), ZoneInfo(self.timezone))


def every(session: Session) -> tuple[District, ...]:
    """Return all districts by code."""
    return tuple(_district(row) for row in session.execute(select(district).order_by(district.c.code)))


class Districts(Store):
    """The district the store is bound to."""

    _found: District | None = None
    """Nothing changes a district while a request is answered, and many steps ask for it."""

    def create(self, name: str, *, name_en: str = "", timezone: str = "Asia/Shanghai") -> District:
        """Store the district under the code this store is bound to.

        Raises
        ------
        InvalidAttribute
            The timezone is not an IANA name.
        Conflict
            The district exists.
        """
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError) as error:
            raise InvalidAttribute(
                N_("There is no timezone {timezone}."),
                mend=N_("Give an IANA name such as Asia/Shanghai."),
                where={"pointer": "/timezone"},
                timezone=timezone,
            ) from error
        value = District(self.district, name, name_en or name, timezone, datetime.now(UTC))
        self._write(
            district.insert(),
            {
                "code": value.code,
                "name": value.name,
                "name_en": value.name_en,
                "timezone": value.timezone,
                "created_at": value.created_at,
            },
        )
        return value

    def current(self) -> District:
        """Return the district the store is bound to.

        Raises
        ------
        UnknownDistrict
            It is not stored; the message names those that are.
        """
        if self._found is not None:
            return self._found
        rows = self._asked("district", {"district": self.district})
        if not rows:
            known = [value.code for value in every(self._session)]
            raise UnknownDistrict(
                N_("There is no district {district}; there are: {known}."),
                mend=N_("Name one of them, or create the district first."),
                district=self.district,
                known=", ".join(known) or "–",
            )
        self._found = District(*rows[0])
        return self._found

    def exists(self) -> bool:
        """Say whether the district is stored."""
        return self._first(select(district.c.code).where(district.c.code == self.district)) is not None

    def all(self) -> Sequence[District]:
        """Return every district by code: a reference table has no district of its own."""
        return every(self._session)


def _district(row: Row[Any]) -> District:
    return District(row.code, row.name, row.name_en, row.timezone, row.created_at)
