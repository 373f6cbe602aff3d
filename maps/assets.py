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


def own_modules() -> list[str]:
    """Return the names of our ES modules (file names without suffix), sorted."""
    return sorted(path.stem for path in WEB.glob("*.js"))


def modules() -> dict[str, str]:
    """Return every importable module name and its path below ``/assets/``.

    Our modules are imported by names of the form ``wardline/…`` and never by relative paths, so that the
    same files work from an address and from inside a self-contained export.
    """
    named = {f"wardline/{stem}": f"web/{stem}.js" for stem in own_modules()}
    libraries = {name: f"npm/{name}/index.js" for name, files in NPM_FILES.items() if files == (_MODULE,)}
    return named | libraries


def texts() -> tuple[str, ...]:
    """Return every text of our scripts, the keys of its translations: the literals in calls of ``_``."""
    found = {
        match[1] for stem in own_modules() for match in _TEXT.finditer(read(f"web/{stem}.js").body.decode())
    }
    return tuple(sorted(found))


def import_map() -> str:
    """Return the import map of a page, as JSON."""
    return json.dumps({"imports": {name: url(path) for name, path in modules().items()}}, indent=1)


def _source(path: str) -> Path:
    """Return the file behind a listed path, or refuse it."""
    parts = PurePosixPath(path).parts
    if path.startswith("npm/"):
        for package, files in NPM_FILES.items():
            head = f"npm/{package}/"
            if path.startswith(head) and path[len(head) :] in files:
                return WEB / "node_modules" / package / path[len(head) :]
    elif len(parts) == 2 and parts[0] == "web" and "\0" not in path:
        name = parts[1]
        if PurePosixPath(name).suffix in MEDIA_TYPES and (WEB / name).is_file():
            return WEB / name
    raise UnknownAsset(N_("There is no browser file “{path}”."), path=path)


@lru_cache(maxsize=256)
def _read(source: Path, mtime_ns: int, size: int) -> Asset:  # noqa: ARG001 - the key of the cache
    return _asset(source.read_bytes(), source.suffix)


def _asset(body: bytes, suffix: str) -> Asset:
    return Asset(body, MEDIA_TYPES[suffix], hashlib.sha256(body).hexdigest()[:16])
