"""Databases of the tests' own cluster."""

import os
from collections.abc import Iterator

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
