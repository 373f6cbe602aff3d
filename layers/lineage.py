"""Lineage: what became of units from release to release, and the crosswalk between two of them.

A row says which share of a unit went to which in one release, told from the release before it in the order
of days. Units a release does not name went on as they were. Across several releases shares are multiplied:
that is exact as long as only the first step divides a unit, and an even spread is assumed after it, which
``exact`` says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Double, Index, Row, Text, func, select

from geo.errors import N_
from layers.base import identifier, link, shard_table
from layers.errors import InvalidAttribute
from layers.releases import Release, Releases
from layers.storage import Store
from layers.units import unit_version

LineageKind = Literal["split", "merge", "transfer", "move", "continue"]
LINEAGE_KINDS: tuple[LineageKind, ...] = ("split", "merge", "transfer", "move", "continue")
_SHARES = ("share_area", "share_households", "share_incidents")

lineage = shard_table(
    "lineage",
    identifier("release"),
    identifier("from_unit"),
    identifier("to_unit"),
    Column("kind", Text, nullable=False),
    Column("share_area", Double, nullable=False),
    # None where the unit had none of them, so that no share can be told.
    Column("share_households", Double),
    Column("share_incidents", Double),
    link("release", "release"),
    link("unit", "from_unit"),
    link("unit", "to_unit"),
    CheckConstraint("kind IN ({})".format(", ".join(f"'{kind}'" for kind in LINEAGE_KINDS)), name="kind"),
    *(CheckConstraint(f"{name} BETWEEN 0 AND 1", name=name) for name in _SHARES),
    Index(None, "district", "from_unit"),
    Index(None, "district", "to_unit"),
    key=("release", "from_unit", "to_unit"),
)


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """Which share of ``from_unit`` went to ``to_unit`` in a release; None where it had none to share."""

    from_unit: UUID
    to_unit: UUID
    kind: LineageKind
    share_area: float
    share_households: float | None = None
    share_incidents: float | None = None
    release: UUID | None = None


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """Which share of ``from_unit`` of one release is ``to_unit`` of another.

    ``to_unit`` is None where the unit is no more and nothing says what became of it. ``exact`` is False
    where a unit was divided again after the first step, and an even spread had to be assumed.
    """

    from_unit: UUID
    to_unit: UUID | None
    share_area: float
    share_households: float | None
    share_incidents: float | None
    exact: bool


class Lineage(Store):
    """What became of the units of one district."""

    def add(self, release: UUID, edges: Sequence[LineageEdge]) -> None:
        """Store what a release made of units.

        Raises
        ------
        NotFound
            The release or a unit is not stored.
        Conflict
            The release has told this of two units already.
        """
        rows = [{name: getattr(one, name) for name in LineageEdge.__slots__} for one in edges]
        self._insert(lineage, [{**row, "release": release} for row in rows])

    def of_release(self, release: UUID) -> tuple[LineageEdge, ...]:
        """Return what a release made of units, by the unit it was."""
        return self._edges(lineage.c.release == release)

    def descendants(self, unit: UUID, known_at: datetime | None = None) -> tuple[LineageEdge, ...]:
        """Return the steps by which a unit became what it is, the earliest first."""
        return self._line(unit, known_at, forward=True)

    def ancestors(self, unit: UUID, known_at: datetime | None = None) -> tuple[LineageEdge, ...]:
        """Return the steps by which a unit came from others, the latest first."""
        return self._line(unit, known_at, forward=False)

    def crosswalk(self, layer: str, before: UUID, after: UUID) -> tuple[CrosswalkRow, ...]:
        """Return what became of the units of one release in a later one; the others went on as they were.

        Raises
        ------
        NotFound
            A release is not stored.
        InvalidAttribute
            They are not of the layer, one is no longer in force on any day, or the first is the later one.
        """
        between = self._between(layer, before, after)
        edges = [self.of_release(one.id) for one in between]
        touched = dict.fromkeys(edge.from_unit for step in edges for edge in step)
        made = {edge.to_unit for step in edges for edge in step}
        began = self._there(touched, before)
        there = self._there({*touched, *made}, after)
        return tuple(row for unit in touched if unit in began for row in _rows(unit, edges, there))

    def _between(self, layer: str, before: UUID, after: UUID) -> list[Release]:
        """Return the releases after one, up to another, in the order of their days."""
        releases = Releases(self._session, self.district)
        chain = releases.chain(layer)
        places = {one.id: place for place, one in enumerate(chain)}
        for asked in (before, after):
            if releases.get(asked).id not in places:
                raise InvalidAttribute(
                    N_("Release {release} is not one of those that make up layer “{layer}” today."),
                    mend=N_("List the layer's releases; one that was replaced has no place in the order."),
                    where={"release": str(asked)},
                    release=str(asked),
                    layer=layer,
                )
        if places[before] > places[after]:
            raise InvalidAttribute(
                N_("Release {before} takes effect after release {after}."),
                mend=N_("Give the earlier release first."),
                where={"parameter": "from"},
                before=str(before),
                after=str(after),
            )
        return list(chain[places[before] + 1 : places[after] + 1])

    def _there(self, units: Collection[UUID], release: UUID) -> set[UUID]:
        """Return those of some units that are in force on the day of a release."""
        if not units:
            return set()
        day = Releases(self._session, self.district).get(release).effective_on
        rows = self._all(
            select(unit_version.c.unit).where(
                unit_version.c.district == self.district,
                unit_version.c.unit == func.any(list(units)),
                unit_version.c.valid.contains(day),
                func.upper_inf(unit_version.c.recorded),
            )
        )
        return {row.unit for row in rows}

    def _line(self, unit: UUID, known_at: datetime | None, *, forward: bool) -> tuple[LineageEdge, ...]:
        near, far = ("from_unit", "to_unit") if forward else ("to_unit", "from_unit")
        edges, order = self._closure(unit, near, far, known_at)
        reached, found = {unit}, []
        for release in order if forward else reversed(order):
            step = [edge for edge in edges.get(release, ()) if getattr(edge, near) in reached]
            found += step
            if step:
                reached -= {getattr(edge, near) for edge in step}
                reached |= {getattr(edge, far) for edge in step}
        return tuple(found)

    def _closure(
        self, unit: UUID, near: str, far: str, known_at: datetime | None
    ) -> tuple[Mapping[UUID, Sequence[LineageEdge]], Sequence[UUID]]:
        """Return all steps that may lead away from a unit, by release, and the order of the releases."""
        asked: set[UUID] = set()
        new = {unit}
        found: dict[UUID, list[LineageEdge]] = {}
        while new:
            asked |= new
            edges = self._edges(lineage.c[near] == func.any(list(new)))
            for edge in edges:
                found.setdefault(cast("UUID", edge.release), []).append(edge)
            new = {getattr(edge, far) for edge in edges} - asked
        releases = Releases(self._session, self.district)
        layers = {releases.get(one).layer for one in found}
        order = [one.id for layer in layers for one in releases.chain(layer, known_at)]
        return found, order

    def _edges(self, condition: Any) -> tuple[LineageEdge, ...]:
        rows = self._all(
            select(lineage)
            .where(lineage.c.district == self.district, condition)
            .order_by(lineage.c.from_unit, lineage.c.to_unit)
        )
        return tuple(_edge(row) for row in rows)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a unit on its way through the releases."""

    shares: tuple[float, float | None, float | None] = (1.0, 1.0, 1.0)
    exact: bool = True
    moved: bool = False

    def through(self, edge: LineageEdge) -> "_Part":
        """Return what goes the way of an edge."""
        steps = (edge.share_area, edge.share_households, edge.share_incidents)
        shares = [
            None if mine is None or step is None else mine * step
            for mine, step in zip(self.shares, steps, strict=True)
        ]
        # After the first step the part may lie anywhere in what it became.
        exact = self.exact and (edge.share_area == 1.0 or not self.moved)
        return _Part((cast("float", shares[0]), shares[1], shares[2]), exact, moved=True)

    def plus(self, other: "_Part | None") -> "_Part":
        if other is None:
            return self
        shares = [
            None if mine is None or theirs is None else min(1.0, mine + theirs)
            for mine, theirs in zip(self.shares, other.shares, strict=True)
        ]
        return _Part(
            (cast("float", shares[0]), shares[1], shares[2]),
            self.exact and other.exact,
            self.moved or other.moved,
        )


def _rows(unit: UUID, steps: Sequence[Sequence[LineageEdge]], there: Collection[UUID]) -> list[CrosswalkRow]:
    parts: dict[UUID, _Part] = {unit: _Part()}
    for step in steps:
        out: dict[UUID, list[LineageEdge]] = {}
        for edge in step:
            out.setdefault(edge.from_unit, []).append(edge)
        after: dict[UUID, _Part] = {}
        for holder, part in parts.items():
            if holder not in out:
                after[holder] = part.plus(after.get(holder))
            for edge in out.get(holder, ()):
                after[edge.to_unit] = part.through(edge).plus(after.get(edge.to_unit))
        parts = after
    return [
        CrosswalkRow(unit, holder if holder in there else None, *part.shares, part.exact)
        for holder, part in sorted(parts.items())
    ]


def _edge(row: Row[Any]) -> LineageEdge:
    return LineageEdge(**{name: getattr(row, name) for name in LineageEdge.__slots__})
