"""Old keys of contact data: which nothing needs any more, in the database or in a copy of it.

A key is needed by every copy that was made before nothing was sealed with it any more: that copy, and the log
after it, hold contacts that only this key opens.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service.copies import Copy

SETTLED = timedelta(minutes=10)
"""So long after a key was last seen at work nobody seals with it any more: no request takes that long."""


@dataclass(frozen=True, slots=True)
class OldKey:
    """An old key: whether a stored contact uses it, since when none does, and the copies that need it."""

    name: str
    used: bool
    since: datetime | None
    needed_by: tuple[Copy, ...]
    settled: bool

    def may_go(self, *, even_if_needed: bool) -> bool:
        """Say whether it can be destroyed."""
        return not self.used and self.settled and (even_if_needed or not self.needed_by)

    def to_json(self) -> dict[str, Any]:
        """Return what is known of it as JSON."""
        return {
            "key": self.name,
            "used": self.used,
            "unused_since": None if self.since is None else self.since.isoformat(),
            "needed_by": [str(one.folder) for one in self.needed_by],
        }


def old_keys(
    old: Mapping[str, datetime | None], used: Collection[str], copies: Iterable[Copy], now: datetime
) -> tuple[OldKey, ...]:
    """Return what is known of old keys; one of which nobody noted it is unused since now."""
    every = tuple(copies)
    found = []
    for name, since in sorted(old.items()):
        idle = since or now
        needed = tuple(one for one in every if one.made_at <= idle)
        found.append(
            OldKey(name, name in used, since, needed, settled=since is not None and since + SETTLED <= now)
        )
    return tuple(found)
