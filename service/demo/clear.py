"""Taking a demo out of the database again: everything of one district, and nothing else."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from layers.audit import central
from layers.base import metadata
from layers.districts import district as district_table
from layers.errors import translated


def clear_district(session: Session, district: str) -> None:
    """Remove every row of a district and the district itself, in the session's transaction.

    Its audit goes with it; the central one keeps that it was there.
    """
    with translated():
        for table in reversed(metadata.sorted_tables):
            if table.info["placement"] == "shard":
                session.execute(delete(table).where(table.c.district == district))
        session.execute(delete(district_table).where(district_table.c.code == district))
    central(session).record("district.clear", "district", district)
