"""``./wardline keys rotate``: says first, does it once, and can be interrupted anywhere without a loss."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from layers.audit import central
from layers.ids import new_id
from layers.incidents import Incident
from layers.record_tables import incident_contact
from layers.stores import Stores
from service.cli import keys
from service.cli.main import main
from service.copies import take_dump
from service.keys import KeyRing
from service.schemas.contacts import ContactIn
from service.settings import Settings
from service.use_cases import contacts
from service.use_cases import old_keys as module
from tests.fixtures.county import DISTRICT, County, centre

Run = Callable[..., tuple[int, str]]
COUNT = 7


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "home")


@pytest.fixture
def rotate(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    engine: Engine,
    county: County,
    ring: KeyRing,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command on a county with seven contacts, two at once; return the exit code and output."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("WARDLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(contacts, "RESEALED_AT_ONCE", 2)
    now = datetime(2025, 7, 1, tzinfo=UTC)
    lon, lat = centre(0, 0)
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        for number in range(COUNT):
            made = Incident(new_id(), "api", "waste", "x", lon, lat, lon, lat, now, now)
            stores.incidents.create(made)
            contacts.keep(stores, ring, made.id, ContactIn(phone=f"1390000000{number}"), now)
        session.commit()

    def command(*arguments: str, action: str = "rotate") -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            main(["keys", action, *arguments])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out or err

    return command


def sealed(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return Stores(session, DISTRICT).contacts.by_key()


def phones(engine: Engine, ring: KeyRing) -> set[str]:
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        found = session.scalars(select(incident_contact.c.incident)).all()
        return {contacts.read(stores, ring, one, "call back")["phone"] for one in found}


def audited(engine: Engine) -> list[tuple[str, str, Any]]:
    with Session(engine) as session:
        entries = [one for one in central(session).entries() if one.action.startswith("keys.")]
    return [(one.action, one.subject, one.detail) for one in entries]


ALL = {f"1390000000{number}" for number in range(COUNT)}


def test_a_dry_run_changes_nothing(rotate: Run, engine: Engine, ring: KeyRing) -> None:
    old = ring.present()
    code, out = rotate()
    assert code == 0
    assert f"7 contacts were sealed with {old}" in out
    assert out.rstrip().endswith("Nothing was changed; --apply does it.")
    assert (ring.present(), sealed(engine), audited(engine)) == (old, {old: COUNT}, [])


def test_all_is_sealed_anew_and_can_be_opened(rotate: Run, engine: Engine, ring: KeyRing) -> None:
    old = ring.present()
    report = json.loads(rotate("--apply", "--json")[1])
    new = ring.present()
    assert new != old
    assert (report["key_before"], report["key"]) == (old, new)
    assert report["districts"] == {DISTRICT: {"by_key": {old: COUNT}, "sealed_anew": COUNT}}
    assert sealed(engine) == {new: COUNT}
    assert phones(engine, ring) == ALL
    assert audited(engine) == [
        ("keys.rotate", old, {"finishes": False}),
        ("keys.rotated", new, {"contacts": COUNT}),
    ]


def test_an_interrupted_run_is_finished_with_its_key(
    rotate: Run, engine: Engine, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ring.present()
    calls = iter(range(9))

    def interrupted(*given: Any) -> int:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return contacts.reseal(*given)

    with monkeypatch.context() as patch:
        patch.setattr(keys, "reseal", interrupted)
        assert rotate("--apply")[0] != 0
    new = ring.present()
    assert sealed(engine) == {old: 3, new: 4}
    assert phones(engine, ring) == ALL
    assert "An earlier run was not finished" in rotate()[1]
    report = json.loads(rotate("--apply", "--json")[1])
    assert (report["finishes_an_earlier_run"], ring.present()) == (True, new)
    assert sealed(engine) == {new: COUNT}
    # Repeated once more it is a rotation of its own.
    rotate("--apply")
    assert ring.present() not in (old, new)
    assert phones(engine, ring) == ALL


def test_a_contact_whose_key_is_lost_is_said_and_nothing_changed(
    rotate: Run, engine: Engine, ring: KeyRing
) -> None:
    old = ring.present()
    ring.rotate()
    ring.destroy({old})
    code, said = rotate("--apply")
    assert code == 1
    assert f"The key {old}" in said
    assert sealed(engine) == {old: COUNT}


def destroyed(rotate: Run, *arguments: str) -> dict[str, Any]:
    code, out = rotate(*arguments, "--json", action="destroy")
    assert code == 0
    report: dict[str, Any] = json.loads(out)
    return {one["key"]: one for one in report["keys"]}


def test_old_keys_go_when_neither_contacts_nor_backups_need_them(
    rotate: Run, engine: Engine, ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "There are no old keys." in rotate(action="destroy")[1]
    old = ring.present()
    made = take_dump(Settings(home=tmp_path / "home", database_url=engine_url(engine)), None, print)
    rotate("--apply")
    since = ring.old()[old]
    assert since is not None
    # Known for too short a time, however strongly one asks.
    assert not destroyed(rotate, "--apply", "--even-if-backups-need-it")[old]["goes"]
    monkeypatch.setattr(module, "SETTLED", timedelta(0))
    found = destroyed(rotate, "--apply")[old]
    assert (found["goes"], found["needed_by"]) == (False, [str(made.folder)])
    assert "backups need it" in rotate(action="destroy")[1]
    assert old in ring.old()
    shutil.rmtree(made.folder)
    assert "would be destroyed" in rotate(action="destroy")[1]
    assert old in ring.old()
    assert destroyed(rotate, "--apply")[old]["goes"]
    assert ring.old() == {}
    assert phones(engine, ring) == ALL
    assert audited(engine)[-1] == ("keys.destroy", old, {"backups": 0})


def test_a_key_of_contacts_in_backups_goes_only_when_one_insists(
    rotate: Run, engine: Engine, ring: KeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ring.present()
    take_dump(Settings(home=tmp_path / "home", database_url=engine_url(engine)), None, print)
    rotate("--apply")
    monkeypatch.setattr(module, "SETTLED", timedelta(0))
    code, said = rotate("--apply", "--even-if-backups-need-it", action="destroy")
    assert (code, f"{old}: destroyed" in said) == (0, True)
    assert audited(engine)[-1] == ("keys.destroy", old, {"backups": 1})


def test_a_key_that_seals_a_stored_contact_is_never_destroyed(
    rotate: Run, engine: Engine, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ring.present()
    ring.rotate()
    monkeypatch.setattr(module, "SETTLED", timedelta(0))
    found = destroyed(rotate, "--apply", "--even-if-backups-need-it")[old]
    assert (found["used"], found["goes"]) == (True, False)
    assert phones(engine, ring) == ALL


def engine_url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)
