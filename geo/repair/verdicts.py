"""Verdicts: which unit each faulty ground belongs to, by rules, or that nobody but a person can tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.repair.changes import ChangeKind, RemainKind
from geo.repair.grounds import Borders, Ground, faulty_grounds
from geo.repair.limits import Limits
from geo.repair.metres import fits, in_metres, sizes
from geo.repair.sheet import Sheet
from geo.repair.webs import area_of, cut_web, hand_on

# Half the rim of a crack by its mean width: 8 for units drawn apart; 100 is a wedge of about 1 degree.
_SLENDER = 8.0
_SHARP = 100.0
NOBODY = -1
Tell = Callable[[str, int, int], None]


@dataclass(slots=True, eq=False)
class Verdict:
    """What becomes of one ground.

    ``unit`` gets it, ``NOBODY`` if none; ``kind`` is the defect that it mends. ``remain`` says why it stays
    as it is instead, and ``enclave`` that it belongs to no unit and need not.
    """

    ground: Ground
    kind: ChangeKind
    unit: int = NOBODY
    remain: RemainKind | None = None
    enclave: bool = False


class Judge:
    """Decides about the grounds of one sheet."""

    def __init__(
        self,
        sheet: Sheet,
        limits: Limits,
        areas_m2: npt.NDArray[np.float64],
        twins: dict[int, int],
        *,
        one_frame: bool,
        enclaves: Sequence[tuple[float, float]],
    ) -> None:
        self._sheet = sheet
        self._limits = limits
        self._areas = areas_m2
        self._twins = twins
        self._one_frame = one_frame
        local = np.asarray(enclaves, dtype=np.float64).reshape(-1, 2) * 1e7 - sheet.origin
        self._enclaves = shapely.multipoints(local)
        self._borders: Borders

    def decide(self, tell: Tell) -> list[Verdict]:
        """Return a verdict for every faulty ground; ground outside that needs none is left out."""
        grounds, self._borders = faulty_grounds(self._sheet)
        origin = self._sheet.origin
        shapes = np.array([area_of(ground, origin) for ground in grounds], dtype=object)
        metric = in_metres(shapes, origin)
        wide = fits(metric, self._limits.shift_m)
        area, width = sizes(metric)
        steps = np.array([2.0 * shape.area / shape.length for shape in shapes])
        verdicts: list[Verdict] = []
        for k, ground in enumerate(grounds):
            if k % 1000 == 0:
                tell("decide", k, len(grounds))
            if ground.mouth and not self._is_crack(ground, float(area[k]), float(width[k])):
                continue
            self._borders.measure(ground)
            hair = bool(steps[k] < 1.0)
            # Of ground less than a step wide only its length makes it large.
            beyond = bool(wide[k]) or (bool(area[k] > self._limits.area_m2) and not hair)
            if not ground.contact and min(ground.cover.values(), default=0) < 0:
                # A fold that nothing borders is undone; what is open then is told in the next round.
                verdicts.append(Verdict(ground, ChangeKind.HAIRLINE))
            elif ground.holders:
                verdicts.append(self._held(ground, beyond, hair))
            elif ground.mouth and wide[k]:
                verdicts.extend(self._gap(ground, wide=True, large=False, hair=False, open_=True))
            elif ground.top >= 0 or not self._sheet.draft.tops:
                large = bool(area[k] > self._limits.area_m2) and not hair
                verdicts.extend(self._gap(ground, wide=bool(wide[k]), large=large, hair=hair))
        tell("decide", len(grounds), len(grounds))
        return verdicts

    def _is_crack(self, ground: Ground, area: float, width: float) -> bool:
        """Return whether ground open to the outside is a crack and no inlet.

        Half the rim is area / width. Where the units meet in a vertex the outline is theirs, and only a very
        sharp wedge is a fault; where they meet in none they were drawn apart.
        """
        least = _SHARP if self._borders.meet(ground) else _SLENDER
        return area > least * width * width

    def _held(self, ground: Ground, beyond: bool, hair: bool) -> Verdict:
        """Decide about ground that units cover."""
        top_of, tops = self._sheet.draft.top_of, self._sheet.draft.tops
        holders = ground.holders
        if tops and ground.top < 0:
            kind = ChangeKind.HAIRLINE if hair else ChangeKind.OUTSIDE_FRAME
            return Verdict(ground, kind, remain=RemainKind.OUTSIDE_FRAME if beyond else None)
        right = [unit for unit in holders if not tops or top_of[unit] == ground.top]
        if len(right) == len(holders):
            return self._overlap(ground, right, beyond, hair)
        kind = ChangeKind.HAIRLINE if hair else ChangeKind.OUTSIDE_PARENT
        if beyond:
            return Verdict(ground, kind, remain=RemainKind.OUTSIDE_PARENT)
        unit = self._longest(ground, right or self._allowed(ground), hair)
        return Verdict(ground, kind, unit, RemainKind.NO_NEIGHBOUR if unit == NOBODY else None)

    def _overlap(self, ground: Ground, holders: list[int], beyond: bool, hair: bool) -> Verdict:
        """Decide about ground of several units, or that one unit folds over."""
        kind = ChangeKind.HAIRLINE if hair else ChangeKind.OVERLAP
        if len(holders) == 1 or not beyond:
            return Verdict(ground, kind, self._longest(ground, holders, hair))
        rule = self._limits.overlap
        if len({self._twins.get(unit, unit) for unit in holders}) == 1:
            return Verdict(ground, kind, remain=RemainKind.DUPLICATE)
        if rule is None:
            return Verdict(ground, kind, remain=RemainKind.OVERLAP)
        if rule == "longest-edge":
            return Verdict(ground, kind, self._longest(ground, holders, hair))
        if rule == "first":
            return Verdict(ground, kind, min(holders))
        sign = 1 if rule == "smaller" else -1
        return Verdict(ground, kind, min(holders, key=lambda unit: (sign * self._areas[unit], unit)))

    def _allowed(self, ground: Ground) -> list[int]:
        """Return the units next to a ground that may have it."""
        tops, top_of = self._sheet.draft.tops, self._sheet.draft.top_of
        return [unit for unit in ground.contact if not tops or top_of[unit] == ground.top]

    def _longest(self, ground: Ground, units: Sequence[int], hair: bool) -> int:
        """Return the unit that shares the longest edge with a ground.

        Of ground less than a step wide the unit with the fewest edges gets it: so the vertices stay, and are
        pushed into the neighbour that lacks them.
        """
        if not units:
            return NOBODY
        if hair and all(unit in ground.count for unit in units):
            return min(units, key=lambda unit: (ground.count[unit], -ground.contact[unit], unit))
        return max(units, key=lambda unit: (ground.contact.get(unit, 0.0), -unit))

    def _gap(
        self, ground: Ground, *, wide: bool, large: bool, hair: bool, open_: bool = False
    ) -> list[Verdict]:
        """Decide about ground that no unit covers; an open one only where it is narrow."""
        kind = ChangeKind.HAIRLINE if hair else ChangeKind.GAP
        shape = area_of(ground, self._sheet.origin)
        if not self._enclaves.is_empty and shapely.intersects(shape, self._enclaves):
            return [Verdict(ground, ChangeKind.GAP, enclave=True)]
        if wide and self._limits.gaps == "fill" and not open_:
            unit = self._longest(ground, self._allowed(ground), hair=False)
            return [Verdict(ground, kind, unit, RemainKind.NO_NEIGHBOUR if unit == NOBODY else None)]
        if not wide and not large and len(self._allowed(ground)) < 3:
            unit = self._longest(ground, self._allowed(ground), hair)
            return [Verdict(ground, kind, unit, RemainKind.NO_NEIGHBOUR if unit == NOBODY else None)]
        pieces = cut_web(ground, self._borders, self._sheet.origin, self._limits.shift_m, wide)
        return self._pieces(pieces, wide=wide, open_=open_)

    def _pieces(self, pieces: list[Ground], *, wide: bool, open_: bool) -> list[Verdict]:
        """Decide about the pieces of a web."""
        shapes = np.array([area_of(piece, self._sheet.origin) for piece in pieces], dtype=object)
        metric = in_metres(shapes, self._sheet.origin)
        beyond = sizes(metric)[0] > self._limits.area_m2
        if wide:
            beyond |= fits(metric, self._limits.shift_m)
        chosen = {}
        for k, piece in enumerate(pieces):
            if not piece.contact:
                self._borders.measure(piece)
            unit = self._longest(piece, self._allowed(piece), hair=False)
            if unit != NOBODY and not beyond[k]:
                chosen[k] = unit
        units = hand_on(
            [piece for k, piece in enumerate(pieces) if not beyond[k]], _renumbered(chosen, beyond)
        )
        small = iter(range(len(pieces)))
        verdicts = []
        for k, piece in enumerate(pieces):
            if beyond[k]:
                if not open_:
                    verdicts.append(self._left(piece))
                continue
            unit = units.get(next(small), NOBODY)
            remain = RemainKind.NO_NEIGHBOUR if unit == NOBODY else None
            verdicts.append(Verdict(piece, ChangeKind.GAP, unit, remain))
        return verdicts

    def _left(self, ground: Ground) -> Verdict:
        """Decide about a gap beyond the limits."""
        rule = self._limits.gaps
        if rule == "fill":
            unit = self._longest(ground, self._allowed(ground), hair=False)
            return Verdict(ground, ChangeKind.GAP, unit, RemainKind.NO_NEIGHBOUR if unit == NOBODY else None)
        if rule == "leave" or not self._sheet.draft.tops:
            return Verdict(ground, ChangeKind.GAP, enclave=True)
        return Verdict(ground, ChangeKind.GAP, remain=RemainKind.GAP)


def _renumbered(chosen: dict[int, int], beyond: npt.NDArray[np.bool_]) -> dict[int, int]:
    """Return choices by the place among the pieces that are not beyond the limits."""
    place = np.cumsum(~beyond) - 1
    return {int(place[k]): unit for k, unit in chosen.items()}


def spare(
    verdicts: list[Verdict], areas_m2: npt.NDArray[np.float64], lost_m2: Sequence[float], limits: Limits
) -> dict[int, float]:
    """Take back every verdict against a unit that would lose more than its share; return those and the share.

    Parameters
    ----------
    verdicts
        Changed in place.
    areas_m2
        The ground of each unit as it was read.
    lost_m2
        The size of each verdict's ground.
    """
    lost = np.zeros(len(areas_m2))
    for verdict, size in zip(verdicts, lost_m2, strict=True):
        if verdict.remain is None:
            for unit in losers(verdict):
                lost[unit] += size
    shares = np.divide(lost, areas_m2, out=np.zeros(len(lost)), where=areas_m2 > 0)
    swallowed = {int(unit): float(shares[unit]) for unit in np.flatnonzero(shares > limits.share)}
    for verdict in verdicts:
        if verdict.remain is None and swallowed.keys() & set(losers(verdict)):
            verdict.remain = RemainKind.SWALLOWED
    return swallowed


def losers(verdict: Verdict) -> list[int]:
    """Return the units that lose a verdict's ground."""
    return [unit for unit in verdict.ground.holders if unit != verdict.unit]
