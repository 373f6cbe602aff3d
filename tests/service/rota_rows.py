"""The rows of the rota and of volunteers in the access matrix."""

from tests.service.access_rows import NO_ID, STAFF, Row, there

_ROTA = "/api/v1/rota"
_HERE = "/api/v1/stations/S1/rota"
_VOLUNTEERS = "/api/v1/volunteers"
_ONE = f"{_VOLUNTEERS}/{NO_ID}"
_AWAY = f"{_ROTA}/{NO_ID}/away/2026-01-01"

ROTA: dict[str, Row] = {
    "GET /stations/rota": Row(STAFF, "district", there("/stations/rota"), page=True),
    f"GET {_ROTA}": Row(STAFF, "district", there(_ROTA)),
    f"GET {_ROTA}/candidates": Row("ca", "district", there(f"{_ROTA}/candidates")),
    "GET /api/v1/stations/{station}/rota": Row(STAFF, "district", there(_HERE), found=404),
    "GET /api/v1/stations/{station}/rota/gaps": Row(STAFF, "district", there(f"{_HERE}/gaps"), found=404),
    "POST /api/v1/stations/{station}/rota": Row("ca", "district", there(_HERE), {}),
    f"DELETE {_ROTA}/{{duty}}": Row("ca", "district", there(f"{_ROTA}/{NO_ID}"), found=404),
    f"PUT {_ROTA}/{{duty}}/away/{{day}}": Row("ca", "district", there(_AWAY), {}, found=404),
    f"DELETE {_ROTA}/{{duty}}/away/{{day}}": Row("ca", "district", there(_AWAY), found=404),
    f"GET {_VOLUNTEERS}": Row("csau", "district", there(_VOLUNTEERS)),
    f"POST {_VOLUNTEERS}": Row("ca", "district", there(_VOLUNTEERS), {}),
    f"GET {_VOLUNTEERS}/{{volunteer}}": Row("csau", "district", there(_ONE), found=404),
    f"PATCH {_VOLUNTEERS}/{{volunteer}}": Row("ca", "district", there(_ONE), {}, found=404),
    f"DELETE {_VOLUNTEERS}/{{volunteer}}": Row("ca", "district", there(_ONE), found=404),
    f"GET {_VOLUNTEERS}/{{volunteer}}/contact": Row(
        "ca", "district", there(f"{_ONE}/contact?purpose=call"), found=404
    ),
}
