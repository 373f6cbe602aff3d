"""``./wardline import roads`` on a real database."""

from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

from layers.stores import Stores
from tests.service.cli.files import Import


def test_roads_are_examined_first_and_replace_those_there_were(
    run_import: Import, tmp_path: Path, district_d: Stores
) -> None:
    file = tmp_path / "roads.osm.pbf"
    with osmium.SimpleWriter(file) as writer:
        for number in (1, 2, 3):
            writer.add_node(Node(id=number, location=(131.0 + number / 1000, 46.0), version=1))
        writer.add_way(Way(id=7, nodes=[1, 2, 3, 4], tags={"highway": "track", "name": "林道"}, version=1))
    for apply in (False, True, True):
        code, report = run_import("roads", file, *(["--apply"] if apply else []))
        assert code == 0, report
        told = {name: report[name] for name in ("applied", "ways", "ways_cut", "edges", "edges_car")}
        assert told == {"applied": apply, "ways": 1, "ways_cut": 1, "edges": 1, "edges_car": 1}
        assert district_d.roads.table().name.tolist() == (["林道"] if apply else [])
        district_d.session.rollback()


def test_a_damaged_file_is_refused(run_import: Import, tmp_path: Path) -> None:
    file = tmp_path / "roads.osm.pbf"
    file.write_bytes(b"nothing of the kind")
    code, refusal = run_import("roads", file, "--apply")
    assert (code, refusal["code"]) == (1, "body-malformed")
