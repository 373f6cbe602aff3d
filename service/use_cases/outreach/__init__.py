"""Meetings and visits: recorded whole and once; what came of them is answered, done, and counted."""

from service.use_cases.outreach.following import answer, finish, plan_stop, require_asked, settle_stop
from service.use_cases.outreach.recorder import Recorder
from service.use_cases.outreach.recording import Receive, record
from service.use_cases.outreach.telling import codes_in, codes_of, duties, figures, problems

__all__ = [
    "Receive",
    "Recorder",
    "answer",
    "codes_in",
    "codes_of",
    "duties",
    "figures",
    "finish",
    "plan_stop",
    "problems",
    "record",
    "require_asked",
    "settle_stop",
]
