"""A service that finds no compiled code says so within seconds, and answers once it has compiled."""

import sys
import time
from pathlib import Path

import httpx
from sqlalchemy import Engine

from service.access.credentials import PLAIN_COOKIE
from tests.benchmarks.servers import free_port, served
from tests.fixtures.accounts import open_session
from tests.fixtures.plans import Office

WAIT_S = 600.0


def test_proposals_are_503_until_the_search_is_compiled(
    office: Office, engine: Engine, tmp_path: Path
) -> None:
    plan = office.planner.begin()
    port = free_port()
    variables = {
        "NUMBA_CACHE_DIR": str(tmp_path / "empty"),
        "WARDLINE_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "WARDLINE_HOME": str(tmp_path / "home"),
        "WARDLINE_WORKERS": "1",
    }
    command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
    address = f"http://127.0.0.1:{port}"
    cookies = {PLAIN_COOKIE: open_session(engine, office.planner.person)}
    headers = {"Origin": address, "Accept-Language": "en"}
    with (
        served(command, port, "/healthz", variables),
        httpx.Client(base_url=address, cookies=cookies, headers=headers, timeout=120) as client,
    ):
        path = f"/api/v1/plans/{plan['id']}/balance"
        first = client.post(path, json={})
        assert first.status_code == 503, first.text
        assert first.json()["code"] == "being-compiled"
        assert "Try again in a few seconds" in first.text
        assert int(first.headers["Retry-After"]) > 0
        # What needs no compiled search is answered meanwhile.
        assert client.get(f"/api/v1/plans/{plan['id']}").status_code == 200
        give_up, last = time.monotonic() + WAIT_S, first
        while last.status_code == 503 and time.monotonic() < give_up:
            assert last.json()["code"] == "being-compiled"
            time.sleep(int(last.headers["Retry-After"]))
            last = client.post(path, json={})
        assert last.status_code == 200, last.text
        assert last.json()["proposals"]
