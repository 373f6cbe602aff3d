"""Work of the service's own, beside its requests: what is kept no longer is forgotten, once a day.

A loop and not a queue: the one job there is needs no arguments, no retries but the next hour, and no tables.
Any number of processes may run it; the first that finds a district due takes its lock and the others pass.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from layers import districts
from layers.audit import central
from layers.retention import Done, end_sessions
from layers.stores import Stores
from service.settings import Settings
from service.use_cases.retention import Kept, Report, foresee, forget, forget_months, is_due

Sessions = Callable[[], Session]

FIRST_S, EVERY_S = 600.0, 3600.0
"""When to look first, so that starting is quick, and then how often: within the lead that days have."""

SESSIONS_KEPT = timedelta(days=30)
_log = logging.getLogger("wardline")


def kept_by(settings: Settings) -> Kept:
    """Return for how long the settings keep things."""
    return Kept(
        fixes=settings.keep_fixes_days,
        contacts=settings.keep_contacts_days,
        drafts=settings.keep_drafts_days,
    )


async def forget_daily(sessions: Sessions, kept: Kept) -> None:
    """Look every hour whether a district has something to forget, until cancelled."""
    await asyncio.sleep(FIRST_S)
    while True:
        try:
            await asyncio.to_thread(run, sessions, kept, datetime.now(UTC), due_only=True)
        except DBAPIError as error:
            _log.warning("nothing was forgotten this hour: %s", type(error.orig).__name__)
        await asyncio.sleep(EVERY_S)


def run(
    sessions: Sessions,
    kept: Kept,
    now: datetime,
    *,
    only: str | None = None,
    apply: bool = True,
    due_only: bool = False,
) -> tuple[list[Report], Done | None]:
    """Forget what is kept no longer, in all districts or in one; return the reports, and the sessions ended.

    Each district is a transaction of its own. Without ``apply`` nothing is changed. ``due_only`` passes over
    districts in which this was done since their day began; sessions end only when all districts are seen to.
    """
    with sessions() as session:
        every = [Stores(session, one.code) for one in districts.every(session)]
        codes = [one.district for one in every if only in (None, one.district)]
        if due_only:
            codes = [one.district for one in every if one.district in codes and is_due(one, kept, now)]
        if not apply:
            ended = end_sessions(session, now - SESSIONS_KEPT, apply=False) if only is None else None
            return [foresee(one, kept, now) for one in every if one.district in codes], ended
        if not codes:
            return [], None
        dropped = forget_months(every, kept, now)
        ended = _end_sessions(session, now) if only is None else None
        session.commit()
    reports = []
    for code in codes:
        with sessions() as session:
            report = forget(Stores(session, code), kept, now, dropped.get(code, 0))
            session.commit()
        if report is not None:
            reports.append(report)
            rows = sum(one.rows for one in report.done)
            _log.info("retention: %d rows forgotten in district %s", rows, code)
    return reports, ended


def _end_sessions(session: Session, now: datetime) -> Done:
    ended = end_sessions(session, now - SESSIONS_KEPT, apply=True)
    if ended.rows:
        central(session).record("retention.apply", "table", ended.table, rows=ended.rows)
    return ended
