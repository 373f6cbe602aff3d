"""maup: its smart repair, with its own settings."""

import geopandas
import maup

from tests.benchmarks.peers.repaired import main

if __name__ == "__main__":
    main(
        lambda shapes: maup.smart_repair(geopandas.GeoDataFrame(geometry=list(shapes))).geometry.to_numpy(),
        "maup",
        "geopandas",
    )
