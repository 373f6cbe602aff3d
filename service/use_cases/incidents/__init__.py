"""Incidents: taken in, assigned by location, moved, led through the first steps of their life, withdrawn."""

from service.use_cases.incidents.assignment import Assignment, assign, holders_of
from service.use_cases.incidents.changes import STEPS, Change, add_event, change, change_all
from service.use_cases.incidents.intake import receive, receive_all
from service.use_cases.incidents.withdrawal import withdraw

__all__ = [
    "STEPS",
    "Assignment",
    "Change",
    "add_event",
    "assign",
    "change",
    "change_all",
    "holders_of",
    "receive",
    "receive_all",
    "withdraw",
]
