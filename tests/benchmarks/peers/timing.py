"""The frame of a peer: read the data, warm up, measure, tell. Runs in the peers' environment."""

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def main(
    prepare: Callable[[Path], Callable[[], Any]], *packages: str, answer: Callable[[], Any] | None = None
) -> None:
    """Measure what ``prepare`` returns, a function that answers arrays (point, unit).

    Preparing (reading, indexes that a user of the peer would keep) is not measured; one run before is not
    either. ``answer`` gives the answers where the measured function does not.
    """
    folder, runs, found, answers = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])
    job = prepare(folder)
    pairs = job()
    if answer is not None:
        pairs = answer()
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - begin)
    np.save(answers, np.stack([np.asarray(column) for column in pairs]).astype(np.int64))
    versions = {package: version(package) for package in packages}
    found.write_text(json.dumps({"seconds": seconds, "versions": versions}), encoding="utf-8")
