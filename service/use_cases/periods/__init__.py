"""Period plans: submitted, merged, published, carried out, and reminded of what is late."""

from service.use_cases.periods.carrying_out import add_events, add_point, end_point, supervisors
from service.use_cases.periods.names import Names
from service.use_cases.periods.planning import add_plan, merge, publish, reopen, submit, undo
from service.use_cases.periods.recorder import Recorder
from service.use_cases.periods.reminding import Issued, issue
from service.use_cases.periods.telling import all_items, areas_of, map_of, tasks_json, told, whole

__all__ = [
    "Issued",
    "Names",
    "Recorder",
    "add_events",
    "add_plan",
    "add_point",
    "all_items",
    "areas_of",
    "end_point",
    "issue",
    "map_of",
    "merge",
    "publish",
    "reopen",
    "submit",
    "supervisors",
    "tasks_json",
    "told",
    "undo",
    "whole",
]
