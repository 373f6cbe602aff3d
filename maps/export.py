"""A map view as one self-contained HTML file: it opens from disk and never touches a network.

Scripts, styles and data are inside. Our ES modules are ``data:`` addresses in the import map, so that the
very same modules run as on the served page. Data are appended after folium has rendered, as inert JSON, and
the file's own policy forbids every request.
"""

import base64
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely import Geometry

from maps import assets, basemap, figure, shell

_URL = re.compile(r"url\(\s*['\"]?([^)'\"]+)['\"]?\s*\)")
_END_OF_SCRIPT = re.compile(r"</(script|style)", re.IGNORECASE)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
_DECIMALS = 6


def coverage_html(
    reader: shell.Reader,
    place: shell.Place,
    period: Mapping[str, str],
    report: Mapping[str, Any],
    intervals: Mapping[str, Any],
    markers: Sequence[Mapping[str, Any]] = (),
    outlines: Sequence[Geometry] = (),
    strips: Mapping[str, Any] | None = None,
) -> str:
    """Return the coverage map of a period as one file.

    Parameters
    ----------
    reader
        Whose language it is in.
    place
        The district; its bounds are those of the map.
    period
        ``from`` and ``to`` as days such as 2025-06-01, ``to`` not included.
    report
        The body of ``GET /api/v1/coverage/segments``.
    intervals
        The body of ``GET /api/v1/coverage/segments.geojson``.
    markers
        GeoJSON features of the boundary markers.
    outlines
        Areas drawn as context, in lon, lat degrees.
    strips
        Bodies of ``GET /api/v1/coverage/timeline``, ``timeline`` of the days and ``trend`` of the weeks; and
        ``weaker``, that of ``GET /api/v1/coverage/weaker.geojson``.
    """
    data = {
        "segments": report,
        "intervals": intervals,
        "markers": {"type": "FeatureCollection", "features": list(markers)},
        "ground": _ground(place, outlines),
        **(strips or {}),
    }
    return standalone("coverage", reader, place, data, period=dict(period))


def standalone(
    view: str, reader: shell.Reader, place: shell.Place, data: Mapping[str, Any], **facts: Any
) -> str:
    """Return a view as one file; ``data`` holds the answers its scripts would ask for, by name."""
    nonce = secrets.token_urlsafe(18)
    parts = figure.draw(place.center(), 8)
    styles = [_style(path, nonce) for path in ("npm/leaflet/dist/leaflet.css", *shell.styles_of(view))]
    context = shell.known(view, reader, place) | {"partition": None, "data": dict(data)} | facts
    tail = [
        f'<script type="application/json" id="wardline-page">{shell.inert(context)}</script>',
        f'<script type="importmap" nonce="{nonce}">{shell.inert(_import_map(view))}</script>',
        f'<script nonce="{nonce}">{_inline("npm/leaflet/dist/leaflet.js")}</script>',
        f'<script nonce="{nonce}">{parts.script}</script>',
        f'<script type="module" nonce="{nonce}">import "wardline/{shell.entry(view)}";</script>',
    ]
    return shell.render(
        view,
        reader,
        place,
        parts,
        "\n".join(styles),
        "\n".join(tail),
        standalone=True,
        icon=_data_url("web/mark.svg"),
        policy=policy(nonce),
    )


def policy(nonce: str) -> str:
    """Return the policy of an exported file: what is inside it, and no request at all."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _ground(place: shell.Place, outlines: Sequence[Geometry]) -> dict[str, Any]:
    features: list[dict[str, Any]] = []
    if place.bounds is not None:
        land = json.loads(basemap.cut(basemap.surroundings(place.bounds), place.center()))
        features.extend(land["features"])
    for outline in outlines:
        rounded = json.loads(
            shapely.to_geojson(shapely.set_precision(outline, 10.0**-_DECIMALS, mode="pointwise"))
        )
        features.append({"type": "Feature", "properties": {"kind": "outline"}, "geometry": rounded})
    return {"type": "FeatureCollection", "features": features}


def _import_map(view: str) -> dict[str, Any]:
    modules = assets.modules(*shell.folders_of(view))
    return {"imports": {name: _data_url(path) for name, path in modules.items()}}


def _data_url(path: str) -> str:
    asset = assets.read(path)
    kind = asset.media_type.replace(" ", "")
    return f"data:{kind};base64,{base64.b64encode(asset.body).decode()}"


def _inline(path: str) -> str:
    """Return a script's text without its source map."""
    return _sealed(_SOURCE_MAP.sub("", assets.read(path).body.decode()))


def _sealed(text: str) -> str:
    """Return a script or style in which nothing ends the element."""
    return _END_OF_SCRIPT.sub(r"<\\/\1", text)


def _style(path: str, nonce: str) -> str:
    """Return a style sheet with the images it names inside."""
    folder = path.rpartition("/")[0]

    def inside(match: re.Match[str]) -> str:
        target = match[1]
        if target.startswith(("data:", "#")):
            return match[0]
        return f'url("{_data_url(f"{folder}/{target}")}")'

    text = _sealed(_URL.sub(inside, assets.read(path).body.decode()))
    return f'<style nonce="{nonce}">{text}</style>'
