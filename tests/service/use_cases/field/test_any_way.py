"""However batches are cut, mixed, repeated and lost on the way, the state is that of one clean upload."""

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import WardlineError
from layers.incidents import Incident
from layers.outreach_records import Gathering
from layers.stores import Stores
from service.indexes.ground import Ground
from service.indexes.snapshots import Indexes
from service.schemas.incidents import IncidentIn, IncidentPatch
from service.schemas.outreach import OutreachIn
from service.use_cases import incidents, outreach, tracks
from service.use_cases.field import Sender, take
from tests.fixtures.county import DISTRICT, County, publish
from tests.fixtures.field import START, batch, incident, points, stored, track, visit

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SENDER = Sender("phone-1", uuid.UUID(int=7), NOW)
WALKS = 3


class Work:
    """What other use cases do, on one ground."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def recompute(self, stores: Stores, device: str, t: Any, clock: Any) -> None:
        tracks.keep_up(stores, device, np.asarray(t), clock)

    def remake(self, *given: Any) -> set[date]:
        return tracks.remake(*given)

    def receive(
        self, stores: Stores, reports: Sequence[IncidentIn]
    ) -> list[tuple[Incident, bool] | WardlineError]:
        return incidents.receive_all(stores, self.ground, reports)

    def change(
        self, stores: Stores, edits: Sequence[tuple[uuid.UUID, IncidentPatch, int]]
    ) -> list[Incident | WardlineError]:
        return incidents.change_all(stores, self.ground, [incidents.Change(*one) for one in edits])

    def may_record(self, *_: Any) -> bool:
        return True

    def record(self, stores: Stores, sender: Sender, given: OutreachIn) -> tuple[Gathering, bool]:
        by = outreach.Recorder("guard", sender.person, sender.received_at)
        return outreach.record(stores, self.ground, given, by, lambda found: self.receive(stores, found))


@pytest.fixture(scope="module")
def prepared(worker_engine: Engine) -> Iterator[tuple[Engine, Work]]:
    """The county, and its ground; every example is rolled back."""
    from sqlalchemy.orm import sessionmaker  # noqa: PLC0415 - only here

    from tests.fixtures.database import empty  # noqa: PLC0415

    with Session(worker_engine) as session:
        county: County = publish(session)
        session.commit()
    indexes = Indexes(sessionmaker(worker_engine, expire_on_commit=False), None)
    indexes.refresh()
    yield worker_engine, Work(indexes.ground(county.district))
    indexes.close()
    empty(worker_engine)


def items() -> dict[str, list[Any]]:
    """Return a day in the field: walks with good and bad points, visits, a report and its edits in turn."""
    shuffled = random.Random(5)
    walks = []
    for number in range(WALKS):
        name = uuid.UUID(int=100 + number)
        walk = points(12, start=START + timedelta(hours=8 * number))
        walk[3] |= {"at": walk[2]["at"], "lon": walk[2]["lon"]}  # the clock stood, and so did the guard
        walk[5]["at"] = None
        walk[7]["lat"] = "46.04"
        shuffled.shuffle(walk)
        walks += [(name, point) for point in walk]
    visits = [visit(id=str(uuid.UUID(int=200 + k)), action="cleaned", note="mud") for k in range(3)]
    visits.append(visit(marker="NONE", id=str(uuid.UUID(int=210))))
    tree = incident(id=str(uuid.UUID(int=300)))
    edits = [{**tree, "description": f"edit {k}", "version": k} for k in (1, 2, 3)]
    heard = [gathering(k) for k in range(2)]
    heard.append({**gathering(2), "topic": "none of a visit"})
    told = {"visits": visits, "outreach": heard, "incidents": [tree, *edits, incident(id="x")]}
    return {"points": walks, **told}


def gathering(number: int) -> dict[str, Any]:
    """Return a visit with an opinion, a problem that was solved and one that was not."""
    lamp, form = (
        {"id": str(uuid.UUID(int=400 + 10 * number + k)), "class": "lamp", "title": f"Problem {k}"}
        for k in range(2)
    )
    return {
        "id": str(uuid.UUID(int=500 + number)),
        "kind": "visit",
        "representative": "R1",
        "duty": "safety",
        "place": "Elm",
        "at": START.isoformat(),
        "lon": 131.015,
        "lat": 46.015,
        "opinions": [{"id": str(uuid.UUID(int=600 + number)), "text": "It is dark"}],
        "problems": [lamp, {**form, "solution": "filled in"}],
    }


def pack(things: dict[str, list[Any]]) -> bytes:
    """Return things as the bytes of a batch."""
    parts: dict[uuid.UUID, list[Any]] = {}
    for name, point in things["points"]:
        parts.setdefault(name, []).append(point)
    walks = [track(walk, name) for name, walk in parts.items()]
    others = {name: things[name] for name in ("visits", "outreach", "incidents")}
    value = batch(tracks=walks, **others)
    return json.dumps(value).encode()


def send(stores: Stores, work: Work, sent: list[tuple[uuid.UUID, bytes, Sender]]) -> dict[str, Any]:
    for name, body, sender in sent:
        take(stores, replace(sender, batch=name), name, body, work)
    return stored(stores.session)


@pytest.fixture(scope="module")
def clean(prepared: tuple[Engine, Work]) -> dict[str, Any]:
    """What one upload of everything leaves."""
    engine, work = prepared
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            left = send(Stores(session, DISTRICT), work, [(uuid.UUID(int=1), pack(items()), SENDER)])
        transaction.rollback()
    assert len(left["fixes"]) == WALKS * 10
    assert len(left["tracks"]) == WALKS
    assert [row[5] for row in left["incidents"]] == [4]
    assert len(left["waiting"]) == 2 * WALKS + 3
    assert [row[2] for row in left["heard"]] == ["received", None] * 2
    assert left["lines"]
    return left


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 9), copies=st.integers(0, 6))
def test_any_way_through_the_network_ends_the_same(
    prepared: tuple[Engine, Work], clean: dict[str, Any], seed: int, cuts: int, copies: int
) -> None:
    engine, work = prepared
    chance = random.Random(seed)
    every = [(kind, one) for kind, some in items().items() for one in some]
    chance.shuffle(every)
    # Every item goes into one batch at least, some into several.
    groups: list[list[tuple[str, Any]]] = [[] for _ in range(cuts)]
    for thing in every:
        for group in chance.sample(groups, k=chance.choice([1, 1, 1, min(2, cuts)])):
            group.append(thing)
    bodies = [pack({kind: [one for k, one in group if k == kind] for kind in items()}) for group in groups]
    sent = [(uuid.UUID(int=1_000 + k), body, SENDER) for k, body in enumerate(bodies)]
    # Acknowledgements are lost: the same batch again, and its content in a new one.
    for name, body, sender in chance.choices(sent, k=copies):
        sent.append((chance.choice([name, uuid.UUID(int=chance.getrandbits(100))]), body, sender))
    chance.shuffle(sent)
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            left = send(Stores(session, DISTRICT), work, sent)
        transaction.rollback()
    assert left == clean


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_replaced_device_of_the_same_person_doubles_nothing(
    prepared: tuple[Engine, Work], clean: dict[str, Any], seed: int
) -> None:
    """The old device sent a part before it was revoked; the new one sends all it finds, with the same ids."""
    engine, work = prepared
    chance = random.Random(seed)
    known = {kind: [one for one in some if chance.random() < 0.5] for kind, some in items().items()}
    known["points"] = [one for one in items()["points"] if one[0].int % 2 or one in known["points"]]
    sent = [
        (uuid.UUID(int=1), pack(known), SENDER),
        (uuid.UUID(int=1), pack(items()), replace(SENDER, device="phone-2")),
    ]
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            left = send(Stores(session, DISTRICT), work, sent)
        transaction.rollback()

    def whose(state: dict[str, Any]) -> dict[str, Any]:
        """Return a state without the device that things are of."""
        text = json.dumps(state, default=str)
        return dict(json.loads(text.replace("phone-2", "phone-1")))

    def ordered(state: dict[str, Any]) -> dict[str, Any]:
        return {name: sorted(map(str, rows)) for name, rows in whose(state).items()}

    for name in ("fixes", "tracks", "visits", "incidents", "waiting"):
        assert ordered(left)[name] == ordered(clean)[name]
    assert len(left["markers"]) == len(clean["markers"])


def test_a_stranger_with_the_same_ids_has_tracks_of_his_own(
    prepared: tuple[Engine, Work], clean: dict[str, Any]
) -> None:
    engine, work = prepared
    stranger = Sender("phone-9", uuid.UUID(int=9), NOW)
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            body = pack(items())
            left = send(
                Stores(session, DISTRICT), work, [(uuid.UUID(int=1), body, s) for s in (SENDER, stranger)]
            )
        transaction.rollback()
    assert len(left["tracks"]) == 2 * WALKS
    assert left["visits"] == clean["visits"]
    assert left["incidents"] == clean["incidents"]
    assert sum(row[2] == "id-taken" for row in left["waiting"]) == 3 + 4
