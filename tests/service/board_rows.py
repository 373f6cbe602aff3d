"""The rows of the coordinator's board in the access matrix."""

from tests.service.access_rows import BORDER, Row, there

_COVERAGE = "/api/v1/coverage"

BOARD: dict[str, Row] = {
    f"GET {_COVERAGE}/{name}": Row(BORDER, "district", there(f"{_COVERAGE}/{name}"))
    for name in ("timeline", "weaker.geojson", "sheet.html", "sheet.pdf", "segments.gpkg")
} | {f"GET {_COVERAGE}/live": Row("c", "district", there(f"{_COVERAGE}/live"))}
