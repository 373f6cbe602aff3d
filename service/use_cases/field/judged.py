"""What the parts of an upload share: who sends, what other use cases do, and the verdict on one item."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt

from geo.clock import Corrections
from geo.errors import WardlineError
from layers.field_tables import DISCARDED, RELEASED
from layers.ids import new_id
from layers.incidents import Incident
from layers.outreach_records import Gathering
from layers.quarantine import Quarantined
from layers.stores import Stores
from service.readers.field_faults import Fault, canonical
from service.schemas.incidents import IncidentIn, IncidentPatch
from service.schemas.outreach import OutreachIn

Kind = Literal["point", "visit", "incident", "outreach"]
VerdictName = Literal["created", "duplicate", "quarantined"]


@dataclass(frozen=True, slots=True)
class Sender:
    """The device that sends, the person it is bound to, and when we received what it sends.

    ``sent_at`` is when it sent this, by its own clock, where it says so apart from what it sends.
    """

    device: str
    person: UUID
    received_at: datetime
    batch: UUID | None = None
    sent_at: datetime | None = None


class Work(Protocol):
    """What other use cases do with what comes from the field."""

    def recompute(self, stores: Stores, device: str, t: npt.NDArray[np.float64], clock: Corrections) -> None:
        """Bring the ledger of a device up to date for the days of some times (Unix seconds, as they were).

        ``clock`` is what sets that of the device right.
        """

    def remake(
        self,
        stores: Stores,
        device: str,
        clock_days: Sequence[date],
        before: Corrections,
        after: Corrections,
    ) -> set[date]:
        """Make the ledger of a device anew after its clock was set right on some days; return its days."""

    def receive(
        self, stores: Stores, reports: Sequence[IncidentIn]
    ) -> list[tuple[Incident, bool] | WardlineError]:
        """Take in incidents; return of each itself and whether it is new, or why it is refused."""

    def change(
        self, stores: Stores, edits: Sequence[tuple[UUID, IncidentPatch, int]]
    ) -> list[Incident | WardlineError]:
        """Change incidents, each named once, that are at a version; return each, or its refusal."""

    def may_record(self, stores: Stores, sender: Sender) -> bool:
        """Say whether the person of a device may record meetings and visits in the district."""

    def record(self, stores: Stores, sender: Sender, given: OutreachIn) -> tuple[Gathering, bool]:
        """Store a meeting or visit with what came of it; return it and whether it is new, or refuse it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on an item.

    ``ref`` is what the device calls it; a run of points is ``<track>/<first>-<last>`` and ``count`` of them.
    A fault goes with ``raw``, the item as it was sent; ``extra`` are further members of the verdict.
    """

    kind: Kind
    ref: str
    verdict: VerdictName
    fault: Fault | None = None
    raw: Any = None
    count: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def quarantined(cls, kind: Kind, ref: str, fault: Fault, raw: Any, **extra: Any) -> "Judged":
        """Return the verdict on an item that cannot be stored."""
        return cls(kind, ref, "quarantined", fault, raw, extra=extra)

    def to_json(self, translate: Callable[[str], str] = str) -> dict[str, Any]:
        """Return the verdict as the device reads it."""
        return {
            "kind": self.kind,
            "ref": self.ref,
            "verdict": self.verdict,
            "reason": None if self.fault is None else self.fault.reason,
            "detail": "" if self.fault is None else self.fault.told(translate),
            **self.extra,
        }


def hold(stores: Stores, sender: Sender, judged: Sequence[Judged]) -> list[Judged]:
    """Keep in quarantine what has to wait; return the verdicts as they stand then.

    An item that was sent before and released since is a duplicate; one that was discarded stays so.
    """
    waiting = {}
    for place, one in enumerate(judged):
        if one.verdict == "quarantined":
            waiting[place] = quarantined(sender, one)
    kept = stores.quarantine.hold(list(waiting.values()))
    found = list(judged)
    for place, item in waiting.items():
        here = kept[item.key]
        named = replace(found[place], extra={**found[place].extra, "quarantine": str(here.id)})
        if here.state == RELEASED:
            named = replace(named, verdict="duplicate", fault=None)
        elif here.state == DISCARDED:
            named = replace(named, fault=Fault.of("discarded", note=here.note or "–"))
        found[place] = named
    return found


def quarantined(sender: Sender, judged: Judged) -> Quarantined:
    """Return an item as quarantine keeps it."""
    assert judged.fault is not None  # noqa: S101 - only what has a fault is kept
    return Quarantined(
        id=new_id(),
        kind=judged.kind,
        device=sender.device,
        person=sender.person,
        ref=judged.ref[:100],
        reason=judged.fault.reason,
        raw=canonical(judged.raw),
        received_at=sender.received_at,
        fault=judged.fault.to_json(),
        batch=sender.batch,
    )


def counted(judged: Sequence[Judged]) -> dict[str, int]:
    """Return how many items have each verdict."""
    counts = {"created": 0, "duplicate": 0, "quarantined": 0}
    for one in judged:
        counts[one.verdict] += one.count
    return counts
