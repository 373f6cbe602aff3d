"""Shifts as devices tell of them: begun, where their people are now, ended."""

from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import numpy.typing as npt

from layers.fixes import instant
from layers.shifts import LONGEST, Place, Shift
from layers.stores import Stores
from service.readers.field_points import TrackPart
from service.use_cases.field.judged import Sender


def tell_shift(
    stores: Stores, sender: Sender, part: TrackPart, patrol: UUID | None, new: npt.NDArray[np.int64]
) -> None:
    """Keep what a part of a track tells of its shift: the newest of its new points, and whether it ended.

    What began longer ago than a shift lasts is over and nobody's business. A clock that is ahead makes
    nobody's shift longer and no place newer than the moment it was received.
    """
    told = part.shift
    if told is None or part.track is None:
        return
    now = sender.received_at.astimezone(UTC)
    began = instant(min(told.began_s, now.timestamp()))
    if began <= now - LONGEST:
        return
    inside = new[~part.outside[new]]
    place = None if told.ended or len(inside) == 0 else _place(part, inside, now)
    stores.shifts.keep(Shift(sender.person, part.track, part.mode.label, began, told.ended, patrol, place))


def _place(part: TrackPart, places: npt.NDArray[np.int64], now: datetime) -> Place:
    fixes = part.fixes
    last = int(places[np.argmax(fixes.t[places])])
    accuracy = float(fixes.accuracy_m[last])
    return Place(
        min(instant(float(fixes.t[last])), now),
        float(fixes.lon[last]),
        float(fixes.lat[last]),
        None if np.isnan(accuracy) else accuracy,
    )
