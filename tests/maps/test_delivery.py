"""Entity tags, not-modified answers and compression."""

import gzip

import pytest

from maps.delivery import FOREVER, REVALIDATE, deliver

LONG = b"wardline " * 1000


def test_plain_answer_has_a_strong_tag() -> None:
    made = deliver(b"short", "text/css", "abc")
    assert (made.status, made.body) == (200, b"short")
    assert made.headers["ETag"] == '"abc"'
    assert made.headers["Cache-Control"] == REVALIDATE


@pytest.mark.parametrize("held", ['"abc"', 'W/"abc"', '"x", "abc"', "*"])
def test_known_content_is_not_sent_again(held: str) -> None:
    made = deliver(b"short", "text/css", "abc", if_none_match=held, cache=FOREVER)
    assert (made.status, made.body) == (304, b"")
    assert made.headers["ETag"] == '"abc"'


@pytest.mark.parametrize("held", ['"abcd"', "abc", '""', ""])
def test_other_content_is_sent(held: str) -> None:
    assert deliver(b"short", "text/css", "abc", if_none_match=held).status == 200


def test_long_text_is_compressed_where_wanted() -> None:
    made = deliver(LONG, "text/css", "abc", accept_encoding="br, gzip;q=0.8")
    assert made.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(made.body) == LONG
    assert made.headers["ETag"] == '"abc-gzip"'


@pytest.mark.parametrize("accepted", [None, "", "br", "gzip;q=0", "identity"])
def test_long_text_stays_plain_where_not_wanted(accepted: str | None) -> None:
    made = deliver(LONG, "text/css", "abc", accept_encoding=accepted)
    assert made.body == LONG
    assert "Content-Encoding" not in made.headers


def test_images_are_not_compressed_twice() -> None:
    assert deliver(LONG, "image/png", "abc", accept_encoding="gzip").body == LONG


def test_tag_of_one_form_does_not_match_the_other() -> None:
    assert deliver(LONG, "text/css", "abc", if_none_match='"abc"', accept_encoding="gzip").status == 200
