"""What is due: ``rules`` sets it, ``things`` tells what is late, ``segments`` and ``points`` reckon it."""

from service.use_cases.due.rules import add_rule, end_rule, lift, suspend
from service.use_cases.due.things import due_things, shown, where_in

__all__ = ["add_rule", "due_things", "end_rule", "lift", "shown", "suspend", "where_in"]
