"""The allow-list of served files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import assets
from maps.errors import UnknownAsset


@pytest.mark.parametrize(
    "path", [f"npm/{name}/{file}" for name, files in assets.NPM_FILES.items() for file in files]
)
def test_listed_npm_file_is_installed(path: str) -> None:
    asset = assets.read(path)
    assert asset.body
    assert asset.media_type.partition(";")[0] in {"text/javascript", "text/css", "image/png"}


@pytest.mark.parametrize(
    "path",
    [
        "npm/leaflet/package.json",
        "npm/leaflet/dist/../package.json",
        "npm/../package.json",
        "npm/world-atlas/countries-10m.json",
        "web/../style.py",
        "web/node_modules/leaflet/dist/leaflet.js",
        "web/package.json",
        "web/package-lock.json",
        "web/.hidden.js",
        "web//etc/passwd",
        "/etc/passwd",
        "",
        "web",
        "web/\0.js",
        "web/redraw",
        "web/redraw/..",
        "web/redraw/../style.py",
        "web/worker/offline.js",
        "web/redraw/more/main.js",
    ],
)
def test_anything_else_is_unknown(path: str) -> None:
    with pytest.raises(UnknownAsset):
        assets.read(path)


@given(
    st.lists(
        st.sampled_from(["web", "npm", "..", ".", "leaflet", "dist", "leaflet.js", "style.py", "", "%2e%2e"])
    )
)
def test_no_mix_of_path_parts_leaves_the_list(parts: list[str]) -> None:
    path = "/".join(parts)
    if path == "npm/leaflet/dist/leaflet.js":
        return
    with pytest.raises(UnknownAsset):
        assets.read(path)


def test_address_changes_with_the_content() -> None:
    address = assets.url("web/tokens.css")
    assert address == f"/assets/web/tokens.css?v={assets.read('web/tokens.css').digest}"


def test_every_import_of_every_module_is_in_the_import_map() -> None:
    imports = json.loads(assets.import_map(*assets.FOLDERS))["imports"]
    for name in assets.own_modules(*assets.FOLDERS):
        text = assets.read(f"web/{name}.js").body.decode()
        named = {line.split('from "')[1].split('"')[0] for line in text.splitlines() if ' from "' in line}
        assert named <= imports.keys(), name


def test_modules_of_one_view_are_for_that_view_alone() -> None:
    shared, all_of_them = set(assets.own_modules()), set(assets.own_modules(*assets.FOLDERS))
    assert {name.partition("/")[0] for name in all_of_them - shared} == set(assets.FOLDERS)
    assert not any("redraw/" in name for name in json.loads(assets.import_map())["imports"])
    assert not any("wardline/redraw/" in assets.read(f"web/{name}.js").body.decode() for name in shared)


def test_modules_never_import_by_path() -> None:
    """Relative imports would break inside a self-contained export."""
    for name in assets.own_modules(*assets.FOLDERS):
        text = assets.read(f"web/{name}.js").body.decode()
        assert 'from "./' not in text
        assert 'from "/' not in text


@pytest.mark.parametrize("name", assets.own_modules(*assets.FOLDERS))
def test_modules_never_make_markup(name: str) -> None:
    text = assets.read(f"web/{name}.js").body.decode()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert way not in text
