"""What is stored: the schema's revision, indexes, months of fixes, and the proof of every partition."""

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo.errors import N_, GeoError
from geo.partition import DefectKind, prove, prove_levels
from layers import districts
from layers.catalog import Layer
from layers.releases import Releases
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.database import head_revision, known_revisions, revision
from service.doctor.findings import Finding, Patient, warning, well, wrong

_MEND = N_("Restore a backup from before it was damaged, or import the layer again.")
_INDEXES = """
SELECT indexrelid::regclass::text, indrelid::regclass::text, indisvalid AND indisready
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = 'public'::regnamespace ORDER BY 1
"""
_MONTHS = """
SELECT child.relname, pg_get_expr(child.relpartbound, child.oid),
       (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'FROM \\(''(.*?)''\\)'))[1]::timestamptz,
       (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \\(''(.*?)''\\)'))[1]::timestamptz
FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = 'public.fix_block'::regclass ORDER BY 3
"""


def check_migrations(patient: Patient) -> Iterator[Finding]:
    """Compare the schema's revision with the program's."""
    with patient.engine.connect() as connection:
        found, newest = revision(connection), head_revision(connection)
        known = found in known_revisions(connection)
    if found == newest:
        yield well(N_("The schema is at revision {found}"), found=found)
    elif found is None:
        yield wrong(N_("The database is empty."), N_("Run ./wardline serve, which makes the schema."))
    elif known:
        message = N_("The schema is at revision {found}; this version of Wardline has {newest}.")
        mend = N_("Start ./wardline serve of this version, which brings it up to date.")
        yield wrong(message, mend, found=found, newest=newest)
    else:
        message = N_("The schema is at revision {found}, which this version of Wardline does not know.")
        yield wrong(message, N_("Install the version that made it, or a later one."), found=found)


def check_indexes(patient: Patient) -> Iterator[Finding]:
    """Find indexes that an interrupted build left without use."""
    with patient.engine.connect() as connection:
        rows = connection.execute(text(_INDEXES)).all()
    bad = [(name, table) for name, table, usable in rows if not usable]
    for name, table in bad:
        message = N_("The index {name} of table {table} is not valid.")
        yield wrong(message, N_("Run in the database: REINDEX INDEX {name};"), name=name, table=table)
    if not bad:
        yield well(N_("{count} indexes are valid"), count=len(rows))


def check_months(patient: Patient) -> Iterator[Finding]:
    """Prove that each part of the table of fixes is one whole month."""
    with patient.engine.connect() as connection:
        connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
        rows = connection.execute(text(_MONTHS)).all()
    bad = [(name, bound) for name, bound, start, end in rows if not _is_month(start, end)]
    for name, bound in bad:
        message = N_("The part {name} of the table of fixes is not a month: {bound}.")
        mend = N_("Move its rows away, drop it, and store them again; months are made as they are needed.")
        yield wrong(message, mend, name=name, bound=bound)
    if not bad:
        first, last = (rows[0].relname, rows[-1].relname) if rows else ("–", "–")
        message = N_("{count} months of fixes, from {first} to {last}")
        yield well(message, count=len(rows), first=first, last=last)


def _is_month(start: datetime | None, end: datetime | None) -> bool:
    if start is None or end is None:
        return False
    months = (end.year - start.year) * 12 + end.month - start.month
    midnight = (1, 0, 0, 0)
    whole = all((at.day, at.hour, at.minute, at.second) == midnight for at in (start, end))
    return months == 1 and whole


def check_partitions(patient: Patient) -> Iterator[Finding]:
    """Prove every published partition again, from what is stored."""
    with Session(patient.engine) as session:
        enter(session, SYSTEM_SCOPE)
        codes = [one.code for one in districts.every(session)]
        for code in codes:
            stores = Stores(session, code)
            for layer in stores.layers.all():
                if layer.kind == "partition":
                    yield from _prove_layer(stores, session, layer)
    if not codes:
        message, mend = N_("No district is stored."), N_("Import one: ./wardline import grids FILE.")
        yield warning(message, mend)


def _prove_layer(stores: Stores, session: Session, layer: Layer) -> Iterator[Finding]:
    days = sorted({one.effective_on for one in Releases(session, stores.district).all(layer.code)})
    for day in days:
        try:
            yield _prove(stores, layer, day)
        except GeoError as error:  # off the lattice, or no area at all
            yield wrong(error.message, error.mend or _MEND, **error.params)


def _prove(stores: Stores, layer: Layer, day: date) -> Finding:
    leaves = stores.grids.leaves(layer.code, day)
    params = {"layer": layer.code, "district": stores.district, "day": day.isoformat(), "count": len(leaves)}
    # Ground that was left out on purpose is known from the level above, whose outlines are compared as well.
    proof = prove(list(leaves.polygons), enclaves=None)
    defects = [str(defect.kind) for defect in proof.defects]
    if layer.leaf_level and proof.exact:
        above = stores.grids.outlines(layer.code, layer.leaf_level - 1, day)
        position = {unit: number for number, unit in enumerate(above.ids)}
        parents = np.array(
            [-1 if parent is None else position.get(parent, -1) for parent in leaves.parents], dtype=np.int64
        )
        nesting = prove_levels(list(leaves.polygons), parents, list(above.polygons))
        # A vertex more on the outline is the same ground.
        defects += [str(one.kind) for one in nesting if one.kind != DefectKind.T_JUNCTION]
        defects += ["orphan"] * int((parents < 0).sum())
    if not defects:
        return well(N_("{layer} of {district} from {day}: {count} units are an exact partition"), **params)
    kinds = ", ".join(f"{kind} {defects.count(kind)}" for kind in sorted(set(defects)))
    message = N_("{layer} of {district} from {day} is no exact partition: {kinds}.")
    return wrong(message, _MEND, **params, kinds=kinds)
