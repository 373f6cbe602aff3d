"""The rules of sharding, proven over the metadata and over what the migrations really make."""

import re
from itertools import combinations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, ForeignKeyConstraint, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint

import layers.accounts
import layers.stores  # noqa: F401
from layers.base import metadata
from layers.geometry import SRID
from service.database import migrate

TABLES = list(metadata.tables.values())
SHARDS = [table for table in TABLES if table.info["placement"] == "shard"]


def name(table: Table) -> str:
    return table.name


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_placement_is_declared(table: Table) -> None:
    assert table.info["placement"] in {"shard", "reference", "local"}


@pytest.mark.parametrize("table", SHARDS, ids=name)
def test_rule_1_district_first_required_and_without_default(table: Table) -> None:
    district = table.c.district
    assert next(iter(table.columns)) is district
    assert isinstance(district.type, Text)
    assert not district.nullable
    assert district.server_default is None
    assert district.default is None
    assert district.onupdate is None


@pytest.mark.parametrize("table", SHARDS, ids=name)
def test_rule_2_district_in_every_key(table: Table) -> None:
    assert "district" in table.primary_key.columns
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint):
            assert next(iter(rule.columns)).name == "district"
        if isinstance(rule, ExcludeConstraint):
            assert rule.operators["district"] == "="
    for index in table.indexes:
        assert not index.unique


LINKS = sorted(
    (link for table in TABLES for link in table.foreign_key_constraints), key=lambda link: str(link.name)
)


@pytest.mark.parametrize("link", LINKS, ids=lambda link: str(link.name))
def test_rules_3_and_4_links_carry_the_district_and_never_set_null(link: ForeignKeyConstraint) -> None:
    target = link.referred_table
    assert link.ondelete not in {"SET NULL", "SET DEFAULT"}
    assert link.onupdate is None
    if target.info["placement"] == "shard":
        assert link.table.info["placement"] == "shard"
        local, remote = link.elements[0].parent, link.elements[0].column
        assert (local.name, remote.name) == ("district", "district")
    elif target.info["placement"] == "local":
        assert link.table.info["placement"] == "local"
    else:
        assert target.info["placement"] == "reference"


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_rule_5_ids_come_from_the_application(table: Table) -> None:
    for column in table.columns:
        assert column.identity is None
        assert column.server_default is None
        assert column.autoincrement in {"auto", False}
        if column.primary_key and column.name == "id":
            assert column.type.python_type.__name__ == "UUID"


@pytest.mark.parametrize("table", TABLES, ids=name)
def test_every_geometry_has_the_storage_srid(table: Table) -> None:
    for column in table.columns:
        if hasattr(column.type, "srid"):
            assert column.type.srid == SRID


def test_the_database_has_no_triggers_sequences_or_functions_of_ours(engine: Engine) -> None:
    with engine.connect() as connection:
        triggers = connection.execute(text("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"))
        assert triggers.scalar() == 0
        sequences = connection.execute(text("SELECT count(*) FROM pg_class WHERE relkind = 'S'"))
        assert sequences.scalar() == 0


def test_migrated_schema_is_what_the_metadata_says(engine: Engine) -> None:
    """Alembic sees tables, columns, indexes and keys …"""
    with engine.connect() as connection:
        options = {"include_name": _ours, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrated_rules_are_what_the_metadata_says(engine: Engine) -> None:
    """… and PostgreSQL itself is asked about all rules, exclusion and check constraints among them."""
    with engine.connect() as connection, connection.begin() as transaction:
        migrated = _described(connection, "public")
        connection.execute(text("CREATE SCHEMA made"))
        connection.execute(text("SET LOCAL search_path = made, public"))
        metadata.create_all(connection, checkfirst=False)
        made = _described(connection, "made")
        transaction.rollback()
    assert made == migrated
    assert any("EXCLUDE" in line for line in made)


def _described(connection: object, schema: str) -> list[str]:
    query = """
        SELECT c.relname, r.conname, pg_get_constraintdef(r.oid)
        FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND NOT c.relispartition
        UNION ALL
        SELECT c.relname, '', pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND NOT c.relispartition
        UNION ALL
        SELECT c.relname, a.attname,
               concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND NOT c.relispartition
          AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT c.relname, 'partition', pg_get_partkeydef(c.oid)
        FROM pg_class c
        WHERE c.relnamespace = CAST(:schema AS regnamespace) AND NOT c.relispartition AND c.relkind = 'p'
    """
    rows = connection.execute(text(query), {"schema": schema})  # type: ignore[attr-defined]
    return sorted(
        re.sub(rf"\b{schema}\.", "", " | ".join(map(str, row))) for row in rows if row[0] in metadata.tables
    )


def _ours(found: str | None, kind: str, _: object) -> bool:
    return kind != "table" or (found in metadata.tables)


def test_migrating_again_does_nothing(engine: Engine) -> None:
    assert migrate(engine) is False


def test_names_are_short_enough_for_postgresql() -> None:
    names = [str(rule.name) for table in TABLES for rule in table.constraints]
    names += [str(index.name) for table in TABLES for index in table.indexes]
    assert all(len(one) <= 63 for one in names)
    assert all(one != other for one, other in combinations(sorted(names), 2))
