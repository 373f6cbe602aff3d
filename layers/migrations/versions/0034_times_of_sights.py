"""When what was seen of lines was seen, packed beside it."""

from pathlib import Path

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the times and pack the ledger anew from its rows."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # As it is: the formats in the functions are not parameters.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)
