"""Every refusal of every package has a status, a code of its own shape, and a translation."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.errors import WardlineError
from service import errors, i18n

ROOT = Path(__file__).parents[2]
PACKAGES = ("geo", "layers", "maps", "service")


def every_error() -> list[type[WardlineError]]:
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(cls: type[WardlineError]) -> Iterator[type[WardlineError]]:
        for child in cls.__subclasses__():
            yield child
            yield from below(child)

    return sorted(set(below(WardlineError)), key=lambda cls: f"{cls.__module__}.{cls.__name__}")


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.__name__)
def test_every_class_becomes_a_problem(cls: type[WardlineError]) -> None:
    error = cls("{what} is wrong.", mend="Mend {what}.", where={"row": 3}, what="it")
    body = errors.problem(error, i18n.translator("zh"))
    assert 400 <= body["status"] < 600
    assert body["status"] in errors.TITLES
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", body["code"])
    assert body["type"] == f"urn:wardline:problem:{cls.code}"
    assert body["detail"] == "it is wrong. Mend it."
    assert body["where"] == {"row": 3}
    assert body["title"] != errors.TITLES[body["status"]]  # translated
    assert cls.__doc__
    assert "code" in vars(cls) or any("code" in vars(base) for base in cls.__mro__[1:-1])


def messages() -> list[tuple[str, int, str]]:
    """Return file, line and text of everything marked for translation."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_" and node.args:
                    argument = node.args[0]
                    assert isinstance(argument, ast.Constant), f"{path}:{node.lineno}: N_ takes a plain text"
                    found.append((path.relative_to(ROOT).as_posix(), node.lineno, str(argument.value)))
    return found


def test_every_text_has_a_translation_with_the_same_values() -> None:
    texts = i18n.catalogue("zh")
    missing = [f"{file}:{line}: {text}" for file, line, text in messages() if text not in texts]
    assert missing == []


def test_translations_keep_their_values() -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"(?<!\{)\{(\w+)\}(?!\})", text))

    wrong = [text for text, translated in i18n.catalogue("zh").items() if values(translated) - values(text)]
    assert wrong == []
