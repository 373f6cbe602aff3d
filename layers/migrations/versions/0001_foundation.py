"""The first schema: districts, area layers, border, markers, incidents, patrols, coverage."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the extensions too, where the database's owner may."""
    connection = op.get_bind()
    for extension in ("postgis", "btree_gist"):
        connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    connection.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
