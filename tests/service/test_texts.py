"""Texts of the door, the cluster and the settings are there in Chinese, with the same parameters."""

import ast
import re
from pathlib import Path

import pytest

from service.i18n import catalogue

SERVICE = Path(__file__).parents[2] / "service"
MODULES = [
    *sorted((SERVICE / "cluster").glob("*.py")),
    SERVICE / "settings.py",
    *(SERVICE / "cli" / f"{name}.py" for name in ("common", "server", "main", "demo", "serve", "stop")),
]


def texts() -> list[str]:
    nodes = (node for path in MODULES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    calls = (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return [ast.literal_eval(call.args[0]) for call in calls if call.func.id == "N_"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", sorted(set(texts())))
def test_every_text_is_translated_with_its_parameters(text: str) -> None:
    translated = catalogue("zh").get(text)
    assert translated, f"no Chinese for: {text}"
    assert sorted(re.findall(r"\{\w+\}", translated)) == sorted(re.findall(r"\{\w+\}", text))
