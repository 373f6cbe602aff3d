"""Staffing beside greedy-nearest and SciPy's assignment of people to seats: answers, seconds, and who moves.

SciPy gets the same problem as a matrix: a column for each seat of each grid, the first of which everybody
would pay much to fill. Its answers cost the same as ours, or one of us is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import process_time

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geo.crs import GEOD
from geo.staffing import Ground, People, Wish, propose
from geo.synthetic import REAL_COUNTS, Counts, SyntheticPartition, partition
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.geo.test_synthetic import round_frame

PEOPLE = 236
TIMES = (1, 10)
SMALL = Counts(townships=4, big_grids=20, small_grids=300)
REDRAWN, RUNS = 10, 3
# All in metres, so that every participant has the same sum to make small.
PRICED = Wish(load_m=5_000.0)
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class County:
    """A made-up county: its partition, the big grid of each small one, and the households of each."""

    shapes: SyntheticPartition
    big_grid: NDArray[np.int32]
    households: NDArray[np.float64]

    @property
    def ground(self) -> Ground:
        """The big grids at the mean place of their small ones, by the load of small grids and households."""
        size = np.bincount(self.big_grid)
        lon, lat = (np.bincount(self.big_grid, self.shapes.centre[:, axis]) / size for axis in (0, 1))
        houses = np.bincount(self.big_grid, self.households)
        keys = tuple(f"g{one:05}" for one in range(len(size)))
        return Ground(keys, lon, lat, size / size.mean() + houses / houses.mean())


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> Report:
    """Staff the real county and ten times it; what was reached stands in the remarks."""
    rows: list[Row] = []
    remarks: list[str] = []
    fine = True
    for times in TIMES[:1] if small else TIMES:
        county, people = scene(SMALL if small else REAL_COUNTS, times)
        ground = county.ground
        name = f"{len(people)} people, {len(ground)} grids"
        ours, found = timed(lambda: solved(people, ground, PRICED), RUNS)  # noqa: B023 - called at once
        usual, _ = timed(lambda: solved(people, ground, Wish()), 1)  # noqa: B023
        who = OURS if times == 1 else f"{OURS}, ten times"
        rows.append(Row(who, "staffings/s", ours, note=name, competes=times == 1))
        rows.append(Row(f"{who}, load first", "staffings/s", usual, note=name, competes=False))
        remarks.append(told(who, people, ground, found, ours))
        fine &= feasible(found, ground, PRICED.cap)
        if peers:
            for other, solve in (("greedy-nearest", nearest), ("scipy linear_sum_assignment", assigned)):
                rates, theirs = timed(lambda: solve(people, ground), 1)  # noqa: B023
                competes = times == 1 and solve is assigned
                rows.append(Row(other, "staffings/s", rates, note=name, competes=competes))
                remarks.append(told(other, people, ground, theirs, rates))
                fine &= solve is not assigned or worth(theirs, people, ground) == worth(found, people, ground)
        if times == 1:
            remarks += shared(county, people)
        remarks.append(moves(county, people, found, 2 if small else REDRAWN))
    return Report(
        job="staffing",
        size=f"{PEOPLE} representatives, {REAL_COUNTS.big_grids} big grids"
        if not small
        else "a small county",
        versions=own_versions("ortools", "scipy", "numpy"),
        rows=rows,
        answers_equal=fine,
        remarks=remarks,
    )


def scene(counts: Counts, times: int) -> tuple[County, People]:
    """Return a county of so many times the units, and its people at small grids, with no home yet."""
    made = Counts(counts.townships, counts.big_grids * times, counts.small_grids * times)
    shapes = partition(round_frame(1), made, seed=1)
    rng = np.random.default_rng(times)
    number = round(PEOPLE / REAL_COUNTS.big_grids * made.big_grids)
    lon, lat = shapes.centre[rng.choice(made.small_grids, number, replace=False)].T
    households = rng.integers(100, 500, made.small_grids).astype(np.float64)
    keys = tuple(f"p{one:05}" for one in range(number))
    people = People(keys, lon.copy(), lat.copy(), (None,) * number)
    return County(shapes, shapes.big_grid, households), people


def timed(act: Callable[[], Integers], runs: int) -> tuple[tuple[float, ...], Integers]:
    """Return how often a second something can be done, for each run, and the last answer."""
    rates = []
    for _ in range(runs):
        begun = process_time()
        answer = act()
        rates.append(1.0 / (process_time() - begun))
    return tuple(rates), answer


def solved(people: People, ground: Ground, wish: Wish) -> Integers:
    """Return the position of each person's grid as we propose it."""
    column = {key: position for position, key in enumerate(ground.keys)}
    return np.array([column[one.home] for one in propose(people, ground, wish).places], dtype=np.int64)


def metres(people: People, ground: Ground) -> Integers:
    """Return the whole metres of each pair."""
    rows, columns = np.indices((len(people), len(ground))).reshape(2, -1)
    lengths = GEOD.inv(people.lon[rows], people.lat[rows], ground.lon[columns], ground.lat[columns])[2]
    whole: Integers = np.rint(lengths).astype(np.int64)
    return whole.reshape(len(people), len(ground))


def seats(ground: Ground) -> Integers:
    """Return what the second and third person of each grid gain."""
    share = ground.load[:, None] / ground.load.mean() / np.arange(1, PRICED.cap)[None, :]
    gains: Integers = np.rint(-share * float(PRICED.load_m or 0.0)).astype(np.int64)
    return gains


def nearest(people: People, ground: Ground) -> Integers:
    """Return the nearest grid of each person that has a seat left, one person after the other."""
    left = np.full(len(ground), PRICED.cap)
    found = []
    for row in metres(people, ground):
        chosen = int(np.where(left > 0, row, np.iinfo(np.int64).max).argmin())
        left[chosen] -= 1
        found.append(chosen)
    return np.array(found, dtype=np.int64)


def assigned(people: People, ground: Ground) -> Integers:
    """Return the cheapest assignment of people to seats."""
    cost = metres(people, ground).astype(np.float64)
    price = cost.max() * 2 + float(PRICED.load_m or 0.0) * 20
    parts = [cost - price, *(cost + more[None, :] for more in seats(ground).T)]
    _, columns = linear_sum_assignment(np.concatenate(parts, axis=1))
    return np.asarray(columns % len(ground), dtype=np.int64)


def worth(found: Integers, people: People, ground: Ground) -> int:
    """Return what a staffing costs: metres less the gains of second and third people."""
    number = np.bincount(found, minlength=len(ground))
    gains = seats(ground)
    more = sum(int(gains[grid, : count - 1].sum()) for grid, count in enumerate(number.tolist()) if count > 1)
    return int(metres(people, ground)[np.arange(len(people)), found].sum()) + more


def feasible(found: Integers, ground: Ground, cap: int) -> bool:
    """Say whether every grid has somebody and none too many."""
    number = np.bincount(found, minlength=len(ground))
    return bool(number.min() >= 1 and number.max() <= cap)


def told(who: str, people: People, ground: Ground, found: Integers, rates: tuple[float, ...]) -> str:
    """Return what somebody's answer is worth, in words."""
    number = np.bincount(found, minlength=len(ground))
    length = metres(people, ground)[np.arange(len(people)), found].sum() / 1000.0
    return (
        f"{who}, {len(people)} people: {length:,.1f} km in all, {int((number == 0).sum())} grids empty, "
        f"{number.max()} people at most, {1.0 / max(rates):.2f} s"
    )


def shared(county: County, people: People) -> list[str]:
    """Return in words what extra grids take where people are too few, and what balance does."""
    above = county.big_grid[county.shapes.neighbours]
    ground = county.ground
    pairs = {tuple(sorted(one)) for one in above[above[:, 0] != above[:, 1]].tolist()}
    touching = tuple((ground.keys[one], ground.keys[other]) for one, other in sorted(pairs))
    ground = replace(ground, touching=touching)
    few = len(ground) * 49 // 50
    some = People(people.keys[:few], people.lon[:few], people.lat[:few], people.homes[:few])
    said = []
    for who, wish in ((some, Wish(extras=1)), (people, Wish(extras=1, balance=1.5))):
        begun = process_time()
        found = propose(who, ground, wish)
        seconds = process_time() - begun
        number = sum(len(one.extras) for one in found.places)
        balance = "" if wish.balance is None else f", at most {wish.balance} mean loads each"
        said.append(f"{len(who)} people, one extra grid each{balance}: {number} extra, {seconds:.2f} s")
    return said


def moves(county: County, people: People, found: Integers, grids: int) -> str:
    """Return how many people a redraw of some big grids moves, with and without a price on moving."""
    beside: dict[int, set[int]] = {}
    for one, other in county.shapes.neighbours.tolist():
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    step = len(county.ground) // grids
    taken = set(range(0, step * grids, step))
    big_grid = county.big_grid.copy()
    for small, mine in enumerate(county.big_grid.tolist()):
        others = sorted({int(county.big_grid[one]) for one in beside[small]} - taken)
        if mine in taken and others and small % 4:
            big_grid[small] = others[0]
    after = replace(county, big_grid=big_grid).ground
    settled = replace(people, homes=tuple(after.keys[one] for one in found))
    free, dear = (propose(settled, after, replace(PRICED, move_m=one)).moved for one in (0.0, 2_000.0))
    return f"redraw of {grids} big grids: {free} people move without a price on moving, {dear} with 2 km"
