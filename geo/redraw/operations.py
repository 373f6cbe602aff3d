"""Operations: what a planner did, said so that it can be done again on another state.

Paths are lattice arrays, int64 (n, 2). ``to_json`` gives degrees; ``geo.redraw.codec`` reads them back.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from geo.lattice import to_lonlat
from geo.partition.chain_kernels import Integers

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class PathMove:
    """A path of present boundary edges ``old`` that becomes ``new``."""

    old: Integers
    new: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """Boundary paths that take another course; who owns them is found in the state it is applied to."""

    paths: tuple[PathMove, ...]

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        paths = [{"old": _degrees(each.old), "new": _degrees(each.new)} for each in self.paths]
        return {"type": "move", "paths": paths}


@dataclass(frozen=True, slots=True)
class Part:
    """What a piece of a split becomes; with the id of the split unit that unit lives on in it."""

    id: UUID
    code: str
    name: str
    households: int | None = None

    def to_json(self) -> Json:
        """Return the part as JSON; households that are not known are left out."""
        told: Json = {"id": str(self.id), "code": self.code, "name": self.name}
        return told if self.households is None else {**told, "households": self.households}


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A unit cut along a line; parts in the order of their pieces, west to east, then north to south."""

    unit: UUID
    line: Integers
    parts: tuple[Part, ...]

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        parts = [part.to_json() for part in self.parts]
        return {"type": "split", "unit": str(self.unit), "line": _degrees(self.line), "parts": parts}


@dataclass(frozen=True, slots=True)
class Into:
    """What merged units become: one of them that lives on, or a new unit."""

    id: UUID
    code: str
    name: str

    def to_json(self) -> Json:
        """Return it as JSON."""
        return {"id": str(self.id), "code": self.code, "name": self.name}


@dataclass(frozen=True, slots=True)
class Merge:
    """Units that share edges become one."""

    units: tuple[UUID, ...]
    into: Into

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        return {"type": "merge", "units": [str(each) for each in self.units], "into": self.into.to_json()}


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """The ground of a unit inside a region, a ring and its holes, goes to a unit that shares an edge."""

    region: tuple[Integers, ...]
    source: UUID
    target: UUID

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        return {
            "type": "transfer",
            "region": [_degrees(ring) for ring in self.region],
            "from": str(self.source),
            "to": str(self.target),
        }


@dataclass(frozen=True, slots=True)
class Reassign:
    """Units get another parent."""

    units: tuple[UUID, ...]
    parent: UUID

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        units = [str(each) for each in self.units]
        return {"type": "reassign", "units": units, "parent": str(self.parent)}


@dataclass(frozen=True, slots=True)
class Rename:
    """A unit gets another name."""

    unit: UUID
    name: str

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        return {"type": "rename", "unit": str(self.unit), "name": self.name}


@dataclass(frozen=True, slots=True)
class Recode:
    """A unit gets another code."""

    unit: UUID
    code: str

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        return {"type": "recode", "unit": str(self.unit), "code": self.code}


@dataclass(frozen=True, slots=True, eq=False)
class Amended:
    """What becomes of one unit: edges taken away and put there, int64 (n, 4), and what it is called.

    A unit that ``ended`` has no edge left; one that was none has only edges put there.
    """

    unit: UUID
    removed: Integers
    added: Integers
    ended: bool
    code: str = ""
    name: str = ""
    parent: UUID | None = None
    households: int | None = None

    def to_json(self) -> Json:
        """Return it as JSON."""
        told: Json = {"id": str(self.unit), "removed": _edges(self.removed), "added": _edges(self.added)}
        if self.ended:
            return {**told, "ended": True}
        told |= {"code": self.code, "name": self.name}
        told["parent"] = None if self.parent is None else str(self.parent)
        return told if self.households is None else {**told, "households": self.households}


@dataclass(frozen=True, slots=True)
class Amend:
    """Units given other edges and names outright: a change known by its effect alone."""

    units: tuple[Amended, ...]

    def to_json(self) -> Json:
        """Return the operation as JSON."""
        return {"type": "amend", "units": [each.to_json() for each in self.units]}


Operation = Amend | Move | Split | Merge | Transfer | Reassign | Rename | Recode


def _degrees(lattice: Integers) -> list[list[float]]:
    degrees: list[list[float]] = to_lonlat(lattice).tolist()
    return degrees


def _edges(edges: Integers) -> list[list[float]]:
    """Return edges as lon, lat, lon, lat in degrees."""
    degrees: list[list[float]] = to_lonlat(edges.reshape(-1, 2)).reshape(-1, 4).tolist()
    return degrees
