"""Staffing of the demo: one proposal that was approved, one that waits, and the chain of responsibility."""

from layers.demonstration import DemonstrationHousehold, Leader
from layers.stores import Stores
from service.access.demo import person_id
from service.demo.content import Content
from service.demo.identity import demo_id
from service.demo.state import LAYER
from service.schemas.staffing import StaffingIn, Weights
from service.use_cases.staffing import Decider, approve, propose_homes

_PLANNER = Decider(person_id("planner"), "Planner")
_COORDINATOR = Decider(person_id("coordinator"), "Coordinator")


def load_chain(stores: Stores, content: Content) -> None:
    """Store who leads the county and its townships, and a demonstration household in each small grid."""
    county = content.county
    leaders = [Leader(demo_id("leader", 0), None, "县领导（演示）", "包县领导", content.since)]
    leaders += [
        Leader(demo_id("leader", number), one.id, f"{one.name.zh}负责人（演示）", "包乡镇领导", content.since)
        for number, one in enumerate(county.townships, 1)
    ]
    stores.demonstrations.add_leaders(leaders)
    stores.demonstrations.add(
        [
            DemonstrationHousehold(
                demo_id("household", number),
                f"H{number + 1:05}",
                f"{leaf.name.zh}示范户",
                leaf.id,
                float(lon),
                float(lat),
                content.since,
            )
            for number, (leaf, (lon, lat)) in enumerate(
                zip(county.leaves, county.shapes.centre.tolist(), strict=True)
            )
        ]
    )


def load_staffing(stores: Stores) -> None:
    """Propose homes twice: by the usual rules, approved; and by load alone, which nobody has decided on yet.

    They are from today on, whatever day the demo ends on.
    """
    layer = stores.layers.get(LAYER)
    made = propose_homes(stores, _PLANNER, layer, StaffingIn(), str)
    approve(stores, _COORDINATOR, made.id, "按计划执行")
    alone = StaffingIn(move_m=500.0, weights=Weights(households=0.0, incidents=3.0))
    propose_homes(stores, _COORDINATOR, layer, alone, str)
