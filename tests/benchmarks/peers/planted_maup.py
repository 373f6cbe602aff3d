"""maup: its doctor, which looks for overlaps, holes of the union and invalid areas."""

import geopandas
import maup

from tests.benchmarks.peers.planted import run

if __name__ == "__main__":
    run(
        lambda frame: not maup.doctor(frame, silent=True),
        "maup",
        "geopandas",
        made=lambda shapes: geopandas.GeoDataFrame(geometry=list(shapes), crs="EPSG:4490"),
    )
