"""What is balanced: units in columns with their groups, neighbours and loads, and what is wanted of them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import N_, GeoError

Floats = npt.NDArray[np.float64]
Key = Any
"""What names a unit or a group: anything that sorts and is the same everywhere, such as a code or a UUID."""


class BalanceRefused(GeoError):
    """Units, loads or wishes that cannot be balanced as they are given."""

    code = "balance-refused"


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """Units and the groups that they are in at present, in columns.

    ``units`` and ``groups`` (n,): the key of each unit, all different, and the key of its group. ``pairs``
    (k, 2) and ``metres`` (k,): units that share an edge by position, and how much, as
    ``geo.partition.adjacency`` returns them. ``columns``: named measures of the units (n,), none negative.

    Raises
    ------
    BalanceRefused
        The columns do not fit together; ``where["unit"]`` or ``where["column"]``.
    """

    units: Sequence[Key]
    groups: Sequence[Key]
    pairs: npt.NDArray[np.integer[Any]]
    metres: Floats
    columns: Mapping[str, npt.NDArray[Any]]

    def __post_init__(self) -> None:
        count = len(self.units)
        if not count:
            raise BalanceRefused(N_("There are no units to balance."), mend=N_("Name a part that has some."))
        if len(set(self.units)) != count:
            twice = Counter(self.units).most_common(1)[0][0]
            raise BalanceRefused(
                N_("Unit {unit} is there twice."),
                mend=N_("Name every unit once."),
                where={"unit": twice},
                unit=twice,
            )
        for name, values in (("groups", self.groups), *self.columns.items()):
            if len(values) != count:
                raise BalanceRefused(
                    N_("Column “{column}” has {found} values for {count} units."),
                    mend=N_("Give one value for each unit."),
                    where={"column": name},
                    column=name,
                    found=len(values),
                    count=count,
                )
        self._check_columns()
        self._check_pairs()

    def _check_columns(self) -> None:
        """Refuse the first value that is negative or not a number."""
        for name, values in self.columns.items():
            numbers = np.asarray(values, dtype=np.float64)
            bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
            if len(bad):
                unit = self.units[int(bad[0])]
                raise BalanceRefused(
                    N_("Unit {unit} has {value} in column “{column}”."),
                    mend=N_("Give numbers of 0 or more; leave the column out where it is not known."),
                    where={"unit": unit, "column": name},
                    unit=unit,
                    value=float(numbers[bad[0]]),
                    column=name,
                )

    def _check_pairs(self) -> None:
        """Refuse pairs that name no two units, or the same two again."""
        pairs = np.asarray(self.pairs).reshape(-1, 2)
        sides = np.sort(pairs, axis=1)
        good = len(self.metres) == len(pairs) and bool((np.asarray(self.metres) >= 0).all())
        good = good and (not len(pairs) or bool(sides.min() >= 0 and sides.max() < len(self.units)))
        good = good and bool((sides[:, 0] < sides[:, 1]).all())
        if not good or len(np.unique(sides, axis=0)) != len(pairs):
            raise BalanceRefused(
                N_("The neighbours are not pairs of different units with the metres they share."),
                mend=N_("Derive them from the areas of the same units, in the same order."),
                where={"column": "pairs"},
            )


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: the weight of each column, how even, how many units may move, and what is locked.

    A column counts by each unit's share of its total, so that a weight says how much the column matters and
    not in which unit it is measured. ``tolerance``: how far a load may lie from the target, as a share of it.
    ``most_moved``: the share of all units that may move, 0 to 1. Locked units stay where they are; locked
    groups neither give nor take, and the others are evened out among themselves.

    Raises
    ------
    BalanceRefused
        A number is out of its range.
    """

    weights: Mapping[str, float]
    tolerance: float = 0.10
    most_moved: float = 0.04
    locked_units: Collection[Key] = field(default=())
    locked_groups: Collection[Key] = field(default=())

    def __post_init__(self) -> None:
        weights = list(self.weights.values())
        if not all(isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights) > 0:
            raise BalanceRefused(
                N_("The weights must be 0 or more, and one of them more than 0."),
                mend=N_("Give at least one column a weight."),
                where={"column": "weights"},
            )
        for name, value, low in (("tolerance", self.tolerance, 0.001), ("most_moved", self.most_moved, 0.0)):
            if not low <= value <= 1.0:
                raise BalanceRefused(
                    N_("“{name}” is {value}; it must be from {low} to 1."),
                    mend=N_("Give a share, as 0.1 for 10 %."),
                    where={"column": name},
                    name=name,
                    value=value,
                    low=low,
                )
