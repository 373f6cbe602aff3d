"""Solving: the cheapest staffing that keeps all rules, told person by person with its reasons.

Everything is counted in whole metres. Every grid has somebody first; whoever is left goes, person by person,
where the load for each person is highest, and among the ways to do so people are as near as they can be.
Extra grids are given where homes alone do not reach, and no more of them than it takes.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from geo.crs import GEOD
from geo.staffing.conflict import conflict
from geo.staffing.flow import Bools, Integers, allowed, placed, solve
from geo.staffing.sharing import Shared, share
from geo.staffing.values import (
    Floats,
    Ground,
    Kind,
    People,
    Place,
    Proposal,
    StaffingConflict,
    Why,
    Wish,
    check,
)

Extras = Sequence[tuple[int, ...]]
_LOAD_STEPS = 1000.0
# OR-Tools multiplies costs by the number of nodes, and all must fit into 63 bits.
_LARGEST = 2.0**61


def propose(people: People, ground: Ground, wish: Wish) -> Proposal:
    """Propose a home for everybody: the same for the same tables, in whatever order they come.

    Raises
    ------
    StaffingRefused
        There is no grid, a key is there twice or unknown, or a number is out of range.
    StaffingConflict
        No staffing keeps all rules; ``rules`` are the smallest set in conflict.
    """
    check(people, ground, wish)
    people, ground = _sorted_people(people), _sorted_ground(ground)
    present = _present(people, ground)
    metres = _metres(people, ground, present)
    may = allowed(people, ground, wish.rules())
    cost = np.rint(np.nan_to_num(metres)).astype(np.int64)
    moves = np.arange(len(ground))[None, :] != present[:, None]
    cost += np.where(moves & (present >= 0)[:, None], round(wish.move_m), 0)
    found = solve(may, cost, _seats(cost, ground, wish), least=True)
    extras: Extras = ()
    if wish.balance is not None or (found is None and wish.shared):
        counts = None if found is None else np.bincount(found, minlength=len(ground))
        shared = share(people, ground, wish, may, cost, counts)
        found = None
        if shared is not None:
            found = placed(may, cost, shared.counts)
            extras = _extras(found, shared, metres)
    if found is None:
        raise StaffingConflict.of(conflict(people, ground, wish), len(people), len(ground))
    return _told(people, ground, wish, (found, present, metres, may), extras)


def _extras(found: Integers, shared: Shared, metres: Floats) -> Extras:
    """Return the extra grids of each person: those of the seats of a grid go to whom they are nearest to."""
    extras: list[tuple[int, ...]] = [()] * len(found)
    near = np.nan_to_num(metres)
    for grid, seats in enumerate(shared.extras):
        taken = [one for one in seats if one]
        if taken:
            rows = np.flatnonzero(found == grid)
            length = np.stack([near[rows][:, list(one)].sum(axis=1) for one in taken], axis=1)
            for row, seat in zip(*linear_sum_assignment(length), strict=True):
                extras[int(rows[row])] = taken[int(seat)]
    return extras


def _sorted_people(people: People) -> People:
    order = sorted(range(len(people)), key=people.keys.__getitem__)
    keys, homes = (tuple(values[one] for one in order) for values in (people.keys, people.homes))
    return People(tuple(map(str, keys)), people.lon[order], people.lat[order], homes)


def _sorted_ground(ground: Ground) -> Ground:
    order = sorted(range(len(ground)), key=ground.keys.__getitem__)
    keys = tuple(ground.keys[one] for one in order)
    pairs = tuple(sorted((str(min(pair)), str(max(pair))) for pair in ground.touching))
    return Ground(keys, ground.lon[order], ground.lat[order], ground.load[order], pairs)


def _present(people: People, ground: Ground) -> Integers:
    """Return the positions of the present homes, −1 where there is none or it is gone."""
    column = {key: position for position, key in enumerate(ground.keys)}
    return np.array([-1 if one is None else column.get(one, -1) for one in people.homes], dtype=np.int64)


def _metres(people: People, ground: Ground, present: Integers) -> Floats:
    """Return the geodesic metres of each pair; whose place is not known is where their home is, else NaN."""
    lon, lat = people.lon.astype(np.float64), people.lat.astype(np.float64)
    homeless = ~(np.isfinite(lon) & np.isfinite(lat))
    at_home = homeless & (present >= 0)
    lon = np.where(at_home, ground.lon[present], lon)
    lat = np.where(at_home, ground.lat[present], lat)
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    metres = np.full((len(people), len(ground)), np.nan)
    every = np.ones(len(ground))
    # Person by person: all pairs at once would be many times the memory, and no faster.
    for row in known.tolist():
        here = lon[row] * every, lat[row] * every
        metres[row] = GEOD.inv(*here, ground.lon, ground.lat, return_back_azimuth=False)[2]
    return metres


def _seats(cost: Integers, ground: Ground, wish: Wish) -> Integers:
    """Return what the seats beyond the first cost: the load for each person before one more comes, as a gain.

    Giving one more person again and again to the grid of the highest load per person makes the highest as
    low as it can be.
    """
    seats = min(wish.cap, max(cost.shape[0] - len(ground) + 1, 1)) - 1
    mean = float(ground.load.mean()) or 1.0
    share = ground.load[:, None] / mean / np.arange(1, seats + 1)[None, :]
    if wish.load_m is not None:
        worth: Integers = np.rint(-share * wish.load_m).astype(np.int64)
        return worth
    price = int(cost.max(initial=0)) * max(cost.shape[0], 1) + 1
    room = _LARGEST / price / (sum(cost.shape) + 2) / float(max(share.max(initial=1.0), 1.0))
    gains: Integers = np.rint(-share * min(_LOAD_STEPS, room)).astype(np.int64) * price
    return gains


def _told(
    people: People,
    ground: Ground,
    wish: Wish,
    answer: tuple[Integers, Integers, Floats, Bools],
    extras: Extras,
) -> Proposal:
    found, present, metres, may = answer
    pinned = {one.person for one in wish.rules() if one.kind is Kind.PIN}
    number = np.bincount(found, minlength=len(ground))
    nearest = np.where(may & np.isfinite(metres), metres, np.inf).argmin(axis=1)
    places = []
    for row, column in enumerate(found.tolist()):
        known, before = people.homes[row], int(present[row])
        key = people.keys[row]
        if key in pinned:
            why = Why.PINNED
        elif column == before:
            why = Why.STAYS
        elif column == nearest[row]:
            why = Why.NEAREST
        else:
            why = Why.ALONE if number[column] == 1 else Why.LOAD
        told = None if before < 0 else _metre(metres[row, before])
        more = tuple(ground.keys[one] for one in extras[row]) if extras else ()
        places.append(Place(key, ground.keys[column], why, _metre(metres[row, column]), known, told, more))
    return Proposal(tuple(places))


def _metre(value: float) -> float | None:
    return round(float(value), 1) if np.isfinite(value) else None
