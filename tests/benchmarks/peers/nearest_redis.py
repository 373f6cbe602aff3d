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

    def job() -> Any:
        found: list[int] = []
        for begin in range(0, len(points), BATCH):
            pipe = client.pipeline(transaction=False)
            for lon, lat in points[begin : begin + BATCH].tolist():
                pipe.execute_command(
                    "GEOSEARCH",
                    "stations",
                    "FROMLONLAT",
                    lon,
                    lat,
                    "BYRADIUS",
                    RADIUS_KM,
                    "km",
                    "ASC",
                    "COUNT",
                    1,
                )
            found += [int(one[0]) for one in pipe.execute()]
        return pairs(np.array(found))

    return job


if __name__ == "__main__":
    main(prepare, "redis")
