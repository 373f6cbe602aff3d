"""How whole segments stand by the rules of a district, beside what was walked of them in a period."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from geo.coverage import covered_length, union
from geo.due import DAY_S, along, stand
from layers.due import DueRule, Suspension
from layers.stores import Stores
from service.schemas.coverage import Due, DueState, Period, SegmentCoverage
from service.use_cases.due.limits import Known, clock_of, ruled
from service.use_cases.due.segments import LEAST_M, Part, Walked, parts_of, walked_segments


def with_rules(
    stores: Stores, found: Sequence[SegmentCoverage], period: Period
) -> tuple[SegmentCoverage, ...]:
    """Return coverage of segments with how they stand by the rules, seasons, requests and suspensions.

    What is not said by any of them is by the segment's own days already, and stays.
    """
    known = Known.of(stores, period.as_of, ZoneInfo(stores.districts.current().timezone))
    everything = any(one.kind == "everything" for one in known.suspensions)
    said: list[DueRule | Suspension] = [*known.rules, *known.suspensions]
    named = {one.code for one in said if one.kind == "segment"}
    codes = {one.segment.code for one in found if everything or one.segment.code in named}
    if not codes:
        return tuple(found)
    dues = {}
    for one in walked_segments(stores, known, codes):
        parts = list(parts_of(one, [rule for rule in known.rules if rule.kind == "segment"], known))
        if parts:
            dues[one.segment.id] = _due(one, parts, known)
    return tuple(replace(one, due=dues.get(one.segment.id, one.due)) for one in found)


def _due(one: Walked, parts: Sequence[Part], known: Known) -> Due:
    since_t, now_t = known.since_t(one.segment.valid_from), known.now.timestamp()
    late_m, debt, spans = np.empty(0), 0.0, np.empty((0, 2))
    due, soon, suspended = np.inf, False, True
    for part in parts:
        edges, visits = along(one.walks, part.low, part.high)
        standing = stand(ruled(part.bounds, clock_of(part.suspensions)), visits, since_t, now_t)
        late, metres = standing.late_s > 0.0, np.diff(edges)
        debt += float((standing.late_s * metres).sum()) / DAY_S / 1000.0
        spans = np.concatenate([spans, np.stack([edges[:-1][late], edges[1:][late]], axis=1)])
        told = metres >= min(LEAST_M, metres.max())
        due = min(due, float(standing.due_t[told].min()))
        soon = soon or bool(standing.soon[told].any())
        suspended = suspended and standing.suspended
    long = union(spans[:, 0], spans[:, 1])
    late_m = long[(long[:, 1] - long[:, 0]) >= LEAST_M]
    state: DueState = "overdue" if len(late_m) else "soon" if soon else "ok"
    days = min(bound.held.within_days for part in parts for bound in part.bounds)
    return Due(
        math.ceil(days),
        "suspended" if suspended else state,
        covered_length(late_m),
        debt if len(late_m) else 0.0,
        None if np.isinf(due) else datetime.fromtimestamp(due, known.zone).date(),
    )
