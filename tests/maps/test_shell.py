"""Pages: escaping, policy, and that nothing is fetched from anybody else."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import shell
from maps.errors import UnknownView
from maps.shell import Place, Reader, inert
from tests.fixtures.injected import EVALUATED, FACTOR, PRODUCT, TEMPLATE

HOSTILE = (
    TEMPLATE,
    f"{{% for x in range(8) %}}{{{{ x * {FACTOR} }}}}{{% endfor %}}",
    f"{{#{PRODUCT}#}}",
    f"${{{PRODUCT}}}",
    f"<img src=x onerror=alert({PRODUCT})>",
    f"</script><script>alert({PRODUCT})</script>",
    "<!--<script>",
    f"\u2028alert({PRODUCT})\u2029",
    f"\"'`><svg/onload=alert({PRODUCT})>",
    "&lt;script&gt;",
)
BOUNDS = (118.0, 46.0, 119.0, 47.0)


class Elements(HTMLParser):
    """The start tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def parsed(text: str) -> list[tuple[str, dict[str, str | None]]]:
    found = Elements()
    found.feed(text)
    return found.tags


def drawn(view: str, text: str = "Yunling", lang: str = "en", catalogue: dict[str, str] | None = None) -> str:
    place = Place("yl", text, "Asia/Shanghai", BOUNDS)
    facts = {
        "partition": {"code": text, "levels": [text], "counts": [1]},
        "facilities": [text],
        "districts": ["yl", text],
    }
    return shell.page(view, Reader(lang, catalogue or {}), "n0nce", place, {"district": text}, **facts)


@pytest.mark.parametrize("view", shell.VIEWS)
def test_page_loads_only_served_files(view: str) -> None:
    for tag, attributes in parsed(drawn(view)):
        for name in ("src", "href"):
            address = attributes.get(name)
            if address and tag in {"script", "link", "img"}:
                assert address.startswith("/assets/")
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", drawn(view))


@pytest.mark.parametrize("view", shell.VIEWS)
def test_every_script_has_the_nonce_and_no_element_has_a_handler(view: str) -> None:
    for tag, attributes in parsed(drawn(view)):
        if tag == "script" and attributes.get("type") != "application/json":
            assert attributes.get("nonce") == "n0nce"
        assert not any(name.startswith("on") for name in attributes)
        assert "style" not in attributes, "inline styles need an exception in the policy"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("view", shell.VIEWS)
def test_hostile_text_stays_text(view: str, text: str) -> None:
    page = drawn(view, text)
    assert EVALUATED not in page
    plain = [tag for tag, _ in parsed(drawn(view))]
    assert [tag for tag, _ in parsed(page)] == plain, "hostile text made or ended an element"
    assert _block(page)["district"]["name"] == text


@given(st.text())
def test_any_text_survives_the_data_block(text: str) -> None:
    written = inert({"value": text})
    assert json.loads(written) == {"value": text}
    assert not set("<>&\u2028\u2029") & set(written)


def test_data_block_refuses_what_is_no_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        inert(float("nan"))


def test_policy_allows_this_service_only() -> None:
    directives = dict(part.strip().split(" ", 1) for part in shell.policy("n0nce").split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self' 'nonce-n0nce'"
    assert "unsafe" not in shell.policy("n0nce")
    assert "http" not in shell.policy("n0nce")


def test_language_of_the_page_and_its_texts() -> None:
    page = drawn("grids", lang="zh", catalogue={"Grids": "网格", "Find": "查找"})
    assert '<html lang="zh">' in page
    assert '<h1 id="title">网格</h1>' in page


def test_page_without_a_district_says_what_to_do() -> None:
    page = shell.page("home", Reader(), "n0nce", None)
    assert "./wardline demo" in page
    assert _block(page)["district"] is None


def test_unknown_view_names_the_known_ones() -> None:
    with pytest.raises(UnknownView, match="coverage"):
        shell.page("secrets", Reader(), "n0nce", None)


def _block(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="wardline-page">(.*?)</script>', page, re.DOTALL)
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value
