"""Clusters that are not ours or not of this version are named and left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.cluster import Cluster
from service.cluster.binaries import find
from service.cluster.errors import ClusterError, ClusterForeign, ClusterVersion, PostgresMissing

Make = Callable[..., Cluster]


@pytest.mark.parametrize("files", [{}, {"data/PG_VERSION": "15\n"}, {"wardline.json": "not json"}])
def test_a_folder_that_we_did_not_make_is_left_alone(make: Make, home: Path, files: dict[str, str]) -> None:
    (home / "cluster" / "data").mkdir(parents=True)
    for name, text in files.items():
        (home / "cluster" / name).write_text(text)
    before = sorted(home.glob("cluster/**/*"))
    with pytest.raises(ClusterForeign, match="was not made by Wardline"):
        make().start()
    assert sorted(home.glob("cluster/**/*")) == before


def test_a_broken_link_in_its_place_is_left_alone(make: Make, home: Path) -> None:
    home.mkdir()
    (home / "cluster").symlink_to("nowhere")
    with pytest.raises(ClusterForeign):
        make().start()


def test_data_of_another_version_name_the_way_to_upgrade(make: Make) -> None:
    cluster = make()
    cluster.start()
    cluster.stop()
    version = cluster.layout.data / "PG_VERSION"
    ours = version.read_text()
    version.write_text("14\n")
    with pytest.raises(ClusterVersion, match=r"made by PostgreSQL 14.*postgresql-14-postgis-3.*pg_dump"):
        cluster.start()
    version.write_text(ours)
    cluster.start()


def test_without_postgresql_the_mend_is_named(tmp_path: Path) -> None:
    with pytest.raises(PostgresMissing, match=r"none found.*WARDLINE_DATABASE_URL"):
        find(root=tmp_path)


def test_a_server_without_postgis_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "pgsql-16" / "bin"
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb", "pg_ctl"):
        (folder / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n")
        (folder / name).chmod(0o755)
    with pytest.raises(PostgresMissing, match="16 without PostGIS"):
        find(root=tmp_path)
    (folder.parent / "share" / "extension").mkdir(parents=True)
    (folder.parent / "share" / "extension" / "postgis.control").touch()
    assert find(root=tmp_path).major == 16


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ClusterError, match="cannot be written: Not a directory"):
        Cluster(tmp_path / "file" / "home").start()
