"""Databases of the tests' own cluster."""

import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import create_engine, text

from service.cluster import Cluster
from service.cluster.errors import ClusterError


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    name = f'run_{os.getpid()}_“β” "’%40'
    cluster.drop_database(name)
    cluster.ensure_database(name)
    yield name
    cluster.drop_database(name)


def test_database_has_extensions_and_an_owner_without_power(cluster: Cluster, database: str) -> None:
    engine = create_engine(cluster.url(database))
    with engine.connect() as connection:
        role = connection.execute(
            text("SELECT current_user, usesuper FROM pg_user WHERE usename = current_user")
        )
        assert tuple(role.one()) == ("wardline", False)
        assert (
            connection.execute(text("SELECT ST_SRID(ST_SetSRID(ST_MakePoint(1, 2), 4490))")).scalar() == 4490
        )
        extensions = set(connection.execute(text("SELECT extname FROM pg_extension")).scalars())
        assert extensions >= {"postgis", "btree_gist"}
        connection.execute(text("CREATE TABLE mine (id int PRIMARY KEY)"))
        connection.rollback()
    engine.dispose()


def test_service_role_reaches_no_file_and_no_program(cluster: Cluster, database: str) -> None:
    engine = create_engine(cluster.url(database))
    with engine.connect() as connection, pytest.raises(Exception, match="pg_execute_server_program"):
        connection.execute(text("COPY (SELECT 1) TO PROGRAM 'cat'"))
    engine.dispose()


def test_encoding_and_collation(cluster: Cluster, database: str) -> None:
    with psycopg.connect(cluster.admin_url(database).replace("+psycopg", "")) as connection:
        query = """
            SELECT pg_encoding_to_char(encoding), datcollate
            FROM pg_database WHERE datname = current_database()
        """
        encoding, collation = connection.execute(query).fetchone() or ("", "")
    assert encoding == "UTF8"
    assert collation in {"C.UTF-8", "C"}


def test_ensure_database_is_idempotent_and_mends_an_interrupted_try(cluster: Cluster, database: str) -> None:
    assert not cluster.ensure_database(database)
    with psycopg.connect(cluster.admin_url(database).replace("+psycopg", "")) as connection:
        connection.execute("DROP EXTENSION btree_gist")
    assert not cluster.ensure_database(database)
    with psycopg.connect(cluster.admin_url(database).replace("+psycopg", "")) as connection:
        query = "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'"
        assert connection.execute(query).fetchone() == (1,)


@pytest.mark.parametrize("name", ["", "postgres", "template1", "x" * 64, "é" * 32, "a\nb"])
def test_refuses_impossible_names(cluster: Cluster, name: str) -> None:
    with pytest.raises(ClusterError, match="cannot be the name"):
        cluster.url(name)


def test_web_role_has_no_power_and_no_way_to_the_owner(cluster: Cluster, database: str) -> None:
    with psycopg.connect(cluster.web_url(database).replace("+psycopg", ""), autocommit=True) as connection:
        query = """
            SELECT current_user, session_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                   (SELECT count(*) FROM pg_auth_members WHERE member = pg_roles.oid)
            FROM pg_roles WHERE rolname = current_user
        """
        web = ("wardline_web", "wardline_web", False, False, False, False, 0)
        assert connection.execute(query).fetchone() == web
        for role in ("wardline", "wardline_admin"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET ROLE {role}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SET SESSION AUTHORIZATION {role}")
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user").fetchone() == ("wardline_web",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int PRIMARY KEY)")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT set_config('wardline.scope', '{}', true)",
        "UPDATE pg_settings SET setting = '{}' WHERE name = 'wardline.scope'",
        "SELECT query_to_xml('SET wardline.scope = ''{}''', true, true, '')",
        "SELECT query_to_xml('SELECT set_config(''wardline.scope'', ''{}'', true)', true, true, '')",
    ],
)
def test_no_expression_changes_the_scope(cluster: Cluster, database: str, statement: str) -> None:
    with psycopg.connect(cluster.web_url(database).replace("+psycopg", "")) as connection:
        connection.execute("SET LOCAL wardline.scope = 'mine'")
        refused = (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)
        with pytest.raises(refused), connection.transaction():
            connection.execute(statement)
        assert connection.execute("SHOW wardline.scope").fetchone() == ("mine",)


def test_boxes_may_be_compared_before_the_policies(cluster: Cluster, database: str) -> None:
    query = (
        "SELECT proleakproof FROM pg_proc WHERE oid = 'geometry_overlaps(geometry, geometry)'::regprocedure"
    )
    with psycopg.connect(cluster.admin_url(database).replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute(query).fetchone() == (True,)
        # An update of the extension makes its functions anew.
        connection.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        cluster.ensure_database(database)
        assert connection.execute(query).fetchone() == (True,)


def test_a_running_server_of_an_earlier_version_learns_of_the_web_role(make: Callable[..., Cluster]) -> None:
    with make().use() as cluster:
        identities = cluster.layout.data / "pg_ident.conf"
        identities.write_text(
            "".join(
                line
                for line in identities.read_text().splitlines(keepends=True)
                if "wardline_web" not in line
            )
        )
        with psycopg.connect(
            cluster.admin_url("wardline").replace("+psycopg", "").replace("/wardline?", "/postgres?"),
            autocommit=True,
        ) as admin:
            admin.execute("DROP ROLE wardline_web")
            admin.execute("SELECT pg_reload_conf()")
        cluster.start()
        cluster.ensure_database("wardline")
        psycopg.connect(cluster.web_url("wardline").replace("+psycopg", "")).close()
