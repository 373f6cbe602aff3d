"""Units of area layers: identity, versions in two times, and the outlines of the upper levels.

A unit's id is never used again. A version says what the unit was for a period of days (``valid``), and
during which time the district believed so (``recorded``). Only leaf units own geometry; the outline of an
upper unit is the chain sum of its leaves, stored beside its version.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE

from layers.base import identifier, link, one_at_a_time, shard_table
from layers.geometry import geometry_type

unit = shard_table(
    "unit",
    identifier(),
    Column("layer", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    link("layer", "layer", to=("code",)),
)

unit_version = shard_table(
    "unit_version",
    identifier("unit"),
    Column("revision", Integer, nullable=False),
    Column("layer", Text, nullable=False),
    identifier("release"),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", SmallInteger, nullable=False),
    identifier("parent", nullable=True),
    Column("geom", geometry_type("MULTIPOLYGON")),
    Column("households", Integer),
    Column("attributes", JSONB, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    Column("recorded", TSTZRANGE, nullable=False),
    # SHA-256 of all that the version says of the unit: what a publication compares.
    Column("digest", LargeBinary, nullable=False),
    link("unit", "unit"),
    link("unit", "parent"),
    link("release", "release"),
    one_at_a_time("ex_unit_version_unit", "unit", ranges=("valid", "recorded")),
    CheckConstraint("level >= 0", name="level"),
    CheckConstraint("households >= 0", name="households"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    Index(None, "district", "layer", "code"),
    # What lies below a unit is asked by every statement of somebody who holds a part of a district.
    Index(None, "district", "parent"),
    Index(None, "geom", postgresql_using="gist"),
    key=("unit", "revision"),
)

unit_outline = shard_table(
    "unit_outline",
    identifier("unit"),
    Column("revision", Integer, nullable=False),
    Column("geom", geometry_type("MULTIPOLYGON"), nullable=False),
    Column("label", geometry_type("POINT"), nullable=False),
    link("unit_version", "unit", "revision", to=("unit", "revision"), ondelete="CASCADE"),
    Index(None, "geom", postgresql_using="gist"),
    key=("unit", "revision"),
)


def believed(recorded: ColumnElement[Any], known_at: datetime | None) -> ColumnElement[bool]:
    """Return the condition that a version was believed at an instant, or is now where none is given."""
    if known_at is None:
        return cast("ColumnElement[bool]", func.upper_inf(recorded))
    return recorded.contains(known_at)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it is valid from ``valid_from`` up to, without, ``valid_to``; level 0 is the top."""

    id: UUID
    layer: str
    code: str
    name: str
    level: int
    parent: UUID | None
    households: int | None
    attributes: Mapping[str, Any]
    release: UUID
    revision: int
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class UnitDraft:
    """A unit to be published.

    ``geometry`` is its area in lon, lat degrees on the lattice: of a leaf its own, of an upper unit the
    chain sum of its leaves. ``parent`` is the id of a unit one level up in the same publication.
    """

    id: UUID
    code: str
    name: str
    level: int
    parent: UUID | None
    geometry: BaseGeometry
    households: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class LeafTable:
    """The leaves of a layer in columns, in the order of their ids.

    ``households`` is −1 where it is not known; ``polygons`` are Shapely MultiPolygons in lon, lat degrees
    on the lattice.
    """

    ids: tuple[UUID, ...]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    parents: tuple[UUID | None, ...]
    households: NDArray[np.int64]
    polygons: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class UnitTree:
    """All units of a layer by id, without geometry."""

    units: Mapping[UUID, Unit]

    def chain(self, identifier: UUID) -> tuple[Unit, ...]:
        """Return the unit and its parents, the unit itself first and the top last.

        Raises
        ------
        KeyError
            The tree does not hold the unit.
        """
        found = [self.units[identifier]]
        while (parent := found[-1].parent) is not None:
            found.append(self.units[parent])
        return tuple(found)

    def children(self) -> dict[UUID | None, tuple[Unit, ...]]:
        """Return the units below each unit, by code; the top units are below None."""
        below: dict[UUID | None, list[Unit]] = {}
        for value in sorted(self.units.values(), key=lambda one: one.code):
            below.setdefault(value.parent, []).append(value)
        return {parent: tuple(values) for parent, values in below.items()}
