"""Incidents: taken in, assigned by location, moved, led through their life, reminded of, withdrawn."""

from service.use_cases.incidents.asking import add_action, ask, decide, settle_action
from service.use_cases.incidents.assignment import Assignment, assign, holders_of
from service.use_cases.incidents.changes import Change, change, change_all
from service.use_cases.incidents.colours import change_colour
from service.use_cases.incidents.inbox import channels_json, inbox, units_named
from service.use_cases.incidents.intake import receive, receive_all, require_public
from service.use_cases.incidents.merging import follow, merge, separate, similar
from service.use_cases.incidents.reminding import remind
from service.use_cases.incidents.reopening import feedback, reopen
from service.use_cases.incidents.steps import add_event
from service.use_cases.incidents.table import read_table, refused_of, refused_rows
from service.use_cases.incidents.timing import Who
from service.use_cases.incidents.withdrawal import withdraw

__all__ = [
    "Assignment",
    "Change",
    "Who",
    "add_action",
    "add_event",
    "ask",
    "assign",
    "change",
    "change_all",
    "change_colour",
    "channels_json",
    "decide",
    "feedback",
    "follow",
    "holders_of",
    "inbox",
    "merge",
    "read_table",
    "receive",
    "receive_all",
    "refused_of",
    "refused_rows",
    "remind",
    "reopen",
    "require_public",
    "separate",
    "settle_action",
    "similar",
    "units_named",
    "withdraw",
]
