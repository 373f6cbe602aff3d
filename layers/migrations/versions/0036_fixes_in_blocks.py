"""Fixes in blocks of columns; a view shows them one by one."""

from pathlib import Path

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the blocks, put all fixes into them, and a view in place of the table."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # As it is: the formats in the functions are not parameters.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)
