"""Row security: every table has it, its indexes are used, and the role it holds for has no way around it."""

from collections.abc import Iterator

from sqlalchemy import make_url, text

from geo.errors import N_
from layers.policies import RULES, WEB_ROLE
from layers.storage import read_sql
from service.doctor.findings import Finding, Patient, warning, well, wrong

_NAMED = 8
_TABLES = """
SELECT relname, relrowsecurity AND relforcerowsecurity
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
  AND (relname = ANY (:tables) OR EXISTS (
      SELECT FROM pg_partition_ancestors(pg_class.oid) AS above WHERE above::text = ANY (:tables)))
ORDER BY 1
"""
_POWERS = """
WITH role AS (SELECT * FROM pg_roles WHERE rolname = :role)
SELECT unnest(array_remove(ARRAY[
           CASE WHEN rolsuper THEN 'SUPERUSER' END,
           CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
           CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
           CASE WHEN rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN rolreplication THEN 'REPLICATION' END,
           CASE WHEN has_schema_privilege(oid, 'public', 'CREATE') THEN 'CREATE ON SCHEMA public' END,
           CASE WHEN has_database_privilege(oid, current_database(), 'CREATE') THEN 'CREATE ON DATABASE' END
       ], NULL))
FROM role
UNION ALL
SELECT format('MEMBER OF %I', above.rolname)
FROM role JOIN pg_auth_members ON member = role.oid JOIN pg_roles AS above ON above.oid = roleid
UNION ALL
SELECT format('OWNER OF %s', pg_class.oid::regclass)
FROM role JOIN pg_class ON relowner = role.oid AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
UNION ALL
SELECT format('OWNER OF %s', pg_proc.oid::regprocedure) FROM role JOIN pg_proc ON proowner = role.oid
UNION ALL
SELECT format('OWNER OF SCHEMA %I', nspname) FROM role JOIN pg_namespace ON nspowner = role.oid
UNION ALL
SELECT 'OWNER OF DATABASE' FROM role JOIN pg_database ON datdba = role.oid AND datname = current_database()
"""


def check_tables(patient: Patient) -> Iterator[Finding]:
    """Find tables, or parts of them, whose rows anybody could see: row security is off or not forced."""
    with patient.engine.connect() as connection:
        rows = connection.execute(text(_TABLES), {"tables": sorted(RULES)}).all()
    found = {str(name): bool(forced) for name, forced in rows}
    for table in sorted(RULES.keys() - found.keys()):
        message = N_("The table {table} is missing.")
        yield wrong(message, N_("Restore a backup from before it was removed."), table=table)
    open_ones = [table for table, forced in found.items() if not forced]
    for table in open_ones:
        message = N_("Row security of the table {table} is off, or does not hold for its owner.")
        mend = N_(
            "Run in the database: ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        )
        yield wrong(message, mend, table=table)
    if not open_ones and RULES.keys() <= found.keys():
        yield well(N_("row security holds for {count} tables and their parts"), count=len(found))


def check_boxes(patient: Patient) -> Iterator[Finding]:
    """Look whether spatial indexes may be used under row security."""
    with patient.engine.connect() as connection:
        marked = connection.exec_driver_sql(read_sql("box_leakproof")).scalar_one()
    message = N_("Row security keeps spatial indexes from being used, so maps are slow.")
    if marked:
        yield well(N_("spatial indexes are used under row security"))
    elif patient.cluster is None:
        mend = N_(
            "Let the database's administrator run: "
            "ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;"
        )
        yield warning(message, mend)
    else:
        yield wrong(message, N_("Start ./wardline serve again, which marks what an update has unmarked."))


def check_role(patient: Patient) -> Iterator[Finding]:
    """Find what the role that requests are served as could do against row security."""
    address = patient.settings.web_database_url
    role = (make_url(address).username if address else None) or WEB_ROLE
    with patient.engine.connect() as connection:
        there = connection.execute(text("SELECT FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
        powers = list(connection.execute(text(_POWERS), {"role": role}).scalars())
    if there is None:
        message = N_("There is no role {role}, which requests are served as.")
        mend = N_("Start ./wardline serve, which makes it or says who may.")
        yield wrong(message, mend, role=role)
    elif powers:
        message = N_("The role {role}, which requests are served as, has power: {powers}.")
        mend = N_(
            "Let the database's administrator take it away: ALTER ROLE, REVOKE or REASSIGN OWNED BY {role}."
        )
        yield wrong(message, mend, role=role, powers=", ".join(powers[:_NAMED]))
    else:
        yield well(N_("requests are served as {role}, which owns nothing"), role=role)
