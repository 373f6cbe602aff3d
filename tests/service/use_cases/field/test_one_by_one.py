"""A batch and the same items sent one by one leave the same; what the database refuses holds up no other."""

import json
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import layers.storage
from layers.audit import write_pending
from layers.field_files import FieldFile
from layers.ids import new_id
from layers.stores import Stores
from service.use_cases.field import Sender, take
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import batch, incident, sha256, stored
from tests.service.use_cases.field.test_any_way import NOW, SENDER, Work, prepared

__all__ = ["prepared"]

STRANGER = Sender("phone-9", uuid.UUID(int=9), NOW)
TAKEN = uuid.UUID(int=500)
ARRIVED, PENDING = sha256(b"arrived"), sha256(b"pending")
BAD: tuple[dict[str, Any], ...] = (
    {"lon": 10.0, "lat": 10.0},
    {"occurred_at": "2999-06-01T09:00:00Z"},
    {"occurred_at": "1980-06-01T09:00:00Z"},
    {"occurred_at": "2026-06-01T09:00:00"},
    {"description": "a\0b"},
    {"datum": "gcj02"},
    {"lat": None},
    {"weather": "rain"},
)
EDITS: tuple[dict[str, Any], ...] = (
    {"description": "Two trees."},
    {"lon": 131.045, "lat": 46.035},
    {"class": "smuggling", "lon": 131.005, "lat": 46.025},
    {"title": "Trees", "photos": [PENDING]},
)
_LEFT = {
    "incidents": (
        "SELECT external_id, channel, class, title, description, ST_AsText(geom), raw_lon, raw_lat, datum,"
        " accuracy_m, occurred_at, status, colour, unit, assignment::text, representative, segment,"
        " measure_m, version, digest, about_unit, about_representative FROM incident ORDER BY 1"
    ),
    "log": (
        "SELECT i.external_id, e.kind, e.actor, e.body::text FROM incident_event AS e"
        " JOIN incident AS i ON i.district = e.district AND i.id = e.incident ORDER BY 1, e.at, e.id"
    ),
    "entries": (
        "SELECT f.id, f.version, f.device, f.person, f.digest, f.received_at, i.external_id"
        " FROM field_incident AS f JOIN incident AS i ON i.district = f.district AND i.id = f.incident"
        " ORDER BY 1, 2, 5"
    ),
    "photos": (
        "SELECT i.external_id, p.sha256, p.device, p.person, p.linked_at FROM field_photo AS p"
        " JOIN incident AS i ON i.district = p.district AND i.id = p.subject ORDER BY 1, 2"
    ),
    "kept": "SELECT kind, ref, reason, fault::text, raw, state, device FROM quarantine ORDER BY 1, 2, 5",
    "receipts": "SELECT count(*) FROM incident_receipt",
    "audit": (
        "SELECT i.external_id, a.action, a.subject_kind, a.actor_kind, a.detail::text FROM audit_entry AS a"
        " JOIN incident AS i ON i.id::text = a.subject ORDER BY 1, a.seq"
    ),
}


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """Return what happens to a few incidents, each story in its order, the stories mixed."""
    every = []
    for number in range(draw(st.integers(1, 6))):
        place = {
            "lon": 131.0005 + draw(st.integers(0, 58)) / 1000,
            "lat": 46.0005 + draw(st.integers(0, 38)) / 1000,
        }
        report = incident(id=str(uuid.UUID(int=600 + number)), photos=[ARRIVED, PENDING], **place)
        story = [{**report, **one} for one in draw(st.lists(st.sampled_from(BAD), max_size=2))]
        if draw(st.booleans()):
            story.append(report)
            story += [report] * draw(st.integers(0, 1))
            story += [{**report, "title": "Another"}] * draw(st.integers(0, 1))
            edits = draw(st.lists(st.sampled_from(EDITS), max_size=3, unique_by=str))
            changes = [{**report, **one, "version": k} for k, one in enumerate(edits, start=1)]
            # Edits go in the order of their versions: a late one meets the version that it comes second to.
            late = [{**report, "description": "late", "version": 1}] * draw(st.integers(0, 1))
            story += changes[:1] + late * bool(changes) + changes[1:]
        every.append(story)
    every.append(draw(st.lists(st.sampled_from([incident(id=str(TAKEN)), 7, {"id": "x"}]), max_size=2)))
    chance = random.Random(draw(st.integers(0, 2**32)))
    turns = [number for number, story in enumerate(every) for _ in story]
    chance.shuffle(turns)
    rest = [iter(story) for story in every]
    return [next(rest[number]) for number in turns]


@contextmanager
def county(engine: Engine, work: Work) -> Iterator[Stores]:
    """The stores of the county, where a stranger used an id and a photo has arrived, until the block ends."""
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            stores = Stores(session, DISTRICT)
            taken = json.dumps(batch(incidents=[incident(id=str(TAKEN), lon=131.025)])).encode()
            take(stores, STRANGER, uuid.UUID(int=1), taken, work)
            stores.field_files.add(FieldFile(SENDER.person, ARRIVED, SENDER.device, 7, "image/jpeg", NOW))
            yield stores
        transaction.rollback()


def send(stores: Stores, work: Work, groups: list[list[Any]]) -> list[tuple[str, str, str | None]]:
    """Send each group as a batch; return the verdicts: what each is on, and why."""
    told = []
    for items in groups:
        body = json.dumps(batch(incidents=items)).encode()
        name = new_id()
        reply = json.loads(take(stores, replace(SENDER, batch=name), name, body, work).reply)
        told += [(one["ref"], one["verdict"], one["reason"]) for one in reply["items"]]
        write_pending(stores.session)
    return told


def left(stores: Stores) -> dict[str, list[tuple[Any, ...]]]:
    found = {
        name: [tuple(row) for row in stores.session.execute(text(query))] for name, query in _LEFT.items()
    }
    return {**stored(stores.session), **found}


@pytest.mark.parametrize("copy_from", [1, 100])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=stories())
def test_a_batch_leaves_what_its_items_leave_one_by_one(
    prepared: tuple[Engine, Work], monkeypatch: pytest.MonkeyPatch, copy_from: int, items: list[Any]
) -> None:
    engine, work = prepared
    with county(engine, work) as stores:
        alone = send(stores, work, [[one] for one in items])
        expected = left(stores)
    with monkeypatch.context() as patched, county(engine, work) as stores:
        patched.setattr(layers.storage, "COPY_FROM", copy_from)
        assert send(stores, work, [items] if items else []) == alone
        assert left(stores) == expected


def without_a_unit(work: Work) -> Work:
    """Return the work on ground that names a unit, G11, which is not stored."""
    grids = work.ground.partitions["grids"]
    leaf = next(k for k, chain in enumerate(grids.chains) if chain[0].code == "G11")
    chains = list(grids.chains)
    chains[leaf] = (replace(chains[leaf][0], id=new_id()), *chains[leaf][1:])
    partitions = {**work.ground.partitions, "grids": replace(grids, chains=tuple(chains))}
    return Work(replace(work.ground, partitions=partitions))


def test_what_the_database_refuses_holds_up_no_other(prepared: tuple[Engine, Work]) -> None:
    """The ground names a unit that is not stored (any more): its reports wait, the others are taken."""
    engine, work = prepared
    odd = without_a_unit(work)
    good = [incident(lon=131.025, lat=46.005 + 0.001 * k) for k in range(5)]
    lost = [incident(lon=131.015, lat=46.015) for _ in range(2)]
    with county(engine, odd) as stores:
        told = send(stores, odd, [[good[0], lost[0], *good[1:4], lost[1], good[4]]])
        assert told == [
            (one["id"], *(("quarantined", "not-found") if one in lost else ("created", None)))
            for one in (good[0], lost[0], *good[1:4], lost[1], good[4])
        ]
        state = left(stores)
        assert {row[0] for row in state["incidents"]} == {str(TAKEN), *(one["id"] for one in good)}
        assert len([row for row in state["audit"] if row[1] == "incident.create"]) == 5 + 1
        assert len(state["log"]) == 5 + 1


@pytest.mark.parametrize("copy_from", [1, 100])
def test_an_edit_that_the_database_refuses_holds_up_no_other(
    prepared: tuple[Engine, Work], monkeypatch: pytest.MonkeyPatch, copy_from: int
) -> None:
    """An edit goes to a unit that is not stored (any more): it alone is told so, and leaves nothing."""
    engine, work = prepared
    odd = without_a_unit(work)
    reports = [incident(lon=131.025, lat=46.005 + 0.001 * k) for k in range(7)]
    edits = [{**one, "description": "Two trees.", "version": 1} for one in reports]
    for one in (edits[1], edits[4]):
        one |= {"lon": 131.015, "lat": 46.015}
    edits[5] |= {"lon": 131.026}
    with county(engine, odd) as stores:
        monkeypatch.setattr(layers.storage, "COPY_FROM", copy_from)
        send(stores, odd, [reports])
        told = send(stores, odd, [edits])
        assert [verdict for _, verdict, _ in told] == [
            "quarantined" if k in (1, 4) else "created" for k in range(7)
        ]
        state = left(stores)
        assert len([row for row in state["audit"] if row[1] == "incident.edit"]) == 5
        assert len([row for row in state["log"] if row[1] in ("edited", "moved")]) == 5
