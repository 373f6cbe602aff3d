import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier
from uuid import uuid4

import numpy as np
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from layers.field_tracks import Track
from layers.stores import Stores
from service import database
from service.cluster import Cluster
from service.database import configuration, make_engine, migrate, revision, session_factory


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


def test_numbers_of_tracks_are_kept_where_they_become_bits(cluster: Cluster) -> None:
    name = "migrate_numbers"
    cluster.drop_database(name)
    cluster.ensure_database(name)
    engine = make_engine(cluster.url(name))
    track, person, patrol = uuid4(), uuid4(), uuid4()
    try:
        with engine.begin() as connection:
            command.upgrade(configuration(connection), "0013")
            Stores(session := Session(connection), "152921").districts.create("某县")
            session.flush()
            connection.execute(
                text(
                    "INSERT INTO patrol"
                    " (district, id, device, mode, name, source, digest, fixes, received_at)"
                    " VALUES ('152921', :patrol, 'd', 'foot', '', 'field', 'x', 0, now())"
                ),
                {"patrol": patrol},
            )
            connection.execute(
                text(
                    "INSERT INTO field_track (district, device, track, person, patrol, received) VALUES"
                    " ('152921', 'd', :track, :person, :patrol, '{[0,3],[1000,1100],[9999999,9999999]}')"
                ),
                {"track": track, "person": person, "patrol": patrol},
            )
        assert migrate(engine)
        with Session(engine) as session:
            numbers = np.array([0, 3, 4, 999, 1_000, 1_023, 1_024, 1_100, 1_101, 9_999_999, 9_999_998])
            known = Stores(session, "152921").field_tracks._mark(Track(track, "d", person, patrol), numbers)
            assert known.tolist() == [True, True, False, False, True, True, True, True, False, True, False]
    finally:
        engine.dispose()
        cluster.drop_database(name)


def test_fixes_are_kept_where_they_become_blocks(cluster: Cluster) -> None:
    name = "migrate_fixes"
    cluster.drop_database(name)
    cluster.ensure_database(name)
    engine = make_engine(cluster.url(name))
    every = (
        "SELECT district, device, patrol, at, lon_e7, lat_e7, part, seq, accuracy_m, speed_ms, course"
        " FROM fix ORDER BY patrol, at, lon_e7, lat_e7, seq"
    )
    try:
        with engine.begin() as connection:
            command.upgrade(configuration(connection), "0035")
            connection.execute(text("SELECT ensure_fix_months('{2026-05-01,2026-06-01}')"))
            # Two patrols over the end of a month, of which one knows no course and the other not always.
            connection.execute(
                text(
                    "INSERT INTO fix SELECT '152921', 'd' || mod(n, 2),"
                    " timestamptz '2026-05-31 23:00Z' + n / 4 * interval '1 second',"
                    " 1099000000 + mod(n, 5), 400000000 - mod(n, 3),"
                    " lpad(to_hex(mod(n, 2)), 32, '0')::uuid, n / 1000, n, mod(n, 7), 1.5,"
                    " CASE WHEN mod(n, 2) = 1 AND mod(n, 3) = 1 THEN mod(n, 360) END"
                    " FROM generate_series(0, 29999) AS n"
                )
            )
            before = connection.execute(text(every)).all()
        assert len(before) == 30_000
        assert migrate(engine)
        with engine.connect() as connection:
            assert connection.execute(text(every)).all() == before
            told = text(
                "SELECT count(*), max(fixes), count(course), bool_and(at[1] = first_at) FROM fix_block"
            )
            assert connection.execute(told).one() == (8, 4_096, 4, True)
            assert (
                connection.execute(text("SELECT relkind FROM pg_class WHERE relname = 'fix'")).scalar() == "v"
            )
    finally:
        engine.dispose()
        cluster.drop_database(name)


def test_a_connection_that_was_lost_is_replaced(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=1)
    watcher = make_engine(database_url)
    try:
        with engine.connect() as connection:
            lost = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.connect() as connection:  # one that works is given again
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == lost
        with watcher.connect() as connection:
            assert connection.execute(
                text("SELECT pg_terminate_backend(:pid, 60000)"), {"pid": lost}
            ).scalar()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != lost
    finally:
        engine.dispose()
        watcher.dispose()


def test_a_connection_that_was_closed_from_here_is_replaced(database_url: str) -> None:
    """The driver closes one that fails under a statement of ours, which the pool does not see."""
    engine = make_engine(database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            before = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            driver = connection.connection.driver_connection
            assert driver is not None
        driver.close()
        with engine.connect() as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != before
    finally:
        engine.dispose()


def test_a_connection_that_rested_is_asked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is cut off tells nothing, so it looks as one that works."""
    engine = make_engine(database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            before = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            driver = connection.connection.driver_connection
            assert driver is not None
        monkeypatch.setattr(database, "_REST_S", 0.0)
        monkeypatch.setattr(database, "_has_news", lambda _: False)
        os.dup2(os.open(os.devnull, os.O_RDWR), driver.fileno())  # what is written arrives nowhere
        with engine.connect() as connection:
            assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != before
    finally:
        engine.dispose()
