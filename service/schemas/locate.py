"""Shapes of locate's answers, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]

Lon = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, description="Longitude in degrees.")]
Lat = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, description="Latitude in degrees.")]
Accuracy = Annotated[
    float | None,
    Query(ge=0, le=10_000, allow_inf_nan=False, description="Radius in metres the place is good for; 15."),
]


class UnitOut(BaseModel):
    """A unit by its code, with the name of its level and its layer."""

    code: str
    name: str
    level: str
    layer: str


class OverlayOut(UnitOut):
    """A unit of an overlay; ``claims`` whether it takes incidents of the class that was asked about."""

    priority: int
    claims: bool


class SegmentOut(BaseModel):
    """A place on the border: metres from the segment's start, and aside, left positive."""

    code: str
    name: str
    measure_m: float
    offset_m: float
    side: Literal["left", "right", "on"]


class LocateOut(BaseModel):
    """Where a point belongs."""

    unit: UnitOut = Field(description="The responsible unit, chosen by `rule`.")
    chain: list[UnitOut] = Field(description="The grid and its parents, the smallest first.")
    overlays: list[OverlayOut]
    segment: SegmentOut | None = Field(description="The nearest border segment within 500 m.")
    near_boundary: bool = Field(description="Whether an edge is within the accuracy of the point.")
    candidates: list[UnitOut] = Field(description="The units the point may lie in, the owner first.")
    rule: Literal["grid", "overlay", "snapped"]
    snapped_m: float | None = Field(default=None, description="How far outside a snapped point lies.")
    sites: list[dict[str, Any]] | None = Field(
        default=None, description="Sites of projects near the point and who is on site, where asked for."
    )


class ColumnsOut(BaseModel):
    """Where many points belong: columns as long as the points; null where a point is outside."""

    unit: list[str | None]
    levels: dict[str, list[str | None]] = Field(description="The codes of each level, the top first.")
    rule: list[Literal["grid", "snapped", "outside"]]
    outside_m: list[float | None] = Field(description="Metres to the nearest unit, where at most about 50.")
    near_boundary: list[bool | None] = Field(description="Whether an edge is within the accuracy.")
    candidates: list[list[str] | None] = Field(
        description="The codes of the units the point may lie in, the owner first; none far from edges."
    )
