"""The rows of the chain of responsibility in the access matrix."""

from tests.service.access_rows import NO_ID, STAFF, Row, there

_CHAIN = "/api/v1/chain"
_UNTIL = {"until": "2026-01-01"}

CHAIN: dict[str, Row] = {
    "GET /chain": Row(STAFF, "district", there("/chain"), page=True),
    f"GET {_CHAIN}": Row(STAFF, "thing", there(f"{_CHAIN}?unit=G00")),
    f"GET {_CHAIN}/households": Row(STAFF, "list", there(f"{_CHAIN}/households")),
    f"POST {_CHAIN}/households": Row("ca", "list", there(f"{_CHAIN}/households"), {}),
    f"POST {_CHAIN}/households/import": Row(
        "ca", "list", there(f"{_CHAIN}/households/import?name=a.csv"), {}
    ),
    f"POST {_CHAIN}/households/{{code}}/end": Row(
        "ca", "list", there(f"{_CHAIN}/households/none/end"), _UNTIL, found=404
    ),
    f"GET {_CHAIN}/leaders": Row(STAFF, "district", there(f"{_CHAIN}/leaders")),
    f"POST {_CHAIN}/leaders": Row("ca", "district", there(f"{_CHAIN}/leaders"), {}),
    f"POST {_CHAIN}/leaders/{{leader}}/end": Row(
        "ca", "district", there(f"{_CHAIN}/leaders/{NO_ID}/end"), _UNTIL, found=404
    ),
}
