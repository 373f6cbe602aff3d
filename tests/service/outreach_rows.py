"""The rows of meetings, visits and stops in the access matrix."""

from tests.service.access_rows import ALL, CASES, HANDLING, NO_ID, Row, there

_OUTREACH = "/api/v1/outreach"
_STOPS = "/api/v1/stops"

OUTREACH: dict[str, Row] = {
    f"GET {_OUTREACH}": Row(CASES, "district", there(_OUTREACH)),
    f"POST {_OUTREACH}": Row(HANDLING, "district", there(_OUTREACH), {}),
    f"GET {_OUTREACH}/{{outreach_id}}": Row(CASES, "district", there(f"{_OUTREACH}/{NO_ID}"), found=404),
    **{
        f"GET {_OUTREACH}/{part}": Row(CASES, "district", there(f"{_OUTREACH}/{part}"))
        for part in ("figures", "problems", "duties", "actions", "requests")
    },
    f"POST {_OUTREACH}/actions/{{action}}/done": Row(
        HANDLING, "district", there(f"{_OUTREACH}/actions/{NO_ID}/done"), {}, found=404
    ),
    f"POST {_OUTREACH}/requests/{{request}}/answer": Row(
        "ca", "district", there(f"{_OUTREACH}/requests/{NO_ID}/answer"), {}, found=404
    ),
    f"GET {_STOPS}": Row(ALL, path=there(_STOPS)),
    f"GET {_STOPS}/{{stop}}": Row(ALL, path=there(f"{_STOPS}/{NO_ID}"), found=404),
    f"POST {_STOPS}": Row("ca", "district", there(_STOPS), {}),
    f"PATCH {_STOPS}/{{stop}}": Row("ca", "district", there(f"{_STOPS}/{NO_ID}"), {}),
}
