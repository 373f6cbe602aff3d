"""Fixes are known by their patrol, and the patrols of a device by their times."""

from pathlib import Path

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the keys of all months anew, the index of patrols, and their times those of their fixes."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # As it is: the formats in the functions are not parameters.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)
