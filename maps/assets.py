"""The scripts, styles and images that the service serves: an allow-list, nothing else.

Files of npm packages are named one by one, so that neither a path trick nor a new file in a package can be
reached. Our own files are those of ``maps/web`` with a known suffix. Every file has a content hash, which
is its ETag and the ``v`` of its address, so that browsers may keep it for a year.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from geo.errors import N_
from maps import style
from maps.errors import AssetMissing, UnknownAsset

WEB = Path(__file__).parent / "web"
PREFIX = "/assets/"

_MODULE = "index.js"
_TEXT = re.compile(r"""\b_\(\s*"([^"\\]+)\"""")
_IMPORT = re.compile(r"""^import [^;]*?"([^"]+)";$""", re.MULTILINE)

NPM_FILES: Mapping[str, tuple[str, ...]] = {
    "leaflet": (
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "dist/images/marker-icon-2x.png",
        "dist/images/marker-shadow.png",
    ),
    "ol": ("dist/ol.js", "ol.css"),
    "pbf": (_MODULE,),
    "swagger-ui-dist": ("swagger-ui.css", "swagger-ui-bundle.js"),
    "@mapbox/point-geometry": (_MODULE,),
    "@mapbox/vector-tile": (_MODULE,),
}
"""What may be served of each npm package."""

MEDIA_TYPES: Mapping[str, str] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}

FOLDERS = ("coverage", "incidents", "meetings", "redraw")
"""The folders of ``maps/web`` whose modules belong to one view alone; other pages are not told of them."""

PALETTE = "web/palette.css"
"""The one file made by code: the colours of ``maps.style`` as custom properties."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A served file: its bytes, media type and content hash (16 hexadecimal digits)."""

    body: bytes
    media_type: str
    digest: str


def read(path: str) -> Asset:
    """Return a file by its path below ``/assets/``, such as ``web/tokens.css``.

    Raises
    ------
    UnknownAsset
        The path is not on the allow-list.
    AssetMissing
        It is on the list, but not installed.
    """
    if path == PALETTE:
        return _asset(style.stylesheet().encode(), ".css")
    source = _source(path)
    try:
        stat = source.stat()
    except FileNotFoundError:
        raise AssetMissing(
            N_("The browser file “{path}” is not installed."),
            mend=N_("Run `./wardline doctor`: it installs the browser libraries again."),
            path=path,
        ) from None
    return _read(source, stat.st_mtime_ns, stat.st_size)


def url(path: str) -> str:
    """Return the address of a served file with its content hash, so that it may be kept for ever."""
    return f"{PREFIX}{path}?v={read(path).digest}"


def own_modules(*folders: str) -> list[str]:
    """Return the names of our ES modules (paths below ``maps/web`` without suffix), sorted.

    They are those that all pages share, and those of the named folders.
    """
    found = [path for folder in ("", *folders) for path in (WEB / folder).glob("*.js")]
    return sorted(path.relative_to(WEB).with_suffix("").as_posix() for path in found)


def modules(*folders: str) -> dict[str, str]:
    """Return every importable module name and its path below ``/assets/``.

    Our modules are imported by names of the form ``wardline/…`` and never by relative paths, so that the
    same files work from an address and from inside a self-contained export.
    """
    named = {f"wardline/{name}": f"web/{name}.js" for name in own_modules(*folders)}
    libraries = {name: f"npm/{name}/index.js" for name, files in NPM_FILES.items() if files == (_MODULE,)}
    return named | libraries


def texts(*folders: str) -> tuple[str, ...]:
    """Return every text of our scripts, the keys of its translations: the literals in calls of ``_``."""
    found = {
        match[1]
        for name in own_modules(*folders)
        for match in _TEXT.finditer(read(f"web/{name}.js").body.decode())
    }
    return tuple(sorted(found))


def imported(entry: str, *folders: str) -> tuple[str, ...]:
    """Return the paths below ``/assets/`` of a module of ours and of all that it imports, directly or not."""
    known = modules(*folders)
    found: dict[str, None] = {}
    waiting = [f"wardline/{entry}"]
    while waiting:
        name = waiting.pop()
        if name in known and known[name] not in found:
            found[known[name]] = None
            waiting += _IMPORT.findall(read(known[name]).body.decode())
    return tuple(found)


def import_map(*folders: str) -> str:
    """Return the import map of a page, as JSON."""
    return json.dumps({"imports": {name: url(path) for name, path in modules(*folders).items()}}, indent=1)


def _source(path: str) -> Path:
    """Return the file behind a listed path, or refuse it."""
    parts = PurePosixPath(path).parts
    if path.startswith("npm/"):
        for package, files in NPM_FILES.items():
            head = f"npm/{package}/"
            if path.startswith(head) and path[len(head) :] in files:
                return WEB / "node_modules" / package / path[len(head) :]
    elif parts[:1] == ("web",) and "\0" not in path and _is_ours(parts[1:]):
        source = WEB.joinpath(*parts[1:])
        if source.suffix in MEDIA_TYPES and source.is_file():
            return source
    raise UnknownAsset(N_("There is no browser file “{path}”."), path=path)


def _is_ours(parts: tuple[str, ...]) -> bool:
    """Say whether a path below ``maps/web`` is of a file there, or of one in a folder of a view."""
    return len(parts) == 1 or (len(parts) == 2 and parts[0] in FOLDERS and parts[1] != "..")


@lru_cache(maxsize=256)
def _read(source: Path, mtime_ns: int, size: int) -> Asset:  # noqa: ARG001 - the key of the cache
    return _asset(source.read_bytes(), source.suffix)


def _asset(body: bytes, suffix: str) -> Asset:
    return Asset(body, MEDIA_TYPES[suffix], hashlib.sha256(body).hexdigest()[:16])
