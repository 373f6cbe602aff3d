"""Releases: what was published of an area layer, for which date, and when."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Index, Integer, Row, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo.errors import N_
from layers.base import identifier, link, shard_table
from layers.errors import NotFound
from layers.geometry import Box, geometry_type, to_shape
from layers.storage import Store

release = shard_table(
    "release",
    identifier(),
    Column("layer", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    # How many units each level has, top first, and their frame: tiles choose a level by them.
    Column("counts", ARRAY(Integer), nullable=False),
    Column("extent", geometry_type("POLYGON")),
    # The release of the same day that this one stands for, since an earlier one came before it.
    identifier("replaces", nullable=True),
    link("release", "replaces"),
    link("layer", "layer", to=("code",)),
    UniqueConstraint("district", "layer", "number"),
    Index(None, "district", "layer", "effective_on"),
)


@dataclass(frozen=True, slots=True)
class Release:
    """A published state of an area layer, in force from ``effective_on`` to the next.

    ``units`` counts all levels, ``counts`` each level from the top; ``digest`` is the SHA-256 of the
    whole content; ``extent`` its bounding box, None where it has no unit. ``replaces`` is the scheduled
    release of the same day that this one stands for, since one of an earlier day was inserted before it.
    """

    id: UUID
    layer: str
    number: int
    effective_on: date
    published_at: datetime
    note: str
    units: int
    digest: str
    counts: tuple[int, ...]
    extent: Box | None
    replaces: UUID | None = None


class Releases(Store):
    """The releases of one district, read only: they are made by ``grids.publish``."""

    def all(self, layer: str) -> tuple[Release, ...]:
        """Return the releases of a layer in the order they were published."""
        statement = select(release).where(release.c.district == self.district, release.c.layer == layer)
        return tuple(_release(row) for row in self._all(statement.order_by(release.c.number)))

    def chain(self, layer: str, known_at: datetime | None = None) -> tuple[Release, ...]:
        """Return the releases that make up a layer, in the order of their days, without those replaced.

        As known at an instant, or now where none is given.
        """
        found = [one for one in self.all(layer) if known_at is None or one.published_at <= known_at]
        replaced = {one.replaces for one in found}
        kept = [one for one in found if one.id not in replaced]
        return tuple(sorted(kept, key=lambda one: (one.effective_on, one.number)))

    def get(self, identifier: UUID) -> Release:
        """Return a release by its id.

        Raises
        ------
        NotFound
            The district has no such release.
        """
        row = self._first(
            select(release).where(release.c.district == self.district, release.c.id == identifier)
        )
        if row is None:
            raise NotFound(
                N_("There is no release {release} in district {district}."),
                mend=N_("List the layer's releases and take an id from there."),
                release=str(identifier),
                district=self.district,
            )
        return _release(row)

    def in_force(self, layer: str, as_of: date, known_at: datetime | None = None) -> Release | None:
        """Return the release in force on a day, as known at an instant (now, where none is given)."""
        statement = select(release).where(
            release.c.district == self.district,
            release.c.layer == layer,
            release.c.effective_on <= as_of,
        )
        if known_at is not None:
            statement = statement.where(release.c.published_at <= known_at)
        row = self._first(statement.order_by(release.c.effective_on.desc(), release.c.number.desc()).limit(1))
        return None if row is None else _release(row)

    def partition_on(self, day: date) -> tuple[str, UUID] | None:
        """Return the first partition that has a release in force on a day: its code, and the release's id."""
        rows = self._asked("release_on", {"district": self.district, "day": day})
        return (rows[0][0], rows[0][1]) if rows else None

    def latest(self, layer: str) -> Release | None:
        """Return the release published last, whatever its date."""
        row = self._first(
            select(release)
            .where(release.c.district == self.district, release.c.layer == layer)
            .order_by(release.c.number.desc())
            .limit(1)
        )
        return None if row is None else _release(row)

    def next_after(self, layer: str, day: date) -> date | None:
        """Return the first day after ``day`` on which another release takes effect."""
        row = self._first(
            select(release.c.effective_on)
            .where(
                release.c.district == self.district,
                release.c.layer == layer,
                release.c.effective_on > day,
            )
            .order_by(release.c.effective_on)
            .limit(1)
        )
        return None if row is None else row.effective_on


def _release(row: Row[Any]) -> Release:
    extent = to_shape(row.extent)
    return Release(
        row.id,
        row.layer,
        row.number,
        row.effective_on,
        row.published_at,
        row.note,
        row.units,
        row.digest,
        tuple(row.counts),
        None if extent is None else Box(*extent.bounds),
        row.replaces,
    )
