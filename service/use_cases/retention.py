"""Forgetting in time: raw fixes, contact data, drafts and replies, when their days are over, with a report.

The clock is a parameter. Fixes go by whole days of the district's calendar: a day goes as soon as its first
fix would grow too old, so no fix ever does, as long as this runs within two hours of that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from geo.errors import N_
from layers import districts
from layers.clocks import MOST
from layers.retention import Done, Limits, drop_months, steps
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.copies import copies_of
from service.errors import InvalidInput
from service.settings import Settings

LEAD = timedelta(hours=2)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days things are kept.

    ``fixes``: raw positions of people; ``contacts``: who reported, after the incident was closed; ``drafts``:
    what was never finished; ``replies``: what devices were answered; ``keys``: idempotency keys. ``backups``
    are the days that fixes live on in copies of the database, which are days of theirs as well; 0 where none
    is kept.
    """

    fixes: int = 30
    contacts: int = 365
    drafts: int = 30
    replies: int = 90
    keys: int = 7
    backups: int = 0

    @classmethod
    def of(cls, settings: Settings, *, copies: bool) -> "Kept":
        """Return for how long the settings keep things, where copies of the database are kept or not."""
        return cls(
            fixes=settings.keep_fixes_days,
            contacts=settings.keep_contacts_days,
            drafts=settings.keep_drafts_days,
            backups=settings.keep_backups_days if copies else 0,
        )


def kept_by(settings: Settings) -> Kept:
    """Return for how long things are kept, by the settings and whether there are copies."""
    return Kept.of(settings, copies=copies_of(settings).are_kept())


SUBJECTS = tuple(one.name for one in fields(Kept) if one.name != "backups")
"""What a district may have days of its own for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run forgets in a district, or would; ``applied`` says which."""

    district: str
    at: datetime
    applied: bool
    limits: Limits
    done: tuple[Done, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        before = {one.name: getattr(self.limits, one.name).isoformat() for one in fields(self.limits)}
        return {
            "district": self.district,
            "at": self.at.isoformat(),
            "applied": self.applied,
            "before": before,
            "steps": [one.to_json() for one in self.done],
        }


def fitted(kept: Kept, every: Sequence[Stores]) -> Kept:
    """Return the days, those of copies within the days of the fixes of each district."""
    return replace(kept, backups=min([kept.backups, *(days_of(one, kept).fixes - 1 for one in every)]))


def days_of(stores: Stores, kept: Kept) -> Kept:
    """Return for how long a district keeps things: its own days beat the settings."""
    own = {name: days for name, days in stores.retention.periods().items() if name in SUBJECTS}
    return replace(kept, **own)


def limits_of(stores: Stores, kept: Kept, now: datetime) -> Limits:
    """Return the instants before which a district keeps things no longer; its own days beat the settings."""
    days = days_of(stores, kept)
    zone = ZoneInfo(stores.districts.current().timezone)
    # Copies of the database go on for as many days, which belong to the fixes in them.
    oldest = (now + LEAD - timedelta(days=max(days.fixes - days.backups, 1))).astimezone(zone).date()
    return Limits(
        fixes=datetime.combine(oldest + DAY, time(), zone).astimezone(UTC),
        contacts=now - timedelta(days=days.contacts),
        drafts=now - timedelta(days=days.drafts),
        replies=now - timedelta(days=days.replies),
        keys=now - timedelta(days=days.keys),
    )


def announce(stores: Stores, kept: Kept, now: datetime) -> None:
    """Say from when on a district keeps positions, where no run has said so yet.

    What is older and comes from now on is not written where a log or a backup could keep it.
    """
    if stores.retention.horizon() is None:
        stores.retention.raise_horizon(limits_of(stores, kept, now).fixes)


def foresee(stores: Stores, kept: Kept, now: datetime) -> Report:
    """Return what a run would forget in a district; nothing is changed."""
    limits = limits_of(stores, kept, now)
    done = [
        Done(one.table.name, one.way, one.reason, stores.retention.count(one))
        for one in steps(stores.district, limits, now)
    ]
    return Report(stores.district, now, False, limits, tuple(done))  # noqa: FBT003


@dataclass(frozen=True, slots=True)
class State:
    """What a district keeps: its days by subject, which are its own, the last run, and a run of today.

    ``backups`` of the days of fixes are those of copies of the database.
    """

    days: Mapping[str, int]
    own: frozenset[str]
    backups: int
    last: Mapping[str, Any] | None
    today: Report


def state_of(stores: Stores, kept: Kept, now: datetime) -> State:
    """Return what a district keeps. Rows are counted as the service sees them, whoever asks."""
    days = days_of(stores, kept)
    with acting(stores.session, SYSTEM):
        every = [Stores(stores.session, one.code) for one in districts.every(stores.session)]
        fit = fitted(kept, every)
        today = foresee(stores, fit, now)
    return State(
        {name: getattr(days, name) for name in SUBJECTS},
        frozenset(stores.retention.periods().keys() & set(SUBJECTS)),
        fit.backups,
        stores.retention.last_report(),
        today,
    )


def forget(stores: Stores, kept: Kept, now: datetime, dropped: int = 0) -> Report | None:
    """Forget what a district keeps no longer; None where another process is at it.

    ``dropped`` fixes of the district went before, with whole months.
    """
    if not stores.retention.begin():
        return None
    limits = limits_of(stores, kept, now)
    # First, so that whoever computes the ledger meanwhile keeps what it says.
    stores.retention.raise_horizon(limits.fixes)
    done = []
    for step in steps(stores.district, limits, now):
        rows = stores.retention.do(step) + (dropped if step.table.name == "fix" else 0)
        done.append(Done(step.table.name, step.way, step.reason, rows))
    report = Report(stores.district, now, True, limits, tuple(done))  # noqa: FBT003
    stores.retention.keep_report(now, report.to_json())
    stores.audit.record(
        "retention.apply",
        "district",
        stores.district,
        fixes_before=limits.fixes.isoformat(),
        rows=[f"{one.table} {one.way} {one.reason}: {one.rows}" for one in done if one.rows],
    )
    return report


def forget_months(every: Sequence[Stores], kept: Kept, now: datetime) -> Mapping[str, int]:
    """Drop the months of fixes that no district keeps any more; return how many fixes each had there.

    All stores share a transaction, which the caller commits before it goes on with each district.
    """
    earliest = min((limits_of(one, kept, now).fixes for one in every), default=None)
    if earliest is None:
        return {}
    # What a clock that was behind told of the last day before may be of a day that is kept.
    month = (earliest - MOST).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = {}
    for stores in every:
        limits = replace(limits_of(stores, kept, now), fixes=month)
        counted[stores.district] = stores.retention.count(steps(stores.district, limits, now)[0])
        stores.retention.raise_horizon(month)
    dropped = drop_months(every[0].session, month)
    return counted if dropped else {}


def is_due(stores: Stores, kept: Kept, now: datetime) -> bool:
    """Say whether something is to be forgotten since the last run.

    That is so once a day of the district's calendar, when fixes are kept for fewer days than they were, when
    fixes came so late that their time is over, and when a shift is over that nobody ended.
    """
    last, horizon = stores.retention.last_run(), stores.retention.horizon()
    limits = limits_of(stores, kept, now)
    if last is None or horizon is None:
        return True
    if limits_of(stores, kept, last).fixes < limits.fixes or horizon.before < limits.fixes:
        return True
    return any(stores.retention.has_any(one) for one in steps(stores.district, limits, now)[:3])


def keep_for(stores: Stores, subject: str, days: int, now: datetime, backups: int = 0) -> None:
    """Keep things of a subject for so many days in this district, whatever the settings say.

    ``backups`` are the days that the settings keep copies of the database for.

    Raises
    ------
    InvalidInput
        There is no such subject, less than a day is asked for, or copies are kept for as long as the fixes.
    """
    known = SUBJECTS
    if subject == "fixes" and 1 <= days <= backups:
        raise InvalidInput(
            N_("Raw positions cannot be kept for {days} days: backups hold them for {backups}."),
            mend=N_("Keep them for longer, or set WARDLINE_KEEP_BACKUPS_DAYS to less than that."),
            where={"parameter": "keep"},
            days=days,
            backups=backups,
        )
    if subject not in known or not 1 <= days <= 36_500:
        raise InvalidInput(
            N_("{subject}={days} cannot be kept."),
            mend=N_("Name one of {known} and at least 1 day, such as fixes=30."),
            where={"parameter": "keep"},
            subject=subject[:64],
            days=days,
            known=", ".join(known),
        )
    stores.retention.set_period(subject, days, now)
    stores.audit.record("retention.set", "district", stores.district, what=subject, days=days)
