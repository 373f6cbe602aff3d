"""``backup``, ``restore`` and ``doctor``, on a private cluster and on a foreign server."""

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from layers.audit import central
from layers.audit_chain import verify
from service.cli.main import main
from service.cluster import Cluster, databases
from service.cluster.errors import InstantUnreachable
from service.cluster.instants import read_instant
from service.database import migrate
from tests.fixtures.clusters import QUICK
from tests.fixtures.county import County, publish

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with ``--json``; return the exit code and the report, or the refusal."""
    monkeypatch.setenv("WARDLINE_HOME", str(home))

    def command(*arguments: object) -> tuple[int, dict[str, Any]]:
        with pytest.raises(SystemExit) as caught:
            main([*map(str, arguments), "--json"])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), json.loads(out or err)

    return command


@pytest.fixture
def served(home: Path) -> Iterator[Cluster]:
    """A private cluster with the county, in use as by a service."""
    with Cluster(home, overrides=QUICK | {"archive_mode": "on"}).use() as cluster:
        cluster.ensure_database("wardline")
        engine = create_engine(cluster.admin_url("wardline"))
        migrate(engine)
        with Session(engine) as session:
            publish(session)
            session.commit()
        engine.dispose()
        yield cluster


def test_backed_up_while_it_serves_and_restored_beside(run: Run, served: Cluster, home: Path) -> None:
    code, warned = run("doctor")
    assert code == 0
    assert {one["check"] for one in warned["findings"] if one["state"] == "warning"} == {"archive", "backups"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARDLINE_KEEP_BACKUPS_DAYS", "0")
        assert "no backups are kept" in run("backup")[1]["detail"]
    code, made = run("backup")
    assert code == 0
    assert (made["kind"], made["recovery_point_s"], made["kept_days"]) == ("base", 60, 7)
    assert run("retention")[1]["copies"]["over"] == []
    assert made["databases"].keys() == {"wardline"}
    with databases.connect(served.socket_folder, "wardline") as connection:
        connection.execute("DELETE FROM responsibility")
    code, examined = run("doctor")
    assert code == 0
    assert all(one["state"] == "well" for one in examined["findings"]), examined
    code, refused = run("restore", made["backup"])
    assert (code, refused["code"]) == (1, "cluster-busy")
    beside = home.with_name("beside")
    name = Path(made["backup"]).name
    code, report = run("restore", name, "--at", made["restores_from"], "--into", beside)
    assert code == 0, report
    found = report["databases"]["wardline"]
    assert found["pages"] == "verified"
    assert found["rows"]["marker"] == 4
    assert found["rows"]["responsibility"] == 3, "the wrong DELETE came later"
    assert sum("exact partition" in line for line in found["findings"]) == 2
    assert datetime.fromisoformat(report["reached"]) <= datetime.fromisoformat(made["restores_from"])
    reached = datetime.fromisoformat(report["reached"]).isoformat()
    detail = {"backup": name, "reached": reached, "wanted": made["restores_from"], "forced": False}
    assert restores(beside) == [detail]
    assert restores(home) == []


def restores(home: Path) -> list[dict[str, Any]]:
    """Return what the central audit of a home's database tells of restores."""
    with Cluster(home, overrides=QUICK).use() as cluster:
        engine = create_engine(cluster.admin_url("wardline"))
        with Session(engine) as session:
            entries = list(central(session).entries())
        engine.dispose()
    assert verify("central", entries)[1] == ()
    return [dict(one.detail) for one in entries if one.action == "database.restore"]


def test_a_restored_partition_that_is_not_exact_is_not_put_in_place(
    run: Run, served: Cluster, home: Path
) -> None:
    with databases.connect(served.socket_folder, "wardline") as connection:
        connection.execute("DELETE FROM unit_version WHERE code = 'G11'")
    _, made = run("backup")
    beside = home.with_name("beside")
    code, refused = run("restore", made["backup"], "--into", beside)
    assert code == 1
    assert "is no exact partition" in refused["detail"]
    assert not (beside / "cluster").exists()
    code, _ = run("restore", made["backup"], "--into", beside, "--force")
    assert code == 0
    assert (beside / "cluster" / "wardline.json").exists()


def databases_of_this_run(cluster: Cluster) -> list[str]:
    """Return the databases of a cluster without those that other runs make and drop meanwhile."""
    others = re.compile(rf"run_(?!{os.getpid()}_)\d+_|template_")
    return [name for name in cluster.database_names() if not others.match(name)]


def test_a_foreign_server_is_dumped_and_never_written(
    run: Run,
    cluster: Cluster,
    engine: Engine,
    county: County,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARDLINE_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    code, made = run("backup")
    assert (code, made["kind"], made["recovery_point_s"]) == (0, "dump", None)
    assert run("backup", "--keep", 1)[0] == 1
    code, refused = run("restore", made["backup"], "--at", "2026-01-01T00:00Z")
    assert (code, refused["code"]) == (1, "instant-unreachable")
    before = databases_of_this_run(cluster)
    code, report = run("restore", made["backup"])
    assert code == 0, report
    assert databases_of_this_run(cluster) == before
    assert report["databases"]["wardline"]["rows"]["unit"] > 24
    assert (home / "cluster").is_dir(), "it went into a private cluster"
    assert [one["backup"] for one in restores(home)] == [Path(made["backup"]).name]
    assert run("restore", made["backup"])[0] == 1, "the database is there already"
    content = Path(made["backup"]) / "database.dump"
    content.write_bytes(content.read_bytes()[:-1])
    assert run("restore", made["backup"])[1]["code"] == "backup-damaged"


def test_without_a_database_each_says_where_it_looked(run: Run, home: Path) -> None:
    for command in ("backup", "doctor"):
        code, refused = run(command)
        assert code == 1
        assert str(home) in json.dumps(refused)
    assert not home.exists()
    assert run("restore", "nothing")[1]["code"] == "backup-damaged"
    assert run("restore", home / "backups")[1]["code"] == "backup-damaged"


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-06-01T09:30:00+08:00", "2026-06-01T01:30:00+00:00"),
        ("2026-06-01T01:30Z", "2026-06-01T01:30:00+00:00"),
        ("2026-06-01 09:30 Asia/Shanghai", "2026-06-01T01:30:00+00:00"),
        ("2026-06-01T09:30:00.25[Asia/Shanghai]", "2026-06-01T01:30:00.250000+00:00"),
        ("2026-06-01 01:30 UTC", "2026-06-01T01:30:00+00:00"),
    ],
)
def test_instants_as_people_write_them(given: str, utc: str) -> None:
    assert read_instant(given).isoformat() == utc


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("yesterday", "is no time"),
        ("2026-06-01T09:30:00", "does not say in which time zone.*Asia/Shanghai"),
        ("2026-06-01 09:30 Asia/Shanghei", "no time zone Asia/Shanghei.*Did you mean Asia/Shanghai"),
        ("2026-10-25 02:30 Europe/Berlin", r"clocks were changed.*\+02:00 or .*\+01:00"),
        ("2026-03-29 02:30 Europe/Berlin", "clocks were changed"),
        ("2026-13-01T00:00Z", "is no time"),
    ],
)
def test_an_instant_that_is_none_is_refused(given: str, words: str) -> None:
    with pytest.raises(InstantUnreachable, match=words):
        read_instant(given)
