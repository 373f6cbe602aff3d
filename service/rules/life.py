"""The life of an incident: which step may follow which, and what a log of steps says.

Steps may be taken together: whoever accepts and goes to work at once has filed and dispatched it as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from layers import incident_tables

STEPS: Mapping[str, tuple[str, ...]] = {
    "received": ("accepted", "rejected"),
    "accepted": ("filed", "handling", "rejected"),
    "filed": ("dispatched", "handling", "rejected"),
    "dispatched": ("handling",),
    "handling": ("done",),
    "delayed": ("handling", "done"),
    "done": ("verified", "closed", "handling"),
    "verified": ("closed", "handling"),
    "returned": ("dispatched", "rejected"),
    "suspended": ("handling",),
}
"""The steps that may follow each status; a status that is not listed has none."""

THROUGH: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("accepted", "handling"): ("filed", "dispatched"),
    ("filed", "handling"): ("dispatched",),
    ("done", "closed"): ("verified",),
}
"""What is passed by steps that are taken together."""

REQUESTS: Mapping[str, str] = {"return": "returned", "delay": "delayed", "suspend": "suspended"}
"""What needs somebody else's approval, and the status it leads to."""
ASKED_FROM = frozenset({"dispatched", "handling", "delayed"})
CHECKING = frozenset({"verified", "closed"})
"""Steps that whoever handled the incident never takes."""
WORKING = frozenset({"handling", "done"})
# The owner can do nothing then, so no time counts.
WAITING = frozenset({*incident_tables.WAITING, *incident_tables.SETTLED})


class Logged(Protocol):
    """An entry of an incident's log."""

    @property
    def at(self) -> datetime: ...  # noqa: D102 - what the name says

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def person(self) -> UUID | None: ...  # noqa: D102

    @property
    def body(self) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class History:
    """What a log says: statuses and colours with the instants they began, and granted days of delay."""

    statuses: tuple[tuple[datetime, str], ...]
    colours: tuple[tuple[datetime, str], ...]
    delays: int
    filed_at: datetime | None
    reopened: int
    handlers: frozenset[UUID]

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed, None where it is not or was opened again."""
        last = self.statuses[-1] if self.statuses else None
        return last[0] if last is not None and last[1] == "closed" else None


def history(events: Iterable[Logged]) -> History:
    """Return what a log says, oldest entry first; only entries of steps and colours count."""
    statuses: list[tuple[datetime, str]] = []
    colours: list[tuple[datetime, str]] = []
    handlers: set[UUID] = set()
    delays = reopened = 0
    filed_at = None
    for one in events:
        body = one.body
        if one.kind == "colour":
            colours.append((one.at, str(body["after"])))
        if one.kind == "action" and body.get("state") == "done" and one.person is not None:
            handlers.add(one.person)
        if one.kind != "status":
            continue
        passed = (*body.get("through", ()), str(body["after"]))
        statuses += [(one.at, status) for status in passed]
        if filed_at is None and "filed" in passed:
            filed_at = one.at
        delays += int(body.get("days") or 0)
        reopened += bool(body.get("reopened"))
        # Who opens again, or separates, hands on to others.
        handed_on = body.get("reopened") or body.get("separated")
        if WORKING & set(passed) and one.person is not None and not handed_on:
            handlers.add(one.person)
    return History(tuple(statuses), tuple(colours), delays, filed_at, reopened, frozenset(handlers))


def joined(events: Iterable[Logged]) -> dict[UUID, datetime]:
    """Return the incidents that are merged into the one of a log, and since when."""
    found: dict[UUID, datetime] = {}
    for one in events:
        if one.kind == "joined":
            found[UUID(str(one.body["incident"]))] = one.at
        elif one.kind == "separated":
            found.pop(UUID(str(one.body["incident"])), None)
    return found


def continued(before: Iterable[Logged], after: Iterable[Logged], at: datetime) -> list[Logged]:
    """Return the log of a merged incident until then, going on as that of the one it was merged into."""
    return [one for one in before if one.at < at] + [one for one in after if one.at >= at]


def waits(known: History) -> tuple[tuple[datetime, datetime | None], ...]:
    """Return the periods since filing in which no time counts, the last without an end while it lasts."""
    found: list[tuple[datetime, datetime | None]] = []
    for at, status in known.statuses:
        begun = bool(found) and found[-1][1] is None
        if status in WAITING and not begun:
            found.append((at, None))
        elif status not in WAITING and begun:
            found[-1] = (found[-1][0], at)
    return tuple(found)
