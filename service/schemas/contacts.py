"""Shapes of contact data and receipts."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Words = Annotated[str, StringConstraints(strip_whitespace=True)]


class ContactIn(BaseModel):
    """How to reach who reports, if they wish to be reached; kept apart and encrypted."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Words, StringConstraints(max_length=100)] = ""
    phone: Annotated[Words, StringConstraints(max_length=40)] = ""
    email: Annotated[Words, StringConstraints(max_length=254)] = ""


class ContactOut(BaseModel):
    """How to reach who reported."""

    name: str
    phone: str
    email: str


class ReceiptOut(BaseModel):
    """What an anonymous reporter gets: a receipt, shown once, that tells what became of the report."""

    receipt: str | None = Field(description="Keep it: it is not stored. None where it was given before.")
    status: str
    received_at: datetime


class FollowedOut(BaseModel):
    """What the holder of a receipt is told."""

    status: str
    class_: str = Field(alias="class")
    received_at: datetime
    changed_at: datetime
