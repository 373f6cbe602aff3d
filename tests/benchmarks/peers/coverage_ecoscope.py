"""ecoscope: the part of the border in the swath of a patrol's trajectory, 30 m to either side."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from ecoscope.base import Relocations, Trajectory, TrajSegFilter
from ecoscope.base._dataclasses import RelocsSpeedFilter

from tests.benchmarks.peers.coverage_fixes import METRIC, length, millimetres, read
from tests.benchmarks.peers.timing import main

SWATH_M = 30.0
FASTEST_KMH = 12.0


def prepare(folder: Path) -> Callable[[], Any]:
    # It was written for older versions of pandas, which warn of much.
    warnings.simplefilter("ignore")
    border, fixes = read(folder)
    fixes["fixtime"] = pd.to_datetime(fixes["t"], unit="s", utc=True)
    fixes = fixes.to_crs(4326)
    walks = [part[["fixtime", "geometry"]] for _, part in fixes.groupby("patrol")]

    def one(walk: Any) -> float:
        relocations = Relocations.from_gdf(walk)
        relocations.apply_reloc_filter(RelocsSpeedFilter(max_speed_kmhr=FASTEST_KMH), inplace=True)
        relocations.remove_filtered(inplace=True)
        track = Trajectory.from_relocations(relocations)
        track.apply_traj_filter(TrajSegFilter(max_speed_kmhr=FASTEST_KMH), inplace=True)
        track.remove_filtered(inplace=True)
        swath = track.to_crs(METRIC).geometry.buffer(SWATH_M).unary_union
        return length(border.intersection(swath))

    return lambda: millimetres(map(one, walks))


if __name__ == "__main__":
    main(prepare, "ecoscope", "geopandas", "shapely")
