"""Taking effect: scheduled plans whose day has come are published, whoever is there or not.

Their releases are in force by their dates already; what is left to do is what a release does on its day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from geo.redraw import State
from layers.plan_steps import Plan
from layers.stores import Stores
from service.indexes.drafts import read_day
from service.use_cases.plans.impact import impact_of
from service.use_cases.plans.merging import release_change

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A plan whose day has come, and the open incidents on ground that changes hands by it."""

    plan: Plan
    incidents: tuple[UUID, ...]


def begin_due(stores: Stores, today: date) -> list[Begun]:
    """Publish the scheduled plans of a district whose day has come, the earliest first."""
    begun = []
    for plan in stores.plans.due(today):
        layer = stores.layers.get(plan.layer)
        stores.grids.lock(layer.code)
        plan = stores.plans.get(plan.id)  # noqa: PLW2901 - another process may have done it meanwhile
        if plan.status != "scheduled" or plan.effective_on is None:
            continue
        before = read_day(stores, layer, plan.effective_on - DAY)
        after = read_day(stores, layer, plan.effective_on)
        change = release_change(before, after)
        impact = impact_of(stores, State.of(after), change, plan.effective_on)
        plan = stores.plans.set_status(plan.id, plan.version, "published", None)  # noqa: PLW2901 - as it is now
        stores.audit.record("plan.begin", "plan", plan.id, release=str(plan.release), units=len(change.units))
        begun.append(Begun(plan, impact.open_incidents))
    return begun
