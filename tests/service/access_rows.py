"""What a row of the access matrix says: who may use a route, where a right counts, and how it is asked."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.fixtures.county import DISTRICT

OTHER = "230883"
ROLES = {
    "w": "grid_worker",
    "g": "guard",
    "r": "representative",
    "c": "coordinator",
    "p": "planner",
    "v": "reviewer",
    "s": "supervisor",
    "a": "administrator",
    "u": "auditor",
}
PEOPLE = "wgrcpvsau"
# Nobody, a device, and somebody who holds nothing.
ALL = "0dn" + PEOPLE
OFFICE = "cpvsau"
BORDER = "g" + OFFICE
CASES = "wgrcsau"
HANDLING = "wgrcsa"
STAFF = "wr" + OFFICE
WALKING = "wgca"
# Routes whose own tests hold who may use them.
ELSEWHERE: frozenset[str] = frozenset()
NO_ID = str(uuid4())
DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Row:
    """Who may use a route, where a right counts, and how it is asked.

    ``area``: ``none``; ``district``; ``thing``, which lies in V00; ``list``, which shows what lies in the
    caller's area. ``found`` is what an admitted caller gets where that is 404.
    """

    who: str
    area: str = "none"
    path: str = ""
    body: dict[str, Any] | None = None
    found: int | None = None
    page: bool = False
    hidden: bool = False
    policy: bool = True


def there(path: str) -> str:
    return path + ("&" if "?" in path else "?") + f"district={DISTRICT}"
