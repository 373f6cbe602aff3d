"""Shapes of the catalogue of layers."""

from typing import Literal

from pydantic import BaseModel


class LayerOut(BaseModel):
    """A stored layer: an area layer with its levels, or one of those every district has."""

    code: str
    kind: Literal["partition", "overlay", "line", "point", "polygon"]
    name: str
    name_en: str
    levels: list[str]
    priority: int
    classes: list[str]
    items: str


class LayersOut(BaseModel):
    """The layers of a district."""

    items: list[LayerOut]
