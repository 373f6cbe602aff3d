"""The weekly rota: who has duty at which station, on which weekdays and days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.dialects.postgresql import Range

from geo.errors import N_
from layers.errors import NotFound
from layers.geometry import period
from layers.rota_tables import duty
from layers.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty of an account or of a volunteer at the station of a code.

    ``days`` holds the bits of the weekdays from Monday on, then of public holidays; it is 0 where the duty is
    on one day. Minutes are of the wall clock; ``valid_to`` is the day from which it is no more; ``away`` maps
    days on which it does not take place to the reason.
    """

    id: UUID
    station: str
    name: str
    begin_minute: int
    end_minute: int
    created_at: datetime
    created_by: str
    days: int = 0
    on_day: date | None = None
    person: UUID | None = None
    volunteer: UUID | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    away: Mapping[date, str] = field(default_factory=dict)
    version: int = 1

    @property
    def who(self) -> UUID:
        """Whose duty it is."""
        found = self.person or self.volunteer
        assert found is not None  # noqa: S101 - one of them is there, by the table
        return found


_PLAIN = (
    *("id", "station", "name", "begin_minute", "end_minute", "created_at", "created_by", "days", "on_day"),
    *("person", "volunteer", "version"),
)


class Rota(Store):
    """The duties of one district."""

    def lock(self) -> None:
        """Let nobody else change the rota until the transaction ends."""
        self._lock("rota")

    def add(self, value: Duty) -> None:
        """Store a duty."""
        self._insert(duty, [_values(value)])

    def get(self, identifier: UUID) -> Duty:
        """Return a duty by id.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._first(select(duty).where(duty.c.district == self.district, duty.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no duty {duty}."),
                mend=N_("List the rota of the station."),
                where={"duty": str(identifier)},
                district=self.district,
                duty=str(identifier),
            )
        return _duty(row)

    def between(self, first: date, last: date, station: str | None = None) -> tuple[Duty, ...]:
        """Return the duties that may begin on the days [first, last), of all stations or of one."""
        statement = select(duty).where(
            duty.c.district == self.district, duty.c.valid.overlaps(Range(first, last))
        )
        if station is not None:
            statement = statement.where(duty.c.station == station)
        return self._read(statement)

    def of(self, who: UUID) -> tuple[Duty, ...]:
        """Return every duty of an account or a volunteer."""
        mine = or_(duty.c.person == who, duty.c.volunteer == who)
        return self._read(select(duty).where(duty.c.district == self.district, mine))

    def change(self, value: Duty) -> None:
        """Store a duty in place of what it was."""
        rest = {name: one for name, one in _values(value).items() if name != "id"}
        self._write(
            update(duty)
            .where(duty.c.district == self.district, duty.c.id == value.id)
            .values(**rest | {"version": value.version + 1})
        )

    def remove(self, identifier: UUID) -> None:
        """Remove a duty that never was."""
        self._write(duty.delete().where(duty.c.district == self.district, duty.c.id == identifier))

    def count_of(self, who: UUID) -> int:
        """Return how many duties an account or a volunteer has."""
        mine = or_(duty.c.person == who, duty.c.volunteer == who)
        row = self._first(select(func.count()).where(duty.c.district == self.district, mine))
        return 0 if row is None else int(row[0])

    def _read(self, statement: Any) -> tuple[Duty, ...]:
        rows = self._all(statement.order_by(duty.c.station, duty.c.begin_minute, duty.c.id))
        return tuple(_duty(row) for row in rows)


def _values(value: Duty) -> dict[str, Any]:
    row = {name: getattr(value, name) for name in _PLAIN}
    valid = period(value.on_day or value.valid_from, value.valid_to)
    return {**row, "valid": valid, "away": {day.isoformat(): why for day, why in value.away.items()}}


def _duty(row: Row[Any]) -> Duty:
    away = {date.fromisoformat(day): why for day, why in row.away.items()}
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Duty(**plain, valid_from=row.valid.lower, valid_to=row.valid.upper, away=away)
