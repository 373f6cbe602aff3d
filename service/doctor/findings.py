"""What the doctor looks at, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine

from service.cluster import Cluster
from service.settings import Settings


class State(StrEnum):
    """How something is: a warning is to be seen to, what is wrong must be mended."""

    WELL = "well"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: ``what`` and how to ``mend`` it are message ids, formatted with ``params``."""

    state: State
    what: str
    mend: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Patient:
    """An installation: its settings, its database as one who sees every row, its cluster where it is ours."""

    settings: Settings
    engine: Engine
    cluster: Cluster | None


def well(what: str, **params: Any) -> Finding:
    """Return that something is as it should be."""
    return Finding(State.WELL, what, "", params)


def warning(what: str, mend: str, **params: Any) -> Finding:
    """Return something to be seen to."""
    return Finding(State.WARNING, what, mend, params)


def wrong(what: str, mend: str, **params: Any) -> Finding:
    """Return something that must be mended."""
    return Finding(State.WRONG, what, mend, params)
