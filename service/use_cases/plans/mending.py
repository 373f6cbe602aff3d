"""Repairing the areas of a file that came back, where they differ, before operations are derived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from shapely import Geometry

from geo.errors import N_
from geo.partition import dissolve
from geo.redraw import State, UnitState
from geo.repair import Limits, Repaired, as_feature, repair
from service.errors import InvalidInput
from service.use_cases.plans.returned import Target

Translate = Callable[[str], str]
MOST_REPAIRED = 1_000
"""A request repairs at most so many units, those beside the ones that differ among them."""


class RepairUndecided(InvalidInput):
    """A repair within the limits leaves ground undecided; ``extra["features"]`` are the places."""

    code = "exchange-undecided"


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """What a file shows after its repair, and what the repair did to which units."""

    target: Target
    done: Repaired
    labels: list[str]

    def to_json(self, translate: Translate = str) -> dict[str, Any]:
        """Return the limits, the figures, and every change as a GeoJSON feature."""
        features = [as_feature(one, self.labels, translate) for one in self.done.changes]
        return {
            "limits": self.done.limits.to_json(),
            "changes": self.done.figures(),
            "features": {"type": "FeatureCollection", "features": features},
        }


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What differs with everything beside it: the units as they are to be, and their ground before."""

    units: dict[UUID, UnitState]
    frame: Geometry

    @property
    def codes(self) -> list[str]:
        """The codes of the units, in order."""
        return [unit.code for unit in self.units.values()]

    @property
    def areas(self) -> list[Any]:
        """The areas of the units, in order."""
        return [unit.area for unit in self.units.values()]


def surroundings(state: State, target: Target, order: Sequence[UUID] = ()) -> Surroundings:
    """Return the units that differ and those beside them, in an order where one is given."""
    touched = {each for each, unit in target.items() if not _same_ground(state, each, unit)}
    for each in list(touched):
        unit = target[each]
        if unit is not None and not unit.area.is_empty:
            touched.update(state.near(unit.area.bounds))
    touched.update(state.around([each for each in touched if each in state]))
    before = [state.unit(each).area for each in sorted(touched) if each in state]
    frame = dissolve(before, np.zeros(len(before), dtype=np.int32))[0]
    place = {each: at for at, each in enumerate(order)}
    chosen = sorted(touched, key=lambda each: (place.get(each, len(place)), each))
    after = {each: target.get(each, state.get(each)) for each in chosen}
    return Surroundings({each: unit for each, unit in after.items() if unit is not None}, frame)


def mend(
    state: State, target: Target, order: Sequence[UUID], limits: Limits, translate: Translate = str
) -> Mended:
    """Repair the units of a file that differ, within the ground that they and those beside them had before.

    Parameters
    ----------
    order
        The units as the file has them, for rules that ask who comes first.

    Raises
    ------
    RepairUndecided
        What is beyond the limits, each place with what would decide it.
    InvalidInput
        More units are concerned than one request repairs.
    """
    local = surroundings(state, target, order)
    if len(local.units) > MOST_REPAIRED:
        raise InvalidInput(
            N_("{units} units would have to be repaired; one request repairs at most {most}."),
            mend=N_("Send the changes in parts."),
            where={"parameter": "repair"},
            units=len(local.units),
            most=MOST_REPAIRED,
        )
    done = repair(local.areas, limits, frame=local.frame)
    if done.remains:
        raise _undecided(done, local.codes, translate)
    mended = dict(target)
    ids = list(local.units)
    for at, area in zip(done.kept.tolist(), done.areas, strict=True):
        unit = local.units[ids[at]]
        if not shapely.equals_identical(unit.area, area):
            mended[ids[at]] = replace(unit, area=area)
    for at in sorted(set(range(len(ids))) - set(done.kept.tolist())):
        mended.pop(ids[at], None)
        if ids[at] in state:
            mended[ids[at]] = None
    return Mended(mended, done, local.codes)


def _undecided(done: Repaired, labels: Sequence[str], translate: Translate) -> RepairUndecided:
    features = [as_feature(one, labels, translate) for one in done.remains]
    return RepairUndecided(
        N_("A repair within the limits leaves {count} places undecided. The first: {first}"),
        mend=N_(
            "Mend these places and send the file again, or give the limit or rule that decides them. "
            "Nothing was stored."
        ),
        extra={"features": features, "undecided": len(features)},
        count=len(features),
        first=features[0]["properties"]["text"],
    )


def _same_ground(state: State, each: UUID, unit: Any) -> bool:
    now = state.get(each)
    return now is not None and unit is not None and now.area is unit.area
