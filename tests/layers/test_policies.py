"""Every table is secured, by the policies that the code declares and by nothing more."""

import re

import pytest
from sqlalchemy import Connection, Engine, text

import layers.stores  # noqa: F401 - every table is declared by its own module
from layers.base import metadata
from layers.policies import (
    BORDER,
    CASES,
    HANDLING,
    OFFICE,
    RULES,
    STAFF,
    STAFFING,
    WEB_ROLE,
    WITHDRAWING,
    statements,
)
from service.access import policy
from service.cluster import configuration

EXEMPT: dict[str, str] = {}
"""Tables without rules, each with the reason."""


def test_every_table_has_rules_or_a_reason() -> None:
    assert RULES.keys() | EXEMPT.keys() == metadata.tables.keys()
    assert not RULES.keys() & EXEMPT.keys()


def test_nobody_changes_the_audit() -> None:
    for table in metadata.tables.values():
        if table.info.get("append_only"):
            assert (RULES[table.name].change, RULES[table.name].remove) == (None, None)


def test_the_two_walls_mean_the_same_roles() -> None:
    assert set(OFFICE) == policy.OFFICE
    assert set(BORDER) == policy.BORDER
    assert set(CASES) == policy.CASES
    assert set(HANDLING) == policy.HANDLING
    assert set(STAFF) == policy.STAFF
    assert set(STAFFING) == policy.STAFFING
    assert set(WITHDRAWING) == policy.WITHDRAWING
    assert configuration.WEB_ROLE == WEB_ROLE


def test_every_table_forces_row_security(engine: Engine) -> None:
    query = """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
          AND NOT (relrowsecurity AND relforcerowsecurity)
    """
    with engine.connect() as connection:
        open_ones = set(connection.execute(text(query)).scalars())
    assert open_ones == {"alembic_version", "spatial_ref_sys"} | EXEMPT.keys()


def test_views_see_with_the_eyes_of_whoever_asks(engine: Engine) -> None:
    query = """
        SELECT oid::regclass::text FROM pg_class
        WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
          AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    """
    with engine.connect() as connection:
        assert list(connection.execute(text(query)).scalars()) == []


def test_the_service_has_no_right_beyond_the_rules(engine: Engine) -> None:
    commands = {"read": "SELECT", "insert": "INSERT", "change": "UPDATE", "remove": "DELETE"}
    expected = {
        (table, command)
        for table, rules in RULES.items()
        for kind, command in commands.items()
        if getattr(rules, kind) is not None
    }
    query = """
        SELECT table_name, privilege_type FROM information_schema.role_table_grants
        WHERE grantee = :role AND table_schema = 'public'
    """
    with engine.connect() as connection:
        granted = {tuple(row) for row in connection.execute(text(query), {"role": WEB_ROLE})}
        owned = "SELECT count(*) FROM pg_class WHERE relowner = CAST(:role AS regrole)"
        assert connection.execute(text(owned), {"role": WEB_ROLE}).scalar_one() == 0
        assert (
            connection.execute(
                text(
                    "SELECT count(*) FROM pg_proc WHERE prosecdef AND proowner"
                    " = 'wardline'::regrole AND proconfig IS NULL"
                )
            ).scalar_one()
            == 0
        )
    assert granted == expected | {("alembic_version", "SELECT"), ("fix", "SELECT")}


def test_the_migration_is_what_the_code_declares(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        migrated = described(connection, "public")
        connection.execute(text("CREATE SCHEMA made"))
        connection.execute(text("SET LOCAL search_path = made, public"))
        metadata.create_all(connection, checkfirst=False)
        driver = connection.connection.driver_connection
        assert driver is not None
        for statement in statements("made"):
            driver.execute(statement)
        connection.execute(text("SET LOCAL search_path = public"))
        made = described(connection, "made")
        transaction.rollback()
    assert made == migrated
    assert len(made) > len(RULES)


def described(connection: Connection, schema: str) -> list[str]:
    connection.execute(text("SET LOCAL search_path = pg_catalog"))
    query = """
        SELECT tablename::text, policyname::text, cmd, roles::text, qual, with_check
        FROM pg_policies WHERE schemaname = :schema
        UNION ALL
        SELECT proname, prosrc, provolatile::text, prosecdef::text, proconfig::text, proacl::text
        FROM pg_proc
        WHERE pronamespace = CAST(:schema AS regnamespace)
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
        UNION ALL
        SELECT relname, relrowsecurity::text, relforcerowsecurity::text, relacl::text, NULL, NULL
        FROM pg_class
        WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind IN ('r', 'p')
          AND relname NOT IN ('spatial_ref_sys', 'alembic_version') AND NOT relispartition
        UNION ALL
        SELECT relname, pg_get_viewdef(oid), reloptions::text, relacl::text, NULL, NULL
        FROM pg_class
        WHERE relnamespace = CAST(:schema AS regnamespace) AND relkind = 'v'
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    """
    rows = connection.execute(text(query), {"schema": schema}).all()
    # The policies of months are the function's.
    month = re.compile(r"_\d{4}_\d{2}$")
    return sorted(
        re.sub(rf"\b{schema}\.", "", " | ".join(map(str, row))).replace(f"'{schema}'", "'schema'")
        for row in rows
        if not month.search(row[0])
    )


@pytest.mark.parametrize("table", sorted(RULES))
def test_lists_are_made_once_a_statement(table: str) -> None:
    for rule in (RULES[table].read, RULES[table].insert, RULES[table].change, RULES[table].remove):
        for call in re.finditer(r"scope_\w+\(", rule or ""):
            before = (rule or "")[: call.start()]
            assert before.endswith("(SELECT "), f"{table}: {rule}"
