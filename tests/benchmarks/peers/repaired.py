"""The frame of a peer that repairs: every file by itself, timed, what comes out written down unjudged.

The areas are in metres on a plane about their middle, for the peers that ask for one, and are turned back to
degrees afterwards; both is done to whole vertices, so what was shared still is.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

METRES = 111_320.0


def main(repair: Callable[[Any], Any], *packages: str) -> None:
    """Repair the files of ``dirty.parquet`` (``case``, ``wkb``) into one beside it, of the module's name."""
    folder, found, answers = Path(sys.argv[1]), Path(sys.argv[3]), Path(sys.argv[4])
    table = pq.read_table(folder / "dirty.parquet")
    shapes, number = shapely.from_wkb(table["wkb"].to_numpy()), table["case"].to_numpy()
    seconds, cases, wkb, failed = [], [], [], []
    for case in range(int(number.max()) + 1):
        west, south, east, north = shapely.total_bounds(shapes[number == case])
        middle = np.array([(west + east) / 2, (south + north) / 2])
        scale = METRES * np.array([np.cos(np.radians(middle[1])), 1.0])
        plane = shapely.transform(shapes[number == case], lambda xy, m=middle, s=scale: (xy - m) * s)
        begin = time.perf_counter()
        try:
            done = np.asarray(repair(plane), dtype=object)
        except Exception as error:  # noqa: BLE001 - whatever a peer stumbles over is its answer
            sys.stderr.write(f"{case}: {error}\n")
            done = np.array([], dtype=object)
        seconds.append(time.perf_counter() - begin)
        failed.append(not len(done))
        back = shapely.transform(done, lambda xy, m=middle, s=scale: xy / s + m)
        cases += [case] * len(back)
        wkb += shapely.to_wkb(back).tolist()
    pq.write_table(
        pa.table({"case": pa.array(cases, pa.int32()), "wkb": pa.array(wkb, pa.binary())}),
        found.with_suffix(".parquet"),
    )
    np.save(answers, np.array([np.arange(len(failed)), failed], dtype=np.int64))
    versions = {package: version(package) for package in packages}
    found.write_text(json.dumps({"seconds": seconds, "versions": versions}), encoding="utf-8")
