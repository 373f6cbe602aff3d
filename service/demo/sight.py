"""What patrols of the demo's border do not see past: a ridge between fence track and border, and a barn."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import shapely

from geo.geocentric import Floats
from geo.lattice import quantise
from geo.linear import MeasuredLine
from layers.barriers import Barrier
from service.demo.border import Stretch
from service.demo.identity import demo_id

_RIDGE = (0, 0.40, 0.46)
_BARN = (0, 0.62)
_PARTS = 24
_SIDE_DEG = 0.0003


def make_barriers(stretches: tuple[Stretch, ...], since: date) -> tuple[Barrier, ...]:
    """Return a ridge halfway between the fence track and the legal line, and a barn there."""
    return tuple(_barriers(stretches, since))


def _barriers(stretches: tuple[Stretch, ...], since: date) -> Iterator[Barrier]:
    where, low, high = _RIDGE
    ridge = quantise(shapely.LineString(_halfway(stretches[where], np.linspace(low, high, _PARTS))))
    yield Barrier(demo_id("barrier", 0), "SB-1", "ridge", "山脊", ridge, since)
    where, at = _BARN
    ((lon, lat),) = _halfway(stretches[where], np.array([at])).tolist()
    barn = quantise(shapely.box(lon - _SIDE_DEG, lat - _SIDE_DEG / 2, lon + _SIDE_DEG, lat + _SIDE_DEG / 2))
    yield Barrier(demo_id("barrier", 1), "SB-2", "building", "牧场仓房", barn, since)


def _halfway(stretch: Stretch, shares: Floats) -> Floats:
    """Return places (n, 2) in the middle between the fence track and the legal line."""
    fence = stretch.line.interpolate(shares * stretch.line.length_m)
    legal = MeasuredLine.from_lonlat(shapely.get_coordinates(stretch.segment.geom))
    across = legal.interpolate(legal.locate(fence[:, 0], fence[:, 1]).measure_m)
    return np.asarray(0.5 * (fence + across))
