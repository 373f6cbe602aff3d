"""The rows of staffing in the access matrix."""

from tests.service.access_rows import NO_ID, OFFICE, STAFF, Row, there
from tests.service.help_rows import HELP
from tests.service.rota_rows import ROTA

_PROPOSALS = "/api/v1/staffing/proposals"

STAFFING: dict[str, Row] = {
    **ROTA,
    **HELP,
    "GET /staffing": Row(OFFICE, "district", there("/staffing"), page=True),
    f"GET {_PROPOSALS}": Row(OFFICE, "district", there(_PROPOSALS)),
    f"POST {_PROPOSALS}": Row("cpa", "district", there(_PROPOSALS), {"cap": 0}),
    f"GET {_PROPOSALS}/{{proposal}}": Row(OFFICE, "district", there(f"{_PROPOSALS}/{NO_ID}"), found=404),
    **{
        f"GET /api/v1/staffing/duties.{kind}": Row(STAFF, "list", there(f"/api/v1/staffing/duties.{kind}"))
        for kind in ("html", "pdf")
    },
    **{
        f"GET /api/v1/staffing/duties/{{code}}/sheet.{kind}": Row(
            STAFF, "thing", there(f"/api/v1/staffing/duties/R1/sheet.{kind}")
        )
        for kind in ("html", "pdf")
    },
    **{
        f"POST {_PROPOSALS}/{{proposal}}/{step}": Row(
            "ca", "district", there(f"{_PROPOSALS}/{NO_ID}/{step}"), {}, found=404
        )
        for step in ("approve", "reject")
    },
}
