"""Areas below units: what lies in a part of a district, by the levels of its area layers today."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, func, literal, select
from sqlalchemy import Date as SqlDate
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from layers.districts import district
from layers.units import unit_version


def today_of(code: str) -> ColumnElement[Any]:
    """Return the day it is in a district."""
    zone = select(district.c.timezone).where(district.c.code == code).scalar_subquery()
    return sql_cast(func.timezone(zone, func.now()), SqlDate)


def below(code: str, roots: Collection[UUID]) -> Select[Any]:
    """Return the query of the units of a district that are one of some roots, or lie below one today."""
    today = today_of(code)
    units = literal(sorted(roots), ARRAY(Uuid))
    # Without a name of its own: a statement may ask for the caller's area and for what a filter names.
    area = select(func.unnest(units, type_=Uuid).label("unit")).cte(recursive=True)
    version = unit_version.alias("version")
    down = (
        select(version.c.unit)
        .join(area, version.c.parent == area.c.unit)
        .where(
            version.c.district == code,
            version.c.valid.contains(today),
            func.upper_inf(version.c.recorded),
        )
    )
    return select(area.union(down).c.unit)


def within(column: ColumnElement[Any], code: str, roots: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition that a unit lies at or below one of some roots."""
    return column.in_(below(code, roots))


def units_below(session: Session, code: str, roots: Collection[UUID]) -> frozenset[UUID]:
    """Return the units of a district that are one of some roots, or lie below one today."""
    return frozenset(session.execute(below(code, roots)).scalars())


def units_coded(session: Session, code: str, unit: str) -> frozenset[UUID]:
    """Return the units of a district that have a code today, in whatever layer."""
    found = select(unit_version.c.unit).where(
        unit_version.c.district == code,
        unit_version.c.code == unit,
        unit_version.c.valid.contains(today_of(code)),
        func.upper_inf(unit_version.c.recorded),
    )
    return frozenset(session.execute(found).scalars())
