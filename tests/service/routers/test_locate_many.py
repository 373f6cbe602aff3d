"""Locate over HTTP, many points: columns and tables, each point as it is answered alone."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pytest

from tests.fixtures.client import TestClient
from tests.fixtures.county import SOUTH, WEST, centre

PATH = "/api/v1/locate"
NORTH = SOUTH + 0.04

LON, LAT = zip(*(centre(column, row) for column in range(6) for row in range(4)), strict=True)
CODES = [f"G{column}{row}" for column in range(6) for row in range(4)]
CODES[8], CODES[12] = "G30", "G20"


def test_json_columns(client: TestClient) -> None:
    answer = client.post(PATH, json={"lon": [*LON, 0.0, LON[4]], "lat": [*LAT, 0.0, SOUTH - 0.0003]})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["unit"] == [*CODES, None, "G10"]
    assert body["levels"]["township"] == ["T0"] * 12 + ["T1"] * 12 + [None, "T0"]
    assert body["rule"] == ["grid"] * 24 + ["outside", "snapped"]
    assert body["outside_m"][:25] == [None] * 25
    assert body["outside_m"][25] == pytest.approx(33.3, abs=0.2)
    assert body["near_boundary"] == [False] * 24 + [None, False]
    assert body["candidates"] == [[]] * 24 + [None, []]


def around_edges(rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Return points within some 40 m of the lines of the county's grids, on them, and just outside."""
    column, row = rng.uniform(0, 6, count), rng.uniform(0, 4, count)
    on_column = rng.random(count) < 0.5
    column, row = np.where(on_column, np.rint(column), column), np.where(on_column, row, np.rint(row))
    off = rng.choice([0.0, 1e-7, 1.35e-4, 2e-4, 4e-4], (2, count)) * rng.choice([-1, 1], (2, count))
    return WEST + column * 0.01 + off[0], SOUTH + row * 0.01 + off[1]


def test_many_agree_with_one(client: TestClient) -> None:
    rng = np.random.default_rng(7)
    lon, lat = around_edges(rng, 1_800)
    lon = np.append(lon, rng.uniform(WEST - 0.001, WEST + 0.061, 300))
    lat = np.append(lat, rng.uniform(SOUTH - 0.001, NORTH + 0.001, 300))
    for accuracy in (None, 3):
        parameters = {} if accuracy is None else {"accuracy_m": accuracy}
        answer = client.post(PATH, params=parameters, json={"lon": lon.tolist(), "lat": lat.tolist()})
        body = answer.json()
        for row in range(len(lon)) if accuracy is None else range(0, len(lon), 10):
            alone = client.get(PATH, params={"lon": lon[row], "lat": lat[row], **parameters})
            said = {name: body[name][row] for name in ("unit", "rule", "near_boundary", "candidates")}
            if alone.status_code != 200:
                assert said == {"unit": None, "rule": "outside", "near_boundary": None, "candidates": None}
                continue
            expected = alone.json()
            assert said == {
                "unit": expected["chain"][0]["code"],
                "rule": expected["rule"],
                "near_boundary": expected["near_boundary"],
                "candidates": [one["code"] for one in expected["candidates"]],
            }
        rules = np.array(body["rule"])
        near = np.array(body["near_boundary"], dtype=object)
        for rule in ("grid", "snapped"):
            assert {True, False} <= set(near[rules == rule].tolist()) or accuracy == 3
        assert "outside" in rules


NEAR = (WEST + 0.01 + 1e-4, centre(0, 1)[1])  # 7.7 m east of an edge


def test_each_point_may_have_its_own_accuracy(client: TestClient) -> None:
    lon, lat = [NEAR[0]] * 4 + [0.0], [NEAR[1]] * 4 + [0.0]
    body = client.post(PATH, json={"lon": lon, "lat": lat, "accuracy_m": [5, 8.0, None, 0, 30]}).json()
    assert body["near_boundary"] == [False, True, True, False, None]
    assert body["candidates"] == [[], ["G11", "G01"], ["G11", "G01"], [], None]
    body = client.post(
        PATH, params={"accuracy_m": 5}, json={"lon": lon, "lat": lat, "accuracy_m": [None, 8, 5, 5, 5]}
    ).json()
    assert body["near_boundary"] == [False, True, False, False, None]


@pytest.mark.parametrize(
    ("accuracy", "where"),
    [
        ([5], {"pointer": "/accuracy_m"}),
        (5, {"pointer": "/accuracy_m"}),
        (["5", 5], {"pointer": "/accuracy_m"}),
        ([5, -1], {"pointer": "/accuracy_m/1"}),
        ([10_001, 5], {"pointer": "/accuracy_m/0"}),
    ],
)
def test_bad_accuracies(client: TestClient, accuracy: Any, where: Any) -> None:
    body = {"lon": [NEAR[0]] * 2, "lat": [NEAR[1]] * 2, "accuracy_m": accuracy}
    assert problem_of(client.post(PATH, json=body), 422)["where"] == where


def test_candidates_in_tables(client: TestClient) -> None:
    lon, lat = NEAR
    data = f"lon,lat,m\n{lon},{lat},\n{lon},{lat},5\n{lon},{lat}, 8 \n0,0,8\n".encode()
    rows = send(client, data, "text/csv", accuracy_column="m").content.decode().splitlines()
    assert rows[0].endswith(",outside_m,near_boundary,candidates")
    assert [row.partition("grid,,")[2] for row in rows[1:4]] == ["true,G11;G01", "false,", "true,G11;G01"]
    assert rows[4].endswith(",outside,,,")
    assert send(client, data, "text/csv", accuracy_m="5").content.count(b"G11;G01") == 0
    semicolons = send(client, data.replace(b",", b";"), "text/csv").content.decode().splitlines()
    assert semicolons[1].endswith(';"G11;G01"')
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table({"lon": [lon] * 3, "lat": [lat] * 3, "m": [5.0, None, np.nan]}), sink)
    answer = send(client, sink.getvalue(), "application/vnd.apache.parquet", accuracy_column="m")
    back = pa.parquet.read_table(io.BytesIO(answer.content)).to_pydict()
    assert back["candidates"] == [[], ["G11", "G01"], ["G11", "G01"]]
    assert back["near_boundary"] == [False, True, True]


@pytest.mark.parametrize("value", ["x", "-1", "10001", "nan", "1_0"])
def test_bad_accuracies_in_tables(client: TestClient, value: str) -> None:
    data = f"lon,lat,m\n131.005,46.005,3\n131.005,46.005,{value}\n".encode()
    body = problem_of(send(client, data, "text/csv", accuracy_column="m"), 422)
    assert body["where"] == {"row": 2, "column": "m"}
    body = problem_of(send(client, data, "text/csv", accuracy_column="n"), 422)
    assert body["where"] == {"column": "n"}


def send(client: TestClient, data: bytes, kind: str, **parameters: str) -> Any:
    return client.post(PATH, content=data, params=parameters, headers={"Content-Type": kind})


def test_csv_keeps_its_columns_as_they_were(client: TestClient) -> None:
    data = b'id,Lon,Lat,note\r\n007,131.005,46.005,"a, b"\r\n8,0,0,=1+1\r\n'
    answer = send(client, data, "text/csv; charset=utf-8")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    table = pa.csv.read_csv(
        io.BytesIO(answer.content), convert_options=pa.csv.ConvertOptions(column_types={"id": pa.string()})
    ).to_pydict()
    assert table["id"] == ["007", "8"]
    assert table["note"] == ["a, b", "=1+1"]
    assert table["unit"] == ["G00", ""]
    assert table["village"] == ["V00", ""]
    assert table["rule"] == ["grid", "outside"]


def test_csv_with_semicolons_and_named_columns(client: TestClient) -> None:
    answer = send(
        client, b"name;east;north\nx;131.005;46.005\n", "text/csv", lon_column="east", lat_column="north"
    )
    assert answer.content.decode().splitlines()[1].split(";")[3] == "G00"


def test_arrow_and_parquet(client: TestClient) -> None:
    table = pa.table({"lon": LON, "lat": LAT, "n": range(24)})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    answer = send(client, sink.getvalue(), "application/vnd.apache.arrow.stream")
    assert answer.status_code == 200, answer.text
    with pa.ipc.open_stream(answer.content) as stream:
        assert stream.read_all().to_pydict()["unit"] == CODES
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink)
    answer = send(client, sink.getvalue(), "application/vnd.apache.parquet")
    back = pa.parquet.read_table(io.BytesIO(answer.content)).to_pydict()
    assert back["grid"] == CODES
    assert back["n"] == list(range(24))


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    return body


def test_bad_rows_are_named_and_nothing_is_done(client: TestClient) -> None:
    data = b"lon,lat\n131.005,46.005\nabc,46\n,46\n131,95\n"
    body = problem_of(send(client, data, "text/csv"), 422)
    assert body["code"] == "rows-invalid"
    assert body["where"] == {"row": 2, "column": "lon"}
    assert [(one["row"], one["column"]) for one in body["rows"]] == [(2, "lon"), (3, "lon"), (4, "lat")]
    body = problem_of(client.post(PATH, json={"lon": [131.0, 200.0], "lat": [46.0, 46.0]}), 422)
    assert body["where"] == {"pointer": "/lon/1"}


@pytest.mark.parametrize(
    ("data", "status", "where"),
    [
        (b'{"lon": [1], "lat": [1, 2]}', 422, {"pointer": "/lat"}),
        (b'{"lon": [1, null], "lat": [1, 2]}', 422, {"pointer": "/lon/1"}),
        (b'{"lon": [1, true], "lat": [1, 2]}', 422, {"pointer": "/lon/1"}),
        (b'{"lon": ["1"], "lat": [1]}', 422, {"pointer": "/lon/0"}),
        (b'{"lon": 1, "lat": [1]}', 422, {"pointer": "/lon"}),
        (b'{"lon": [1]}', 422, {"pointer": ""}),
        (b'{"lon": [1], "lat": [1], "z": [1]}', 422, {"pointer": ""}),
        (b'{"lon": [1], "lon": [2], "lat": [1]}', 400, {"name": "lon"}),
        (b'{"lon": [1], "lat": [2], "lat": [1]}', 400, {"name": "lat"}),
        (b'{"lon": [NaN], "lat": [1]}', 400, {"line": 1, "column": 10}),
        (b"[" * 200_000, 400, None),
        (b'{"lon": [1e999], "lat": [1]}', None, None),
        (b'{"lon": [' + b"9" * 5000 + b'], "lat": [1]}', None, None),
        (b"\xff\xfe", 400, None),
        (b"", 400, None),
    ],
)
def test_bad_json_columns(client: TestClient, data: bytes, status: int | None, where: Any) -> None:
    answer = send(client, data, "application/json")
    body = problem_of(answer, status or answer.status_code)
    assert answer.status_code in (400, 422)
    if where is not None:
        assert body["where"] == where


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"lon,lat\n1,2\n", "text/plain", 415),
        (b"lon,lat\n1,2\n", "", 415),
        (b"", "text/csv", 422),
        (b"lon,lat\n", "text/csv", 422),
        (b"a,b\n1,2\n", "text/csv", 422),
        (b"lon,lat,lon\n1,2,3\n", "text/csv", 422),
        (b"lon,lat\n1,2\n1,2,3\n", "text/csv", 400),
        (b"lon,lat,n\n1,2,\xb5\xb5\n", "text/csv", 400),
        (b"nonsense", "application/vnd.apache.arrow.stream", 400),
        (b"PAR1nonsensePAR1", "application/vnd.apache.parquet", 400),
        (b"", "application/vnd.apache.parquet", 400),
    ],
)
def test_bad_tables(client: TestClient, data: bytes, kind: str, status: int) -> None:
    problem_of(send(client, data, kind), status)
