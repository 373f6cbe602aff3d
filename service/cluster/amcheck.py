"""PostgreSQL's own check of tables and indexes, page by page."""

from psycopg import sql

from geo.errors import N_
from service.cluster import databases
from service.cluster.backup import ourselves
from service.cluster.configuration import ADMIN_ROLE
from service.cluster.errors import BackupDamaged
from service.cluster.launcher import Cluster
from service.cluster.layout import PORT

_EXTENSION = sql.Identifier("amcheck")


def verify_pages(cluster: Cluster, database: str) -> bool:
    """Check every table and B-tree index of a database; return False where the check is not installed.

    Raises
    ------
    BackupDamaged
        One is corrupt; PostgreSQL's words are in the message.
    """
    with databases.connect(cluster.socket_folder, database) as server:
        available = "SELECT installed_version IS NULL FROM pg_available_extensions WHERE name = 'amcheck'"
        found = server.execute(available).fetchone()
        if found is None:
            return False
        if found[0]:
            server.execute(sql.SQL("CREATE EXTENSION {}").format(_EXTENSION))
        try:
            _run(cluster, database)
        finally:
            if found[0]:
                server.execute(sql.SQL("DROP EXTENSION {}").format(_EXTENSION))
    return True


def _run(cluster: Cluster, database: str) -> None:
    seen = ourselves().run(
        [
            cluster.programs.program("pg_amcheck"),
            f"--host={cluster.socket_folder}",
            f"--port={PORT}",
            f"--username={ADMIN_ROLE}",
            "--no-password",
            f"--database={database}",
        ],
        capture_output=True,
    )
    if seen.returncode:
        said = (seen.stdout.strip() or seen.stderr.strip()).splitlines()
        raise BackupDamaged(
            N_("Pages of the database {database} are damaged: {reason}."),
            mend=N_("Restore an older backup, or to an earlier instant."),
            database=database,
            reason=" ".join(said[:2]).rstrip("."),
        )
