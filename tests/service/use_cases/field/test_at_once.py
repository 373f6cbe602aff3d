"""Points that come twice at the same moment: stored once, whoever of the two waits."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from layers.fixes import fix
from layers.stores import Stores
from service.readers.field_points import TrackPart, read_track
from service.use_cases.field import Sender, counted, take_points
from tests.service.use_cases.field.test_any_way import Work

DISTRICT, POINTS = "990101", 40
TRACK = "6f1c2a52-3c0e-4c5b-9d0e-00000000000a"
SENDER = Sender("phone-1", UUID(int=7), datetime(2026, 7, 1, tzinfo=UTC))


def part() -> TrackPart:
    points = [
        {"seq": k, "at": f"2026-06-01T01:00:{k:02}Z", "lon": 131.5 + k / 1e5, "lat": 46.5}
        for k in range(POINTS)
    ]
    return read_track({"track": TRACK, "points": points})


def waits(engine: Engine) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with engine.connect() as connection:
        return bool(connection.execute(text(query)).scalar_one())


@pytest.mark.parametrize(
    "second",
    [
        SENDER,
        replace(SENDER, device="phone-0"),
        replace(SENDER, device="phone-2"),
        replace(SENDER, person=UUID(int=8)),
    ],
    ids=["the same", "another device, which sorts before", "another device", "another person"],
)
def test_a_track_that_is_begun_twice_at_once_is_one(engine: Engine, second: Sender) -> None:
    with Session(engine) as session:
        Stores(session, DISTRICT).districts.create("甲县")
        session.commit()
    work = Work.__new__(Work)  # no incident is sent

    def send(session: Session, sender: Sender) -> dict[str, int]:
        judged = take_points(Stores(session, DISTRICT), sender, [part()], (), work)
        return counted(judged)

    def later() -> dict[str, int]:
        with Session(engine) as session:
            found = send(session, second)
            session.commit()
            return found

    with ThreadPoolExecutor(1) as pool, Session(engine) as session:
        assert send(session, SENDER)["created"] == POINTS
        waiting = pool.submit(later)
        end = time.monotonic() + 60
        while not waits(engine) and time.monotonic() < end:
            time.sleep(0.01)
        session.commit()
        found = waiting.result(60)
    assert (found["created"], found["duplicate"]) == (0, POINTS)
    with Session(engine) as session:
        query = select(func.count()).where(fix.c.district == DISTRICT)
        assert session.execute(query).scalar_one() == POINTS
