"""The catalog: which area layers a district has, and their levels.

A ``partition`` layer divides its frame exactly, level under level; an ``overlay`` layer may overlap and
has a priority. Level 0 is the top, the last name is the leaf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sqlalchemy import CheckConstraint, Column, DateTime, Integer, Row, Text, select
from sqlalchemy.dialects.postgresql import ARRAY

from geo.errors import N_
from layers.base import in_district, shard_table
from layers.errors import InvalidAttribute, UnknownLayer
from layers.storage import Store

LayerKind = Literal["partition", "overlay"]

# The layers every district has; an area layer cannot take their names, since both share the routes.
BUILT_IN = ("border", "cover", "dwellings", "incidents", "lines", "markers", "representatives", "stations")

layer = shard_table(
    "layer",
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("level_names", ARRAY(Text), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("classes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    in_district(),
    CheckConstraint("kind IN ('partition', 'overlay')", name="kind"),
    CheckConstraint("cardinality(level_names) > 0", name="level_names"),
    key=("code",),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """An area layer.

    ``level_names`` run from the top to the leaf; ``classes`` are the incident classes an overlay claims;
    a higher ``priority`` goes first.
    """

    code: str
    kind: LayerKind
    name: str
    name_en: str
    level_names: tuple[str, ...]
    priority: int
    classes: tuple[str, ...]
    created_at: datetime

    @property
    def leaf_level(self) -> int:
        """The level whose units own geometry."""
        return len(self.level_names) - 1

    def level_or_leaf(self, level: int | None) -> int:
        """Return a level of the layer, the leaf where none is given.

        Raises
        ------
        InvalidAttribute
            The layer has no such level.
        """
        if level is None:
            return self.leaf_level
        if not 0 <= level <= self.leaf_level:
            raise InvalidAttribute(
                N_("Layer “{layer}” has no level {level}."),
                mend=N_("Use 0 to {leaf}: {levels}."),
                where={"parameter": "level"},
                layer=self.code,
                level=level,
                leaf=self.leaf_level,
                levels=", ".join(self.level_names),
            )
        return level


class Catalog(Store):
    """The area layers of one district."""

    def create(
        self,
        code: str,
        *,
        name: str,
        name_en: str = "",
        kind: LayerKind = "partition",
        level_names: Sequence[str] = ("grid",),
        priority: int = 0,
        classes: Sequence[str] = (),
    ) -> Layer:
        """Store a new area layer.

        Raises
        ------
        InvalidAttribute
            The code is taken by a layer every district has, the kind is unknown, or no level is named.
        Conflict
            The district already has a layer of this code.
        NotFound
            The district is not stored.
        """
        if code in BUILT_IN or not code.strip():
            raise InvalidAttribute(
                N_("An area layer cannot be called “{code}”."),
                mend=N_("Choose another code; these are taken: {taken}."),
                where={"pointer": "/code"},
                code=code,
                taken=", ".join(BUILT_IN),
            )
        value = Layer(
            code,
            kind,
            name,
            name_en or name,
            tuple(level_names),
            priority,
            tuple(classes),
            datetime.now(UTC),
        )
        self._insert(
            layer,
            [
                {
                    "code": value.code,
                    "kind": value.kind,
                    "name": value.name,
                    "name_en": value.name_en,
                    "level_names": list(value.level_names),
                    "priority": value.priority,
                    "classes": list(value.classes),
                    "created_at": value.created_at,
                }
            ],
        )
        return value

    def all(self, kind: LayerKind | None = None) -> tuple[Layer, ...]:
        """Return the area layers, highest priority first, then by code."""
        statement = select(layer).where(layer.c.district == self.district)
        if kind is not None:
            statement = statement.where(layer.c.kind == kind)
        return tuple(_layer(row) for row in self._all(statement.order_by(-layer.c.priority, layer.c.code)))

    def find(self, code: str) -> Layer | None:
        """Return the area layer of a code, or None."""
        row = self._first(select(layer).where(layer.c.district == self.district, layer.c.code == code))
        return None if row is None else _layer(row)

    def get(self, code: str) -> Layer:
        """Return the area layer of a code.

        Raises
        ------
        UnknownLayer
            The district has none of this code; the message names those it has.
        """
        found = self.find(code)
        if found is None:
            raise self.unknown(code)
        return found

    def unknown(self, code: str) -> UnknownLayer:
        """Return the refusal of a layer the district does not have, naming those it has."""
        known = [value.code for value in self.all()] + list(BUILT_IN)
        return UnknownLayer(
            N_("District {district} has no layer “{layer}”; it has: {known}."),
            mend=N_("Name one of them, or import the layer first."),
            where={"layer": code},
            district=self.district,
            layer=code,
            known=", ".join(known),
        )


def require_no_instant(layer: str, known_at: datetime | None) -> None:
    """Refuse to tell what was known of a layer at an instant where only what is known now is kept.

    Raises
    ------
    InvalidAttribute
        An instant is given.
    """
    if known_at is not None:
        raise InvalidAttribute(
            N_("Of layer {layer} only what is known now is kept."),
            mend=N_("Leave known_at out; only area layers keep what was known before."),
            where={"parameter": "known_at"},
            layer=layer,
        )


def _layer(row: Row[Any]) -> Layer:
    return Layer(
        row.code,
        cast("LayerKind", row.kind),
        row.name,
        row.name_en,
        tuple(row.level_names),
        row.priority,
        tuple(row.classes),
        row.created_at,
    )
