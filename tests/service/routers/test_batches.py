"""Batches over HTTP: one verdict an item, one reply a batch, nothing lost and nothing doubled."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.fixtures.client import TestClient
from tests.fixtures.county import County
from tests.fixtures.field import START, Phone, batch, incident, points, stored, track, visit
from tests.fixtures.injected import TEMPLATE


@pytest.fixture
def phone(client: TestClient) -> Phone:
    return Phone(client)


@pytest.fixture
def state(engine: Engine, county: County) -> Callable[[], dict[str, Any]]:
    def read() -> dict[str, Any]:
        with Session(engine) as session:
            return stored(session)

    return read


def verdicts(answer: Any) -> dict[str, tuple[str, str | None]]:
    assert answer.status_code == 200, answer.text
    return {item["ref"]: (item["verdict"], item["reason"]) for item in answer.json()["items"]}


def test_everything_of_a_batch_is_stored(phone: Phone, state: Callable[[], Any]) -> None:
    name, seen, tree = uuid.uuid4(), visit(), incident()
    key = uuid.uuid4()
    answer = phone.put(batch(tracks=[track(points(100), name)], visits=[seen], incidents=[tree]), key)
    assert answer.json()["batch"] == str(key)
    assert answer.json()["counts"] == {"created": 102, "duplicate": 0, "quarantined": 0}
    assert verdicts(answer) == {
        f"{name}/0-99": ("created", None),
        seen["id"]: ("created", None),
        tree["id"]: ("created", None),
    }
    left = state()
    assert len(left["fixes"]) == 100
    assert left["tracks"][0][2] == "0:" + 100 * "1"
    assert left["lines"], "the walk is in the ledger"
    assert [row[2] for row in left["markers"]] == [5]
    assert [row[0] for row in left["incidents"]] == [tree["id"]]
    assert left["waiting"] == []


def test_the_same_bytes_get_the_same_reply(phone: Phone, state: Callable[[], Any]) -> None:
    key, body = uuid.uuid4(), json.dumps(batch(tracks=[track(points(3))], incidents=[incident()])).encode()
    first = phone.put(body, key)
    before = state()
    again = phone.put(body, key)
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert state() == before


def test_other_content_under_the_same_uuid_is_a_conflict(phone: Phone, state: Callable[[], Any]) -> None:
    key = uuid.uuid4()
    phone.put(batch(tracks=[track(points(3))]), key)
    before = state()
    answer = phone.put(batch(tracks=[track(points(4))]), key)
    assert (answer.status_code, answer.json()["code"]) == (409, "batch-differs")
    assert state() == before
    # Content is bytes: the same value spelled otherwise is another content.
    key, value = uuid.uuid4(), batch(visits=[visit()])
    assert phone.put(json.dumps(value).encode(), key).status_code == 200
    assert phone.put(json.dumps(value, indent=1).encode(), key).status_code == 409


def test_twins_get_one_reply_and_store_once(phone: Phone, state: Callable[[], Any]) -> None:
    key = uuid.uuid4()
    body = json.dumps(batch(tracks=[track(points(200))], visits=[visit()], incidents=[incident()])).encode()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: phone.put(body, key), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert answers[0].json()["counts"]["created"] == 202
    assert len(state()["fixes"]) == 200


def test_many_batches_of_one_track_at_once_make_one_patrol(phone: Phone, state: Callable[[], Any]) -> None:
    name, walk = uuid.uuid4(), points(320)
    parts = [track(walk[k : k + 30], name) for k in range(0, 320, 20)]  # each overlaps the next
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda part: phone.put(batch(tracks=[part])), parts))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["counts"]["created"] for answer in answers) == 320
    left = state()
    assert len(left["tracks"]) == 1
    assert [row[3] for row in left["fixes"]] == list(range(320))


def test_a_failing_commit_answers_an_error_and_stores_nothing(
    phone: Phone, state: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, body = uuid.uuid4(), json.dumps(batch(tracks=[track(points(3))], visits=[visit()])).encode()
    before = state()

    def fail(session: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("the server went away"))

    with monkeypatch.context() as patched:
        patched.setattr(Session, "commit", fail)
        assert phone.put(body, key).status_code == 503
    assert state() == before
    assert phone.put(body, key).json()["counts"]["created"] == 4


def test_bad_items_hold_up_nothing_and_are_kept_whole(phone: Phone, state: Callable[[], Any]) -> None:
    name = uuid.uuid4()
    walk = points(12)
    walk[1]["at"] = "2026-06-01T09:00:00"
    walk[2]["at"] = None
    walk[3] |= {"lon": 0, "lat": 0}
    walk[4]["lat"] = float("nan")
    walk[5]["lon"] = "131"
    walk[6]["at"] = "1980-06-01T09:00:00Z"
    walk[7]["at"] = "2999-06-01T09:00:00Z"
    walk[8]["seq"] = True
    walk[9]["altitude"] = 80
    walk[10]["at"] = "yesterday"
    good = visit()
    bad: list[Any] = [
        visit(marker="NONE"),
        visit(note="a\0b"),
        visit(action="painted"),
        visit(extra=TEMPLATE),
        7,
    ]
    answer = phone.put(batch(tracks=[track(walk, name), {"points": 3}], visits=[good, *bad]))
    found = verdicts(answer)
    assert found[f"{name}/0"] == found[f"{name}/11"] == ("created", None)
    assert [found[f"{name}/{k}"][1] for k in (1, 2, 3, 4, 5, 6, 7, 9, 10)] == [
        "time-without-zone",
        "no-time",
        "null-island",
        "no-position",
        "number-unreadable",
        "before-gps",
        "in-future",
        "member-unknown",
        "time-unreadable",
    ]
    assert found[f"{name}/?"] == ("quarantined", "number-missing")
    assert found[good["id"]] == ("created", None)
    assert [found[one["id"]][1] for one in bad[:4]] == [
        "marker-unknown",
        "input-invalid",
        "input-invalid",
        "member-unknown",
    ]
    counts = answer.json()["counts"]
    assert counts == {"created": 3, "duplicate": 0, "quarantined": 16}
    raws = [json.loads(row[3]) for row in state()["waiting"]]
    assert len(raws) == 16
    for whole in (*bad, {"points": 3}):
        assert whole in raws
    assert any(raw.get("points") == [walk[9]] for raw in raws if isinstance(raw, dict))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"7", 422),
        (b'{"tracks": 3}', 422),
        (b'{"points": []}', 422),
        (b'{"sent_at": "noon"}', 422),
        (b'{"tracks": [], "tracks": []}', 400),
        (b'{"visits": [' + b"[" * 400 + b"]" * 400 + b"]}", 400),
        (b"\xff\xfe", 400),
        (b'{"visits": [' + b"9" * 5000 + b"]}", 400),
    ],
)
def test_what_is_no_batch_is_refused_whole(
    phone: Phone, state: Callable[[], Any], body: bytes, status: int
) -> None:
    before = state()
    assert phone.put(body).status_code == status
    assert state() == before


def test_a_batch_that_is_too_large_says_how_to_split_it(phone: Phone) -> None:
    answer = phone.put(batch(tracks=[track(points(5001))]))
    assert (answer.status_code, answer.json()["code"]) == (413, "content-too-large")
    assert "5000" in answer.json()["detail"]
    assert "parts" in answer.json()["detail"]
    assert phone.put(batch(visits=[visit(note="x" * 9_000)] * 230)).status_code == 413
    assert phone.put(b" " * 5_000_000 + b"{}").status_code == 413
    assert phone.put(batch(tracks=[track(points(5000))])).status_code == 200


def test_a_number_that_is_used_again_for_another_point_waits(phone: Phone, state: Callable[[], Any]) -> None:
    name, walk = uuid.uuid4(), points(3)
    phone.put(batch(tracks=[track(walk, name)]))
    moved = {**walk[1], "lon": 131.02}
    answer = phone.put(batch(tracks=[track([walk[0], moved, walk[2]], name)]))
    assert verdicts(answer) == {
        f"{name}/0": ("duplicate", None),
        f"{name}/1": ("quarantined", "number-reused"),
        f"{name}/2": ("duplicate", None),
    }
    assert len(state()["fixes"]) == 3


def test_a_frozen_clock_loses_no_point(phone: Phone, state: Callable[[], Any]) -> None:
    stopped = [{**one, "at": START.isoformat(), "lon": 131.0} for one in points(5)]
    assert phone.put(batch(tracks=[track(stopped)])).json()["counts"]["created"] == 5
    assert [row[3] for row in state()["fixes"]] == [0, 1, 2, 3, 4]


def test_what_retention_dropped_is_still_known(phone: Phone, engine: Engine, county: County) -> None:
    name = uuid.uuid4()
    phone.put(batch(tracks=[track(points(5), name)]))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM fix_block"))
    assert verdicts(phone.put(batch(tracks=[track(points(5), name)]))) == {f"{name}/0-4": ("duplicate", None)}


def test_visits_are_known_by_their_id(phone: Phone) -> None:
    seen = visit(action="repaired", note="new hinge")
    assert verdicts(phone.put(batch(visits=[seen, seen])))[seen["id"]] == ("duplicate", None)
    other = {**seen, "note": "no hinge"}
    assert verdicts(phone.put(batch(visits=[other])))[seen["id"]] == ("quarantined", "content-differs")


def test_what_a_visit_proves(phone: Phone, state: Callable[[], Any]) -> None:
    at = [(START + timedelta(minutes=k)).isoformat() for k in range(4)]
    answer = phone.put(
        batch(
            visits=[
                visit(action="scanned", at=at[0]),
                visit(action="inspected", at=at[1], lon=None, lat=None),
                visit(action="cleaned", at=at[2], note=" "),
                visit(action="cleaned", at=at[3], note="mud", lon=131.3),
            ]
        )
    )
    assert answer.json()["counts"]["created"] == 4
    assert [item.get("distance_m", 0) > 200 for item in answer.json()["items"]] == [False] * 3 + [True]
    assert [row[2] for row in state()["markers"]] == [4, 5, 5, 6]


def test_somebody_elses_id_is_not_told_apart_from_a_taken_one(phone: Phone, client: TestClient) -> None:
    seen, tree = visit(), incident()
    phone.put(batch(visits=[seen], incidents=[tree]))
    other = Phone(client, "phone-2")
    assert set(verdicts(other.put(batch(visits=[seen], incidents=[tree]))).values()) == {
        ("quarantined", "id-taken")
    }


def test_incidents_are_edited_from_the_version_they_had(phone: Phone, client: TestClient) -> None:
    tree = incident()
    phone.put(batch(incidents=[tree]))
    edit = {**tree, "description": "Two trees.", "version": 1}
    answer = phone.put(batch(incidents=[edit]))
    (item,) = answer.json()["items"]
    assert (item["verdict"], item["version"]) == ("created", 2)
    assert verdicts(phone.put(batch(incidents=[edit]))) == {tree["id"]: ("duplicate", None)}
    assert verdicts(phone.put(batch(incidents=[tree]))) == {tree["id"]: ("duplicate", None)}
    late = {**tree, "description": "Three trees.", "version": 1}
    (item,) = phone.put(batch(incidents=[late])).json()["items"]
    assert (item["verdict"], item["reason"]) == ("quarantined", "stale-version")
    assert item["current"]["description"] == "Two trees."
    assert item["version"] == 2
    assert client.get(f"/api/v1/incidents/{item['incident']}").json()["description"] == "Two trees."


def test_edits_that_come_too_early_wait_and_are_done_when_it_is_time(
    phone: Phone, state: Callable[[], Any]
) -> None:
    tree = incident()
    second = {**tree, "description": "2", "version": 1}
    third = {**tree, "description": "3", "version": 2}
    assert verdicts(phone.put(batch(incidents=[third])))[tree["id"]][1] == "incident-unknown"
    assert verdicts(phone.put(batch(incidents=[tree])))[tree["id"]] == ("created", None)
    assert [row[0] for row in state()["waiting"]] == ["incident"]
    assert verdicts(phone.put(batch(incidents=[second])))[tree["id"]] == ("created", None)
    left = state()
    assert [(row[3], row[5]) for row in left["incidents"]] == [("3", 3)]
    assert left["waiting"] == []
    assert verdicts(phone.put(batch(incidents=[third])))[tree["id"]] == ("duplicate", None)


def test_what_waits_opens_the_way_for_what_comes(phone: Phone, state: Callable[[], Any]) -> None:
    tree = incident()
    edits = [{**tree, "description": str(k), "version": k} for k in (1, 2, 3)]
    phone.put(batch(incidents=[edits[1]]))
    found = phone.put(batch(incidents=[edits[2], edits[0], tree])).json()
    assert found["counts"] == {"created": 3, "duplicate": 0, "quarantined": 0}
    assert [(row[3], row[5]) for row in state()["incidents"]] == [("3", 4)]
    assert state()["waiting"] == []


def test_incidents_that_cannot_be_assigned_wait(phone: Phone) -> None:
    outside = incident(lon=10.0, lat=10.0)
    good = incident()
    found = verdicts(phone.put(batch(incidents=[outside, good])))
    assert found[outside["id"]] == ("quarantined", "outside")
    assert found[good["id"]] == ("created", None)


def test_many_visits_are_judged_each_by_itself(phone: Phone, state: Callable[[], Any]) -> None:
    """More than a statement takes: known and unknown markers, impossible times, and one id twice."""
    good = [visit(at=(START + timedelta(seconds=k)).isoformat()) for k in range(120)]
    odd = {
        "marker-unknown": visit("D99"),
        "before-gps": visit(at="0001-01-01T00:00:00+14:00"),
        "in-future": visit(at="9999-12-31T23:59:59-14:00"),
    }
    answer = phone.put(batch(visits=[*good[:60], *odd.values(), *good[60:], good[7]]))
    told = verdicts(answer)
    assert {odd[reason]["id"]: ("quarantined", reason) for reason in odd}.items() <= told.items()
    assert answer.json()["counts"] == {"created": 120, "duplicate": 1, "quarantined": 3}
    left = state()
    assert {str(row[0]) for row in left["visits"]} == {one["id"] for one in good}
    assert len(left["markers"]) == 120
    again = phone.put(batch(visits=good))
    assert again.json()["counts"] == {"created": 0, "duplicate": 120, "quarantined": 0}


@pytest.mark.parametrize(
    ("began", "ended", "outside"),
    [
        (START, None, []),
        (START + timedelta(seconds=360), None, ["0-29"]),
        (START, START + timedelta(seconds=330), ["40-99"]),
        (START + timedelta(seconds=260), START + timedelta(seconds=500), ["0-19", "57-99"]),
        # Nobody ended it: it ended by itself.
        (START - timedelta(hours=12), START + timedelta(hours=9), ["7-99"]),
        (START - timedelta(hours=12), None, ["7-99"]),
        (START - timedelta(hours=11, minutes=40), None, []),
        # Without a beginning there is no shift to be outside of.
        (None, START, []),
        ("yesterday", START, []),
    ],
)
def test_a_track_outside_the_shift_counts_and_is_told_to_be(
    phone: Phone, state: Callable[[], Any], began: Any, ended: Any, outside: list[str]
) -> None:
    name, walk = uuid.uuid4(), points(100)
    said = {
        "started_at": began.isoformat() if isinstance(began, datetime) else began,
        "ended_at": ended and ended.isoformat(),
    }
    answer = phone.put(batch(tracks=[{**track(walk, name), **said}]))
    assert answer.json()["counts"] == {"created": 100, "duplicate": 0, "quarantined": 0}
    told = {item["ref"]: item["outside_shift"] for item in answer.json()["items"] if "outside_shift" in item}
    lengths = {run: int(run.split("-")[1]) - int(run.split("-")[0]) + 1 for run in outside}
    assert told == {f"{name}/{run}": length for run, length in lengths.items()}
    left = state()
    assert [row[3] for row in left["fixes"]] == list(range(100)), "nothing is lost"
    assert left["lines"], "the walk is in the ledger"
    assert left["waiting"] == []
