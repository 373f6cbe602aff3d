"""Shifts that run: where somebody is at this moment is told to nobody here, whatever else they may read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from geo.errors import N_
from layers.patrols import Patrol
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Names:
    """What those who prove that something was visited are called.

    People with an account by their names, others as files call them, else their devices. ``on_shift`` says
    since when those are on a shift that still runs: what they do in it has no name until it is over.
    """

    called: Mapping[str, str]
    on_shift: Mapping[str, datetime]

    def at(self, holder: str, moment: datetime) -> str | None:
        """Return the name of who was somewhere at a moment; None while that tells where they are."""
        began = self.on_shift.get(holder)
        return None if began is not None and moment >= began else self.called.get(holder, holder)


def names_of(stores: Stores, holders: Collection[str]) -> Names:
    """Return the names of some holders of evidence."""
    called = stores.tasks.called(holders)
    if not called:
        return Names({}, {})
    with acting(stores.session, SYSTEM):
        began = stores.shifts.began()
    return Names(called, {str(person): at for person, at in began.items()})


def require_over(stores: Stores, *patrols: Patrol) -> None:
    """Refuse the way of somebody whose shift runs: its end is where they are at this moment.

    Raises
    ------
    NotAllowed
        One of the patrols is not over.
    """
    with acting(stores.session, SYSTEM):
        running = [one for one in patrols if stores.shifts.runs(one.id)]
    if running:
        raise NotAllowed(
            N_("This patrol is not over yet; where somebody is at this moment is for their coordinator."),
            mend=N_("Ask again when the shift is over, or ask their coordinator."),
            where={"patrol": str(running[0].id)},
        )
