"""The demo's logins: one for each role, good in demo mode for callers on this machine only.

Their password is never stored, not even as a hash, so a copy of a demo's database lets nobody in.
"""

import hmac
import uuid
from collections.abc import Mapping

from layers.accounts import ADMINISTRATOR

PASSWORD = "demo"  # noqa: S105 - printed on every screen it works on

PEOPLE: Mapping[str, str] = {
    ADMINISTRATOR: ADMINISTRATOR,
    "planner": "planner",
    "reviewer": "reviewer",
    "coordinator": "coordinator",
    "supervisor": "supervisor",
    "representative": "representative",
    "guard": "guard",
    "auditor": "auditor",
    "worker": "grid_worker",
}
"""The role of each login."""

_SPACE = uuid.UUID("0b6c8fa2-7d0e-5b0c-9c31-6f5d64656d6f")


def person_id(login: str) -> uuid.UUID:
    """Return the id that the person of a demo login has, by which it is told from a real one."""
    return uuid.uuid5(_SPACE, login)


def good(login: str, password: str) -> bool:
    """Say whether a login and a password are the demo's."""
    return login in PEOPLE and hmac.compare_digest(
        password.encode("utf-8", "surrogatepass"), PASSWORD.encode()
    )
