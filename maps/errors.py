"""Errors of the map views.

    WardlineError
    └── MapError             a map view cannot be made
        ├── UnknownView      a view that does not exist
        ├── BadBounds        a box of which no base map can be cut
        ├── UnknownAsset     a file that is not on the list of served files
        ├── AssetMissing     a listed file that is not installed
        ├── TileOutOfRange   a tile address that is not on the globe
        └── PdfUnavailable   PDF cannot be made on this machine, or not now

What reaches people through the service is answered with the statuses of ``service.errors``.
"""

from geo.errors import WardlineError


class MapError(WardlineError):
    """A map view cannot be made."""

    code = "map-refused"


class UnknownView(MapError):
    """There is no map view of that name."""

    code = "view-unknown"


class BadBounds(MapError):
    """A box is not on the globe, is empty, or is too wide for a base map."""

    code = "basemap-bounds"


class UnknownAsset(MapError):
    """A file or link is not on the list of what the service serves."""

    code = "asset-unknown"


class AssetMissing(MapError):
    """A listed file is not installed."""

    code = "asset-missing"


class TileOutOfRange(MapError):
    """A tile address does not exist at its zoom level."""

    code = "tile-out-of-range"


class PdfUnavailable(MapError):
    """PDF cannot be made on this machine, or not now."""

    code = "pdf-unavailable"
