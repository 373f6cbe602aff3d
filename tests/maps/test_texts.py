"""Every text of the map views is translated, with the same parameters."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract

from maps import assets
from service import i18n

ROOT = Path(__file__).parents[2]
_PARAMETER = re.compile(r"\{(\w+)\}")


def texts() -> Iterator[str]:
    sources = [
        (
            "python",
            "N_",
            [
                *ROOT.glob("maps/*.py"),
                *ROOT.glob("maps/document/*.py"),
                *ROOT.glob("service/routers/[apt]*.py"),
            ],
        ),
        ("jinja2.ext:babel_extract", "_", list(ROOT.glob("maps/templates/*.html"))),
    ]
    for method, keyword, paths in sources:
        for path in paths:
            with path.open("rb") as file:
                for found in extract(method, file, keywords={keyword: None}):
                    yield str(found[1])
    yield from assets.texts(*assets.FOLDERS)


@pytest.mark.parametrize("text", sorted(set(texts())))
def test_text_is_translated(text: str) -> None:
    translated = i18n.catalogue("zh").get(text)
    assert translated, "add it to service/locale/zh/LC_MESSAGES/maps.po"
    assert set(_PARAMETER.findall(translated)) == set(_PARAMETER.findall(text))


def test_scripts_say_texts_only_as_whole_literals() -> None:
    """A text put together in code cannot be found, and so not be translated."""
    for name in assets.own_modules(*assets.FOLDERS):
        text = assets.read(f"web/{name}.js").body.decode()
        for call in re.finditer(r"(?<![\w.$])_\(([^\n]{0,30})", text):
            before = text[max(0, call.start() - 9) : call.start()]
            if before != "function ":
                assert call[1].lstrip().startswith('"') or call[1] == "", f"{name}: {call[0]}"
