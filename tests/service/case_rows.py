"""The rows of what is done about incidents in the access matrix."""

from tests.service.access_rows import ALL, CASES, HANDLING, NO_ID, PEOPLE, Row, there

_ALL = "/api/v1/incidents"
_ONE = "/api/v1/incidents/{incident}"
_PERIOD = "?from=2025-06-01T00:00:00Z&to=2025-07-01T00:00:00Z"

_311 = "/open311/v2"

CASE_ROWS: dict[str, Row] = {
    **{
        f"GET {_311}/{part}.{{form}}": Row(ALL, path=f"{_311}/{part}.json")
        for part in ("discovery", "services")
    },
    f"GET {_311}/services/{{service_code}}.{{form}}": Row(ALL, path=f"{_311}/services/waste.json"),
    # Requests ask for a key in their own way; the tests of Open311 hold it.
    f"GET {_311}/requests.{{form}}": Row(ALL, path=f"{_311}/requests.odd", found=404),
    f"POST {_311}/requests.{{form}}": Row(ALL, path=f"{_311}/requests.odd", body={}, found=404),
    f"GET {_311}/requests/{{request_id}}.{{form}}": Row(ALL, path=f"{_311}/requests/1.odd", found=404),
    f"GET {_311}/tokens/{{token}}.{{form}}": Row(ALL, path=f"{_311}/tokens/1.odd", found=404),
    f"GET {_ALL}/key-supervision": Row(CASES, "list", there(f"{_ALL}/key-supervision")),
    f"GET {_ALL}/channels": Row(CASES, "list", there(f"{_ALL}/channels")),
    f"POST {_ALL}/import": Row("ca", "district", there(f"{_ALL}/import"), {}),
    f"GET {_ALL}/rules": Row(CASES, "district", there(f"{_ALL}/rules")),
    f"PUT {_ALL}/rules": Row("ca", "district", there(f"{_ALL}/rules"), {}),
    f"GET {_ALL}/indicators": Row("csau", "list", there(f"{_ALL}/indicators{_PERIOD}")),
    f"GET {_ALL}/indicators/{{count}}": Row("csau", "list", there(f"{_ALL}/indicators/received{_PERIOD}")),
    f"GET {_ONE}/case": Row(CASES, "thing", there(f"{_ONE}/case")),
    f"GET {_ALL}/similar": Row(CASES, "list", there(f"{_ALL}/similar?lon=131.005&lat=46.005&class=waste")),
    f"GET {_ONE}/duplicates": Row(CASES, "thing", there(f"{_ONE}/duplicates")),
    f"POST {_ONE}/merge": Row(
        "csa", "district", there(f"{_ALL}/{NO_ID}/merge"), {"into": NO_ID, "reason": "same"}, found=404
    ),
    f"POST {_ONE}/separate": Row("csa", "thing", there(f"{_ONE}/separate"), {"reason": "another"}),
    f"POST {_ONE}/follow": Row(HANDLING, "thing", there(f"{_ONE}/follow"), {}),
    f"POST {_ONE}/colour": Row(
        HANDLING, "thing", there(f"{_ONE}/colour"), {"colour": "green", "reason": "none"}
    ),
    f"POST {_ONE}/requests": Row(
        HANDLING, "thing", there(f"{_ONE}/requests"), {"kind": "suspend", "reason": "parts"}
    ),
    f"POST {_ONE}/requests/{{request_id}}/decision": Row(
        "csa", "district", there(f"{_ALL}/{NO_ID}/requests/{NO_ID}/decision"), {"approve": True}, found=404
    ),
    f"POST {_ONE}/actions": Row(HANDLING, "thing", there(f"{_ONE}/actions"), {"what": "look"}),
    f"PATCH {_ONE}/actions/{{action}}": Row(
        HANDLING,
        "district",
        there(f"{_ALL}/{NO_ID}/actions/{NO_ID}"),
        {"state": "dropped", "reason": "twice"},
        found=404,
    ),
    # Who has no power is refused by the route itself; the tests of cases hold it.
    f"POST {_ONE}/reopen": Row(PEOPLE, "district", there(f"{_ALL}/{NO_ID}/reopen"), {}),
    "POST /api/v1/receipts/{receipt}/feedback": Row(
        ALL, path=there("/api/v1/receipts/nothing/feedback"), body={"satisfied": True}, found=404
    ),
}
