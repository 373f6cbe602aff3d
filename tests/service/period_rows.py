"""Rows of the access matrix: period plans, what is carried out of them, letters, reports, projects."""

from tests.service.access_rows import CASES, HANDLING, NO_ID, OFFICE, PEOPLE, Row, there

_HERE = f"/api/v1/periods/{NO_ID}"


def _read(path: str) -> Row:
    return Row(CASES, "district", there(_HERE + path), found=404)


def _keep(path: str, body: dict[str, object] | None = None) -> Row:
    return Row("ca", "district", there(_HERE + path), body, found=404)


_DAYS = "from=2025-01-01&to=2025-02-01"
_REPORTS: dict[str, Row] = {
    "GET /reports": Row("csau", "district", there("/reports"), page=True),
    **{
        f"GET /api/v1/reports/{name}": Row("csau", "district", there(f"/api/v1/reports/{path}"))
        for name, path in {
            "figures": f"figures?{_DAYS}",
            "months": f"months?{_DAYS}",
            "comparison": f"comparison?{_DAYS}",
            "rows/{figure}": f"rows/visits?{_DAYS}",
            # Without days: it is asked who may, not what a file takes to make.
            "report.html": "report.html",
            "report.pdf": "report.pdf",
            "report.xlsx": "report.xlsx",
        }.items()
    },
}
_PROJECTS = "/api/v1/projects"
_OF_PROJECTS: dict[str, Row] = {
    "GET /api/v1/projects": Row(PEOPLE, "district", there(_PROJECTS)),
    "POST /api/v1/projects": Row("ca", "district", there(_PROJECTS), {}),
    **{
        f"GET {_PROJECTS}/{name}": Row(PEOPLE, "district", there(f"{_PROJECTS}/{path}"))
        for name, path in {
            "figures": "figures",
            "members": "members",
            "near": "near?lon=131.005&lat=46.005",
            "sites.geojson": "sites.geojson",
        }.items()
    },
    "POST /api/v1/projects/members": Row("ca", "district", there(f"{_PROJECTS}/members"), {}),
    "POST /api/v1/projects/sites/import": Row(
        "ca", "district", there(f"{_PROJECTS}/sites/import?name=a.csv"), {}
    ),
    "GET /teams": Row(OFFICE, "district", there("/teams"), page=True),
    "GET /api/v1/projects/{project}": Row(PEOPLE, "district", there(f"{_PROJECTS}/{NO_ID}"), found=404),
    **{
        f"POST {_PROJECTS}/{{project}}/{name}": Row(
            "ca", "district", there(f"{_PROJECTS}/{NO_ID}/{path}"), {}
        )
        for name, path in {
            "sites": "sites",
            "posts": "posts",
            "posts/{post}/end": f"posts/{NO_ID}/end",
            "end": "end",
        }.items()
    },
}
PERIODS: dict[str, Row] = {
    **_REPORTS,
    **_OF_PROJECTS,
    "GET /api/v1/periods": Row(CASES, "district", there("/api/v1/periods")),
    "POST /api/v1/periods": Row("ca", "district", there("/api/v1/periods"), {}),
    "GET /api/v1/periods/supervisors": Row("ca", "district", there("/api/v1/periods/supervisors")),
    "GET /api/v1/periods/{period}": _read(""),
    "POST /api/v1/periods/{period}/publish": _keep("/publish"),
    "POST /api/v1/periods/{period}/reopen": _keep("/reopen", {"reason": "why"}),
    "GET /api/v1/periods/{period}/tasks": _read("/tasks"),
    "POST /api/v1/periods/{period}/tasks": Row("csa", "district", there(_HERE + "/tasks"), {}),
    "POST /api/v1/periods/{period}/merges": _keep("/merges", {}),
    "POST /api/v1/periods/{period}/merges/{merge}/undo": _keep(f"/merges/{NO_ID}/undo"),
    "GET /api/v1/periods/{period}/items": _read("/items"),
    "GET /api/v1/periods/{period}/units": _read("/units"),
    "GET /api/v1/periods/{period}/map.geojson": _read("/map.geojson"),
    "GET /api/v1/periods/{period}/events": _read("/events"),
    "POST /api/v1/periods/{period}/events": Row(HANDLING, "district", there(_HERE + "/events"), {}),
    "GET /api/v1/periods/{period}/points": _read("/points"),
    "POST /api/v1/periods/{period}/points": _keep("/points", {}),
    "DELETE /api/v1/periods/{period}/points/{point}": _keep(f"/points/{NO_ID}"),
    "GET /api/v1/periods/{period}/letters": _read("/letters"),
    "POST /api/v1/periods/{period}/letters": _keep("/letters", {}),
    "GET /api/v1/periods/{period}/letters/{letter}": _read(f"/letters/{NO_ID}"),
    "GET /api/v1/periods/{period}/letters/{letter}/document.html": _read(f"/letters/{NO_ID}/document.html"),
    "GET /api/v1/periods/{period}/letters/{letter}/document.pdf": _read(f"/letters/{NO_ID}/document.pdf"),
}
