"""What staffing takes and gives: people, grids, wishes, rules in conflict and proposals."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from geo.errors import N_, GeoError

Floats = NDArray[np.float64]
_MOST_M = 1_000_000.0
_MOST_PAIRS = 6_000_000
_MOST_EXTRAS = 3
_MOST_BALANCE = 100


class StaffingRefused(GeoError):
    """A wish or a table of staffing makes no sense."""

    code = "staffing-refused"


class Kind(StrEnum):
    """What a rule that can be in conflict says."""

    LEAST = "least"
    """Every grid has at least one person, at home or as an extra grid."""
    CAP = "cap"
    """No grid is the home of more people than the cap."""
    PIN = "pin"
    """A person's home is this grid."""
    EXTRAS = "extras"
    """Nobody has more extra grids than so many, and each of them touches their home."""
    BALANCE = "balance"
    """Nobody carries more than so many times the mean load."""
    FORBID = "forbid"
    """A person's home is not this grid."""


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A rule; ``person`` and ``grid`` are keys, empty where the rule is of all."""

    kind: Kind
    person: str = ""
    grid: str = ""


class StaffingConflict(GeoError):
    """No staffing keeps all rules; without any one of ``rules`` the others could be kept."""

    code = "staffing-conflict"

    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, rules: tuple[Rule, ...], people: int, grids: int) -> "StaffingConflict":
        """Return the refusal that names rules which cannot be kept together."""
        error = cls(
            N_("No staffing of {grids} grids by {people} people keeps {count} of the rules together."),
            mend=N_("Give up any one of them."),
            grids=grids,
            people=people,
            count=len(rules),
        )
        error.rules = rules
        return error


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """People by unique key; ``lon``, ``lat`` (n,) in degrees, NaN where unknown; keys of present homes."""

    keys: tuple[str, ...]
    lon: Floats
    lat: Floats
    homes: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Grids by unique key.

    ``lon``, ``lat`` (m,) in degrees of their middle; ``load`` (m,), 0 or more; ``touching`` pairs of keys
    of grids that have an edge in common, each pair once, either way round.
    """

    keys: tuple[str, ...]
    lon: Floats
    lat: Floats
    load: Floats
    touching: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Wish:
    """The rules of a staffing.

    Parameters
    ----------
    cap
        How many people a grid may have.
    pins, forbids
        Pairs of (person, grid) that must be, and must not be.
    move_m
        Metres that somebody must be nearer to another grid to leave their own for it.
    load_m
        Metres that are worth going for one mean load per person; None puts load before all distances.
    extras
        How many grids beside their home somebody may have, 3 at most; each of them touches it.
    balance
        How many times the mean load anybody carries at most, 1 or more, where the load of a grid may be
        divided in any way among those who have it, and who have one extra grid at most; None lets them
        carry any.
    """

    cap: int = 3
    pins: tuple[tuple[str, str], ...] = ()
    forbids: tuple[tuple[str, str], ...] = ()
    move_m: float = 2_000.0
    load_m: float | None = None
    extras: int = 0
    balance: float | None = None

    @property
    def shared(self) -> bool:
        """Whether somebody may have extra grids, or loads are balanced between people."""
        return self.extras > 0 or self.balance is not None

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that can be given up, each once, those of all people first."""
        pins = (Rule(Kind.PIN, *pair) for pair in sorted(set(self.pins)))
        forbids = (Rule(Kind.FORBID, *pair) for pair in sorted(set(self.forbids)))
        more = [Rule(Kind.EXTRAS)] if self.shared else []
        if self.balance is not None:
            more.append(Rule(Kind.BALANCE))
        return (Rule(Kind.LEAST), Rule(Kind.CAP), *more, *pins, *forbids)


class Why(StrEnum):
    """Why a person has their home in a proposal."""

    PINNED = "pinned"
    """A rule says so."""
    STAYS = "stays"
    """It is where they are."""
    NEAREST = "nearest"
    """It is the nearest grid."""
    ALONE = "alone"
    """Nobody else would be there."""
    LOAD = "load"
    """Nearer grids have less load for each of their people, or are full."""


@dataclass(frozen=True, slots=True)
class Place:
    """A person's home in a proposal.

    Distances are geodesic metres to the middle of the grid, None where the person's place is not known;
    ``before`` is the home until now and ``before_m`` None also where that grid is gone.
    """

    person: str
    home: str
    why: Why
    distance_m: float | None
    before: str | None
    before_m: float | None
    extras: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether the home is another than before; somebody who had none does not move."""
        return self.before is not None and self.before != self.home


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everybody's home, by person."""

    places: tuple[Place, ...]

    @property
    def moved(self) -> int:
        """How many people leave a home for another."""
        return sum(one.moved for one in self.places)


def check(people: People, ground: Ground, wish: Wish) -> None:
    """Refuse tables and wishes that make no sense.

    Raises
    ------
    StaffingRefused
        There is no grid, a key is there twice or unknown, or a number is out of range.
    """
    if not len(ground):
        raise StaffingRefused(
            N_("There is no grid to be staffed."), mend=N_("Publish grids that are in force on that day.")
        )
    if len(people) * len(ground) > _MOST_PAIRS:
        raise StaffingRefused(
            N_("{people} people and {grids} grids are too many for one staffing."),
            mend=N_("Staff a smaller district: {most} pairs are the most."),
            people=len(people),
            grids=len(ground),
            most=_MOST_PAIRS,
        )
    for keys in (people.keys, ground.keys):
        if len(set(keys)) < len(keys):
            raise StaffingRefused(N_("A key is there twice."), mend=N_("Give each person and grid its own."))
    if not (np.isfinite(ground.load).all() and (ground.load >= 0).all()):
        raise StaffingRefused(N_("A load is no number of 0 or more."), mend=N_("Correct it."))
    if wish.cap < 1 or not 0 <= wish.move_m <= _MOST_M or not 0 <= (wish.load_m or 0) <= _MOST_M:
        raise StaffingRefused(
            N_("The cap must be 1 or more, and metres from 0 to 1,000,000."), mend=N_("Correct them.")
        )
    most = _MOST_EXTRAS if wish.balance is None else 1
    balance = 1.0 if wish.balance is None else wish.balance
    if not 0 <= wish.extras <= most or not 1 <= balance <= _MOST_BALANCE:
        raise StaffingRefused(
            N_("Extra grids must be from 0 to {extras}, and the balance from 1 to {balance}."),
            mend=N_("Correct them; where loads are balanced, nobody has more than one extra grid."),
            extras=most,
            balance=_MOST_BALANCE,
        )
    if not {one for pair in ground.touching for one in pair} <= set(ground.keys):
        raise StaffingRefused(
            N_("A pair of grids that touch names one that is not there."), mend=N_("Correct it.")
        )
    _check_pairs(people, ground, wish)


def _check_pairs(people: People, ground: Ground, wish: Wish) -> None:
    for person, grid in (*wish.pins, *wish.forbids):
        if person not in people.keys or grid not in ground.keys:
            raise StaffingRefused(
                N_("A rule names {person} and {grid}, and one of them is not there."),
                mend=N_("Give the codes of an active representative and of a big grid of that day."),
                where={"person": person[:64], "grid": grid[:64]},
                person=person[:64],
                grid=grid[:64],
            )
