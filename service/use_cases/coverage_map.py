"""The coverage map as one self-contained file."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from layers.stores import Stores
from maps.document import border_page
from maps.export import coverage_html
from maps.shell import Place, Reader
from service.schemas.barriers import barrier_json
from service.schemas.coverage import Period, SegmentCoverage, features_json, report_json
from service.schemas.timeline import Timeline, timeline_json
from service.schemas.weaker import weaker_json

_MOMENT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def days_of(period: Period, timezone: str) -> tuple[date, date]:
    """Return the first day of a period and the one after its last."""
    zone = ZoneInfo(timezone)
    last_day = (period.to_at - _MOMENT).astimezone(zone).date()
    return period.from_at.astimezone(zone).date(), last_day + _DAY


def coverage_map(
    stores: Stores,
    reader: Reader,
    place: Place,
    found: Sequence[SegmentCoverage],
    period: Period,
    strips: Mapping[str, Timeline],
) -> str:
    """Return the map of a coverage in the reader's language, with its boundary markers and top units.

    ``strips`` are the strip of days and the trend that go with it.
    """
    first, after = days_of(period, place.timezone)
    last_day = after - _DAY
    days = {"from": first.isoformat(), "to": after.isoformat()}
    return coverage_html(
        reader,
        place,
        days,
        report_json(found, period, reader.translate),
        features_json(found, period),
        _markers(stores, found, last_day),
        _outlines(stores, last_day),
        {
            "weaker": weaker_json(found),
            "barriers": {"items": [barrier_json(one) for one in stores.barriers.during(first, after)]},
            **{name: timeline_json(one) for name, one in strips.items()},
        },
    )


def coverage_sheet(
    stores: Stores, reader: Reader, found: Sequence[SegmentCoverage], period: Period, nonce: str
) -> str:
    """Return the coverage of a period as a sheet to print: headline, map, stretches and gaps."""
    district = stores.districts.current()
    zone = ZoneInfo(district.timezone)
    first, last = period.from_at.astimezone(zone).date(), (period.to_at - _MOMENT).astimezone(zone).date()
    place = {
        "timezone": district.timezone,
        "district": (district.name_en or district.name) if reader.lang == "en" else district.name,
        "days": first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}",
    }
    report = report_json(found, period, reader.translate)
    features = features_json(found, period)["features"]
    return border_page(report, features, _outlines(stores, last), place, reader, nonce)


def _markers(stores: Stores, found: Sequence[SegmentCoverage], day: date) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "properties": {"code": one.code, "name": one.name, "kind": one.kind},
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        }
        for segment in found
        for one in stores.markers.along(segment.segment.id, day)
        if one.kind == "boundary-marker"
    ]


def _outlines(stores: Stores, day: date) -> list[Any]:
    """Return the top units of the partition in force; where it has one level only, none, since it is many."""
    for layer in stores.layers.all("partition"):
        if layer.leaf_level > 0 and stores.releases.in_force(layer.code, day) is not None:
            return list(stores.grids.outlines(layer.code, 0, day).polygons)
    return []
