"""The rows of what is due, of tasks and of reports in the access matrix."""

from tests.service.access_rows import BORDER, NO_ID, WALKING, Row, there

_SAID = "/api/v1/coverage/declarations"
_WALLS = "/api/v1/coverage/barriers"
_PHOTOS = "/api/v1/coverage/photos"
_TRACK, _OF_TRACK = (f"/api/v1/patrols/{one}/withdrawals" for one in ("{patrol}", NO_ID))
_DUE = "/api/v1/coverage/due"
_REPORTS = "/api/v1/coverage/reports"
_TASKS = "/api/v1/coverage/tasks"

DUE: dict[str, Row] = {
    f"GET {_DUE}": Row(BORDER, "district", there(_DUE)),
    f"GET {_DUE}.csv": Row(BORDER, "district", there(f"{_DUE}.csv")),
    f"GET {_DUE}.geojson": Row(BORDER, "district", there(f"{_DUE}.geojson")),
    f"GET {_WALLS}": Row(BORDER, "district", there(_WALLS)),
    f"POST {_WALLS}": Row("ca", "district", there(_WALLS), {}),
    f"GET {_WALLS}/{{barrier}}": Row(BORDER, "district", there(f"{_WALLS}/{NO_ID}"), found=404),
    f"POST {_WALLS}/{{barrier}}/end": Row(
        "ca", "district", there(f"{_WALLS}/{NO_ID}/end"), {"on": "2025-06-15", "reason": "no"}, found=404
    ),
    "GET /api/v1/coverage/clocks": Row("csau", "district", there("/api/v1/coverage/clocks")),
    "PUT /api/v1/devices/{device}/clocks/{day}": Row(
        "ca", "district", there("/api/v1/devices/phone/clocks/2025-06-15"), {}
    ),
    f"GET {_SAID}": Row(BORDER, "district", there(_SAID)),
    f"POST {_SAID}": Row(WALKING, "district", there(_SAID), {}),
    f"GET {_SAID}/{{declaration}}": Row(BORDER, "district", there(f"{_SAID}/{NO_ID}"), found=404),
    f"POST {_SAID}/{{declaration}}/withdraw": Row(
        WALKING, "district", there(f"{_SAID}/{NO_ID}/withdraw"), {"reason": "no"}, found=404
    ),
    f"GET {_DUE}/rules": Row(BORDER, "district", there(f"{_DUE}/rules")),
    f"GET {_DUE}/rules/{{rule}}": Row(BORDER, "district", there(f"{_DUE}/rules/{NO_ID}"), found=404),
    f"POST {_DUE}/rules": Row("ca", "district", there(f"{_DUE}/rules"), {}),
    f"DELETE {_DUE}/rules/{{rule}}": Row("ca", "district", there(f"{_DUE}/rules/{NO_ID}"), found=404),
    f"GET {_DUE}/suspensions": Row(BORDER, "district", there(f"{_DUE}/suspensions")),
    f"POST {_DUE}/suspensions": Row("ca", "district", there(f"{_DUE}/suspensions"), {}),
    f"DELETE {_DUE}/suspensions/{{suspension}}": Row(
        "ca", "district", there(f"{_DUE}/suspensions/{NO_ID}"), found=404
    ),
    "GET /api/v1/coverage/markers/{code}/actions": Row(
        BORDER, "district", there("/api/v1/coverage/markers/D1/actions")
    ),
    "POST /api/v1/coverage/markers/{code}/actions": Row(
        WALKING, "district", there("/api/v1/coverage/markers/D1/actions"), {}
    ),
    f"PUT {_PHOTOS}/{{sha256}}": Row(WALKING, "district", there(f"{_PHOTOS}/{'0' * 64}")),
    f"GET {_PHOTOS}/{{sha256}}": Row(WALKING, "district", there(f"{_PHOTOS}/{'0' * 64}"), found=404),
    **{
        f"GET /api/v1/patrols/days/{{person}}/{{day}}{end}": Row(
            "wgcsau",
            "district",
            there(f"/api/v1/patrols/days/{NO_ID}/2025-06-15{end}?purpose=review"),
            found=404,
        )
        for end in ("", "/sheet.html", "/sheet.pdf")
    },
    f"GET {_TRACK}": Row("wgcsau", "district", there(_OF_TRACK), found=404),
    f"POST {_TRACK}": Row(WALKING, "district", there(_OF_TRACK), {"reason": "no"}, found=404),
    f"POST {_TRACK}/{{withdrawal}}/restore": Row(
        WALKING, "district", there(f"{_OF_TRACK}/{NO_ID}/restore"), {"reason": "no"}, found=404
    ),
    f"GET {_REPORTS}": Row(BORDER, "district", there(_REPORTS)),
    f"GET {_REPORTS}/{{month}}": Row(BORDER, "district", there(f"{_REPORTS}/2025-06"), found=404),
    f"GET {_REPORTS}/{{month}}/draft": Row(BORDER, "district", there(f"{_REPORTS}/2025-06/draft")),
    # Of a month that will not be over for long.
    f"POST {_REPORTS}/{{month}}": Row("csa", "district", there(f"{_REPORTS}/2199-12"), {}),
    f"GET {_TASKS}": Row("wgcsau", "district", there(_TASKS)),
    f"POST {_TASKS}": Row("ca", "district", there(_TASKS), {}),
    f"GET {_TASKS}/assignees": Row("ca", "district", there(f"{_TASKS}/assignees")),
    f"GET {_TASKS}/{{task}}": Row("wgcsau", "district", there(f"{_TASKS}/{NO_ID}"), found=404),
    f"PATCH {_TASKS}/{{task}}": Row("ca", "district", there(f"{_TASKS}/{NO_ID}"), {}, found=404),
    f"POST {_TASKS}/{{task}}/close": Row("ca", "district", there(f"{_TASKS}/{NO_ID}/close"), {}),
}
