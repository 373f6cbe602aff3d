"""Work of the service's own, beside its requests: what is kept no longer is forgotten, once a day.

A loop and not a queue: the one job there is needs no arguments, no retries but the next hour, and no tables.
Any number of processes may run it; the first that finds a district due takes its lock and the others pass.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo.errors import WardlineError
from layers import districts
from layers.audit import central
from layers.retention import Done, begin_copies, end_sessions
from layers.stores import Stores
from service.cluster.errors import ClusterError
from service.copies import Copies, copies_of
from service.indexes.snapshots import Indexes
from service.settings import Settings
from service.use_cases import chain, notices
from service.use_cases.copies import Promise, Renewal, renew
from service.use_cases.helping.asking import lapse
from service.use_cases.incidents import remind, rerouting
from service.use_cases.plans.taking_effect import begin_due
from service.use_cases.retention import (
    Kept,
    Report,
    announce,
    days_of,
    fitted,
    foresee,
    forget,
    forget_months,
    is_due,
    kept_by,
)

Sessions = Callable[[], Session]

FIRST_S, EVERY_S = 600.0, 3600.0
"""When to look first, so that starting is quick, and then how often: within the lead that days have."""

CASES_S = 60.0
"""How often to look whether somebody is to be reminded of an incident."""

HELP_S = 10.0
"""How often to look whether a request for help is to be offered to the next."""

PLANS_S = 20.0
"""How often to look whether the day of a scheduled plan has come."""

SESSIONS_KEPT = timedelta(days=30)
_log = logging.getLogger("wardline")


async def forget_daily(sessions: Sessions, settings: Settings) -> None:
    """Look every hour whether a district has something to forget, or a backup must go, until cancelled."""
    try:
        await _to_the_end(announce_all, sessions, settings, datetime.now(UTC))
    except (DBAPIError, ClusterError, OSError) as error:
        _log.warning("from when on positions are kept is said later: %s", type(error).__name__)
    await asyncio.sleep(FIRST_S)
    while True:
        try:
            await _to_the_end(look, sessions, settings, copies_of(settings), datetime.now(UTC))
        except DBAPIError as error:
            _log.warning("nothing was forgotten this hour: %s", type(error.orig).__name__)
        except (ClusterError, OSError) as error:
            _log.warning("copies of the database were not looked at this hour: %s", error)
        await asyncio.sleep(EVERY_S)


async def _to_the_end(job: Callable[..., object], *arguments: object) -> None:
    """Do a job in a thread, to its end even where this is cancelled.

    The thread has a connection, which must be given back before the pool is closed.
    """
    working = asyncio.ensure_future(asyncio.to_thread(job, *arguments))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


def announce_all(sessions: Sessions, settings: Settings, now: datetime) -> None:
    """Say from when on each new district keeps positions: uploads may come before the first look."""
    with sessions() as session:
        for one in districts.every(session):
            announce(Stores(session, one.code), kept_by(settings), now)
        session.commit()


async def begin_plans(sessions: Sessions) -> None:
    """Look again and again whether the day of a scheduled plan has come, until cancelled."""
    while True:
        await asyncio.sleep(PLANS_S)
        try:
            await _to_the_end(take_up_plans, sessions, datetime.now(UTC))
        except DBAPIError as error:
            _log.warning("scheduled plans were not looked at: %s", type(error.orig).__name__)
        except WardlineError as error:
            _log.error("a scheduled plan could not take effect: %s", error)


def take_up_plans(sessions: Sessions, now: datetime) -> int:
    """Publish the scheduled plans whose day has come, with what each does to incidents; return how many."""
    begun = 0
    with sessions() as session:
        every = districts.every(session)
    for one in every:
        with sessions() as session:
            stores = Stores(session, one.code)
            today = one.today(now)
            for plan in begin_due(stores, today):
                rerouting.reroute(stores, plan.incidents, today, str(plan.plan.id))
                chain.place_anew(stores, today)
                notices.follow(stores, plan.plan, plan.plan.effective_on or today)
                begun += 1
            session.commit()
    return begun


async def remind_of_cases(sessions: Sessions) -> None:
    """Look again and again whether somebody is to be reminded of an incident, until cancelled."""
    while True:
        await asyncio.sleep(CASES_S)
        try:
            await _to_the_end(remind_all, sessions, datetime.now(UTC))
        except DBAPIError as error:
            _log.warning("reminders of incidents wait: %s", type(error.orig).__name__)


def remind_all(sessions: Sessions, now: datetime) -> int:
    """Send the reminders that are due in all districts; return how many incidents were looked at."""
    seen = 0
    with sessions() as session:
        every = districts.every(session)
    for one in every:
        # Each lot is a transaction of its own, and no more lots than it takes.
        while True:
            with sessions() as session:
                done = remind(Stores(session, one.code), now)
                session.commit()
            seen += done
            if done == 0:
                break
    return seen


async def dispatch_help(sessions: Sessions, indexes: Indexes) -> None:
    """Look again and again whether a request for help is to be offered to the next, until cancelled."""
    while True:
        await asyncio.sleep(HELP_S)
        try:
            await _to_the_end(dispatch_all, sessions, indexes, datetime.now(UTC))
        except DBAPIError as error:
            _log.warning("requests for help wait: %s", type(error.orig).__name__)


def dispatch_all(sessions: Sessions, indexes: Indexes, now: datetime) -> int:
    """Offer to the next, in all districts, what nobody answered in time; return how many were looked at."""
    with sessions() as session:
        every = districts.every(session)
    seen = 0
    for one in every:
        with sessions() as session:
            today = one.today(now)
            seen += lapse(Stores(session, one.code), partial(indexes.roads, one.code, today), now)
            session.commit()
    return seen


def look(sessions: Sessions, settings: Settings, copies: Copies, now: datetime) -> Renewal | None:
    """Forget what is due, then let copies go in which it lives on; in this order a new one lives longest."""
    try:
        are_kept = copies.are_kept()
    except (ClusterError, OSError):
        # What cannot be looked at may be there; that is said below, after everything due was forgotten.
        are_kept = True
    run(sessions, Kept.of(settings, copies=are_kept), now, due_only=True)
    return keep_copies(sessions, settings, copies, now)


def keep_copies(
    sessions: Sessions, settings: Settings, copies: Copies, now: datetime, *, apply: bool = True
) -> Renewal | None:
    """Remove the copies whose time is over, and tell of it; without ``apply`` say only what would be done.

    None where another process is at it: two would make two backups.

    Raises
    ------
    BackupRefused
        A backup is being made or removed by somebody else.
    """
    with sessions() as session:
        if apply and not begin_copies(session):
            return None
        every = [Stores(session, one.code) for one in districts.every(session)]
        # Copies that are there are kept, if only for this run.
        kept = fitted(Kept.of(settings, copies=True), every)
        own = {one.district: days_of(one, kept).fixes for one in every}
        done = renew(copies, Promise(kept.backups, kept.fixes, own), now, apply=apply)
        if not apply or not done.is_news:
            return done
        central(session).record(
            "retention.copies",
            "database",
            settings.database,
            removed=[one.name for one in done.removed.folders],
            missing=[one.name for one in done.removed.missing],
            made=None if done.made is None else done.made.name,
            segments=done.removed.segments,
            left=done.left,
            fault=done.fault,
        )
        session.commit()
    if done.fault is not None:
        words = "THERE IS NO BACKUP: the last one is over" if done.lost else "the last backup is over soon"
        _log.error("%s, and no new one could be made: %s", words, done.fault)
    return done


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
        kept = fitted(kept, every)
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
