"""Recordings of tracks, and times of them, that count no more."""

from pathlib import Path

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and secure it."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # As it is: the formats in the functions are not parameters.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)
