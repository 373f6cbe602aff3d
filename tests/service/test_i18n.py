"""Which language a reader gets."""

import pytest

from service import i18n


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, en;q=0.3, zh;q=0.2", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("de", "zh"),
        ("*", "zh"),
        ("en;q=bogus", "zh"),
        ("zh;q=7,en", "en"),
        (",;;==" * 500, "zh"),
    ],
)
def test_negotiation(header: str, language: str) -> None:
    assert i18n.negotiate(header, "zh") == language


def test_an_unknown_text_stays_as_it_is() -> None:
    assert i18n.translator("zh")("no such text") == "no such text"
    assert i18n.translator("en")("Not found") == "Not found"
