"""The self-contained file, as text; that it works from disk is a test of ``tests/browser``."""

import json
import re

import pytest
import shapely

from maps import export
from maps.shell import Place, Reader
from tests.fixtures.injected import EVALUATED
from tests.maps.test_shell import HOSTILE, parsed

PLACE = Place("yl", "Yunling", "Asia/Shanghai", (118.0, 46.0, 119.0, 47.0))
PERIOD = {"from": "2025-06-01", "to": "2025-07-01"}


def made(text: str = "S01") -> str:
    report = {
        "segments": [{"code": text, "name": text, "length_m": 10.0, "covered_m": 5.0, "inferred_m": 0.0}]
    }
    interval = {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [[118.1, 46.5], [118.2, 46.5]]},
        "properties": {"code": text, "state": "gap", "from_m": 0.0, "to_m": 10.0, "markers": [text, text]},
    }
    post = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [118.1, 46.5]},
        "properties": {"code": text, "name": text},
    }
    collection = {"type": "FeatureCollection", "features": [interval]}
    place = Place("yl", text, "Asia/Shanghai", PLACE.bounds)
    return export.coverage_html(
        Reader(), place, PERIOD, report, collection, [post], [shapely.box(118, 46, 119, 47)]
    )


def test_nothing_is_loaded_from_anywhere() -> None:
    page = made()
    for tag, attributes in parsed(page):
        assert "src" not in attributes
        if tag == "link":
            assert (attributes["href"] or "").startswith("data:")
    assert re.findall(r"url\((?![\"']?(?:data:|#))[^)]*\)", page) == []


def test_policy_forbids_every_request() -> None:
    policy = next(attributes["content"] for tag, attributes in parsed(made()) if attributes.get("http-equiv"))
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy


def test_scripts_are_all_inside() -> None:
    page = made()
    imports = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert imports
    addresses = json.loads(imports[1])["imports"]
    assert "wardline/coverage/main" in addresses
    assert all(address.startswith("data:text/javascript") for address in addresses.values())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page = made(text)
    assert [tag for tag, _ in parsed(page)] == [tag for tag, _ in parsed(made())]
    assert EVALUATED not in page


def test_nonce_is_new_in_every_file() -> None:
    nonces = {
        attributes["nonce"] for _ in range(3) for _, attributes in parsed(made()) if "nonce" in attributes
    }
    assert len(nonces) == 3
