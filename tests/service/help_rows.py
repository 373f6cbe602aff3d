"""The rows of help in the access matrix."""

from tests.service.access_rows import ALL, NO_ID, PEOPLE, Row, there

_HELP = "/api/v1/help"
_ONE = f"{_HELP}/{NO_ID}"
_RECEIPT = f"{_HELP}/receipts/none"

HELP: dict[str, Row] = {
    f"POST {_HELP}": Row(ALL, path=there(_HELP), body={}),
    f"GET {_HELP}/receipts/{{receipt}}": Row(ALL, path=there(_RECEIPT), found=404),
    f"POST {_HELP}/receipts/{{receipt}}/cancel": Row(ALL, path=there(f"{_RECEIPT}/cancel"), found=404),
    f"GET {_HELP}": Row(PEOPLE, "district", there(_HELP)),
    f"GET {_HELP}/{{request}}": Row(PEOPLE, "district", there(_ONE), found=404),
    f"POST {_HELP}/{{request}}/answer": Row(
        PEOPLE, "district", there(f"{_ONE}/answer"), {"accept": True}, found=404
    ),
    f"POST {_HELP}/{{request}}/done": Row(PEOPLE, "district", there(f"{_ONE}/done"), {}, found=404),
    f"POST {_HELP}/{{request}}/cancel": Row(PEOPLE, "district", there(f"{_ONE}/cancel"), {}, found=404),
    f"GET {_HELP}/{{request}}/contact": Row(
        PEOPLE, "district", there(f"{_ONE}/contact?purpose=call"), found=404
    ),
}
