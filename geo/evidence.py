"""The ladder of evidence: how it is known that a place was visited."""

from enum import IntEnum


class Evidence(IntEnum):
    """A higher rung proves more, and none is silently added to another."""

    DECLARED = 0
    INFERRED = 1
    SEEN = 2
    OBSERVED = 3
    SCANNED = 4
    INSPECTED = 5
    SERVICED = 6
