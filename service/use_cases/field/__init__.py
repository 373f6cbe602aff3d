"""What devices send from the field: taken in batches, each item with its verdict, none lost and none doubled.

``take`` stores a batch, ``take_points`` the points of a client that sends no batches, ``release`` and
``discard`` settle what waits in quarantine, ``files`` keeps photos. What other use cases do with a
track or an incident is handed in as :class:`Work`.
"""

from service.use_cases.field.actions import (
    action_json,
    history,
    photos_of,
    record_action,
    sender_without_device,
)
from service.use_cases.field.batches import Taken, take, take_points
from service.use_cases.field.clock import ToldClock, say_clock
from service.use_cases.field.judged import Judged, Sender, Work, counted
from service.use_cases.field.settling import Correction, ReleaseRefused, discard, release
from service.use_cases.field.visits import evidence_of

__all__ = [
    "Correction",
    "Judged",
    "ReleaseRefused",
    "Sender",
    "Taken",
    "ToldClock",
    "Work",
    "action_json",
    "counted",
    "discard",
    "evidence_of",
    "history",
    "photos_of",
    "record_action",
    "release",
    "say_clock",
    "sender_without_device",
    "take",
    "take_points",
]
