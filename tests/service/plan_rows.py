"""The rows of plans and releases in the access matrix."""

from tests.service.access_rows import NO_ID, OFFICE, PEOPLE, Row, there

PLANS: dict[str, Row] = {
    "GET /api/v1/releases": Row(PEOPLE, "district", there("/api/v1/releases")),
    "GET /api/v1/releases/{release}/exchange.gpkg": Row(
        OFFICE, "district", there(f"/api/v1/releases/{NO_ID}/exchange.gpkg"), found=404
    ),
    "POST /api/v1/plans/exchange": Row("pa", "district", there("/api/v1/plans/exchange"), found=400),
    "GET /api/v1/lineage": Row(PEOPLE, "district", there(f"/api/v1/lineage?unit={NO_ID}"), found=404),
    "GET /api/v1/crosswalk": Row(
        PEOPLE, "district", there(f"/api/v1/crosswalk?from={NO_ID}&to={NO_ID}"), found=404
    ),
    "GET /api/v1/crosswalk.csv": Row(
        PEOPLE, "district", there(f"/api/v1/crosswalk.csv?from={NO_ID}&to={NO_ID}"), found=404
    ),
    "GET /api/v1/notices": Row(PEOPLE, "district", there("/api/v1/notices")),
    "POST /api/v1/notices/{notice}/seen": Row(
        PEOPLE, "district", there(f"/api/v1/notices/{NO_ID}/seen"), found=404
    ),
    "GET /api/v1/watches": Row(PEOPLE, "district", there("/api/v1/watches")),
    "PUT /api/v1/watches/{unit}": Row(PEOPLE, "district", there(f"/api/v1/watches/{NO_ID}"), found=404),
    "DELETE /api/v1/watches/{unit}": Row(PEOPLE, "district", there(f"/api/v1/watches/{NO_ID}"), found=404),
    "GET /api/v1/plans": Row(OFFICE, "district", there("/api/v1/plans")),
    "POST /api/v1/plans": Row("pa", "district", there("/api/v1/plans"), {}),
    "GET /api/v1/plans/{plan}": Row(OFFICE, "district", there(f"/api/v1/plans/{NO_ID}"), found=404),
    "PATCH /api/v1/plans/{plan}": Row("pa", "district", there(f"/api/v1/plans/{NO_ID}"), {}, found=404),
    "POST /api/v1/plans/{plan}/ops": Row("pa", "district", there(f"/api/v1/plans/{NO_ID}/ops"), {}),
    "POST /api/v1/plans/{plan}/balance": Row(
        "pa", "district", there(f"/api/v1/plans/{NO_ID}/balance"), {}, found=404
    ),
    "DELETE /api/v1/plans/{plan}/ops/last": Row(
        "pa", "district", there(f"/api/v1/plans/{NO_ID}/ops/last"), found=404
    ),
    "DELETE /api/v1/plans/{plan}/ops/{seq}": Row(
        "pa", "district", there(f"/api/v1/plans/{NO_ID}/ops/1"), found=404
    ),
    "POST /api/v1/plans/{plan}/ops/redo": Row(
        "pa", "district", there(f"/api/v1/plans/{NO_ID}/ops/redo"), found=404
    ),
    **{
        f"GET /api/v1/plans/{{plan}}/{part}": Row(
            OFFICE, "district", there(f"/api/v1/plans/{NO_ID}/{part}{query}"), found=404
        )
        for part, query in {
            "impact": "",
            "exchange.gpkg": "",
            "units": "?bbox=1,2,3,4",
            "changes": "",
            "conflicts": "",
            "document.html": "",
            "document.pdf": "",
        }.items()
    },
    **{
        f"POST /api/v1/plans/{{plan}}/{step}": Row(
            who, "district", there(f"/api/v1/plans/{NO_ID}/{step}"), found=404
        )
        for step, who in {
            "submit": "pa",
            "withdraw": "pa",
            "reopen": "pa",
            "rebase": "pa",
            "publish": "pa",
            "approve": "va",
            "reject": "va",
        }.items()
    },
}
