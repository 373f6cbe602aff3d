"""The versions of what does the work, and whether they are new enough."""

import sys
from collections.abc import Iterator
from platform import python_version

import pyproj
import shapely

from geo.errors import N_
from service.cluster.binaries import OLDEST_MAJOR
from service.doctor.findings import Finding, Patient, well, wrong

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGIS = (3, 3)


def check(patient: Patient) -> Iterator[Finding]:
    """Name Python, GEOS and PROJ here, and PostgreSQL, PostGIS, GEOS and PROJ in the database."""
    found = N_("Python {python} with GEOS {geos} and PROJ {proj}")
    here = {"geos": shapely.geos_version_string, "proj": pyproj.proj_version_str}
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield well(found, python=python_version(), **here)
    else:
        mend = N_("Install Python 3.11 or later and remove the folder .venv.")
        yield wrong(found, mend, python=python_version(), **here)
    with patient.engine.connect() as connection:

        def ask(query: str) -> str:
            return str(connection.exec_driver_sql(query).scalar_one()).split()[0]

        server, spatial = ask("SHOW server_version"), ask("SELECT postgis_lib_version()")
        there = {"geos": ask("SELECT postgis_geos_version()"), "proj": ask("SELECT postgis_proj_version()")}
        number, sums = int(ask("SHOW server_version_num")), ask("SHOW data_checksums")
    found = N_("PostgreSQL {server} with PostGIS {spatial}, GEOS {geos} and PROJ {proj}")
    params = {"server": server, "spatial": spatial, **there}
    if number // 10_000 >= OLDEST_MAJOR and _numbers(spatial) >= OLDEST_POSTGIS:
        yield well(found, **params)
    else:
        yield wrong(found, N_("Upgrade to PostgreSQL 15 and PostGIS 3.3 or later."), **params)
    if sums != "on":
        message = N_("The database was made without checksums of its pages, so silent damage stays unseen.")
        yield wrong(message, N_("Stop the server, run pg_checksums --enable on its data, start it again."))


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
