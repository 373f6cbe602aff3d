"""The benchmarks run small: their comparison is right and finds what is wrong. Nothing here is timed."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from geo.lattice import to_lonlat
from geo.locate import LocateIndex
from tests.benchmarks import __main__ as door
from tests.benchmarks import locate
from tests.benchmarks.answers import agree, exact_pairs
from tests.benchmarks.ground import Ground, prepare
from tests.benchmarks.load import LoadFailed, load
from tests.benchmarks.peer_environment import PeerFailed, run_peer
from tests.benchmarks.report import OURS, Report, Row


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare(60, 3_000, tmp_path_factory.mktemp("bench"))


def test_ours_alone_agrees_with_exact_predicates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate.run, "__kwdefaults__", {**(locate.run.__kwdefaults__ or {}), "keep": tmp_path})
    file = tmp_path / "result.json"
    assert door.main(["locate", "--small", "--no-peers", "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert list(told) == ["job", "size", "cores", "versions", "rows", "ratio", "answers_equal"]
    assert told["job"] == "locate"
    assert told["answers_equal"] is True
    assert told["ratio"] is None
    assert [list(row) for row in told["rows"]] == [["who", "value", "unit", "runs"]] * 2
    assert told["rows"][0]["who"] == OURS
    assert told["rows"][0]["value"] == pytest.approx(np.median(told["rows"][0]["runs"]))


@pytest.mark.parametrize("module", ["locate_shapely", "locate_shapely_prepared"])
def test_a_peer_that_is_in_our_environment_gives_the_same_answers(ground: Ground, module: str) -> None:
    found = run_peer(module, ground.folder, 2, python=Path(sys.executable))
    assert len(found.seconds) == 2
    assert set(found.versions) == {"shapely", "numpy"}
    lonlat = to_lonlat(ground.points)
    owners = LocateIndex.build(ground.units).locate(lonlat[:, 0], lonlat[:, 1])
    agreement = agree(owners, found.pairs, ground.units, ground.points)
    assert agreement.wrong == 0
    assert agreement.same > 2_900


def test_a_peer_that_fails_is_named_with_its_last_words(ground: Ground) -> None:
    with pytest.raises(PeerFailed, match="no_such_peer"):
        run_peer("no_such_peer", ground.folder, 1, python=Path(sys.executable))


def test_a_wrong_owner_is_found(ground: Ground) -> None:
    pairs = exact_pairs(ground.units, ground.points)
    several = np.bincount(pairs[0], minlength=len(ground.points)) > 1
    owners = np.full(len(ground.points), -1, np.int32)
    owners[pairs[0]] = pairs[1]
    assert agree(owners, pairs, ground.units, ground.points).wrong == 0
    assert agree(owners, pairs, ground.units, ground.points).among == several.sum() > 0
    inside = np.flatnonzero(~several)[:3]
    for wrong in (-1, (int(owners[inside[0]]) + 1) % len(ground.units)):
        spoilt = owners.copy()
        spoilt[inside] = wrong
        assert agree(spoilt, pairs, ground.units, ground.points).wrong >= 1
    # A peer that knows no unit for a point on an edge, as floating point goes, is neither right nor wrong.
    on_edge = int(np.flatnonzero(several)[0])
    without = pairs[:, pairs[0] != on_edge]
    found = agree(owners, without, ground.units, ground.points)
    assert (found.on_edges, found.wrong) == (1, 0)


def test_a_report_compares_with_the_best_peer() -> None:
    rows = [
        Row(OURS, "x/s", (10.0, 30.0, 20.0)),
        Row("with a handicap", "x/s", (100.0,), competes=False),
        Row("slow", "x/s", (1.0,)),
        Row("quick", "x/s", (5.0, 4.0, 3.0)),
        Row("absent", "x/s", (), note="unavailable: not here"),
    ]
    told = Report("job", "size", {}, rows, answers_equal=True).as_json()
    assert told["ratio"] == 5.0
    assert told["rows"][-1] == {
        "who": "absent (unavailable: not here)",
        "value": None,
        "unit": "x/s",
        "runs": [],
    }


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that answers the path it was asked for in two pieces, and /bad with 500."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ")[1]
                status = b"500 No" if path == b"/bad" else b"200 OK"
                writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(path) + path[:3])
                await asyncio.sleep(0.001)
                writer.write(path[3:])
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    started = threading.Event()
    stop: list[Callable[[], object]] = []
    ports: list[int] = []

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        async with server:
            await ended.wait()

    # asyncio.run ends the connections' tasks and closes the loop.
    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    started.wait(10)
    yield ports[0]
    stop[0]()
    thread.join(10)


def test_the_load_generator_asks_everything_once_and_keeps_the_order(echo_port: int) -> None:
    targets = [f"/point/{number}" for number in range(57)]
    for rate in (None, 2_000.0):
        found = load(echo_port, targets, connections=4, rate=rate)
        assert found.bodies == [target.encode() for target in targets]
        assert (found.latencies_ms > 0).all()
        assert found.percentile(50) <= found.percentile(99)


def test_an_answer_other_than_200_ends_a_load(echo_port: int) -> None:
    with pytest.raises(LoadFailed, match="500 No"):
        load(echo_port, ["/good", "/bad", "/good"], connections=2)


def test_a_wrong_name_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        door.main(["nonsense"])
    assert end.value.code == 2
    assert "locate-http" in capsys.readouterr().err
