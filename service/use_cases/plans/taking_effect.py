"""Taking effect: scheduled plans whose day has come are published, whoever is there or not.

Their releases are in force by their dates already; what is left to do is what a release does on its day.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from geo.redraw import Change
from layers.plan_steps import Plan
from layers.stores import Stores
from service.indexes.drafts import read_day
from service.use_cases.plans.merging import release_change

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A plan whose day has come, and what its release changed of the leaves."""

    plan: Plan
    change: Change


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
        change = release_change(before, read_day(stores, layer, plan.effective_on))
        plan = stores.plans.set_status(plan.id, plan.version, "published", None)  # noqa: PLW2901 - as it is now
        stores.audit.record("plan.begin", "plan", plan.id, release=str(plan.release), units=len(change.units))
        begun.append(Begun(plan, change))
    return begun
