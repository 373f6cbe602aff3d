"""Redis: GEOSEARCH over a unix socket, in pipelines of 1,000; the server is that of ``REDIS_SERVER``."""

import atexit
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import redis

from tests.benchmarks.peers.nearest_points import pairs, read
from tests.benchmarks.peers.timing import main

BATCH = 1_000
# Half the way round the globe: the nearest, however far.
RADIUS_KM = 20_100
KM_PER_DEGREE = 111.2


def _likely_km(stations: Any) -> float:
    """Return a radius within which nearly every place has a station: twice the mean distance of stations."""
    west, south = stations.min(axis=0)
    east, north = stations.max(axis=0)
    width = (east - west) * KM_PER_DEGREE * np.cos(np.radians((south + north) / 2))
    return float(2.0 * np.sqrt(width * (north - south) * KM_PER_DEGREE / len(stations)))


def prepare(folder: Path) -> Callable[[], Any]:
    program, libraries = os.environ["REDIS_SERVER"], os.environ["REDIS_LIBRARIES"]
    home = Path(tempfile.mkdtemp())
    socket = home / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(home)]
    # The libraries are for the server alone.
    own = {**os.environ, "LD_LIBRARY_PATH": libraries} if libraries else None
    server = subprocess.Popen([*command, "--daemonize", "no"], stdout=subprocess.DEVNULL, env=own)
    atexit.register(server.terminate)
    while not socket.exists():
        if server.poll() is not None:
            raise SystemExit(f"redis-server ended at once with status {server.returncode}")
        time.sleep(0.05)
    client = redis.Redis(unix_socket_path=str(socket))
    points, stations = read(folder)
    for number, (lon, lat) in enumerate(stations.tolist()):
        client.geoadd("stations", (lon, lat, number))

    likely_km = _likely_km(stations)

    def nearest(places: list[list[float]], radius_km: float) -> list[int]:
        """Return the number of the nearest station within a radius of each place, -1 where there is none."""
        found: list[int] = []
        for begin in range(0, len(places), BATCH):
            pipe = client.pipeline(transaction=False)
            for lon, lat in places[begin : begin + BATCH]:
                pipe.execute_command(
                    *("GEOSEARCH", "stations", "FROMLONLAT", lon, lat),
                    *("BYRADIUS", radius_km, "km", "ASC", "COUNT", 1),
                )
            found += [int(one[0]) if one else -1 for one in pipe.execute()]
        return found

    def job() -> Any:
        places = points.tolist()
        found = np.array(nearest(places, likely_km))
        # Whoever has none so near asks again, however far.
        (alone,) = np.nonzero(found < 0)
        found[alone] = nearest([places[k] for k in alone.tolist()], RADIUS_KM)
        return pairs(found)

    return job


if __name__ == "__main__":
    main(prepare, "redis")
