"""Shapes of what everybody may know."""

from datetime import datetime

from pydantic import BaseModel, Field


class PublicUnit(BaseModel):
    """The incidents of a part of the district; ``*`` is all parts that had few."""

    code: str
    name: str
    classes: dict[str, int | None]
    total: int | None


class PublicIncidents(BaseModel):
    """How many incidents there were; null where it is not told, since it is few or would tell of few."""

    quarter: str
    from_: datetime = Field(alias="from")
    to: datetime
    least: int = Field(description="Fewer than so many are not told.")
    units: list[PublicUnit]
    classes: dict[str, int | None]
    total: int | None
