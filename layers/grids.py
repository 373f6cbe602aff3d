"""Grids: reading and publishing area layers, the exact partitions and the overlays."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Row, Select, and_, func, select

from geo.errors import N_
from layers.catalog import Catalog
from layers.errors import NotFound
from layers.geometry import Box, from_wkbs, to_shape
from layers.heads import Head, every
from layers.paging import Page
from layers.publication import Publication
from layers.releases import Release, Releases
from layers.storage import Store, read_sql
from layers.units import LeafTable, Unit, UnitDraft, UnitTree, believed, unit_outline, unit_version

_COLUMNS = (
    unit_version.c.unit,
    unit_version.c.layer,
    unit_version.c.code,
    unit_version.c.name,
    unit_version.c.level,
    unit_version.c.parent,
    unit_version.c.households,
    unit_version.c.attributes,
    unit_version.c.release,
    unit_version.c.revision,
    func.lower(unit_version.c.valid).label("valid_from"),
    func.upper(unit_version.c.valid).label("valid_to"),
)
_AREA = func.coalesce(unit_version.c.geom, unit_outline.c.geom)


class Grids(Store):
    """The area layers of one district, in two times.

    Every read takes the day it asks about (``as_of``) and optionally the instant of the knowledge it asks
    for (``known_at``); without it, it answers by what is known now.
    """

    def publish(
        self,
        layer: str,
        effective_on: date,
        drafts: Sequence[UnitDraft],
        *,
        published_at: datetime | None = None,
        note: str = "",
        base: UUID | None = None,
    ) -> Release:
        """Publish the whole state of a layer from a day on; see :meth:`Publication.publish`.

        The drafts are taken as proven: whether they are an exact partition is ``geo.partition``'s answer.
        """
        found = Catalog(self._session, self.district).get(layer)
        return Publication(self._session, self.district).publish(
            found, effective_on, drafts, published_at=published_at, note=note, base=base
        )

    def publish_change(
        self,
        layer: str,
        effective_on: date,
        drafts: Sequence[UnitDraft],
        ended: Collection[UUID],
        *,
        base: UUID,
        published_at: datetime | None = None,
        note: str = "",
    ) -> Release:
        """Publish what a change makes of some units from a day on; see :meth:`Publication.publish_change`."""
        found = Catalog(self._session, self.district).get(layer)
        return Publication(self._session, self.district).publish_change(
            found, effective_on, drafts, ended, base=base, published_at=published_at, note=note
        )

    def republish(
        self,
        layer: str,
        replaced: UUID,
        drafts: Sequence[UnitDraft],
        ended: Collection[UUID],
        *,
        published_at: datetime | None = None,
    ) -> Release:
        """Publish a release again on top of one inserted before it; see :meth:`Publication.republish`."""
        found = Catalog(self._session, self.district).get(layer)
        return Publication(self._session, self.district).republish(
            found, replaced, drafts, ended, published_at=published_at
        )

    def lock(self, layer: str) -> None:
        """Wait for whoever publishes the layer, and keep others from it until the transaction ends."""
        self._lock(f"release:{layer}")

    def release_in_force(self, layer: str, as_of: date, known_at: datetime | None = None) -> Release | None:
        """Return the release in force on a day, or None before the first."""
        return Releases(self._session, self.district).in_force(layer, as_of, known_at)

    def leaves(self, layer: str, as_of: date, known_at: datetime | None = None) -> LeafTable:
        """Return the leaf units of a layer in columns, in the order of their ids.

        Raises
        ------
        UnknownLayer
            The district has no such area layer.
        """
        found = Catalog(self._session, self.district).get(layer)
        return self._columns("leaves", layer, found.leaf_level, as_of, known_at)

    def outlines(self, layer: str, level: int, as_of: date, known_at: datetime | None = None) -> LeafTable:
        """Return the units of an upper level in columns, with their outlines, in the order of their ids.

        Raises
        ------
        UnknownLayer
            The district has no such area layer.
        InvalidAttribute
            The layer has no such level.
        """
        Catalog(self._session, self.district).get(layer).level_or_leaf(level)
        return self._columns("outlines", layer, level, as_of, known_at)

    def tree(self, layer: str, as_of: date, known_at: datetime | None = None) -> UnitTree:
        """Return all units of a layer by id, without geometry, to walk from a unit to its parents."""
        rows = self._read("tree", as_of, known_at, layer=layer)
        return UnitTree({row[0]: Unit(*row) for row in rows})

    def identities(self, layer: str, as_of: date) -> dict[tuple[int, str], UUID]:
        """Return the ids of the units in force by (level, code), so that an import can keep them."""
        rows = self._all(
            select(unit_version.c.level, unit_version.c.code, unit_version.c.unit).where(
                self._in_force(layer, as_of, None)
            )
        )
        return {(row.level, row.code): row.unit for row in rows}

    def unit(self, identifier: UUID, as_of: date, known_at: datetime | None = None) -> Unit:
        """Return a unit by its id as of a day.

        Raises
        ------
        NotFound
            The unit does not exist, or not on that day.
        """
        row = self._first(
            select(*_COLUMNS).where(unit_version.c.unit == identifier, self._in_force(None, as_of, known_at))
        )
        if row is None:
            raise self._missing(str(identifier), as_of)
        return _unit(row)

    def unit_by_code(
        self, layer: str, code: str, as_of: date, level: int | None = None, known_at: datetime | None = None
    ) -> Unit:
        """Return a unit by its code as of a day; without a level, the lowest one that has the code.

        Raises
        ------
        NotFound
            The layer has no unit of this code on that day.
        """
        statement = select(*_COLUMNS).where(
            unit_version.c.code == code, self._in_force(layer, as_of, known_at)
        )
        if level is not None:
            statement = statement.where(unit_version.c.level == level)
        row = self._first(statement.order_by(unit_version.c.level.desc()).limit(1))
        if row is None:
            raise self._missing(code, as_of)
        return _unit(row)

    def area(self, identifier: UUID, as_of: date, known_at: datetime | None = None) -> BaseGeometry:
        """Return the area of a unit of any level as a MultiPolygon in lon, lat degrees.

        Raises
        ------
        NotFound
            The unit does not exist on that day.
        """
        row = self._first(
            select(func.ST_AsEWKB(_AREA, type_=unit_version.c.geom.type))
            .select_from(_with_outline())
            .where(unit_version.c.unit == identifier, self._in_force(None, as_of, known_at))
        )
        shape = None if row is None else to_shape(row[0])
        if shape is None:
            raise self._missing(str(identifier), as_of)
        return shape

    def history(self, identifier: UUID) -> tuple[Unit, ...]:
        """Return every version of a unit that is believed now, oldest first."""
        rows = self._all(
            select(*_COLUMNS)
            .where(
                unit_version.c.district == self.district,
                unit_version.c.unit == identifier,
                func.upper_inf(unit_version.c.recorded),
            )
            .order_by(unit_version.c.valid)
        )
        return tuple(_unit(row) for row in rows)

    def last_known(self, identifier: UUID) -> Unit:
        """Return what a unit was last, also one that is no more.

        Raises
        ------
        NotFound
            The district never had the unit.
        """
        versions = self.history(identifier)
        if not versions:
            raise NotFound(
                N_("District {district} never had a unit {unit}."),
                mend=N_("Check the id: units are known by it for ever, codes change."),
                where={"unit": str(identifier)},
                district=self.district,
                unit=str(identifier),
            )
        return versions[-1]

    def page(
        self,
        layer: str,
        as_of: date,
        *,
        known_at: datetime | None = None,
        bbox: Box | None = None,
        level: int | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Unit]:
        """Return a page of units by id, of one level or of all, within a box where one is given."""
        statement: Select[Any] = select(*_COLUMNS).where(self._in_force(layer, as_of, known_at))
        if bbox is not None:
            statement = statement.select_from(_with_outline()).where(bbox.intersects(_AREA))
        if level is not None:
            statement = statement.where(unit_version.c.level == level)
        return self._page(statement, unit_version.c.unit, _unit, limit, cursor)

    def heads(self) -> dict[tuple[str, str], Head]:
        """Return the heads of all districts; see :func:`layers.heads.every`."""
        return every(self._session)

    def _columns(
        self, query: str, layer: str, level: int, as_of: date, known_at: datetime | None
    ) -> LeafTable:
        rows = self._read(query, as_of, known_at, layer=layer, level=level)
        ids, codes, names, parents, households, areas = zip(*rows, strict=True) if rows else ((),) * 6
        return LeafTable(ids, codes, names, parents, np.array(households, dtype=np.int64), from_wkbs(areas))

    def _read(self, query: str, as_of: date, known_at: datetime | None, **others: Any) -> list[Any]:
        """Return the rows of a query in binary form, which a hundred thousand units are read in."""
        parameters = {"district": self.district, "as_of": as_of, "known_at": known_at, **others}
        with self._driver().cursor(binary=True) as cursor:
            return cursor.execute(read_sql(query).encode(), parameters).fetchall()

    def _in_force(self, layer: str | None, as_of: date, known_at: datetime | None) -> ColumnElement[bool]:
        conditions = [
            unit_version.c.district == self.district,
            unit_version.c.valid.contains(as_of),
            believed(unit_version.c.recorded, known_at),
        ]
        if layer is not None:
            conditions.append(unit_version.c.layer == layer)
        return and_(*conditions)

    def _missing(self, name: str, as_of: date) -> NotFound:
        return NotFound(
            N_("District {district} has no unit {unit} on {as_of}."),
            mend=N_("Check the code and the day: codes change with every redraw."),
            where={"unit": name, "as_of": as_of.isoformat()},
            district=self.district,
            unit=name,
            as_of=as_of.isoformat(),
        )


def _with_outline() -> Any:
    return unit_version.outerjoin(
        unit_outline,
        and_(
            unit_outline.c.district == unit_version.c.district,
            unit_outline.c.unit == unit_version.c.unit,
            unit_outline.c.revision == unit_version.c.revision,
        ),
    )


def _unit(row: Row[Any]) -> Unit:
    return Unit(
        row.unit,
        row.layer,
        row.code,
        row.name,
        row.level,
        row.parent,
        row.households,
        row.attributes,
        row.release,
        row.revision,
        row.valid_from,
        row.valid_to,
    )
