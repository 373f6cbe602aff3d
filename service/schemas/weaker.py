"""What of the gaps of a border is known less well than walked: seen from afar, or declared."""

from collections.abc import Sequence
from typing import Any, Literal

from service.schemas.coverage import SegmentCoverage, Spans, span_json

Weaker = Literal["seen", "declared"]
_LEAST_M = 1.0


def weaker_json(found: Sequence[SegmentCoverage]) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection of what is open and was seen or declared."""
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": one.segment.code,
                "evidence": evidence,
                "from_m": round(low, 2),
                "to_m": round(high, 2),
            },
            "geometry": span_json(one, low, high),
        }
        for one in found
        for evidence, low, high in weaker(one)
    ]
    return {"type": "FeatureCollection", "features": features}


def weaker(one: SegmentCoverage) -> tuple[tuple[Weaker, float, float], ...]:
    """Return what of a segment was neither walked nor bridged, but seen or, where it was not, declared."""
    found: list[tuple[Weaker, float, float]] = []
    open_ = [(gap.from_m, gap.to_m) for gap in one.gaps]
    seen = _both(open_, one.sight)
    found += [("seen", low, high) for low, high in seen]
    # What was not seen lies between what was.
    ends = [0.0, *(at for span in seen for at in span), one.length_m]
    unseen = list(zip(ends[::2], ends[1::2], strict=True))
    found += [("declared", low, high) for low, high in _both(_both(open_, one.said), unseen)]
    return tuple(sorted(found, key=lambda span: span[1]))


def _both(some: Spans, others: Spans) -> list[tuple[float, float]]:
    """Return what lies in both of two sets of spans; what is shorter than a metre is rounding."""
    cut = [(max(a, c), min(b, d)) for a, b in some for c, d in others if c < b and d > a]
    return [(low, high) for low, high in cut if high - low >= _LEAST_M]
