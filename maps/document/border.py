"""The sheet of border coverage: a period's headline, map, stretches and gaps, to be printed or sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shapely import Geometry

from geo.errors import N_
from maps import style
from maps.document.border_map import border_map, class_of, sample
from maps.document.page import environment, policy, sheet
from maps.shell import Reader

MOST_GAPS = 500


def border_page(
    report: Mapping[str, Any],
    features: Sequence[Mapping[str, Any]],
    outlines: Sequence[Geometry],
    place: Mapping[str, str],
    reader: Reader,
    nonce: str,
) -> str:
    """Return the sheet as one HTML file.

    ``report`` and ``features`` are as the service answers them, ``outlines`` areas drawn as context, and
    ``place`` names the district, the days and the time zone.
    """
    zone = ZoneInfo(place["timezone"])
    gaps = sorted(
        ({**gap, "code": one["code"]} for one in report["segments"] for gap in one["gaps"]),
        key=lambda gap: -float(gap["length_m"]),
    )
    return (
        environment()
        .get_template("border.html")
        .render(
            _=reader.say,
            reader=reader,
            report=report,
            total=report["total"],
            place=place,
            local=lambda text: datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            gaps=gaps[:MOST_GAPS],
            undrawn=max(0, len(gaps) - MOST_GAPS),
            map=border_map(features, outlines, reader.translate(N_("Border coverage"))) if features else None,
            legend=_legend(features, reader),
            nonce=nonce,
            policy=policy(nonce),
            sheet=sheet(),
        )
    )


def _legend(features: Sequence[Mapping[str, Any]], reader: Reader) -> list[tuple[Any, str, float]]:
    metres: dict[str, float] = {}
    for one in features:
        known = one["properties"]
        key = class_of(known).key
        metres[key] = metres.get(key, 0.0) + known["to_m"] - known["from_m"]
    classes = (*style.AGES, style.INFERRED, style.GAP)
    return [(sample(step), reader.translate(step.label), metres.get(step.key, 0.0)) for step in classes]
