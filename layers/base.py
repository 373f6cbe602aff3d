"""The one MetaData of all layers, and the helpers that make a table fit to be sharded.

Every table declares its placement. A ``shard`` table begins with ``district``, has it in every key, and
refers to other shard tables only together with it, so the same schema runs on one server, on hash
partitions by district and on a distributed engine. ``reference`` tables are copied to every shard;
``local`` tables stay where the coordinator is.
"""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

OnDelete = Literal["CASCADE", "RESTRICT"]


def reference_table(name: str, *items: SchemaItem, **options: Any) -> Table:
    """Declare a small table that every shard has a copy of."""
    return Table(name, metadata, *items, info={"placement": "reference"}, **options)


def local_table(name: str, *items: SchemaItem, **options: Any) -> Table:
    """Declare a small table that stays where the coordinator is, since its rows span districts."""
    return Table(name, metadata, *items, info={"placement": "local"}, **options)


def shard_table(name: str, *items: SchemaItem, key: tuple[str, ...] = ("id",), **options: Any) -> Table:
    """Declare a table whose rows live with their district.

    ``district`` is the first column, and the first of the key where ``key`` gives it no other place.
    """
    return Table(
        name,
        metadata,
        Column("district", Text, nullable=False),
        *items,
        PrimaryKeyConstraint(*(key if "district" in key else ("district", *key))),
        info={"placement": "shard"},
        **options,
    )


def identifier(name: str = "id", *, nullable: bool = False) -> Column[Any]:
    """Return a column for an id made by the application."""
    return Column(name, Uuid, nullable=nullable)


def among(column: str, values: Sequence[str]) -> CheckConstraint:
    """Return the rule that a column holds one of some words."""
    return CheckConstraint("{} IN ({})".format(column, ", ".join(f"'{one}'" for one in values)), name=column)


def in_district() -> ForeignKeyConstraint:
    """Return the reference of a shard table to its district."""
    return ForeignKeyConstraint(["district"], ["district.code"])


def link(
    table: str, *columns: str, to: tuple[str, ...] = ("id",), ondelete: OnDelete | None = None
) -> ForeignKeyConstraint:
    """Return a reference to another shard table, always together with the district."""
    return ForeignKeyConstraint(
        ["district", *columns],
        [f"{table}.district", *(f"{table}.{name}" for name in to)],
        ondelete=ondelete,
    )


def one_at_a_time(
    name: str, *same: str, ranges: tuple[str, ...] = ("valid",), where: Any = None
) -> ExcludeConstraint:
    """Return the rule that rows of one district with the same keys have no range in common.

    The keys come before the district: a GiST index splits by its first column, and one district has many.
    """
    return ExcludeConstraint(
        *[(column, "=") for column in (*same, "district")],
        *[(column, "&&") for column in ranges],
        name=name,
        using="gist",
        where=where,
    )
