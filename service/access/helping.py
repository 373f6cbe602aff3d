"""Who may use the routes of the rota, of volunteers and of help: the rows of the policy, by who they are for.

Whoever is asked to help answers, whatever their role, which the routes look after.
"""

from collections.abc import Mapping

HELPING: Mapping[str, str] = {
    "GET /stations/rota": "page",
    "GET /api/v1/rota": "staff",
    "GET /api/v1/rota/candidates": "keepers",
    "GET /api/v1/stations/{station}/rota": "staff",
    "GET /api/v1/stations/{station}/rota/gaps": "staff",
    "POST /api/v1/stations/{station}/rota": "keepers",
    "DELETE /api/v1/rota/{duty}": "keepers",
    "PUT /api/v1/rota/{duty}/away/{day}": "keepers",
    "DELETE /api/v1/rota/{duty}/away/{day}": "keepers",
    "GET /api/v1/volunteers": "leads",
    "POST /api/v1/volunteers": "keepers",
    "GET /api/v1/volunteers/{volunteer}": "leads",
    "PATCH /api/v1/volunteers/{volunteer}": "keepers",
    "DELETE /api/v1/volunteers/{volunteer}": "keepers",
    "GET /api/v1/volunteers/{volunteer}/contact": "keepers",
    "POST /api/v1/help": "everyone",
    "GET /api/v1/help/receipts/{receipt}": "everyone",
    "POST /api/v1/help/receipts/{receipt}/cancel": "everyone",
    "GET /api/v1/help": "people",
    "GET /api/v1/help/{request}": "people",
    "POST /api/v1/help/{request}/answer": "people",
    "POST /api/v1/help/{request}/done": "people",
    "POST /api/v1/help/{request}/cancel": "people",
    "GET /api/v1/help/{request}/contact": "people",
}
"""The routes, each for everyone, people, staff, leads or keepers in the district."""
