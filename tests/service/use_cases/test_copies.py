"""The promise on raw positions counts their whole life: in the database, in every copy of it and in the log.

The clock is the test's. Backups are real ones; only the time at which they were finished is told them.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from layers.audit import AuditFilter, central
from layers.fixes import FixTable, fix
from layers.ids import new_id
from layers.patrols import Patrol
from layers.retention import begin_copies
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from service.cluster import Cluster, archive, backup, databases, restore
from service.cluster.archive import Archive
from service.cluster.errors import BackupRefused, NoRoom
from service.cluster.kept import REMOVING
from service.cluster.restore import Wanted
from service.copies import ClusterCopies, Copy, Dumps, Kind, copies_of, take_dump
from service.database import migrate, session_factory
from service.jobs import keep_copies, look
from service.settings import Settings
from service.use_cases.copies import Promise, renew
from service.use_cases.retention import kept_by
from tests.fixtures.clusters import QUICK

DATABASE = "wardline"
FIRST = datetime(2025, 1, 6, 3, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = 7


def silent(_: str) -> None:
    pass


def redated(cluster: Cluster, made: Path, at: datetime) -> None:
    """Let a backup have been finished at another time, in its record and in the register."""
    place = archive.folder(cluster.layout)
    known = backup.registered(place)
    record = made / "backup.json"
    body = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**body, "finished_at": at.isoformat()}), encoding="utf-8")
    backup.register(place, [replace(one, finished_at=at) if one.folder == made else one for one in known])


class Turned(ClusterCopies):
    """Copies whose new ones are finished when the test's clock says so."""

    now = FIRST
    broken = False

    def make(self) -> Copy:
        if self.broken:
            raise NoRoom("The disk of {folder} is full.", mend="Make room.", folder="backups")
        made = super().make()
        redated(self._cluster, made.folder, self.now)
        return replace(made, made_at=self.now)


@dataclass
class House:
    """A private cluster with two districts, one of which keeps raw positions for half as long."""

    cluster: Cluster
    engine: Engine
    settings: Settings
    copies: Turned = field(init=False)

    def __post_init__(self) -> None:
        self.copies = Turned(self.cluster, DATABASE)

    def upload(self, code: str, device: str, at: datetime) -> None:
        with Session(self.engine) as session:
            stores = Stores(session, code)
            patrol, _ = stores.patrols.add(Patrol(new_id(), device, "foot", "", "api", str(at), at))
            times = at.timestamp() + np.arange(3) * 60.0
            stores.patrols.add_fixes(patrol, FixTable.of(times, np.full(3, 115.0), np.full(3, 47.0)))
            session.commit()

    def back_up(self, now: datetime) -> Path:
        self.copies.now = now
        return self.copies.make().folder

    def look(self, now: datetime) -> None:
        """Do what the service does each hour."""
        self.copies.now = now
        look(session_factory(self.engine, SYSTEM_SCOPE), self.settings, self.copies, now)

    def live(self) -> dict[str, datetime]:
        with Session(self.engine) as session:
            found = session.execute(select(fix.c.district, func.min(fix.c.at)).group_by(fix.c.district))
            return {row.district: row[1] for row in found}

    def switch_log(self) -> None:
        with databases.connect(self.cluster.socket_folder) as server:
            server.execute("SELECT pg_switch_wal()")

    def registered(self) -> list[backup.Backup]:
        return backup.registered(archive.folder(self.cluster.layout))

    def archived(self) -> list[archive.Segment]:
        return sorted(Archive.read(archive.folder(self.cluster.layout)).segments)

    def told(self) -> list[dict[str, object]]:
        with Session(self.engine) as session:
            found = central(session).latest(AuditFilter(action="retention.copies"), limit=200)
        return [dict(one.detail) for one in reversed(found)]


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="wardline-copies-"))
    folder.chmod(0o755)
    with Cluster(folder / "home", overrides=QUICK | {"archive_mode": "on"}).use() as cluster:
        yield cluster
    shutil.rmtree(folder)


@pytest.fixture
def house(running: Cluster) -> Iterator[House]:
    running.ensure_database(DATABASE)
    engine = create_engine(running.url(DATABASE))
    migrate(engine)
    with Session(engine) as session:
        for code in ("A", "B"):
            Stores(session, code).districts.create(code, timezone="Asia/Shanghai")
        Stores(session, "B").retention.set_period("fixes", 15, FIRST)
        session.commit()
    house = House(running, engine, Settings(home=running.layout.home))
    yield house
    engine.dispose()
    house.copies.remove(house.copies.every())
    running.drop_database(DATABASE)


PROMISED = {"A": 30 * DAY, "B": 15 * DAY}


def require_kept(house: House, now: datetime) -> None:
    """Prove that no position older than promised is in the database, in a backup, or in reach of the log."""
    for code, oldest in house.live().items():
        assert now - oldest < PROMISED[code] - 7 * DAY, "the days of a backup are days of its positions"
    known = house.registered()
    for one in known:
        assert one.folder.is_dir()
        assert one.oldest is not None
        assert now - one.finished_at < 7 * DAY
        for code, oldest in one.oldest[DATABASE].items():
            assert now - oldest < PROMISED[code], one.folder
    # The log leads to states since the oldest backup, and in those positions were as old as they may be live.
    if known:
        first = min(one.first.number for one in known)
        assert all(segment.number >= first for segment in house.archived())
    else:
        assert not house.archived()


def test_no_position_outlives_its_days_anywhere(house: House) -> None:
    """Sixty days with uploads each day; a backup each week for four weeks, after which nobody makes one."""
    assert not house.copies.are_kept()
    made_by_hand = []
    for day in range(60):
        now = FIRST + day * DAY
        for code in ("A", "B"):
            house.upload(code, f"phone-{code}", now - 2 * HOUR)
        if 9 <= day < 37 and day % WEEK == 2:
            made_by_hand.append(house.back_up(now - HOUR))
        house.switch_log()
        house.look(now)
        if day < 9:
            # Without any backup the whole time is used.
            assert min(house.live().values()) == FIRST - 2 * HOUR
            continue
        require_kept(house, now)
        assert house.registered(), "whoever had a backup has one"
    assert len(made_by_hand) == 4
    assert not any(one.exists() for one in made_by_hand)
    # The first backup held positions of A and B from when there was none, all within their days.
    by_itself = [one["made"] for one in house.told() if one["made"]]
    assert by_itself, "after a week without a new one the service made one itself"
    assert not list(house.cluster.layout.home.rglob(REMOVING + "*"))
    newest = house.registered()[-1]
    assert_restored(house, newest)


def assert_restored(house: House, chosen: backup.Backup) -> None:
    """Restore a backup with all the log there is, and look what is in it."""
    beside = house.cluster.layout.home.with_name("beside")
    with restore.restored(chosen, Wanted(), beside, silent) as found:
        engine = create_engine(found.cluster.admin_url(DATABASE))
        with Session(engine) as session:
            rows = session.execute(select(fix.c.district, func.min(fix.c.at)).group_by(fix.c.district))
            oldest = {row.district: row[1] for row in rows}
        engine.dispose()
    assert oldest == house.live()
    assert oldest.keys() == PROMISED.keys()
    assert all(FIRST + 59 * DAY - at < PROMISED[code] - 7 * DAY for code, at in oldest.items())


def test_a_first_backup_that_holds_old_positions_is_replaced_the_same_day(house: House) -> None:
    for day in range(30):
        house.upload("A", "phone", FIRST + day * DAY)
    now = FIRST + 29 * DAY + HOUR
    house.look(now)
    first = house.back_up(now)
    house.look(now + HOUR)
    require_kept(house, now + HOUR)
    house.look(now + DAY)
    (left,) = house.registered()
    assert left.folder != first
    assert not first.exists()


def test_what_comes_late_is_in_no_backup_so_none_has_to_go(house: House) -> None:
    house.upload("A", "phone", FIRST)
    house.back_up(FIRST)
    house.look(FIRST)
    house.upload("A", "lost-phone", FIRST - 50 * DAY)
    assert house.live() == {"A": FIRST}
    made = house.back_up(FIRST + HOUR)
    house.look(FIRST + HOUR)
    assert made.exists()
    assert len(house.registered()) == 2


def test_where_none_can_be_made_the_promise_holds_and_it_is_said(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    first = house.back_up(FIRST)
    house.copies.broken = True
    house.look(FIRST + 6 * DAY + HOUR)
    assert first.exists(), "tried ahead; its time is not over"
    assert "the last backup is over soon, and no new one could be made" in caplog.text
    house.look(FIRST + 7 * DAY)
    assert not first.exists()
    assert "THERE IS NO BACKUP" in caplog.text
    assert not archive.marker(house.cluster.layout).exists()
    assert not house.archived()
    last = house.told()[-1]
    assert (last["left"], last["removed"]) == (0, [first.name])
    assert "is full" in str(last["fault"])


def test_a_dry_run_names_what_goes_and_changes_nothing(house: House) -> None:
    first = house.back_up(FIRST)
    sessions = session_factory(house.engine, SYSTEM_SCOPE)
    foreseen = keep_copies(sessions, house.settings, house.copies, FIRST + 7 * DAY, apply=False)
    assert foreseen is not None
    assert [one.folder for one in foreseen.over] == [first]
    assert (foreseen.makes, foreseen.left, foreseen.made) == (True, 1, None)
    assert first.exists()
    assert house.told() == []
    house.copies.now = FIRST + 7 * DAY
    with sessions() as other:
        assert begin_copies(other)
        assert keep_copies(sessions, house.settings, house.copies, FIRST + 7 * DAY) is None
    done = keep_copies(sessions, house.settings, house.copies, FIRST + 7 * DAY)
    assert done is not None
    assert (done.over, done.makes, done.left) == (foreseen.over, True, 1)


def test_a_cluster_that_a_restore_set_aside_goes_as_well(house: House) -> None:
    house.back_up(FIRST)
    aside = house.cluster.layout.home / "cluster.before-20241230T000000Z"
    (aside / "data" / "global").mkdir(parents=True)
    house.look(FIRST)
    assert not aside.exists()
    assert any(aside.name in one["removed"] for one in house.told())  # type: ignore[operator]


def test_nothing_is_removed_while_a_backup_is_made(house: House) -> None:
    first = house.back_up(FIRST)
    with backup.alone(house.cluster), pytest.raises(BackupRefused, match="under way"):
        house.look(FIRST + 7 * DAY)
    assert first.exists()
    with suppress(FileNotFoundError):
        shutil.rmtree(first)
    house.look(FIRST + 7 * DAY)
    assert house.told()[-1]["missing"] == [first.name]
    assert len(house.registered()) == 1


def test_dumps_of_a_foreign_server_go_likewise(house: House, tmp_path: Path) -> None:
    url = house.cluster.url(DATABASE)
    house.upload("A", "phone", FIRST)
    settings = Settings(home=tmp_path / "other", database_url=url)
    copies = copies_of(settings)
    assert isinstance(copies, Dumps)
    assert not copies.are_kept()
    made = take_dump(settings, tmp_path / "elsewhere", silent)
    assert made.oldest == {"A": FIRST}
    assert [one.folder for one in copies.every()] == [made.folder]
    done = renew(copies, Promise(7, 30, {}), FIRST + 30 * DAY, apply=True)
    assert done.removed.folders == (made.folder,)
    assert done.made is not None
    assert done.made.parent == made.folder.parent
    assert [one.folder for one in copies.every()] == [done.made]


def test_a_copy_of_which_nobody_knows_what_is_in_it_goes_at_once() -> None:
    promise = Promise(7, 30, {"B": 15})
    unknown = Copy(Path("x"), Kind.BACKUP, FIRST, None)
    assert promise.is_over(unknown, FIRST)
    young = {"A": FIRST - 20 * DAY, "B": FIRST - 13 * DAY}
    assert promise.over_at(Copy(Path("x"), Kind.BACKUP, FIRST, young)) == FIRST + 2 * DAY - 2 * HOUR


def test_the_served_database_is_known_to_be_ours(house: House) -> None:
    url = house.cluster.url(DATABASE)
    served = house.settings.model_copy(update={"database_url": url})
    assert isinstance(copies_of(served), ClusterCopies)
    assert kept_by(served).backups == 0
    house.back_up(FIRST)
    assert kept_by(served).backups == 7
