"""Taking a track, or a time of it, out of all that is counted, and letting it count again; both are kept.

Nothing that was stored changes. The ledger is made anew, in the same transaction, for the days that what is
withdrawn was on and those beside them that are computed from it as well, so it is what a rebuild would make.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.errors import N_
from layers.errors import NotFound, OutOfReach
from layers.fix_blocks import KEY, columns_of
from layers.fixes import FixTable, instant
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from layers.track_withdrawals import TrackWithdrawal
from service.access.identity import Identity
from service.errors import InvalidInput, InvalidTransition
from service.schemas.track_withdrawals import TrackWithdrawalIn
from service.use_cases.tracks.ledger import DAY, days_of, days_with, recompute

KEEPERS = frozenset({"coordinator", "administrator"})
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Covered:
    """What a withdrawal covers: from when to when, as the device told it, and when its fixes were made."""

    from_at: datetime | None
    to_at: datetime | None
    t: npt.NDArray[np.float64]


def may_withdraw(stores: Stores, identity: Identity, patrol: Patrol) -> bool:
    """Say whether a track is of a device of the caller, or one of a district that they keep."""
    if identity.roles(stores.district) & KEEPERS:
        return True
    return identity.person is not None and patrol.device in stores.patrols.devices_of(identity.person)


def withdraw_track(
    stores: Stores, identity: Identity, patrol: UUID, given: TrackWithdrawalIn, now: datetime
) -> tuple[TrackWithdrawal, int]:
    """Let a track, or a time of it, count no more; return it, and of how many days the ledger was made anew.

    Raises
    ------
    NotFound
        There is no such track.
    OutOfReach
        It is another's.
    InvalidInput
        Nothing of it is of that time, or its positions are kept no longer.
    InvalidTransition
        All of it is withdrawn already.
    """
    track = _held(stores, identity, patrol)
    known = stores.track_withdrawals.of([patrol]).get(patrol, ())
    whole = next((one for one in known if one.holds and one.from_at is None), None)
    if whole is not None:
        raise InvalidTransition(
            N_("The track was withdrawn by {by}."),
            mend=N_("Nothing is left to do."),
            where={"patrol": str(patrol)},
            by=whole.withdrawn_by,
        )
    covered = _covered(stores, track, given.from_at, given.to_at)
    days = days_with(stores, track.device, covered.t)
    value = TrackWithdrawal(
        id=new_id(),
        patrol=patrol,
        device=track.device,
        person=track.person,
        from_at=covered.from_at,
        to_at=covered.to_at,
        reason=given.reason,
        withdrawn_at=now,
        withdrawn_by=identity.name,
    )
    stores.track_withdrawals.add(value)
    recompute(stores, track.device, days, near=())
    stores.audit.record(
        "track.withdraw",
        "patrol",
        patrol,
        withdrawal=str(value.id),
        device=track.device,
        fixes=len(covered.t),
        days=[day.isoformat() for day in sorted(days)],
        reason=given.reason,
    )
    return _told(stores, track, value.id), len(days)


def restore_track(
    stores: Stores, identity: Identity, patrol: UUID, withdrawal: UUID, reason: str, now: datetime
) -> tuple[TrackWithdrawal, int]:
    """Let what was withdrawn of a track count again; return that, and how many days were made anew.

    Raises
    ------
    NotFound
        There is no such track, or no such withdrawal of it.
    OutOfReach
        It is another's.
    InvalidInput
        Its positions are kept no longer.
    InvalidTransition
        It counts already.
    """
    track = _held(stores, identity, patrol)
    value = stores.track_withdrawals.get(withdrawal)
    if value.patrol != patrol:
        raise NotFound(
            N_("Track {patrol} has no withdrawal {withdrawal}."),
            mend=N_("List the withdrawals of the track."),
            where={"withdrawal": str(withdrawal)},
            patrol=str(patrol),
            withdrawal=str(withdrawal),
        )
    if not value.holds:
        raise InvalidTransition(
            N_("The track was restored by {by}."),
            mend=N_("Nothing is left to do."),
            where={"withdrawal": str(withdrawal)},
            by=value.restored_by or "–",
        )
    covered = _covered(stores, track, value.from_at, value.to_at, told=True)
    stores.track_withdrawals.restore(withdrawal, now, identity.name, reason)
    days = days_with(stores, track.device, covered.t)
    recompute(stores, track.device, days, near=())
    stores.audit.record(
        "track.restore", "patrol", patrol, withdrawal=str(withdrawal), device=track.device, reason=reason
    )
    return _told(stores, track, withdrawal), len(days)


def withdrawals_of(stores: Stores, patrol: UUID) -> tuple[TrackWithdrawal, ...]:
    """Return the withdrawals of a track, restored or not, each for the time at which it was.

    Raises
    ------
    NotFound
        There is no such track.
    """
    return stores.timed_fixes.withdrawals([stores.patrols.get(patrol)]).get(patrol, ())


def withdrawn_among(stores: Stores, device: str, fixes: FixTable) -> int:
    """Return how many of some fixes are stored with a track of the device that was withdrawn."""
    gone: set[tuple[int, ...]] = set()
    for one in stores.track_withdrawals.holding(device):
        table = stores.patrols.fixes_of(one.patrol)
        if one.from_at is not None and one.to_at is not None:
            table = table.take(_between(table.t, one.from_at, one.to_at))
        gone |= _keys(table)
    return len(_keys(fixes) & gone) if gone else 0


def _keys(fixes: FixTable) -> set[tuple[int, ...]]:
    columns = columns_of(fixes)
    return set(zip(*(columns[name].tolist() for name in KEY), strict=True))


def _told(stores: Stores, track: Patrol, withdrawal: UUID) -> TrackWithdrawal:
    found = stores.timed_fixes.withdrawals([track])[track.id]
    return next(one for one in found if one.id == withdrawal)


def _held(stores: Stores, identity: Identity, patrol: UUID) -> Patrol:
    """Return a track that the caller may withdraw, while nobody else makes the ledger of its device."""
    found = stores.patrols.get(patrol)
    if not may_withdraw(stores, identity, found):
        raise OutOfReach(
            N_("The track is another's."),
            mend=N_("Ask whose device it is, or the coordinator of the district."),
            where={"patrol": str(patrol)},
        )
    stores.clocks.hold(found.device)
    return stores.patrols.get(patrol)


def _covered(
    stores: Stores, track: Patrol, from_at: datetime | None, to_at: datetime | None, *, told: bool = False
) -> _Covered:
    """Return what lies between two times of a track, both included; without them all of it.

    They are as it was, the clock of the device set right, or as the device ``told`` it.
    """
    table = stores.patrols.fixes_of(track.id)
    clock = stores.clocks.of(track.device)
    right = stores.timed_fixes.on_time(table, clock).t
    mine = np.ones(len(table), dtype=bool)
    ends: tuple[datetime | None, datetime | None] = (None, None)
    if from_at is not None and to_at is not None:
        mine = _between(table.t if told else right, from_at, to_at)
        if mine.any():
            ends = instant(float(table.t[mine].min())), instant(float(table.t[mine].max()))
            mine = _between(table.t, *ends)  # a clock that was set on the way told some times twice
    zone = ZoneInfo(stores.districts.current().timezone)
    days = days_of(right[mine], zone)
    if len(table) < track.fixes or (days and min(days) - DAY < stores.coverage.horizon().before):
        raise InvalidInput(
            N_("Positions of this track are kept no longer, so what it proved cannot be made anew."),
            mend=N_("What it proved stays as it was told."),
            where={"patrol": str(track.id)},
        )
    if not days:
        raise InvalidInput(
            N_("The track has no position of that time."),
            mend=N_("Choose a time from {begin} to {end}, or all of the track."),
            where={"pointer": "/from_at"},
            begin=None if track.started_at is None else track.started_at.isoformat(),
            end=None if track.ended_at is None else track.ended_at.isoformat(),
        )
    return _Covered(*ends, right[mine])


def _between(t: npt.NDArray[np.float64], from_at: datetime, to_at: datetime) -> npt.NDArray[np.bool_]:
    """Return which times (n,) lie between two instants, both included; both are known to microseconds."""
    begin, end = from_at - _MOMENT / 2, to_at + _MOMENT
    return np.asarray((t >= begin.timestamp()) & (t < end.timestamp()))
