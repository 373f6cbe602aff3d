"""What is due: ``rules`` sets it, ``things`` tells what is late, ``tasks`` asks for it to be visited."""

from service.use_cases.due.months import month_of
from service.use_cases.due.rules import add_rule, end_rule, lift, suspend
from service.use_cases.due.tasks import add_task, assignees, change_task, close_task, looks, settle
from service.use_cases.due.things import due_things, marker_clocks, shown, where_in
from service.use_cases.due.whole import with_rules

__all__ = [
    "add_rule",
    "add_task",
    "assignees",
    "change_task",
    "close_task",
    "due_things",
    "end_rule",
    "lift",
    "looks",
    "marker_clocks",
    "month_of",
    "settle",
    "shown",
    "suspend",
    "where_in",
    "with_rules",
]
