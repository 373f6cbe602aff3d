from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.cluster import Cluster
from service.database import make_engine, migrate, revision, session_factory


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_speaks_psycopg_3(scheme: str) -> None:
    engine = make_engine(f"{scheme}://user@/name?host=/nowhere")
    assert (engine.dialect.name, engine.driver) == ("postgresql", "psycopg")
    assert engine.url.query["host"] == "/nowhere"


def test_connections_answer_in_utc_with_plans_of_their_own(database_url: str) -> None:
    engine = make_engine(database_url)
    with session_factory(engine)() as session:
        assert isinstance(session, Session)
        settings = {
            name: session.execute(text(f"SHOW {name}")).scalar()
            for name in ("timezone", "plan_cache_mode", "jit", "application_name")
        }
    engine.dispose()
    assert settings == {
        "timezone": "UTC",
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
        "application_name": "wardline",
    }


def test_workers_that_migrate_at_once_migrate_once(cluster: Cluster) -> None:
    name = "migrate_together"
    cluster.drop_database(name)
    cluster.ensure_database(name)
    workers = 4
    together = Barrier(workers)

    def start(_: int) -> bool:
        engine = make_engine(cluster.url(name))
        together.wait(timeout=60)
        try:
            return migrate(engine)
        finally:
            engine.dispose()

    try:
        with ThreadPoolExecutor(workers) as pool:
            assert sorted(pool.map(start, range(workers))) == [False, False, False, True]
    finally:
        cluster.drop_database(name)


def test_an_up_to_date_database_is_left_alone(
    database_factory: Callable[[], AbstractContextManager[str]],
) -> None:
    with database_factory() as url:
        engine = make_engine(url)
        assert migrate(engine) is False
        with engine.connect() as connection:
            assert revision(connection) is not None
        engine.dispose()
