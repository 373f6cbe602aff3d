"""A power cut takes nothing that was acknowledged: a real file system, whose cache each cut empties."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.cluster import Cluster, archive
from service.cluster.account import server_account
from service.keys import files as key_files
from service.photos.vault import Part, Vault
from tests.crash.power import PoweredFolder, lacking, power_cuts, powered
from tests.crash.victims import kill_server
from tests.fixtures.field import jpeg, sha256

pytestmark = pytest.mark.skipif(lacking() is not None, reason=f"no power can be cut: {lacking()}")


@pytest.fixture
def disk() -> Iterator[PoweredFolder]:
    """Yield an empty folder that forgets every name and page that was not synced."""
    with tempfile.TemporaryDirectory(prefix="wardline-power-") as above:
        Path(above).chmod(0o755)  # the server's account passes through
        folder = Path(above) / "home"
        folder.mkdir()
        with powered(folder, strict=True) as disk:
            yield disk


def lose_power(disk: PoweredFolder) -> None:
    disk.cut()
    disk.switch_on()


def test_power_cuts_under_load_lose_nothing_and_double_nothing() -> None:
    found = power_cuts(3, longest_pause_s=0.5)
    print(found.text)  # noqa: T201 - for those who read the log
    assert found.figures.verdict.clean, found.figures.verdict
    assert found.figures.pages_verified
    assert found.lost["pages"] > found.lost["pages_kept"], "nothing was lost, so nothing was proven"


def test_the_proof_finds_what_a_careless_setting_loses() -> None:
    careless = {"synchronous_commit": "off", "wal_writer_delay": "10s"}
    # On a machine that hardly gets on, all of a cut may have been written for another reason.
    cuts = (power_cuts(1, seed=seed, settings=careless, shares=(0.0,)) for seed in range(1, 5))
    assert any(found.figures.verdict.lost for found in cuts)


def test_the_disk_loses_what_was_not_synced(disk: PoweredFolder) -> None:
    (disk.folder / "a").write_text("never synced")
    lose_power(disk)
    assert list(disk.folder.iterdir()) == []


def test_an_acknowledged_photo_is_there(disk: PoweredFolder) -> None:
    content = jpeg(size=20_000)
    name = sha256(content)
    vault = Vault(disk.folder / "files")
    vault.receive("a device", name, Part(0, len(content), content[:9000]))
    lose_power(disk)
    assert vault.offset("a device", name) == 9000
    vault.receive("a device", name, Part(9000, len(content), content[9000:]))
    lose_power(disk)
    assert vault.path(name).read_bytes() == content
    assert vault.offset("a device", name) == 0


def test_a_key_is_there_before_anything_is_sealed_with_it(disk: PoweredFolder) -> None:
    path = key_files.folder_of(disk.folder) / "contact.json"
    first = key_files.ensure(path, lambda: {"keys": ["first"]})
    lose_power(disk)
    assert key_files.read(path) == first
    key_files.replace(path, {"keys": ["first", "second"]})
    lose_power(disk)
    assert key_files.read(path) == {"keys": ["first", "second"]}


def test_a_cluster_is_ours_and_starts_from_its_first_moment_on(disk: PoweredFolder) -> None:
    cluster = Cluster(disk.folder)
    cluster.start()
    archive.begin(cluster.layout, server_account(cluster.layout.data))
    try:
        kill_server(cluster)
        lose_power(disk)
        assert cluster.exists()
        assert archive.marker(cluster.layout).exists()
        assert archive.folder(cluster.layout).is_dir()
        cluster.start()
        assert cluster.database_names() == []
    finally:
        kill_server(cluster)
