"""One run of the crash proof, from an empty home to a verdict and its figures."""

import random
import shutil
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from service.app import create_app
from service.cluster import Cluster
from service.cluster.amcheck import verify_pages
from service.database import migrate
from service.photos.vault import Vault
from service.settings import Settings
from tests.benchmarks.servers import free_port
from tests.crash.clients import Client
from tests.crash.proxy import LosingProxy
from tests.crash.verdict import Verdict, compare
from tests.crash.victims import Service, kill_backend, kill_postmaster
from tests.fixtures.county import publish

DATABASE = "wardline"
CLIENTS = 16
LOST_SHARE = 0.05
VICTIMS = ("service", "backend", "postmaster")
Blow = Callable[[Service], bool]
_RECOVERY_S = 180.0
_PROMISES_BETWEEN = 8


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a run; ``recoveries`` are seconds from each kill to the next promise, by victim.

    ``promised_at`` is when each deed was acknowledged, by the monotonic clock.
    """

    kills: Counter[str]
    seconds: float
    deeds: int
    promises: int
    requests: int
    retries: int
    lost_answers: int
    recoveries: dict[str, list[float]]
    verdict: Verdict
    pages_verified: bool
    promised_at: Mapping[str, float]

    @property
    def all_recoveries(self) -> list[float]:
        return sorted(value for values in self.recoveries.values() for value in values)

    @property
    def text(self) -> str:
        times = self.all_recoveries
        return (
            f"{self.kills.total()} kills ({', '.join(f'{who} {n}' for who, n in self.kills.items())}) in "
            f"{self.seconds:.0f} s; {self.requests} requests, {self.retries} retries, "
            f"{self.lost_answers} lost acknowledgements; {self.promises} acknowledged of {self.deeds} sent "
            f"({self.promises / self.seconds:.1f}/s); recovery p50 {statistics.median(times):.2f} s, "
            f"max {times[-1]:.2f} s; lost {len(self.verdict.lost)}, doubled {len(self.verdict.doubled)}, "
            f"partial {len(self.verdict.partial)}, unknown {len(self.verdict.unknown)}"
        )


def silent(_: str) -> None:
    """Say nothing."""


def crash(
    kills: int, *, seed: int = 1, longest_pause_s: float = 1.0, tell: Callable[[str], None] = silent
) -> Figures:
    """Kill the service, a backend and the postmaster in turn under load, and judge the store.

    ``tell`` hears of each kill and of how long it took until something was acknowledged again.
    """
    with new_home() as cluster:
        prepare(cluster)
        chance = random.Random(seed)
        blows: dict[str, Blow] = {
            "service": _kill_service,
            "backend": lambda _: kill_backend(cluster, chance),
            "postmaster": lambda _: kill_postmaster(cluster),
        }
        return under_load(cluster, blows, kills, seed=seed, longest_pause_s=longest_pause_s, tell=tell)


@contextmanager
def new_home() -> Iterator[Cluster]:
    """Yield a cluster with everything on that keeps data; a failure brings what the service said."""
    folder = Path(tempfile.mkdtemp(prefix="wardline-crash-"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "home")
    try:
        yield cluster
    except BaseException as error:
        log = folder / "service.log"
        error.add_note(
            log.read_text(errors="replace")[-200000:] if log.exists() else "the service said nothing"
        )
        raise
    finally:
        if cluster.is_running():
            cluster.stop()
        shutil.rmtree(folder)


def under_load(
    cluster: Cluster,
    blows: Mapping[str, Blow],
    kills: int,
    *,
    seed: int,
    longest_pause_s: float,
    tell: Callable[[str], None],
    heir: Cluster | None = None,
) -> Figures:
    """Deal the blows in turn while the clients send, each as soon as the last is survived; then judge.

    A blow says whether it hit; one that found nobody to kill does not count. An ``heir`` is a running server
    that has taken the place of the cluster's own and is judged instead.
    """
    home, port, chance, stop = cluster.layout.home, free_port(), random.Random(seed), threading.Event()
    kinds = _kinds()
    with (
        Service(home, port, {"WARDLINE_ACCESS": "open"}) as service,
        LosingProxy(port, LOST_SHARE, seed) as proxy,
    ):
        workers = [
            Client(f"device-{number}", proxy.port, kinds, seed * 1000 + number, stop)
            for number in range(CLIENTS)
        ]
        began = time.monotonic()
        for worker in workers:
            worker.start()
        _wait_promises(workers, began, 1)
        done: Counter[str] = Counter()
        recoveries: dict[str, list[float]] = {who: [] for who in blows}
        while done.total() < kills:
            time.sleep(chance.uniform(0.0, longest_pause_s))
            who = list(blows)[done.total() % len(blows)]
            at = time.monotonic()
            if blows[who](service):
                hit = time.monotonic()
                done[who] += 1
                recoveries[who].append(_wait_promises(workers, hit, 1) - at)
                tell(f"kill {done.total()} of {kills}: {who}, back after {recoveries[who][-1]:.1f} s")
                _wait_promises(workers, hit, _PROMISES_BETWEEN)
        stop.set()
        seconds = time.monotonic() - began
        for worker in workers:
            worker.join(60)
    _raise_faults(workers)
    with nullcontext(heir) if heir is not None else cluster.use() as judged:
        verdict = compare(_plain(judged), workers, Vault(home / "files"), batches="batch" in kinds)
        pages = verify_pages(judged, DATABASE)
    return Figures(
        kills=done,
        seconds=seconds,
        deeds=sum(len(worker.sent) for worker in workers),
        promises=sum(len(worker.promised) for worker in workers),
        requests=sum(worker.requests for worker in workers),
        retries=sum(worker.retries for worker in workers),
        lost_answers=proxy.lost,
        recoveries=recoveries,
        verdict=verdict,
        pages_verified=pages,
        promised_at=_promised_at(workers),
    )


def prepare(cluster: Cluster) -> None:
    """Make the database with a county in it, as an administrator would before anybody sends."""
    with cluster.use():
        cluster.ensure_database(DATABASE)
        owner, everyone = create_engine(cluster.url(DATABASE)), create_engine(cluster.admin_url(DATABASE))
        migrate(owner)
        with Session(everyone) as session:  # sees and writes every row
            publish(session)
            session.commit()
        owner.dispose()
        everyone.dispose()


def _plain(cluster: Cluster) -> str:
    return cluster.admin_url(DATABASE).replace("postgresql+psycopg://", "postgresql://")


def _kinds() -> tuple[str, ...]:
    """Return what can be sent: batches and photos only where the service has their routes."""
    paths = create_app(Settings(database_url="postgresql://nobody@/none")).openapi()["paths"]
    batches = "/api/v1/devices/{device}/batches/{batch}" in paths
    return ("incident", "track", "batch", "photo") if batches else ("incident", "track")


def _kill_service(service: Service) -> bool:
    service.kill()
    return True


def _wait_promises(workers: Sequence[Client], since: float, count: int) -> float:
    """Wait for promises for requests that began after ``since``; return when the last of them came."""
    deadline = since + _RECOVERY_S
    while time.monotonic() < deadline:
        _raise_faults(workers)
        came = sorted(
            ended for worker in workers for began, ended in worker.answers[-count:] if began >= since
        )
        if len(came) >= count:
            return came[count - 1]
        time.sleep(0.02)
    raise TimeoutError("the service did not recover")


def _promised_at(workers: Sequence[Client]) -> dict[str, float]:
    times: dict[str, float] = {}
    for worker in workers:
        times.update(zip(worker.promised, (ended for _, ended in worker.answers), strict=True))
    return times


def _raise_faults(workers: Sequence[Client]) -> None:
    for worker in workers:
        if worker.fault is not None:
            raise worker.fault
