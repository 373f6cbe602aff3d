"""What the columns of a table of fixes are called, in the languages that exports come in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    "date": ("date", "day", "日期", "datum", "fecha", "data", "дата", "огноо", "date_utc", "local_date"),
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
        ),
        *("longitud", "longitudine", "zemljepisna_dolžina", "długość", "долгота", "уртраг"),
    ),
    "lat": (
        *("lat", "latitude", "y", "lat_deg", "gps_lat", "gps_latitude", "location_lat", "location-lat"),
        *("position_lat", "纬度", "緯度", "北纬", "breitengrad", "geogr._breite"),
        *("latitud", "latitudine", "zemljepisna_širina", "szerokość", "широта", "өргөрөг"),
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
}
"""Our names and what the heads of columns may say, in small letters, blanks as underscores."""

_NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
HEAD_WORDS = frozenset(_NAMES)
_UNIT = re.compile(r"(.*?)[\s_]*[(\[（]\s*([^)\]）]*?)\s*[)\]）]")
_SUFFIX = re.compile(r"(.*?)_(kmh|km/h|kph|mph|knots|kn|kt)")
_DEGREE_UNITS = ("°", "deg", "度", "wgs84", "wgs-84", "dd", "decimal", "cgcs2000", "epsg:4326")


@dataclass(frozen=True, slots=True)
class Head:
    """Where each known column of a table stands, what its unit multiplies by, and the others' names."""

    places: Mapping[str, int]
    factors: Mapping[str, float]
    others: tuple[str, ...]
    width: int
    utc: bool


def head_of(cells: Sequence[str]) -> Head:
    """Return what the cells of a head say.

    Raises
    ------
    InvalidInput
        A column that is needed is missing or there twice, or has a unit that we do not know.
    """
    places: dict[str, int] = {}
    factors: dict[str, float] = {}
    others = []
    for place, cell in enumerate(cells):
        name, unit = _named(cell)
        if name is None:
            others += [cell.strip()] if cell.strip() else []
            continue
        if name in places:
            raise InvalidInput(
                N_("The table has two columns for {column}: “{first}” and “{second}”."),
                mend=N_("Keep one of them."),
                where={"row": 0, "column": cell},
                column=name,
                first=cells[places[name]],
                second=cell,
            )
        places[name] = place
        if unit and name in ("speed", "accuracy", "course"):
            factors[name] = _factor(cell, unit)
    if "time" not in places and "date" in places:
        places["time"] = places.pop("date")
    for name in ("time", "lon", "lat"):
        if name not in places:
            raise InvalidInput(
                N_("The table has no column “{column}”; its columns are: {header}."),
                mend=N_("Name the columns time, lon and lat in the first row."),
                where={"row": 0, "column": name},
                column=name,
                header=", ".join(cells)[:300] or "–",
            )
    return Head(places, factors, tuple(others), len(cells), _says_utc(cells[places["time"]]))


def is_head(cells: Sequence[str]) -> bool:
    """Say whether cells are a head: they name a time, a longitude and a latitude."""
    names = {_named(cell)[0] for cell in cells}
    return {"lon", "lat"} <= names and not names.isdisjoint(("time", "date"))


def resembles_head(cells: Sequence[str]) -> bool:
    """Say whether cells name at least two columns that we know."""
    names = {_named(cell)[0] for cell in cells} - {None}
    return len(names) >= 2 or not names.isdisjoint(("lon", "lat"))


def _named(cell: str) -> tuple[str | None, str]:
    """Return our name of a column and the unit that its head says."""
    text = cell.strip().strip("\ufeff\"'").lower()
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


def _says_utc(cell: str) -> bool:
    """Say whether the head of the times says that they are in UTC."""
    words = re.split(r"[\s_()（）\[\]]+", cell.lower())
    return "utc" in words or "gmt" in words
