"""Shapes of retention: for how long a district keeps what, what was forgotten, and what would be today."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Period(BaseModel):
    """For how many days something is kept, and whether the district says so itself or the settings."""

    subject: Literal["fixes", "contacts", "drafts", "replies", "keys"]
    days: int
    source: Literal["district", "settings"]


class Forgotten(BaseModel):
    """How many rows of a table go, or went: ``removed``, or what is personal in them ``forgotten``."""

    table: str
    way: Literal["removed", "forgotten"]
    reason: str
    rows: int


class Run(BaseModel):
    """A run, or what one would do: fixes before an instant, and all else by table."""

    at: datetime
    fixes_before: datetime
    steps: list[Forgotten]


class RetentionOut(BaseModel):
    """What a district keeps. ``backups_days`` are what backups take of the fixes' days, 0 without any."""

    periods: list[Period]
    backups_days: int
    last: Run | None
    today: Run


class DaysIn(BaseModel):
    """Own days of a district for something."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(ge=1, le=36_500)


def run_json(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report of a run as readers see it."""
    return {"at": report["at"], "fixes_before": report["before"]["fixes"], "steps": report["steps"]}
