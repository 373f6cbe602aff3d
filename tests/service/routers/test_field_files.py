"""Photos over HTTP: in parts, verified, linked whenever they come, given out bare."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service.settings import Settings
from tests.fixtures.client import TestClient
from tests.fixtures.field import Phone, batch, jpeg, png, sha256, stored, visit


@pytest.fixture
def phone(client: TestClient) -> Phone:
    return Phone(client)


def markers(engine: Engine) -> list[Any]:
    with Session(engine) as session:
        return [row[2] for row in stored(session)["markers"]]


def test_a_photo_comes_in_parts_and_goes_on_where_it_stopped(phone: Phone, settings: Settings) -> None:
    content = jpeg(size=9_000)
    name = sha256(content)
    assert phone.offset(name) == 0
    first = phone.put_file(content[:4_000], name=name, said="bytes 0-3999/9000")
    assert (first.status_code, first.headers["Upload-Complete"]) == (202, "?0")
    assert first.json() == {"sha256": name, "offset": 4_000, "size": 9_000, "complete": False}
    assert phone.offset(name) == 4_000
    beyond = phone.put_file(content[5_000:], name=name, said="bytes 5000-8999/9000")
    assert (beyond.status_code, beyond.json()["offset"]) == (409, 4_000)
    # The answer to a part was lost: it comes again, with some that is new.
    last = phone.put_file(content[2_000:], name=name, said="bytes 2000-8999/9000")
    assert (last.status_code, last.json()["complete"]) == (201, True)
    assert phone.offset(name) == 9_000
    assert phone.put_file(content).status_code == 200
    assert (settings.home / "files" / name[:2] / name).read_bytes() == content
    assert list((settings.home / "files" / "incoming").glob("*/*")) == []


def test_twins_of_a_photo_store_it_once(phone: Phone) -> None:
    content = jpeg(size=50_000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: phone.put_file(content).status_code, range(8)))
    assert sorted(answers) == [200] * 7 + [201]


def test_bytes_with_another_digest_are_dropped(phone: Phone) -> None:
    content = jpeg()
    name = sha256(b"another")
    answer = phone.put_file(content, name=name)
    assert (answer.status_code, answer.json()["code"]) == (422, "digest-differs")
    assert phone.offset(name) == 0
    assert phone.get_file(name).status_code == 404


@pytest.mark.parametrize(
    ("content", "said", "status"),
    [
        (b"<svg onload='alert(1)'>" * 9, None, 415),
        (b"GIF89a" + b"\0" * 40, None, 415),
        (b"\xff\xd8", None, 415),
        (b"", None, 422),
        (jpeg(), "bytes 0-3/999999999", 422),
        (jpeg()[:4], "bytes 0-3/15000001", 413),
        (jpeg(), "items 0-3/4", 422),
        (jpeg()[:4], "bytes 2-5/4", 422),
        (jpeg(size=17_000_000), None, 413),
    ],
)
def test_what_is_no_photo_or_too_large_is_refused(
    phone: Phone, settings: Settings, content: bytes, said: str | None, status: int
) -> None:
    assert phone.put_file(content, said=said).status_code == status
    assert list((settings.home / "files").glob("??")) == []


def test_a_photo_is_given_out_without_what_it_tells(phone: Phone) -> None:
    picture, drawing = jpeg(), png()
    for content in (picture, drawing):
        assert b"GPS 46.04" in content or b"at home" in content
        phone.put_file(content)
        answer = phone.get_file(sha256(content))
        assert answer.status_code == 200
        assert b"GPS" not in answer.content
        assert b"at home" not in answer.content
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.headers["Cache-Control"] == "no-store"
    assert phone.get_file(sha256(picture)).headers["Content-Type"] == "image/jpeg"
    assert phone.get_file(sha256(drawing)).headers["Content-Type"] == "image/png"


def test_a_photo_proves_service_whether_it_comes_before_or_after(phone: Phone, engine: Engine) -> None:
    early, late = jpeg(size=500), jpeg(size=600)
    phone.put_file(early)
    phone.put(batch(visits=[visit(action="cleaned", photos=[sha256(early)])]))
    assert markers(engine) == [6]
    answer = phone.put(batch(visits=[visit(action="cleaned", photos=[sha256(late)])]))
    assert answer.json()["counts"]["created"] == 1
    assert sorted(markers(engine)) == [5, 6]
    phone.put_file(late)
    assert markers(engine) == [6, 6]


def test_naming_somebody_elses_photo_links_nothing(phone: Phone, client: TestClient, engine: Engine) -> None:
    content = jpeg(size=700)
    phone.put_file(content)
    other = Phone(client, "phone-2")
    other.put(batch(visits=[visit(action="cleaned", photos=[sha256(content)])]))
    assert markers(engine) == [5]
    assert other.get_file(sha256(content)).status_code == 404
    assert other.put_file(content).status_code == 201, "it has to prove that it has the bytes"
    assert markers(engine) == [6]


def test_parts_that_nobody_continued_are_swept_and_few_are_open_at_once(
    phone: Phone, settings: Settings
) -> None:
    def begin(number: int) -> int:
        content = jpeg(size=1_000) + bytes([number])
        return int(phone.put_file(content[:100], name=sha256(content), said="bytes 0-99/1001").status_code)

    assert {begin(k) for k in range(50)} == {202}
    assert begin(50) == 413
    parts = list(Path(settings.home, "files", "incoming").glob("*/*"))
    month_ago = time.time() - 30 * 86_400
    os.utime(parts[0], (month_ago, month_ago))
    assert begin(50) == 202
    assert not parts[0].exists()
