"""Tracks over HTTP: forms and bodies, verdicts, repeats, and refusals that leave nothing behind."""

import json
from typing import Any

import numpy as np
import pytest

from geo.linear import MeasuredLine
from tests.fixtures.client import TestClient
from tests.fixtures.county import COLUMNS, ROWS, SIDE, SOUTH, WEST, County
from tests.fixtures.walks import Receiver, along, gpx

BORDER = MeasuredLine.from_lonlat(
    [(WEST, round(SOUTH + ROWS * SIDE, 7)), (round(WEST + COLUMNS * SIDE, 7), round(SOUTH + ROWS * SIDE, 7))]
)
WALK = gpx(along(BORDER, 500.0, 2_500.0, Receiver(3.0, 30.0), interval=2.0))
JUNE = {"from": "2025-06-01", "to": "2025-07-01"}


def post(client: TestClient, content: bytes, kind: str = "application/gpx+xml", **query: Any) -> Any:
    return client.post(
        "/api/v1/tracks", params={"device": "d1", **query}, content=content, headers={"Content-Type": kind}
    )


def covered(client: TestClient) -> float:
    return float(client.get("/api/v1/coverage/segments/B1", params=JUNE).json()["covered_m"])


def test_a_form_with_a_file(client: TestClient) -> None:
    reply = client.post(
        "/api/v1/tracks",
        params={"device": "d1", "person": "王", "mode": "foot", "name": "早班"},
        files={"file": ("walk.gpx", WALK, "application/octet-stream")},
    )
    assert reply.status_code == 201
    body = reply.json()
    assert body["file"] == "walk.gpx"
    assert body["format"] == "gpx"
    assert body["patrols"][0]["person"] == "王"
    assert body["patrols"][0]["name"] == "早班"
    assert body["verdicts"] == {"accepted": body["fixes"]["received"]}
    assert body["coverage"][0]["segment"] == "B1"
    assert covered(client) == pytest.approx(2_000.0, abs=20.0)


def test_the_same_content_again_is_answered_with_the_same_patrol(client: TestClient) -> None:
    first, again = post(client, WALK), post(client, WALK)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["repeated"]
    assert again.json()["patrol"] == first.json()["patrol"]
    assert covered(client) == pytest.approx(2_000.0, abs=20.0)


def test_an_idempotency_key_repeats_the_very_answer(client: TestClient) -> None:
    query = {"params": {"device": "d1"}, "content": WALK}
    headers = {"Content-Type": "application/gpx+xml", "Idempotency-Key": "k1"}
    first = client.post("/api/v1/tracks", **query, headers=headers)
    again = client.post("/api/v1/tracks", **query, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.json()) == (first.status_code, first.json())


def test_geojson_and_csv(client: TestClient, county: County) -> None:
    fixes = along(BORDER, 500.0, 2_500.0, interval=5.0)
    times = [f"{t}Z" for t in np.datetime_as_string((fixes.t * 1e3).astype("datetime64[ms]"))]
    lonlat = np.stack([fixes.lon, fixes.lat], axis=1).tolist()
    feature = {
        "type": "Feature",
        "properties": {"coordTimes": times},
        "geometry": {"type": "LineString", "coordinates": lonlat},
    }
    reply = post(client, json.dumps(feature).encode(), "application/geo+json", device="g")
    assert reply.status_code == 201, reply.text
    table = "time,lon,lat\n" + "".join(
        f"{t},{lon},{lat}\n" for t, (lon, lat) in zip(times, lonlat, strict=True)
    )
    reply = post(client, table.encode(), "text/csv; charset=utf-8", device="c")
    assert reply.status_code == 201, reply.text
    assert covered(client) == pytest.approx(2_000.0, abs=5.0)


@pytest.mark.parametrize(
    ("content", "kind", "query", "status", "code"),
    [
        (b"", "application/gpx+xml", {}, 422, "input-invalid"),
        (WALK[: len(WALK) // 2], "application/gpx+xml", {}, 400, "body-malformed"),
        (WALK.replace(b"2025-", b"1901-"), "application/gpx+xml", {}, 422, "track-refused"),
        (WALK.replace(b"time>", b"other>"), "application/gpx+xml", {}, 422, "track-refused"),
        (b"\x0e\x10.FIT", "application/octet-stream", {}, 415, "format-unsupported"),
        (WALK, "application/gpx+xml", {"mode": "swim"}, 422, "input-invalid"),
        (WALK, "application/gpx+xml", {"device": ""}, 422, "input-invalid"),
        (WALK, "application/gpx+xml", {"device": "  "}, 422, "input-invalid"),
        (WALK, "application/gpx+xml", {"timezone": "Mars/Olympus"}, 422, "input-invalid"),
        (WALK, "application/gpx+xml", {"colour": "red"}, 422, "parameter-unknown"),
        (
            b'{"type":"LineString","coordinates":[[1e999,0]]}',
            "application/geo+json",
            {},
            422,
            "input-invalid",
        ),
        (b"time,lon,lat\n2025-06-15 08:00:00,115,47\n", "text/csv", {}, 422, "track-refused"),
    ],
)
def test_refusals_leave_nothing_behind(
    client: TestClient, content: bytes, kind: str, query: dict[str, str], status: int, code: str
) -> None:
    reply = post(client, content, kind, **query)
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["code"] == code
    assert body["detail"]
    assert covered(client) == 0.0
    assert post(client, WALK).status_code == 201


def test_a_form_without_its_part_is_refused(client: TestClient) -> None:
    reply = client.post("/api/v1/tracks", params={"device": "d"}, files={"track": ("a.gpx", WALK)})
    assert reply.status_code == 400
    assert reply.json()["where"] == {"part": "file"}
    reply = client.post(
        "/api/v1/tracks",
        params={"device": "d"},
        content=b"--x",
        headers={"Content-Type": "multipart/form-data"},
    )
    assert reply.status_code == 400


def test_half_a_file_can_be_salvaged(client: TestClient) -> None:
    reply = post(client, WALK[: len(WALK) // 2], salvage="true")
    assert reply.status_code == 201
    assert "cut off" in reply.json()["notes"][0]
    assert covered(client) == pytest.approx(1_000.0, abs=30.0)


def test_refusals_are_told_in_chinese_too(client: TestClient) -> None:
    content = WALK.replace(b"time>", b"other>")
    headers = {"Content-Type": "application/gpx+xml", "Accept-Language": "zh"}
    reply = client.post("/api/v1/tracks", params={"device": "d"}, content=content, headers=headers)
    assert "没有时间" in reply.json()["detail"]
