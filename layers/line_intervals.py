"""Rows of the ledger of lines in columns, and in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.coverage import Intervals


@dataclass(frozen=True, slots=True, eq=False)
class LineIntervals:
    """Covered intervals in columns, ordered by segment, day and time.

    ``segment``, ``device``, ``person`` and ``patrol`` are positions in the tuples of their plural
    (``person`` −1 where nobody is named, ``patrol`` where it was declared); measures in metres; ``from_t``,
    ``to_t`` seconds since 1970 UTC.
    """

    segments: tuple[UUID, ...]
    devices: tuple[str, ...]
    persons: tuple[str, ...]
    patrols: tuple[UUID, ...]
    segment: NDArray[np.int32]
    device: NDArray[np.int32]
    person: NDArray[np.int32]
    patrol: NDArray[np.int32]
    day: NDArray[np.datetime64]
    evidence: NDArray[np.int8]
    from_m: NDArray[np.float64]
    to_m: NDArray[np.float64]
    from_t: NDArray[np.float64]
    to_t: NDArray[np.float64]
    band: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.from_m)

    def in_time(self) -> Intervals:
        """Return the rows in the order of time: from is where the patrol was first.

        ``holder`` is the position of the row's person, or of its device beyond them.
        """
        return in_time(
            self.from_m, self.to_m, self.from_t, self.to_t,
            line=self.segment,
            evidence=self.evidence,
            holder=np.where(self.person >= 0, self.person, self.device + len(self.persons)),
        )  # fmt: skip


def in_time(
    from_m: NDArray[Any],
    to_m: NDArray[Any],
    from_t: NDArray[Any],
    to_t: NDArray[Any],
    **columns: NDArray[Any],
) -> Intervals:
    """Return rows, whose measures ascend, in the order of time: from is where the patrol was first."""
    back = from_t > to_t
    return Intervals.of(
        np.where(back, to_m, from_m),
        np.where(back, from_m, to_m),
        np.where(back, to_t, from_t),
        np.where(back, from_t, to_t),
        **columns,
    )


def coded(values: Sequence[Any]) -> tuple[tuple[Any, ...], NDArray[np.int32]]:
    """Return the distinct values in the order they appear and the position of each; None is −1."""
    distinct = tuple(dict.fromkeys(value for value in values if value is not None))
    place: dict[Any, int] = {value: position for position, value in enumerate(distinct)}
    return distinct, np.array([place.get(value, -1) for value in values], dtype=np.int32)
