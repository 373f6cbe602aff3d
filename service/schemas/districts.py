"""Shapes of districts and units."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class DistrictOut(BaseModel):
    """A district; its time zone decides what a day is."""

    code: str
    name: str
    name_en: str
    timezone: str


class DistrictsOut(BaseModel):
    """All districts by code."""

    items: list[DistrictOut]


class ResponsibleOut(BaseModel):
    """A representative who answers for a unit, themselves or through a parent (``through``)."""

    code: str
    name: str
    role: str
    through: str


class UnitDetail(BaseModel):
    """A unit on a day, with its parents, its children and who answers for it."""

    id: UUID
    code: str
    name: str
    level: str
    layer: str
    households: int | None
    attributes: dict[str, Any]
    valid_from: date | None
    valid_to: date | None
    chain: list[dict[str, str]]
    children: list[dict[str, str]]
    responsible: list[ResponsibleOut]
