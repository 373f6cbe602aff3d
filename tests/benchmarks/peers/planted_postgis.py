"""PostGIS topology: the units are put into one without a tolerance; each has to be one face of its own.

``BENCH_DATABASE`` is the address of an empty database with PostGIS topology.
"""

import os
from typing import Any

import psycopg
import shapely

from tests.benchmarks.peers.planted import run

NAME = "bench_topology"
FACES = f"""
    SELECT count(*)
    FROM {NAME}.face f, (SELECT ST_GeomFromWKB(%(area)s, 4490) AS shape) unit
    WHERE f.face_id > 0 AND f.mbr && unit.shape
        AND ST_Covers(unit.shape, ST_PointOnSurface(ST_GetFaceGeometry('{NAME}', f.face_id)))
"""  # noqa: S608


def found(shapes: Any) -> bool:
    """Tell whether units and faces are not one to one, or the topology itself says that it is broken."""
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as database:
        database.execute("SET search_path TO public, topology")
        database.execute("SELECT CreateTopology(%s, 4490)", (NAME,))
        try:
            for wkb in shapely.to_wkb(shapes):
                statement = "SELECT TopoGeo_AddPolygon(%s, ST_GeomFromWKB(%s, 4490), 0)"
                database.execute(statement, (NAME, wkb)).fetchall()
            # Faces may have been cut by what was added later, so each unit asks for its own at the end.
            faces = [database.execute(FACES, {"area": shapely.to_wkb(shape)}).fetchone() for shape in shapes]
            total = database.execute(f"SELECT count(*) FROM {NAME}.face WHERE face_id > 0").fetchone()  # noqa: S608
            wrong = database.execute("SELECT count(*) FROM ValidateTopology(%s)", (NAME,)).fetchone()
            return any(one != (1,) for one in faces) or total != (len(shapes),) or wrong != (0,)
        except psycopg.Error:
            return True
        finally:
            database.rollback()


if __name__ == "__main__":
    run(found, "psycopg")
