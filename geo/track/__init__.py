"""Recorded tracks: fixes, the verdict on each of them, and the pieces that they make."""

from geo.track.around import REACH_S, around, together
from geo.track.cleaning import FULL_CREDIT_M, CleanTrack, Way, admit, clean, rolled_over, sessions
from geo.track.fixes import EARLIEST_S, INADMISSIBLE, Fixes, Mode, Verdict
from geo.track.kernels import SESSION_SILENCE_S

__all__ = [
    "EARLIEST_S",
    "FULL_CREDIT_M",
    "INADMISSIBLE",
    "REACH_S",
    "SESSION_SILENCE_S",
    "CleanTrack",
    "Fixes",
    "Mode",
    "Verdict",
    "Way",
    "admit",
    "around",
    "clean",
    "rolled_over",
    "sessions",
    "together",
]
