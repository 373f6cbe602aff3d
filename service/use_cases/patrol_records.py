"""Recorded tracks: one's own freely, another person's for a purpose, the raw file only with two people."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from geo.errors import N_
from layers.fix_exports import FixExport
from layers.fixes import FixTable, instant
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from service.access.identity import Identity
from service.errors import InvalidInput, NotAllowed
from service.schemas.track_withdrawals import track_withdrawal_json
from service.schemas.tracks import patrol_json
from service.underway import require_over

LEADS = frozenset({"coordinator", "supervisor", "administrator", "auditor"})
"""The roles that may look at where others were, for a purpose."""

KEEPERS = frozenset({"coordinator", "administrator"})
"""The roles that may withdraw the tracks of others."""

ASKED_FOR = timedelta(days=3)
ALLOWED_FOR = timedelta(days=1)
SHOWN_DECIMALS = 4
"""Places of others are shown to some ten metres; the raw ones take two people."""

LONGEST_PERIOD = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Recorder:
    """Whose recordings are one's own: the person and the codes of their devices."""

    person: UUID | None
    devices: frozenset[str]

    def owns(self, patrol: Patrol) -> bool:
        """Say whether a recording is one's own."""
        mine = self.person is not None and patrol.person == str(self.person)
        return mine or patrol.device in self.devices


def recorder_of(stores: Stores, identity: Identity) -> Recorder:
    """Return whose recordings are the caller's own."""
    devices = stores.patrols.devices_of(identity.person) if identity.person is not None else frozenset()
    own = {identity.name} if identity.kind == "device" else set()
    return Recorder(identity.person, devices | own)


def list_patrols(
    stores: Stores, identity: Identity, from_at: datetime, to_at: datetime
) -> list[Mapping[str, Any]]:
    """Return the patrols of a period that the caller may know of, by start; no places.

    Raises
    ------
    InvalidInput
        The period is empty or longer than a quarter.
    """
    if not timedelta() < to_at - from_at <= LONGEST_PERIOD:
        raise InvalidInput(
            N_("The period must not be empty, nor longer than 92 days."),
            mend=N_("Let it end after it begins, and ask for a shorter one."),
            where={"parameter": "to"},
        )
    mine, leads = recorder_of(stores, identity), bool(identity.roles(stores.district) & LEADS)
    every = stores.timed_fixes.during(from_at, to_at)
    found = [(one.patrol, one.clock) for one in every if leads or mine.owns(one.patrol)]
    called = _called(stores, *(one for one, _ in found))
    withdrawn = stores.timed_fixes.withdrawals([one for one, _ in found])
    keeps = bool(identity.roles(stores.district) & KEEPERS)
    return [
        {
            **patrol_json(one, called, clock),
            "own": mine.owns(one),
            "withdrawn": [track_withdrawal_json(each) for each in withdrawn.get(one.id, ()) if each.holds],
            "may_withdraw": keeps or one.device in mine.devices,
        }
        for one, clock in found
    ]


def _called(stores: Stores, *patrols: Patrol) -> dict[str, str]:
    return stores.tasks.called([one.person for one in patrols if one.person])


def view_fixes(stores: Stores, identity: Identity, patrol: UUID, purpose: str | None) -> dict[str, Any]:
    """Return the fixes of a patrol as columns; those of others to some ten metres, and only for a purpose.

    Raises
    ------
    NotFound
        There is no such patrol for the caller.
    InvalidInput
        It is another's, and no purpose is given.
    NotAllowed
        It is another's whose shift runs.
    """
    value = stores.patrols.get(patrol)
    own = recorder_of(stores, identity).owns(value)
    if not own:
        _require_lead(stores, identity)
        words = _purpose(purpose)
        require_over(stores, value)
        stores.audit.record("track.read", "patrol", value.id, purpose=words, fixes=value.fixes)
    table = stores.patrols.fixes_of(value.id)
    right = stores.timed_fixes.on_time(table, stores.clocks.of(value.device)).t
    order = np.argsort(right, kind="stable")
    (timed,) = stores.timed_fixes.timed([value])
    decimals = 7 if own else SHOWN_DECIMALS
    return {
        "patrol": patrol_json(timed.patrol, _called(stores, value), timed.clock),
        "own": own,
        "at": [instant(t).isoformat() for t in right[order].tolist()],
        "told_at": [instant(t).isoformat() for t in table.t[order].tolist()],
        "lon": np.round(table.lon[order], decimals).tolist(),
        "lat": np.round(table.lat[order], decimals).tolist(),
        "part": table.part[order].tolist(),
    }


def request_export(
    stores: Stores, identity: Identity, patrol: UUID, purpose: str, now: datetime
) -> FixExport:
    """Ask for the raw fixes of a patrol; somebody else must allow it within three days."""
    value = stores.patrols.get(patrol)
    words = _purpose(purpose)
    asked = FixExport(new_id(), value.id, words, _person(identity), now, now + ASKED_FOR)
    stores.fix_exports.add(asked)
    stores.audit.record("track.export-ask", "patrol", value.id, purpose=words, export=str(asked.id))
    return asked


def allow_export(stores: Stores, identity: Identity, export: UUID, now: datetime) -> FixExport:
    """Allow what somebody else asked for; it is good for a day.

    Raises
    ------
    NotAllowed
        The caller asked for it.
    InvalidInput
        It has expired.
    """
    asked = _open(stores.fix_exports.get(export), now)
    if asked.requested_by == _person(identity):
        raise NotAllowed(
            N_("Nobody allows what they asked for themselves."),
            mend=N_("Let a supervisor or an administrator look at the request."),
        )
    if stores.fix_exports.allow(export, _person(identity), now, now + ALLOWED_FOR):
        stores.audit.record(
            "track.export-allow", "patrol", asked.patrol, purpose=asked.purpose, export=str(export)
        )
    return stores.fix_exports.get(export)


def take_export(stores: Stores, identity: Identity, export: UUID, now: datetime) -> tuple[str, str]:
    """Return the name and the text of the file of raw fixes, to who asked for it and was allowed.

    Raises
    ------
    NotAllowed
        Nobody has allowed it yet, somebody else asked for it, or the shift runs.
    InvalidInput
        It has expired.
    """
    asked = _open(stores.fix_exports.get(export), now)
    if asked.allowed_by is None or asked.requested_by != _person(identity):
        raise NotAllowed(
            N_("These fixes are given to who asked for them, once somebody else has allowed it."),
            mend=N_("Ask a supervisor or an administrator to allow the request."),
        )
    require_over(stores, stores.patrols.get(asked.patrol))
    stores.audit.record("track.export", "patrol", asked.patrol, purpose=asked.purpose, export=str(export))
    return f"fixes-{asked.patrol}.csv", _csv(stores.patrols.fixes_of(asked.patrol))


def export_json(value: FixExport) -> dict[str, Any]:
    """Return a request as readers see it."""
    return {
        "id": str(value.id),
        "patrol": str(value.patrol),
        "purpose": value.purpose,
        "requested_by": str(value.requested_by),
        "requested_at": value.requested_at.isoformat(),
        "expires_at": value.expires_at.isoformat(),
        "allowed_by": None if value.allowed_by is None else str(value.allowed_by),
    }


def _open(value: FixExport, now: datetime) -> FixExport:
    if value.expires_at <= now:
        raise InvalidInput(
            N_("The request has expired."), mend=N_("Ask again."), where={"export": str(value.id)}
        )
    return value


def _person(identity: Identity) -> UUID:
    if identity.kind != "person" or identity.id is None:
        raise NotAllowed(
            N_("Raw fixes are given to people with an account of their own."),
            mend=N_("Sign in as yourself."),
        )
    return identity.id


def _require_lead(stores: Stores, identity: Identity) -> None:
    if not identity.roles(stores.district) & LEADS:
        raise NotAllowed(
            N_("Where another person was is not shown to you."), mend=N_("Look at your own recordings.")
        )


def _purpose(purpose: str | None) -> str:
    words = " ".join((purpose or "").split())
    if sum(map(str.isalpha, words)) < 2:
        raise InvalidInput(
            N_("Where another person was is told for a purpose only; say in words what for."),
            mend=N_("Give the parameter purpose; the audit keeps it."),
            where={"parameter": "purpose"},
        )
    return words


def _csv(table: FixTable) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("at", "lon", "lat", "accuracy_m", "speed_ms", "course", "part", "seq"))
    for k in range(len(table)):
        known = (table.accuracy_m[k], table.speed_ms[k], table.course[k])
        writer.writerow(
            (
                instant(float(table.t[k])).isoformat(),
                f"{table.lon[k]:.7f}",
                f"{table.lat[k]:.7f}",
                *("" if np.isnan(one) else f"{one:.2f}" for one in known),
                int(table.part[k]),
                int(table.seq[k]),
            )
        )
    return text.getvalue()
