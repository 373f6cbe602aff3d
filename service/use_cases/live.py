"""Where those on shift are at this moment, for their own coordinator."""

from datetime import datetime
from typing import Any

from layers.stores import Stores
from service.access.identity import Identity
from service.schemas.live import live_json

PURPOSE = "watching over a shift"
"""What every such look is for: it is open to who is answerable for those on shift, and to nobody else."""


def live(stores: Stores, identity: Identity, now: datetime) -> list[dict[str, Any]]:
    """Return the last place of everybody on shift whom the caller coordinates, by name.

    Who they are is decided by row security. The audit keeps each look once an hour: by whom, at whose shift.
    """
    if identity.person is None:
        return []
    found = stores.shifts.live()
    for one in stores.shifts.look(found, identity.person, now):
        stores.audit.record("shift.watch", "person", one.person, purpose=PURPOSE, track=str(one.track))
    with stores.settling():
        names = stores.tasks.names([one.person for one in found])
    told = [live_json(one, names.get(one.person)) for one in found]
    return sorted(told, key=lambda one: (one["name"] or "", one["person"]))
