"""What the columns of a table of fixes are called, in the languages that exports come in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo

from geo.errors import N_
from service.errors import InvalidInput
from service.readers.track_values import FACTORS

ALIASES: Mapping[str, tuple[str, ...]] = {
    "time": (
        *("time", "timestamp", "datetime", "date_time", "utc", "utc_time", "gpstime", "gps_time", "t", "at"),
        *("time_utc", "recorded_at", "fix_time", "date_and_time", "waypoint_time", "local_time", "localtime"),
        *("时间", "日期时间", "定位时间", "采集时间", "记录时间", "gps时间", "時間"),
        *("zeit", "uhrzeit", "zeitpunkt", "zeitstempel", "datum_zeit", "datum/zeit"),
        *("heure", "horodatage", "date_heure", "date/heure"),
        *("hora", "fecha_hora", "fecha/hora", "data_hora", "data/hora", "ora", "data_ora", "čas", "czas"),
        *("время", "дата_время", "дата_и_время", "дата/время", "цаг", "огноо_цаг", "огноо/цаг"),
    ),
    "date": (
        "date",
        "day",
        "waypoint_date",
        "日期",
        "datum",
        "fecha",
        "data",
        "дата",
        "огноо",
        "date_utc",
        "local_date",
    ),
    "lon": (
        *("lon", "lng", "long", "longitude", "x", "lon_deg", "gps_lon", "gps_longitude", "location_long"),
        *(
            "location-long",
            "position_long",
            "经度",
            "經度",
            "东经",
            "längengrad",
            "laengengrad",
            "geogr._länge",
            "gps经度",
        ),
        *("longitud", "longitudine", "zemljepisna_dolžina", "długość", "долгота", "уртраг"),
    ),
    "lat": (
        *("lat", "latitude", "y", "lat_deg", "gps_lat", "gps_latitude", "location_lat", "location-lat"),
        *("position_lat", "纬度", "緯度", "北纬", "breitengrad", "geogr._breite"),
        *("gps纬度", "latitud", "latitudine", "zemljepisna_širina", "szerokość", "широта", "өргөрөг"),
    ),
    "accuracy": (
        *("accuracy", "accuracy_m", "acc", "hacc", "horizontal_accuracy", "gps_accuracy", "精度", "定位精度"),
        *("genauigkeit", "précision", "precisión", "precisione", "точность", "нарийвчлал"),
    ),
    "hdop": ("hdop",),
    "speed": (
        *("speed", "speed_ms", "velocity", "ground_speed", "速度", "航速", "geschwindigkeit", "vitesse"),
        *("velocidad", "velocità", "скорость", "хурд"),
    ),
    "course": (
        *(
            "course",
            "heading",
            "bearing",
            "course_deg",
            "azimuth",
            "方向",
            "航向",
            "方位角",
            "richtung",
            "kurs",
        ),
        *("cap", "rumbo", "direzione", "курс", "азимут", "чиглэл"),
    ),
    "mode": ("mode", "activity", "transport", "方式", "交通方式"),
    "segment": ("segment", "part", "trkseg", "track_seg_id", "段"),
    "device": (
        *(
            "device",
            "device_id",
            "deviceid",
            "imei",
            "unit_id",
            "tracker",
            "tracker_id",
            "gps_id",
            "terminal",
        ),
        *("设备", "设备号", "设备编号", "终端", "终端号", "gerät", "appareil", "dispositivo", "устройство"),
    ),
    "lat_side": ("n/s", "ns", "lat_dir", "lat_ref", "latitude_ref", "南北", "南北纬"),
    "lon_side": ("e/w", "ew", "lon_dir", "lon_ref", "longitude_ref", "东西", "东西经"),
    "position": ("position", "location", "coordinates", "wkt", "geom", "geometry", "坐标", "位置"),
    "valid": ("valid", "gps_valid", "fix_valid", "visible", "有效", "是否有效", "定位状态"),
    "datum": ("geodetic_datum", "coordinate_system", "coord_type", "crs", "坐标系", "坐标系统", "坐标类型"),
}
"""Our names and what the heads of columns may say, in small letters, blanks as underscores."""

_FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "time": ("fixtime", "devicetime", "event_time"),
    "lon": ("länge",),
    "lat": ("breite",),
    "device": (
        *("individual-local-identifier", "tag-local-identifier", "subject_name", "subject_id", "source_id"),
        *("patrol_id", "巡护编号"),
    ),
    "accuracy": ("eobs:horizontal-accuracy-estimate", "gps:horizontal-accuracy-estimate"),
    "hdop": ("gps:hdop", "gps_hdop"),
    "speed": ("ground-speed",),
}
"""What else a column may be called; one of ``ALIASES`` beside it, or an earlier of these, wins."""

_NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_MAY_REPEAT = frozenset(("position", "valid", "datum"))
"""Of these the first is taken; elsewhere two columns of one meaning are refused."""
_RANKS = {alias: rank for aliases in _FALLBACKS.values() for rank, alias in enumerate(aliases, 1)}
HEAD_WORDS = frozenset(_NAMES)
_NAMES |= {alias: name for name, aliases in _FALLBACKS.items() for alias in aliases}
_UNIT = re.compile(r"(.*?)[\s_]*[(\[（]\s*([^)\]）]*?)\s*[)\]）]")
_SUFFIX = re.compile(r"(.*?)_(kmh|km/h|kph|mph|knots|kn|kt)")
_DEGREE_UNITS = ("°", "deg", "度", "wgs84", "wgs-84", "dd", "decimal", "cgcs2000", "epsg:4326")
_METRES = ("m", "米", "metre", "metres", "meter", "meters", "utm")
_SHIFTED = re.compile(r"gcj|火星|bd-?0?9|百度|baidu|高德|amap", re.IGNORECASE)
_ZONE = re.compile(r"(?:utc|gmt)\s*(?:([+-])\s*(\d{1,2})(?::?(\d\d))?)?(?![a-z\d]|[_ ]\d)", re.IGNORECASE)
_BEIJING = re.compile(r"北京时间|beijing", re.IGNORECASE)
_MOVEBANK = "location-long"
"""A column that the exports of Movebank alone have; their times are in UTC."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where each known column of a table stands, what its unit multiplies by, and the others' names.

    ``zone`` is the time zone that the head says its times are in.
    """

    places: Mapping[str, int]
    factors: Mapping[str, float]
    others: tuple[str, ...]
    width: int
    zone: tzinfo | None


_PROJECTED = re.compile(r"easting|northing|rechtswert|hochwert|utm|gauss|高斯", re.IGNORECASE)
_MEND_HEAD = N_("Name the columns time, lon and lat in the first row.")
_MEND_METRES = N_("Export longitude and latitude in degrees of WGS 84, not metres of a projection.")


def head_of(cells: Sequence[str]) -> Head:
    """Return what the cells of a head say.

    Raises
    ------
    InvalidInput
        A column that is needed is missing or there twice, or has a unit that we do not know.
    """
    places, others = _places(cells)
    factors: dict[str, float] = {}
    for name, place in places.items():
        _, unit = _named(cells[place])
        if unit and name in ("speed", "accuracy", "course"):
            factors[name] = _factor(cells[place], unit)
        elif name in ("lon", "lat", "position"):
            _require_degrees(cells[place], unit)
    if "time" not in places and "date" in places:
        places["time"] = places.pop("date")
    for name in ("time", "lon", "lat"):
        if name not in places and (name == "time" or "position" not in places):
            raise InvalidInput(
                N_("The table has no column “{column}”; its columns are: {header}."),
                mend=_MEND_METRES if name != "time" and _PROJECTED.search(" ".join(cells)) else _MEND_HEAD,
                where={"row": 0, "column": name},
                column=name,
                header=", ".join(cells)[:300] or "–",
            )
    movebank = any(cell.strip().strip("\"'").lower() == _MOVEBANK for cell in cells)
    zone = UTC if movebank else _zone_said(cells[places["time"]])
    return Head(places, factors, others, len(cells), zone)


def _places(cells: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return where each column that we know stands, and the names of the others."""
    places: dict[str, int] = {}
    others = []
    for place, cell in enumerate(cells):
        name, _ = _named(cell)
        if name is None:
            others += [cell.strip()] if cell.strip() else []
        elif name not in places or _rank(cell) < _rank(cells[places[name]]):
            places[name] = place
        elif _rank(cell) == 0 and name not in _MAY_REPEAT:
            raise InvalidInput(
                N_("The table has two columns for {column}: “{first}” and “{second}”."),
                mend=N_("Keep one of them."),
                where={"row": 0, "column": cell},
                column=name,
                first=cells[places[name]],
                second=cell,
            )
    if {"lon", "lat"} <= places.keys():
        places.pop("position", None)
    return places, tuple(others)


def lenient(cells: Sequence[str]) -> dict[str, str]:
    """Return which of some names is each of our columns, the best of several; nothing is refused."""
    found: dict[str, str] = {}
    for cell in cells:
        name, _ = _named(cell)
        if name is not None and (name not in found or _rank(cell) < _rank(found[name])):
            found[name] = cell
    return found


def is_head(cells: Sequence[str]) -> bool:
    """Say whether cells are a head: they name a time, a longitude and a latitude."""
    names = {_named(cell)[0] for cell in cells}
    placed = {"lon", "lat"} <= names or "position" in names
    return placed and not names.isdisjoint(("time", "date"))


def resembles_head(cells: Sequence[str]) -> bool:
    """Say whether cells name at least two columns that we know."""
    names = {_named(cell)[0] for cell in cells} - {None}
    return len(names) >= 2 or not names.isdisjoint(("lon", "lat"))


def _named(cell: str) -> tuple[str | None, str]:
    """Return our name of a column and the unit that its head says."""
    text = _text(cell)
    whole = _NAMES.get(text.replace(" ", "_"))
    if whole is not None:
        return whole, ""
    found = _UNIT.fullmatch(text) or _SUFFIX.fullmatch(text.replace(" ", "_"))
    if found is None:
        return None, ""
    return _NAMES.get(found[1].strip().replace(" ", "_")), found[2]


def _factor(cell: str, unit: str) -> float:
    if unit in _DEGREE_UNITS:
        return 1.0
    factor = FACTORS.get(unit)
    if factor is None:
        raise InvalidInput(
            N_("The column “{column}” is in a unit that is not known."),
            mend=N_("Write metres, metres or kilometres an hour, or degrees: speed (km/h), for example."),
            where={"row": 0, "column": cell},
            column=cell,
        )
    return factor


def _text(cell: str) -> str:
    return cell.strip().strip("\ufeff\"'").lower()


def _rank(cell: str) -> int:
    """Return 0 for the name of a column that we want, more for one that will do."""
    return _RANKS.get(_text(cell).replace(" ", "_"), 0)


def shifted(text: str) -> bool:
    """Say whether a text names a datum of map services, which are hundreds of metres off."""
    return _SHIFTED.search(text) is not None


def _require_degrees(cell: str, unit: str) -> None:
    """Refuse a column of places that are not degrees of WGS 84 or CGCS2000."""
    if shifted(unit):
        raise InvalidInput(
            N_("The column “{column}” is in a datum of map services, which moves places by up to 700 m."),
            mend=N_("Export the track in WGS 84 or CGCS2000, as the receiver recorded it."),
            where={"row": 0, "column": cell},
            column=cell,
        )
    if unit in _METRES:
        _factor(cell, "")


def _zone_said(cell: str) -> tzinfo | None:
    """Return the time zone that the head of the times names: UTC, GMT+8, 北京时间."""
    if _BEIJING.search(cell):
        return timezone(timedelta(hours=8))
    found = _ZONE.search(cell)
    if found is None or (found.start() and cell[found.start() - 1].isalnum()):
        return None
    sign, hours, minutes = found.groups()
    if sign is None:
        return UTC
    if int(hours) > 14 or int(minutes or 0) > 59:
        return None
    return timezone((-1 if sign == "-" else 1) * timedelta(hours=int(hours), minutes=int(minutes or 0)))
