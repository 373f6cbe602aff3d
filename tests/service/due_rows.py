"""The rows of what is due, of tasks and of reports in the access matrix."""

from tests.service.access_rows import BORDER, NO_ID, Row, there

_DUE = "/api/v1/coverage/due"

DUE: dict[str, Row] = {
    f"GET {_DUE}": Row(BORDER, "district", there(_DUE)),
    f"GET {_DUE}.csv": Row(BORDER, "district", there(f"{_DUE}.csv")),
    f"GET {_DUE}.geojson": Row(BORDER, "district", there(f"{_DUE}.geojson")),
    f"GET {_DUE}/rules": Row(BORDER, "district", there(f"{_DUE}/rules")),
    f"GET {_DUE}/rules/{{rule}}": Row(BORDER, "district", there(f"{_DUE}/rules/{NO_ID}"), found=404),
    f"POST {_DUE}/rules": Row("ca", "district", there(f"{_DUE}/rules"), {}),
    f"DELETE {_DUE}/rules/{{rule}}": Row("ca", "district", there(f"{_DUE}/rules/{NO_ID}"), found=404),
    f"GET {_DUE}/suspensions": Row(BORDER, "district", there(f"{_DUE}/suspensions")),
    f"POST {_DUE}/suspensions": Row("ca", "district", there(f"{_DUE}/suspensions"), {}),
    f"DELETE {_DUE}/suspensions/{{suspension}}": Row(
        "ca", "district", there(f"{_DUE}/suspensions/{NO_ID}"), found=404
    ),
}
