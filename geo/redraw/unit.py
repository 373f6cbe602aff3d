"""What a unit is in a state: its attributes and its area, with the area's chain at hand."""

from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import shapely
from shapely import Geometry

from geo.partition.chain_kernels import Integers
from geo.partition.chains import Chains, add_up


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """The directed edges of an area, interior on the left: packed ends in the order of tail, then head."""

    tails: Integers
    heads: Integers

    @classmethod
    def of(cls, area: Geometry) -> "Chain":
        """Return the chain of an area on the lattice."""
        chains = Chains.of([area])
        order = np.lexsort((chains.heads, chains.tails))
        return cls(chains.tails[order], chains.heads[order])

    def __len__(self) -> int:
        return len(self.tails)

    def has(self, tail: int, head: int) -> bool:
        """Tell whether the edge from tail to head is one of it."""
        at = int(np.searchsorted(self.tails, tail))
        while at < len(self.tails) and self.tails[at] == tail:
            if self.heads[at] == head:
                return True
            at += 1
        return False

    def meets(self, other: "Chain") -> bool:
        """Tell whether another area lies on the other side of one of the edges."""
        tails = np.concatenate((self.tails, other.tails))
        left = add_up(tails, np.concatenate((self.heads, other.heads)))
        return len(left) < len(tails)

    def same_as(self, other: "Chain") -> bool:
        """Tell whether both are the same edges, hence the same ground with the same vertices."""
        return np.array_equal(self.tails, other.tails) and np.array_equal(self.heads, other.heads)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """An area and its chain."""

    area: Geometry
    chain: Chain


@dataclass(frozen=True, slots=True, eq=False)
class UnitState:
    """What a leaf is in a state.

    ``parent`` is the unit above, ``households`` None where they are not known, ``area`` a Polygon or
    MultiPolygon in lon, lat degrees on the lattice.
    """

    code: str
    name: str
    parent: UUID | None
    households: int | None
    area: Geometry
    _chain: list[Chain] = field(default_factory=list, init=False, repr=False)

    @property
    def chain(self) -> Chain:
        """The edges of its area, made at first use."""
        # Two threads may both make it: they make the same.
        if not self._chain:
            self._chain.append(Chain.of(self.area))
        return self._chain[0]

    def same_as(self, other: "UnitState | None") -> bool:
        """Tell whether both are the same in every attribute and, vertex by vertex, on the ground."""
        if other is self:
            return True
        if other is None or self.attributes() != other.attributes():
            return False
        return bool(shapely.equals_identical(self.area, other.area)) or self.chain.same_as(other.chain)

    @classmethod
    def with_shape(
        cls, code: str, name: str, parent: UUID | None, households: int | None, shape: Shape
    ) -> "UnitState":
        """Return a unit whose chain is at hand already."""
        unit = cls(code, name, parent, households, shape.area)
        unit._chain.append(shape.chain)
        return unit

    def reshaped(self, shape: Shape | None) -> "UnitState | None":
        """Return the unit with another shape, or None where it has none left."""
        return None if shape is None else UnitState.with_shape(*self.attributes(), shape)

    def attributes(self) -> tuple[str, str, UUID | None, int | None]:
        """Return code, name, parent and households."""
        return self.code, self.name, self.parent, self.households
