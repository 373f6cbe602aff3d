"""Who visited units and markers, and how sure what was seen is."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # As it is: the formats in the functions are not parameters.
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(text)
