"""The role that requests are served as: taken on, refused where it has power, made where it is absent."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from service.cli.common import open_database
from service.cluster import Cluster
from service.database import make_engine, migrate, require_web, web_engine
from service.errors import NotReady
from service.settings import Settings
from tests.fixtures.client import TestClient
from tests.fixtures.database import web_address

WHO = text("SELECT current_user, session_user")


def test_the_service_works_as_the_web_role(client: TestClient) -> None:
    with client.app.state.service.engine.connect() as connection:  # type: ignore[attr-defined]
        assert tuple(connection.execute(WHO).one()) == ("wardline_web", "wardline_web")
    assert client.get("/readyz").status_code == 200


def test_the_owners_connections_take_on_the_role(database_url: str, engine: Engine) -> None:
    web = web_engine(database_url, None)
    require_web(web)
    with web.connect() as connection:
        assert tuple(connection.execute(WHO).one()) == ("wardline_web", "wardline")
        connection.execute(text("RESET ROLE"))
        assert tuple(connection.execute(WHO).one()) == ("wardline_web", "wardline")
    web.dispose()


@pytest.mark.parametrize("role", ["wardline", "wardline_admin"])
def test_a_role_with_power_serves_nobody(database_url: str, engine: Engine, role: str) -> None:
    powerful = web_address(database_url).replace("wardline_web@", f"{role}@")
    web = web_engine(database_url, powerful)
    with pytest.raises(NotReady, match=f"served as {role}, which row security does not hold for"):
        require_web(web)
    web.dispose()


def test_boxes_are_marked_by_whoever_may_and_asked_for_else(
    make: Callable[..., Cluster], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with make().use() as cluster:
        cluster.ensure_database("theirs")
        with psycopg.connect(cluster.admin_url("theirs").replace("+psycopg", ""), autocommit=True) as server:
            server.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        web = web_engine(cluster.url("theirs"), None)
        for url, asked in ((cluster.url("theirs"), True), (cluster.admin_url("theirs"), False)):
            caplog.clear()
            with open_database(Settings(home=tmp_path, database_url=url)):
                require_web(web)
            assert ("LEAKPROOF" in caplog.text) is asked
        web.dispose()


def test_on_a_foreign_server_the_role_is_made_where_that_is_allowed(make: Callable[..., Cluster]) -> None:
    with make().use() as cluster:
        cluster.ensure_database("theirs")
        admin = cluster.admin_url("theirs").replace("+psycopg", "")
        owner = make_engine(cluster.url("theirs"))
        with psycopg.connect(admin, autocommit=True) as server:
            # As on a server that we did not make.
            server.execute("GRANT EXECUTE ON FUNCTION set_config(text, text, boolean) TO PUBLIC")
            server.execute("DROP OWNED BY wardline_web; DROP ROLE wardline_web")
            with pytest.raises(
                NotReady, match="CREATE ROLE wardline_web NOLOGIN; GRANT wardline_web TO wardline"
            ):
                migrate(owner)
            server.execute("ALTER ROLE wardline CREATEROLE")
            assert migrate(owner)
            web = web_engine(cluster.url("theirs"), None)
            require_web(web)
            web.dispose()
            server.execute("REVOKE wardline_web FROM wardline")
            with pytest.raises(NotReady, match="GRANT wardline_web TO wardline"):
                require_web(web)
        for engine in (web, owner):
            engine.dispose()
