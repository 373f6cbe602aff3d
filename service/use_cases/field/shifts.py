"""Shifts as devices tell of them: begun, where their people are now, ended."""

from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import numpy.typing as npt

from geo.clock import Corrections
from layers.fixes import instant
from layers.shifts import LONGEST, Place, Shift
from layers.stores import Stores
from service.readers.field_points import TrackPart
from service.use_cases.field.judged import Sender


def tell_shift(
    stores: Stores,
    sender: Sender,
    part: TrackPart,
    patrol: UUID | None,
    new: npt.NDArray[np.int64],
    clock: Corrections,
) -> None:
    """Keep what a part of a track tells of its shift: the newest of its new points, and whether it ended.

    What began longer ago than a shift lasts is over and nobody's business. A clock that is ahead makes
    nobody's shift longer and no place newer than the moment it was received; what is known of the ``clock``
    sets both right.
    """
    told = part.shift
    if told is None or part.track is None:
        return
    now = sender.received_at.astimezone(UTC)
    began_s = float(clock.corrected(np.array([told.began_s]))[0])
    began = instant(min(began_s, now.timestamp()))
    if began <= now - LONGEST:
        return
    inside = new[~part.outside[new]]
    place = None if told.ended or len(inside) == 0 else _place(part, inside, now, clock)
    stores.shifts.keep(Shift(sender.person, part.track, part.mode.label, began, told.ended, patrol, place))


def _place(part: TrackPart, places: npt.NDArray[np.int64], now: datetime, clock: Corrections) -> Place:
    fixes, t = part.fixes, clock.corrected(part.fixes.t)
    last = int(places[np.argmax(t[places])])
    accuracy = float(fixes.accuracy_m[last])
    return Place(
        min(instant(float(t[last])), now),
        float(fixes.lon[last]),
        float(fixes.lat[last]),
        None if np.isnan(accuracy) else accuracy,
    )
