"""Which fixes are kept no longer, and how they are taken out of their blocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Subquery,
    Table,
    and_,
    case,
    delete,
    func,
    literal,
    not_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import REAL, aggregate_order_by
from sqlalchemy.orm import Session

from layers.clocks import MOST, corrected_at
from layers.fix_blocks import KINDS
from layers.fixes import MEASURED, fix, fix_block


def was_before(table: Table, instant: datetime) -> ColumnElement[bool]:
    """Return the condition that a fix was recorded before an instant, whatever its device's clock told."""
    doubtful = (table.c.at < instant + MOST) & (corrected_at(table) < instant)
    return (table.c.at < instant - MOST) | doubtful


def fixes_before(district: str, instant: datetime) -> ColumnElement[bool]:
    """Return the condition that a fix in a block of a district :func:`was_before` an instant."""
    return (fix.c.district == district) & (fix.c.block_from < instant + MOST) & was_before(fix, instant)


def forget_fixes(session: Session, district: str, where: ColumnElement[bool]) -> int:
    """Take the fixes of a district under a condition out of their blocks; return how many they are.

    A block of which nothing is left goes; what is left of another is written anew, with all that tells where
    and when it was.
    """
    key = (fix.c.patrol, fix.c.block_from, fix.c.block)
    gone = select(*key, func.count().label("fixes")).where(where).group_by(*key).subquery()
    rows = session.execute(
        select(gone.c.fixes, gone.c.fixes == fix_block.c.fixes, *_BLOCK).join(
            fix_block,
            and_(
                fix_block.c.district == district,
                *(one == other for one, other in zip(_BLOCK, list(gone.c), strict=False)),
            ),
        )
    ).all()
    whole, partly = ([row[2:] for row in rows if row[1] is is_whole] for is_whole in (True, False))
    if whole:
        session.execute(delete(fix_block).where(_among(whole, district, fix_block.c.district, *_BLOCK)))
    if partly:
        left = _left(_among(partly, district, fix.c.district, *key) & not_(where))
        told = {name: column for name, column in left.c.items() if name not in ("patrol", "block")}
        these = _among(partly, district, fix_block.c.district, *_BLOCK)
        session.execute(
            update(fix_block)
            .where(these, fix_block.c.patrol == left.c.patrol, fix_block.c.id == left.c.block)
            .values(told)
        )
    return sum(row[0] for row in rows)


_BLOCK = (fix_block.c.patrol, fix_block.c.first_at, fix_block.c.id)
"""What a block is known by in its district."""


def _among(
    blocks: Sequence[Sequence[Any]],
    code: str,
    district: ColumnElement[str],
    patrol: ColumnElement[UUID],
    first_at: ColumnElement[datetime],
    identifier: ColumnElement[UUID],
) -> ColumnElement[bool]:
    """Return the condition that columns tell one of some blocks."""
    patrols, begins, ids = zip(*blocks, strict=True)
    return and_(
        district == code,
        patrol == func.any(list(set(patrols))),
        first_at.between(min(begins), max(begins)),
        identifier == func.any(list(ids)),
    )


def _left(where: ColumnElement[bool]) -> Subquery:
    """Return the columns of blocks that hold the fixes under a condition."""
    one = fix.c
    order = (one.at, one.lon_e7, one.lat_e7, one.seq)

    def every(name: str) -> ColumnElement[Any]:
        if name not in MEASURED:
            return func.array_agg(aggregate_order_by(one[name], *order))
        known = func.coalesce(one[name], literal("NaN").cast(REAL))
        return case((func.count(one[name]) > 0, func.array_agg(aggregate_order_by(known, *order))))

    return (
        select(
            one.patrol,
            one.block,
            func.count().label("fixes"),
            func.min(one.at).label("first_at"),
            func.max(one.at).label("last_at"),
            func.min(one.lon_e7).label("west"),
            func.min(one.lat_e7).label("south"),
            func.max(one.lon_e7).label("east"),
            func.max(one.lat_e7).label("north"),
            func.min(one.seq).label("first_seq"),
            func.max(one.seq).label("last_seq"),
            *(every(name).label(name) for name in KINDS),
        )
        .where(where)
        .group_by(one.patrol, one.block)
        .subquery()
    )
