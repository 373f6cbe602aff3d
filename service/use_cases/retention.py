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
from layers.retention import Done, Limits, drop_months, steps
from layers.stores import Stores
from service.errors import InvalidInput

LEAD = timedelta(hours=2)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days things are kept.

    ``fixes``: raw positions of people; ``contacts``: who reported, after the incident was closed; ``drafts``:
    what was never finished; ``replies``: what devices were answered; ``keys``: idempotency keys.
    """

    fixes: int = 30
    contacts: int = 365
    drafts: int = 30
    replies: int = 90
    keys: int = 7


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


def limits_of(stores: Stores, kept: Kept, now: datetime) -> Limits:
    """Return the instants before which a district keeps things no longer; its own days beat the settings."""
    own = {name: days for name, days in stores.retention.periods().items() if hasattr(kept, name)}
    days = replace(kept, **own)
    zone = ZoneInfo(stores.districts.current().timezone)
    oldest = (now + LEAD - timedelta(days=days.fixes)).astimezone(zone).date()
    return Limits(
        fixes=datetime.combine(oldest + DAY, time(), zone).astimezone(UTC),
        contacts=now - timedelta(days=days.contacts),
        drafts=now - timedelta(days=days.drafts),
        replies=now - timedelta(days=days.replies),
        keys=now - timedelta(days=days.keys),
    )


def foresee(stores: Stores, kept: Kept, now: datetime) -> Report:
    """Return what a run would forget in a district; nothing is changed."""
    limits = limits_of(stores, kept, now)
    done = [
        Done(one.table.name, one.way, one.reason, stores.retention.count(one))
        for one in steps(stores.district, limits, now)
    ]
    return Report(stores.district, now, False, limits, tuple(done))  # noqa: FBT003


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
    month = earliest.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = {}
    for stores in every:
        limits = replace(limits_of(stores, kept, now), fixes=month)
        counted[stores.district] = stores.retention.count(steps(stores.district, limits, now)[0])
        stores.retention.raise_horizon(month)
    dropped = drop_months(every[0].session, month)
    return counted if dropped else {}


def is_due(stores: Stores, kept: Kept, now: datetime) -> bool:
    """Say whether something is to be forgotten since the last run: once a day of the district's calendar."""
    last = stores.retention.last_run()
    return last is None or limits_of(stores, kept, last).fixes < limits_of(stores, kept, now).fixes


def keep_for(stores: Stores, subject: str, days: int, now: datetime) -> None:
    """Keep things of a subject for so many days in this district, whatever the settings say.

    Raises
    ------
    InvalidInput
        There is no such subject, or less than a day is asked for.
    """
    known = [one.name for one in fields(Kept)]
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
