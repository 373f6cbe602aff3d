"""Tracks as they should not be: every fix is stored, known already or in quarantine with its reason."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.track import Verdict
from layers.ids import new_id
from layers.stores import Stores
from service.errors import MalformedBody
from service.readers.track_file import TrackRefused
from service.readers.tracks import format_of, read
from service.use_cases.tracks import Delivery, Receipt, seen_from, upload
from tests.fixtures.client import TestClient
from tests.fixtures.county import SOUTH, WEST
from tests.fixtures.walks import START, Receiver, along, gpx, line

DISTRICT = "152921"
LINE = line((0.0, 0.0), (4_000.0, 0.0))
NOW = datetime.fromtimestamp(START, UTC) + timedelta(days=15)


@pytest.fixture
def stores(session: Session) -> Stores:
    stores = Stores(session, DISTRICT)
    stores.districts.create("试验旗", timezone="Asia/Shanghai")
    return stores


def send(
    stores: Stores, content: bytes, device: str = "d", zone: str | None = None, salvage: bool = False
) -> Receipt:
    """Store a file and hold that nothing of it was lost."""
    file = read(content, format_of("", "", content), filename="walk", zone=zone, salvage=salvage)
    receipt = upload(stores, Delivery.of(device, "walk", content, NOW), seen_from(stores, file, NOW))
    patrol = receipt.patrols[0].id
    waiting = stores.patrols.quarantined(patrol)
    assert receipt.counts.created + receipt.counts.duplicate + len(receipt.reasons) == len(file)
    assert [one.seq for one in waiting] == sorted(receipt.reasons)
    assert all(one.raw["row"] for one in waiting)
    return receipt


def table(rows: list[str], head: str = "time,lon,lat") -> bytes:
    return "\n".join([head, *rows]).encode()


def row(second: float, lon: float = 115.0) -> str:
    return f"{START + second:.3f},{lon},47"


def fixes(session: Session, device: str) -> list[tuple[object, ...]]:
    rows = session.execute(
        text("SELECT at, lon_e7, lat_e7 FROM fix WHERE device = :device ORDER BY 1, 2, 3"), {"device": device}
    )
    return [tuple(one) for one in rows]


def test_a_track_without_times_is_refused_with_its_reason(stores: Stores) -> None:
    content = gpx(along(LINE, 0.0, 100.0)).replace(b"time>", b"other>")
    with pytest.raises(TrackRefused, match="has a time"):
        send(stores, content)


@pytest.mark.parametrize(
    ("cells", "mend"),
    [("0,0,5", "had no position yet"), ("115,47,5x", "Write numbers plainly"), ("115,95,5", "degrees")],
)
def test_each_refusal_says_how_to_mend_it(stores: Stores, cells: str, mend: str) -> None:
    with pytest.raises(TrackRefused, match=mend):
        send(stores, table([f"{START + k},{cells}" for k in range(3)], "time,lon,lat,accuracy"))


def test_a_track_with_some_times_keeps_the_others_apart(stores: Stores) -> None:
    receipt = send(stores, table([row(0), ",115,47", row(2)]))
    assert receipt.reasons == {1: "no-time"}


def test_mixed_time_zones_are_instants_and_none_is_guessed(stores: Stores) -> None:
    rows = ["2025-06-16T08:00:00Z,115,47", "2025-06-16T16:00:01+08:00,115,47", "2025-06-16 08:00:02,115,47"]
    receipt = send(stores, table(rows))
    assert receipt.reasons == {2: "time-without-zone"}
    assert np.diff(receipt.track.fixes.t).tolist() == [1.0]


def test_time_that_goes_backwards_is_put_in_order(stores: Stores) -> None:
    receipt = send(stores, table([row(k) for k in (5, 4, 3, 9, 1)]))
    assert receipt.counts.created == 5
    assert np.diff(receipt.track.fixes.t).min() > 0


def test_half_a_gpx_is_refused_or_salvaged_to_its_last_whole_fix(stores: Stores) -> None:
    content = gpx(along(LINE, 0.0, 200.0))
    half = content[: len(content) // 2]
    with pytest.raises(MalformedBody, match="breaks off"):
        send(stores, half)
    receipt = send(stores, half, salvage=True)
    assert receipt.counts.created == half.count(b"</trkpt>")


def test_fixes_with_an_altitude_alone_have_no_place(stores: Stores) -> None:
    nowhere = b"<trkpt><ele>700</ele><time>2025-06-15T08:00:00Z</time></trkpt>"
    content = gpx(along(LINE, 0.0, 50.0)).replace(b"<trkseg>", b"<trkseg>" + nowhere, 1)
    assert set(send(stores, content).reasons.values()) == {"no-position"}
    with pytest.raises(TrackRefused):
        send(stores, b"<gpx><trk><trkseg>" + nowhere + b"</trkseg></trk></gpx>")


def test_two_million_points_are_refused_over_http_with_the_way_out(client: TestClient) -> None:
    body = b"<gpx><trk><trkseg>" + b"<trkpt/>" * 2_000_000
    answer = client.post(
        "/api/v1/tracks",
        params={"device": "d"},
        content=body,
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert answer.status_code == 413
    assert "--parts" in answer.json()["detail"]
    answer = client.post("/api/v1/tracks", params={"device": "d"}, content=4 * body[:9_000_000])
    assert answer.status_code == 413
    assert "--parts" in answer.json()["detail"]


def test_a_track_of_another_county_is_stored_and_said_to_be(client: TestClient) -> None:
    def notes(lon: float, lat: float, t: int) -> list[str]:
        answer = client.post(
            "/api/v1/tracks",
            params={"device": "d"},
            content=f"t,lon,lat\n{t},{lon},{lat}\n".encode(),
            headers={"Content-Type": "text/csv", "Accept-Language": "en"},
        )
        assert answer.status_code == 201
        assert answer.json()["fixes"]["stored"] == 1
        return list(answer.json()["notes"])

    assert notes(WEST, SOUTH, 1_750_000_000) == []
    assert "No fix lies in the district" in notes(14.5, 46.1, 1_750_000_001)[0]


def test_a_worn_out_counter_of_weeks_is_told_and_set_right_on_word(client: TestClient) -> None:
    """Dates 1,024 weeks back wait until somebody says whether the clock or the date is right."""
    now = datetime.now(UTC) - timedelta(days=3)
    times = [now - timedelta(weeks=1024) + timedelta(seconds=k) for k in (1, 2, 3)]
    content = table([f"{one.isoformat()},118.5,46.4" for one in (*times, now)])

    def said(**query: str) -> tuple[dict[str, int], list[str]]:
        params = {"device": "old", **query}
        answer = client.post("/api/v1/tracks", params=params, content=content).json()
        return answer["fixes"], [one["reason"] for one in answer["quarantined_rows"]]

    counts, reasons = said()
    assert (counts["stored"], counts["quarantined"], reasons) == (1, 3, ["week-rollover"])
    counts, reasons = said(clock_behind="1024w")
    assert (counts["stored"], counts["quarantined"], reasons) == (3, 1, ["in-future"])
    counts, reasons = said(clock_behind="0")
    assert (counts["duplicate"], counts["stored"] + counts["not_kept"], reasons) == (1, 3, [])
    alone = table([f"{times[0].isoformat()},118.5,46.4"])
    answer = client.post("/api/v1/tracks", params={"device": "old"}, content=alone)
    assert answer.status_code == 422
    assert "clock_behind=1024w" in answer.json()["detail"]


def test_a_table_of_several_devices_is_refused_over_http(client: TestClient) -> None:
    answer = client.post(
        "/api/v1/tracks",
        params={"device": "d"},
        content=b"t,lon,lat,device\n1750000000,115,47,A\n1750000001,115,47,B\n",
        headers={"Content-Type": "text/csv", "Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert "A, B" in answer.json()["detail"]


def test_repeated_times_jumps_and_gaps_of_a_real_log(stores: Stores) -> None:
    """Two of three times come twice or more, some fixes jump at 1,100 km/h, a third of the way is silent."""
    walked = along(LINE, 0.0, 3_000.0, Receiver(4.0, 30.0, 1), interval=2.0)
    lon, t = walked.lon.copy(), walked.t.copy()
    lon[50::97] += 0.008
    kept = np.flatnonzero((np.arange(len(t)) < 400) | (np.arange(len(t)) > 800))
    rows = []
    for k in kept.tolist():
        again = 3 if k % 3 else 1
        rows += [f"{t[k]:.0f},{lon[k]:.7f},{walked.lat[k]:.7f}"] * again
    receipt = send(stores, table(rows))
    verdicts = Counter(receipt.track.verdict.tolist())
    assert receipt.counts.created == len(kept)
    assert receipt.counts.duplicate == len(rows) - len(kept)
    assert verdicts[Verdict.DUPLICATE] == len(rows) - len(kept)
    assert verdicts[Verdict.SPIKE] >= 5
    assert receipt.track.pieces >= 2


FIXES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 3)).map(lambda one: row(one[0], 115.0 + one[1] / 1e4)),
    min_size=1,
    max_size=24,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(rows=FIXES, cuts=st.lists(st.integers(0, 24), max_size=3), random=st.randoms())
def test_any_splitting_and_order_stores_the_same_fixes(
    session: Session, stores: Stores, rows: list[str], cuts: list[int], random: object
) -> None:
    whole, split = f"w{new_id()}", f"s{new_id()}"
    send(stores, table(rows), whole)
    edges = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    parts = [rows[a:b] for a, b in itertools.pairwise(edges)] + [rows[: len(rows) // 2 + 1]]
    random.shuffle(parts)  # type: ignore[attr-defined]
    for part in parts:
        random.shuffle(part)  # type: ignore[attr-defined]
        send(stores, table(part), split)
    assert fixes(session, split) == fixes(session, whole)


def answered(client: TestClient, content: bytes, kind: str = "application/gpx+xml") -> tuple[int, str, str]:
    """Upload a track; return the status, the code where it is refused, and everything that is said."""
    headers = {"Content-Type": kind, "Accept-Language": "en"}
    answer = client.post("/api/v1/tracks", params={"device": "d"}, content=content, headers=headers)
    return answer.status_code, answer.json().get("code", ""), answer.text


def test_a_track_without_times_is_refused_over_http(client: TestClient) -> None:
    status, _, said = answered(client, gpx(along(LINE, 0.0, 100.0)).replace(b"time>", b"other>"))
    assert (status, "has a time" in said) == (422, True)


def test_half_a_gpx_is_refused_over_http(client: TestClient) -> None:
    whole = gpx(along(LINE, 0.0, 100.0))
    status, code, said = answered(client, whole[: len(whole) // 2])
    assert (status in (400, 422), bool(code), "mend" in said or "detail" in said) == (True, True, True)


def test_an_altitude_alone_is_no_place_over_http(client: TestClient) -> None:
    nowhere = b"<trkpt><ele>700</ele><time>2025-06-15T08:00:00Z</time></trkpt>"
    content = gpx(along(LINE, 0.0, 50.0)).replace(b"<trkseg>", b"<trkseg>" + nowhere, 1)
    status, _, said = answered(client, content)
    assert (status, "no-position" in said) == (201, True)


def test_time_that_goes_backwards_and_mixed_zones_are_stored_over_http(client: TestClient) -> None:
    rows = [
        f"2025-06-15T08:00:{k:02d}{zone},131,46"
        for k, zone in ((9, "+08:00"), (3, "+08:00"), (5, "Z"), (1, "+09:00"))
    ]
    status, _, said = answered(client, table(rows), "text/csv")
    assert (status, '"stored":4' in said.replace(" ", "")) == (201, True)
