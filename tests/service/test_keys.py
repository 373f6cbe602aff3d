"""Keys: made once, closed to others, rotated without loss; what is sealed opens only where it belongs."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.keys import (
    KeyFileUnusable,
    KeyRing,
    SealBroken,
    SignatureWrong,
    SigningKey,
    verify_signature,
)

TEXT = "张三 13800000000".encode()


def test_what_is_sealed_can_be_opened_where_it_belongs(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    sealed = ring.seal(TEXT, "230882/a")
    assert TEXT not in sealed.text
    assert ring.seal(TEXT, "230882/a").text != sealed.text
    assert KeyRing(tmp_path).open(sealed, "230882/a") == TEXT
    for broken, subject in (
        (sealed, "230882/b"),
        (sealed, "110101/a"),
        (replace(sealed, text=sealed.text[:-1] + bytes([sealed.text[-1] ^ 1])), "230882/a"),
        (replace(sealed, nonce=bytes(12)), "230882/a"),
        (replace(sealed, key="another"), "230882/a"),
    ):
        with pytest.raises(SealBroken):
            ring.open(broken, subject)


def test_without_the_file_nothing_can_be_opened(tmp_path: Path) -> None:
    sealed = KeyRing(tmp_path / "a").seal(TEXT, "s")
    with pytest.raises(SealBroken, match="not among"):
        KeyRing(tmp_path / "b").open(sealed, "s")


def test_keys_rotate_and_old_ones_can_be_destroyed(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    old = ring.seal(TEXT, "s")
    name = ring.rotate()
    new = ring.seal(TEXT, "s")
    assert (new.key, ring.present()) == (name, name) != (old.key, old.key)
    assert ring.open(old, "s") == ring.open(new, "s") == TEXT
    now = datetime(2025, 7, 1, tzinfo=UTC)
    assert ring.old() == {old.key: None}
    ring.note_used({old.key}, now)
    assert ring.old() == {old.key: None}
    ring.note_used(set(), now)
    ring.note_used(set(), now + timedelta(days=1))
    assert ring.old() == {old.key: now}
    ring.rotate()
    assert ring.old() == {old.key: now, name: None}
    ring.destroy({old.key, ring.present()})
    assert ring.old() == {name: None}
    assert ring.open(new, "s") == TEXT
    with pytest.raises(SealBroken):
        ring.open(old, "s")


def test_the_files_are_closed_to_others(tmp_path: Path) -> None:
    KeyRing(tmp_path).seal(TEXT, "s")
    SigningKey(tmp_path).public()
    folder = tmp_path / "keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    files = sorted(folder.iterdir())
    assert [one.name for one in files] == ["contacts.json", "signing.json"]
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    files[0].chmod(0o640)
    with pytest.raises(KeyFileUnusable, match="other accounts"):
        KeyRing(tmp_path).seal(TEXT, "s")
    files[0].chmod(0o600)
    files[0].write_text("[1]", encoding="utf-8")
    with pytest.raises(KeyFileUnusable, match="does not hold"):
        KeyRing(tmp_path).seal(TEXT, "s")


def test_processes_that_race_for_the_first_key_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda _: KeyRing(tmp_path).seal(TEXT, "s"), range(16)))
    assert len({one.key for one in sealed}) == 1
    assert {KeyRing(tmp_path).open(one, "s") for one in sealed} == {TEXT}
    assert [one.name for one in (tmp_path / "keys").iterdir()] == ["contacts.json"]


def test_a_signed_file_is_ours_and_unchanged(tmp_path: Path) -> None:
    key = SigningKey(tmp_path)
    body = json.loads(json.dumps(key.sign({"chains": [{"chain": "县", "seq": 3}]})))
    verify_signature(body, key.public())
    verify_signature(body, SigningKey(tmp_path).public())
    for changed, public in (
        ({**body, "chains": []}, key.public()),
        (body, SigningKey(tmp_path / "other").public()),
        ({**body, "signature": "x"}, key.public()),
        ({name: value for name, value in body.items() if name != "signature"}, key.public()),
    ):
        with pytest.raises(SignatureWrong):
            verify_signature(changed, public)
