"""Who plans, records and issues, and when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Recorder:
    """Somebody at an instant; ``person`` is None where nobody signs in."""

    name: str
    person: UUID | None
    now: datetime
