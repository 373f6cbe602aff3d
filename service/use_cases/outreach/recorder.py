"""Who records what was heard, and when."""

from datetime import datetime
from uuid import UUID


class Recorder:
    """Who records, and when."""

    def __init__(self, name: str, person: UUID | None, now: datetime) -> None:
        self.name, self.person, self.now = name, person, now
