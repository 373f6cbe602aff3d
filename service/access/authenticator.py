"""Who a request comes from: found out once, then remembered for a moment."""

from collections.abc import MutableMapping
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from service.access.identity import EVERYBODY, PUBLIC, Identity
from service.settings import Settings


class Authenticator:
    """Finds out who a request comes from."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings) -> None:
        self._sessions = sessions
        self._open = settings.access == "open"

    async def identify(self, scope: MutableMapping[str, Any]) -> Identity:  # noqa: ARG002 - soon
        """Return who a request comes from."""
        return EVERYBODY if self._open else PUBLIC
