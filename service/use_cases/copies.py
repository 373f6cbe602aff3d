"""How long copies of the database are kept, so that no raw position outlives its days in one of them.

A position is at most so old in the database that the days of a copy fit into its days as well
(``retention.limits_of``). A copy goes when its days are over, or when the oldest position in it would grow
too old, whichever is first. Whoever had a backup goes on having one: a new one is made before the last goes,
first tried well ahead. Where none can be made the promise is kept all the same, and it is said loudly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from service.cluster.errors import ClusterError
from service.cluster.kept import Removed
from service.copies import Copies, Copy, Kind

LEAD = timedelta(hours=2)
"""So much ahead of its time a copy goes, since it is looked for every hour."""


@dataclass(frozen=True, slots=True)
class Promise:
    """For how many days copies are kept, and raw positions, where a district says nothing of its own."""

    copies: int
    fixes: int
    districts: Mapping[str, int]

    def over_at(self, copy: Copy) -> datetime:
        """Return when a copy must be gone; one of which nobody knows what is in it, at once."""
        ends = [copy.made_at + timedelta(days=self.copies)]
        if copy.oldest is None:
            ends = [copy.made_at]
        for district, oldest in (copy.oldest or {}).items():
            ends.append(oldest + timedelta(days=self.districts.get(district, self.fixes)))
        return min(ends) - LEAD

    def is_over(self, copy: Copy, now: datetime) -> bool:
        """Say whether a copy must go now."""
        return self.over_at(copy) <= now

    @property
    def ahead(self) -> timedelta:
        """How long before the last copy goes another one is made."""
        return min(timedelta(days=1), timedelta(days=self.copies) / 4)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of copies, or would: ``over`` go, ``makes`` says that a new one comes first, ``left`` stay.

    ``fault`` is why none could be made.
    """

    applied: bool
    days: int
    over: tuple[Copy, ...]
    makes: bool
    left: int
    made: Path | None = None
    removed: Removed = Removed()  # noqa: RUF009 - it is frozen
    fault: str | None = None

    @property
    def lost(self) -> bool:
        """Whether there were backups and there is none now."""
        return any(one.kind is not Kind.ASIDE for one in self.over) and not self.left

    @property
    def is_news(self) -> bool:
        """Whether anything happened, or should have."""
        return bool(self.over or self.makes or self.removed.segments)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        over = [
            {"folder": str(one.folder), "kind": str(one.kind), "made_at": one.made_at.isoformat()}
            for one in self.over
        ]
        return {
            "applied": self.applied,
            "kept_days": self.days,
            "over": over,
            "makes": self.makes,
            "made": None if self.made is None else str(self.made),
            "missing": [str(one) for one in self.removed.missing],
            "segments": self.removed.segments,
            "left": self.left,
            "fault": self.fault,
        }


def renew(copies: Copies, promise: Promise, now: datetime, *, apply: bool) -> Renewal:
    """Remove the copies whose time is over, making a new backup before the last one goes.

    Raises
    ------
    BackupRefused
        A backup is being made or removed by somebody else.
    """
    known = copies.every()
    over = tuple(one for one in known if promise.is_over(one, now))
    backups = [one for one in known if one.kind is not Kind.ASIDE]
    left = len([one for one in backups if one not in over])
    last = bool(backups) and all(promise.is_over(one, now + promise.ahead) for one in backups)
    makes = last and promise.copies > 0
    if not apply:
        return Renewal(apply, promise.copies, over, makes, left + makes)
    made, fault = _made(copies) if makes else (None, None)
    removed = copies.remove(over)
    if makes and made is None and over:
        # What was missing may have been the room that the old ones took.
        made, fault = _made(copies)
    left += made is not None
    return Renewal(apply, promise.copies, over, makes, left, made, removed, fault)


def _made(copies: Copies) -> tuple[Path | None, str | None]:
    try:
        return copies.make().folder, None
    except ClusterError as error:
        return None, error.text(str)
    except OSError as error:
        return None, error.strerror or str(error)
