"""How much of each segment was walked on each day, week or month: the strip of days and the trend."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from geo.coverage import covered_by
from geo.errors import N_
from layers.border import BorderSegment
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.timeline import Step, Timeline, TimelineRow

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
USUAL_DAYS = 30
LEAST_DAYS, MOST_DAYS, MOST_WEEKS_DAYS = 8, 62, 434
"""From how many days on the strip shows just them, and up to how many day by day and week by week."""

TREND_WEEKS = 26
MOST_STEPS = 400
"""A year of days, or seven years of weeks."""


def timeline_of(stores: Stores, first: date | None, last: date | None, step: Step, now: datetime) -> Timeline:
    """Return the metres walked of each segment in each step of [first, last); the last 30 days where unsaid.

    A step counts the segments in force on its last day, as a period does, and each metre once.

    Raises
    ------
    InvalidInput
        The period is empty, or has too many steps.
    """
    end = last or stores.districts.current().today(now) + DAY
    begin = first or date.fromordinal(max(1, end.toordinal() - USUAL_DAYS))
    starts = _starts(begin, end, step)
    edges = [*starts[1:], end]
    segments = stores.border.during(begin, end)
    found = stores.observed.days([one.id for one in segments], begin, end)
    place = np.searchsorted(np.array(starts, dtype="datetime64[D]"), found.day, side="right") - 1
    steps = len(starts)
    walked = covered_by(
        found.segment.astype(np.int64) * steps + place, found.low, found.high, len(segments) * steps
    ).reshape(len(segments), steps)
    rows: dict[str, TimelineRow] = {}
    whole = [0.0] * steps
    for segment, metres in zip(segments, walked.tolist(), strict=True):
        row = rows.setdefault(segment.code, TimelineRow(segment.code, segment.name, 0.0, [None] * steps))
        row.name, row.length_m = segment.name, segment.length_m
        for number in _in_force(segment, edges):
            row.walked_m[number] = metres[number]
            whole[number] += segment.length_m
    return Timeline(step, begin, end, starts, whole, list(rows.values()))


def strips_of(stores: Stores, first: date, last: date, now: datetime) -> dict[str, Timeline]:
    """Return what a file has with it of [first, last): the strip of days, and half a year of weeks.

    As on the board, of a few days it is the month up to them, and of many the weeks or months.
    """
    days = (last - first).days
    begin = first if days >= LEAST_DAYS else last - USUAL_DAYS * DAY
    step: Step = "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS_DAYS else "month"
    monday = last - DAY - (last - DAY).weekday() * DAY
    return {
        "timeline": timeline_of(stores, begin, last, step, now),
        "trend": timeline_of(stores, monday - (TREND_WEEKS - 1) * WEEK, monday + WEEK, "week", now),
    }


def _starts(begin: date, end: date, step: Step) -> list[date]:
    """Return the first day of each step; the first and the last step may be cut by the period."""
    if not begin < end:
        raise InvalidInput(
            N_("The period from {first} to {last} is empty."),
            mend=N_("Let it end after it begins; the end is not part of it."),
            where={"parameter": "to"},
            first=begin.isoformat(),
            last=end.isoformat(),
        )
    shortest = {"day": 1, "week": 7, "month": 28}[step]
    starts = [begin]
    if (end - begin).days <= MOST_STEPS * shortest:
        while (following := _next(starts[-1], step)) < end:
            starts.append(following)
        if len(starts) <= MOST_STEPS:
            return starts
    raise InvalidInput(
        N_("The period from {first} to {last} has more than {most} steps."),
        mend=N_("Ask for a shorter one, or by week or month."),
        where={"parameter": "by"},
        first=begin.isoformat(),
        last=end.isoformat(),
        most=MOST_STEPS,
    )


def _next(start: date, step: Step) -> date:
    try:
        if step == "day":
            return start + DAY
        if step == "week":
            return start + (7 - start.weekday()) * DAY
        return (start.replace(day=1) + 32 * DAY).replace(day=1)
    except OverflowError:  # the calendar ends within the step
        return date.max


def _in_force(segment: BorderSegment, edges: Sequence[date]) -> range:
    """Return the steps on whose last day a segment is in force; ``edges`` are the days after those."""
    begun = 0 if segment.valid_from is None else bisect_right(edges, segment.valid_from)
    over = len(edges) if segment.valid_to is None else bisect_right(edges, segment.valid_to)
    return range(begun, over)
