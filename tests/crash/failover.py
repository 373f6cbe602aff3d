"""The machine of the database dies for good: its replica is promoted, and the service goes on with that.

Four ways: ``caught up``, where the service ended first and the replica had received everything; ``at once``,
under load, where the last moments may be lost; ``cut off``, where the replica had received nothing for two
seconds, so that there must be losses; ``synchronous``, under load as well, where there may be none.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import create_engine

from service.cluster import Cluster, databases
from service.doctor import CHECKS, LONG, Patient, State, examine
from service.settings import Settings
from tests.crash.run import DATABASE, Figures, new_home, prepare, silent, under_load
from tests.crash.victims import Service, kill_server
from tests.fixtures.replica import eventually, following

WAYS = ("caught up", "at once", "cut off", "synchronous")
_CUT_OFF_S = 2.0
PROOFS = ("migrations", "indexes", "months", "partitions", "tables", "audit")
# The copy that a replica begins with streams as well, under a name of its own.
_STREAMING = (
    "SELECT 1 FROM pg_stat_replication WHERE application_name = 'walreceiver' AND state = 'streaming'"
)
_SENDER = _STREAMING.replace("SELECT 1", "SELECT pid")
_RECEIVED = _STREAMING + " AND replay_lsn >= pg_current_wal_flush_lsn()"
_SYNCHRONOUS = _STREAMING + " AND sync_state = 'sync'"


@dataclass(frozen=True, slots=True)
class Takeover:
    """What came of a drill: seconds until a write was acknowledged again, and what of them is lost.

    ``recovery_point_s`` is how long before its death the first server had acknowledged the oldest lost deed.
    """

    way: str
    figures: Figures
    recovery_time_s: float
    promoted_in_s: float
    recovery_point_s: float
    faults: list[str]

    @property
    def lost(self) -> list[str]:
        return [name for name in self.figures.promised_at if name in self.figures.verdict.lost]

    @property
    def kept(self) -> bool:
        """Whether everything is as promised: whole, and lost only where nobody waited for the replica."""
        verdict = self.figures.verdict
        whole = not (verdict.doubled or verdict.partial or verdict.unknown or self.faults)
        return (
            whole and self.figures.pages_verified and (self.way in {"at once", "cut off"} or not verdict.lost)
        )

    @property
    def text(self) -> str:
        return (
            f"{self.way}: promoted in {self.promoted_in_s:.1f} s, "
            f"first write after {self.recovery_time_s:.1f} s; "
            f"lost {len(self.lost)} of {self.figures.promises} acknowledged deeds, the oldest "
            f"{self.recovery_point_s:.2f} s before; {len(self.faults)} faults found. {self.figures.text}"
        )


def fail_over(way: str, *, seed: int = 1, tell: Callable[[str], None] = silent) -> Takeover:
    """Kill the first server for good under load, promote its replica, go on with that, and judge it."""
    with new_home() as first:
        prepare(first)
        with first.use(), following(first, first.layout.home.parent / "replica") as replica:
            eventually(first, "postgres", _STREAMING)
            if way == "synchronous":
                _require_the_replica(first)
            moments: list[float] = []
            blows = {"machine": lambda service: _take_over(way, service, first, replica, moments)}
            figures = under_load(first, blows, 1, seed=seed, longest_pause_s=2.0, tell=tell, heir=replica)
            died, promoted = moments
            lost = [at for name, at in figures.promised_at.items() if name in figures.verdict.lost]
            return Takeover(
                way,
                figures,
                figures.all_recoveries[0],
                promoted - died,
                max([died - at for at in lost], default=0.0),
                list(_faults(replica)),
            )


def _require_the_replica(first: Cluster) -> None:
    with databases.connect(first.socket_folder) as server:
        server.execute("ALTER SYSTEM SET synchronous_standby_names = 'walreceiver'")
        server.execute("SELECT pg_reload_conf()")
    eventually(first, "postgres", _SYNCHRONOUS)


def _take_over(way: str, service: Service, first: Cluster, replica: Cluster, moments: list[float]) -> bool:
    if way == "caught up":
        service.switch_off()
        eventually(first, "postgres", _RECEIVED)
    if way == "cut off":
        sender = eventually(first, "postgres", _SENDER)
        os.kill(sender[0], signal.SIGSTOP)
        time.sleep(_CUT_OFF_S)
    moments.append(time.monotonic())
    kill_server(first)
    service.switch_off()
    kill_server(first)  # the service may have started it again meanwhile
    first.layout.cluster.rename(first.layout.home / "dead")
    with databases.connect(replica.socket_folder) as server:
        server.execute("SELECT pg_promote()")
        # A copy that was made of a synchronous server would wait for a replica of its own with every commit.
        server.execute("ALTER SYSTEM RESET synchronous_standby_names")
        server.execute("SELECT pg_reload_conf()")
    moments.append(time.monotonic())
    service.switch_on({"WARDLINE_DATABASE_URL": replica.url(DATABASE).replace("+psycopg", "")})
    return True


def _faults(replica: Cluster) -> list[str]:
    """Return what the doctor finds wrong on the promoted server: every partition, the audit, and more."""
    engine = create_engine(replica.admin_url(DATABASE))
    settings = Settings(home=replica.layout.home, database_url="postgresql://nobody@/none")
    checks = {name: check for name, check in (*CHECKS.items(), *LONG.items()) if name in PROOFS}
    try:
        found = list(examine(Patient(settings, engine, None), checks))
    finally:
        engine.dispose()
    return [f"{name}: {one.what} {one.params}" for name, one in found if one.state is State.WRONG]
