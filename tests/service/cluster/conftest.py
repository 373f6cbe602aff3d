"""A home for a cluster of its own in each test."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cluster import Cluster

# Nothing in these clusters must survive a power cut; where durability is the point, the test says so.
QUICK = {"fsync": "off", "shared_buffers": "16MB"}


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the server's account can enter; pytest's own is closed to all but us."""
    folder = Path(tempfile.mkdtemp(prefix="wardline-cluster-"))
    folder.chmod(0o755)
    yield folder / "home"
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def make(home: Path) -> Iterator[Callable[..., Cluster]]:
    """Return a function that makes a ``Cluster`` object, and stop what was started."""
    made: list[Cluster] = []

    def cluster(at: Path = home, **options: str) -> Cluster:
        made.append(Cluster(at, overrides=QUICK | options))
        return made[-1]

    yield cluster
    for one in made:
        if one.is_running():
            one.stop()
