"""A year of incidents in the demo county: where people live, along the border, and in their seasons.

Only what a reporter says is made up here, and how far the case has come. To whom it belongs is found out by
the real assignment when the demo is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from service.demo.border import Stretch, beside_line
from service.demo.county import County

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SEED = 71
_DAYS = 365
_AHEAD_OF_UTC_S = 8.0 * 3_600.0
_CHANNELS = (
    ("visit", 0.34),
    ("phone", 0.2),
    ("web", 0.14),
    ("platform-a", 0.14),
    ("platform-b", 0.1),
    ("platform-c", 0.06),
    ("meeting", 0.02),
)
_COLOURS = (("green", 0.78), ("blue", 0.14), ("yellow", 0.06), ("red", 0.02))
_OPEN_STATUSES = ("received", "accepted", "filed", "dispatched", "handling", "done")
_FLAT = (1.0,) * 12


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of incidents: its share, monthly weights, whether it happens at the border, and its titles."""

    code: str
    share: float
    titles: Sequence[str]
    months: Sequence[float] = field(default=_FLAT)
    border: bool = False


_THAW = (0.8, 0.8, 1.6, 1.8, 1.3, 1.0, 1.2, 1.0, 0.9, 0.8, 0.7, 0.8)
_DARK = (1.6, 1.4, 1.1, 0.8, 0.6, 0.5, 0.5, 0.6, 0.9, 1.2, 1.5, 1.7)
_FROST = (1.8, 1.5, 1.0, 0.8, 0.9, 1.1, 1.2, 1.1, 0.8, 0.7, 0.9, 1.5)
_LAMBING = (0.8, 0.9, 1.2, 1.4, 1.3, 1.0, 0.9, 0.9, 1.1, 1.2, 0.9, 0.7)
_WINTER = (3.0, 2.4, 1.2, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 1.6, 2.8)
_SUMMER = (0.1, 0.1, 0.2, 0.5, 1.2, 2.4, 3.2, 2.6, 1.0, 0.4, 0.1, 0.1)
_SPRING = (0.3, 0.5, 2.2, 3.2, 2.4, 0.7, 0.3, 0.3, 0.9, 1.5, 0.6, 0.3)
KINDS = (
    Kind("waste", 0.15, ("垃圾堆放未清运", "垃圾箱满溢")),
    Kind("road", 0.13, ("路面坑洼", "道路标志损坏", "乡道塌边"), _THAW),
    Kind("lamp", 0.09, ("路灯不亮", "路口无照明"), _DARK),
    Kind("water", 0.09, ("水管冻裂", "水压不足", "机井故障"), _FROST),
    Kind("power", 0.06, ("停电", "电线低垂")),
    Kind("dispute", 0.1, ("草场界线纠纷", "邻里噪声纠纷", "放牧越界")),
    Kind("service", 0.14, ("养老金咨询", "医保报销咨询", "证件办理协助")),
    Kind("livestock", 0.06, ("牲畜走失", "牲畜上路"), _LAMBING),
    Kind("snow", 0.05, ("积雪阻路", "屋顶积雪"), _WINTER),
    Kind("flood", 0.04, ("院落积水", "河水漫桥"), _SUMMER),
    Kind("grass-fire", 0.03, ("草原火情隐患", "违规用火"), _SPRING),
    Kind("fence", 0.03, ("围栏破损", "围栏门未关"), border=True),
    Kind("marker", 0.01, ("界标字迹模糊", "界标倾斜"), border=True),
    Kind("forager", 0.02, ("采集人员靠近边境", "采挖野菜人员聚集"), _SUMMER, border=True),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter said, in ``lon``, ``lat`` degrees and aware UTC instants, and how far the case came."""

    channel: str
    external_id: str | None
    class_: str
    title: str
    lon: float
    lat: float
    accuracy_m: float
    occurred_at: datetime
    received_at: datetime
    status: str
    colour: str


def make_reports(county: County, stretches: tuple[Stretch, ...], today: date, *, count: int) -> list[Report]:
    """Return ``count`` reports of the year before ``today``, in the order they were received."""
    rng = np.random.default_rng([_SEED, count])
    occurred, kind = _times_and_kinds(today, count, rng)
    places = _in_leaves(county, count, rng)
    border = np.flatnonzero(np.array([one.border for one in KINDS])[kind])
    places[border] = _along_border(stretches, len(border), rng)
    received = occurred + rng.gamma(1.2, 1_500.0, count)
    midnight = datetime.combine(today, datetime.min.time(), UTC).timestamp()
    # All came in before ``today`` began in the county, so that nothing lies in the future.
    received = np.minimum(received, midnight - _AHEAD_OF_UTC_S - 1.0)
    occurred = np.minimum(occurred, received)
    age_days = (midnight - received) / 86_400.0
    channel = rng.choice(len(_CHANNELS), size=count, p=[share for _, share in _CHANNELS])
    colour = rng.choice(len(_COLOURS), size=count, p=[share for _, share in _COLOURS])
    title = rng.random(count)
    accuracy = np.round(rng.lognormal(np.log(9.0), 0.5, count), 1)
    status = _statuses(age_days, rng)
    order = np.argsort(received, kind="stable")
    reports = []
    for number, index in enumerate(order.tolist()):
        name, chosen = _CHANNELS[channel[index]][0], KINDS[kind[index]]
        reports.append(
            Report(
                channel=name,
                external_id=f"{name[-1].upper()}{number:07d}" if name.startswith("platform") else None,
                class_=chosen.code,
                title=chosen.titles[int(title[index] * len(chosen.titles))],
                lon=float(places[index, 0]),
                lat=float(places[index, 1]),
                accuracy_m=float(accuracy[index]),
                occurred_at=datetime.fromtimestamp(round(float(occurred[index])), UTC),
                received_at=datetime.fromtimestamp(round(float(received[index])), UTC),
                status=status[index],
                colour=_COLOURS[colour[index]][0],
            )
        )
    return reports


def _times_and_kinds(today: date, count: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """Return occurrence (Unix seconds) and kind: each day weighs as its month does for the kind."""
    days = [today - timedelta(days=_DAYS - number) for number in range(_DAYS)]
    month = np.array([day.month - 1 for day in days])
    share = np.array([one.share for one in KINDS])
    kind = rng.choice(len(KINDS), size=count, p=share / share.sum())
    weekly = np.array([1.0 if day.weekday() < 5 else 0.6 for day in days])
    day = np.empty(count, dtype=np.int64)
    for index, one in enumerate(KINDS):
        weight = np.array(one.months)[month] * weekly
        chosen = kind == index
        day[chosen] = rng.choice(_DAYS, size=int(chosen.sum()), p=weight / weight.sum())
    # Local time 07:00–21:00, most in the morning.
    hour = 7.0 + 14.0 * rng.beta(1.6, 2.4, count)
    start = datetime.combine(days[0], datetime.min.time(), UTC).timestamp()
    return start + day * 86_400.0 + hour * 3_600.0 - _AHEAD_OF_UTC_S, kind


def _in_leaves(county: County, count: int, rng: np.random.Generator) -> Floats:
    """Return places (n, 2) inside small grids chosen by their households, on the lattice."""
    share = county.households * rng.gamma(2.0, 0.5, len(county.households))
    leaf = rng.choice(len(share), size=count, p=share / share.sum())
    polygons = county.shapes.polygons
    shapely.prepare(polygons)
    low, high = np.split(shapely.bounds(polygons)[leaf], 2, axis=1)
    places = county.shapes.centre[leaf]
    waiting = np.arange(count)
    while len(waiting):
        tried = np.round(rng.uniform(low[waiting], high[waiting]), 7)
        inside = shapely.contains_xy(polygons[leaf[waiting]], tried[:, 0], tried[:, 1])
        places[waiting[inside]] = tried[inside]
        waiting = waiting[~inside]
    return places


def _along_border(stretches: tuple[Stretch, ...], count: int, rng: np.random.Generator) -> Floats:
    """Return places (n, 2) within some 200 m of the fence track, on its inner side."""
    which = rng.integers(len(stretches), size=count)
    places = np.empty((count, 2))
    for index, stretch in enumerate(stretches):
        here = which == index
        measure = rng.uniform(0.0, stretch.line.length_m, int(here.sum()))
        places[here] = beside_line(stretch.line, measure, -rng.gamma(1.2, 45.0, len(measure)))
    return places


def _statuses(age_days: Floats, rng: np.random.Generator) -> list[str]:
    """Return statuses: what is a month old is settled but for a few, what is new is on its way."""
    settled = rng.random(len(age_days)) < 0.995 - 0.95 * np.exp(-age_days / 6.0)
    stage = np.clip(age_days / 1.5 + rng.normal(0.8, 1.0, len(age_days)), 0, len(_OPEN_STATUSES) - 1e-9)
    aside = rng.random(len(age_days))
    return [
        ("rejected" if part < 0.015 else "verified" if part < 0.03 else "closed")
        if done
        else ("suspended" if part < 0.04 else _OPEN_STATUSES[int(step)])
        for done, step, part in zip(settled.tolist(), stage.tolist(), aside.tolist(), strict=True)
    ]
