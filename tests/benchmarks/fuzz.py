"""Cases made from the API's document, as every role: at the length of a release, with what came of them."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layers.accounts import ADMINISTRATOR, ROLES
from service.database import make_engine, migrate
from tests.benchmarks.database import bench_database
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.fuzz.api import Found, explore
from tests.hostile.realm import Realm, realm

NAME = "bench_fuzz"
CASES, FEW = 100_000, 1_000
EXAMPLES = 10
"""Cases of each operation in a round; the next round is made from another seed."""


def run(units: int = 0, *, small: bool = False, peers: bool = True, cases: int | None = None) -> Report:
    """Send 100,000 cases, or 1,000, or as many as are wanted, as every role, and judge each answer."""
    wanted = cases or (FEW if small else CASES)
    found = {role: Found() for role in ROLES}
    begun = time.monotonic()
    for seed in range(wanted):
        with _new_realm() as served:
            _round(served, found, seed, 2 if small else EXAMPLES)
        if sum(one.cases for one in found.values()) >= wanted:
            break
    seconds = time.monotonic() - begun
    sent = sum(one.cases for one in found.values())
    faults = sorted({fault for one in found.values() for fault in one.faults})
    return Report(
        job="fuzz",
        size=f"{sent:,} cases, {len(found)} roles, {seed + 1} rounds",
        versions=own_versions("fastapi", "schemathesis", "hypothesis"),
        rows=[Row(OURS, "cases/s", (sent / seconds,))],
        answers_equal=not faults,
        remarks=[*(f"{role}: {one}" for role, one in found.items()), *faults],
    )


@contextmanager
def _new_realm() -> Iterator[Realm]:
    with bench_database(NAME) as url, tempfile.TemporaryDirectory(prefix="wardline-fuzz-") as home:
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        with realm(url, Path(home)) as served:
            yield served


def _round(served: Realm, found: dict[str, Found], seed: int, examples: int) -> None:
    # The administrator goes last, who by chance takes grants away and signs devices out.
    for role, so_far in sorted(found.items(), key=lambda one: one[0] == ADMINISTRATOR):
        new = explore(
            f"http://127.0.0.1:{served.wire.port}",
            role,
            served.credentials[role],
            phases=["fuzzing"],
            examples=examples,
            seed=seed,
            known=served.known_to(role),
        )
        so_far.add(new)
        sys.stderr.write(
            f"round {seed + 1}, {role}: {new}\n" + "".join(f"  {one}\n" for one in new.faults[:5])
        )
