"""A base: the leaves of one release, arranged so that many drafts can stand on it at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from shapely import Geometry, STRtree

from geo.errors import N_, InvalidGeometry
from geo.partition.chains import as_areas
from geo.redraw.unit import UnitState


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """The leaves of a release; it never changes, and any number of drafts and threads may share it.

    ``units`` are all leaves by id, ``by_code`` their ids by code, ``groups`` the ids that may be a parent,
    ``ids`` the leaves in the order of ``tree``, which finds areas by their boxes.
    """

    units: Mapping[UUID, UnitState]
    by_code: Mapping[str, UUID]
    groups: frozenset[UUID]
    ids: tuple[UUID, ...]
    tree: STRtree

    @classmethod
    def build(
        cls,
        ids: Sequence[UUID],
        codes: Sequence[str],
        names: Sequence[str],
        parents: Sequence[UUID | None],
        households: Sequence[int | None],
        areas: Sequence[Geometry] | npt.NDArray[Any],
        *,
        groups: Collection[UUID],
    ) -> "Base":
        """Arrange the leaves of a release, one entry each in every column.

        Parameters
        ----------
        areas
            Polygons and MultiPolygons in lon, lat degrees on the lattice: an exact partition, as releases
            are. This is not proven again.
        groups
            The ids of all units of the level above: the parents that a leaf may have.

        Raises
        ------
        InvalidGeometry
            The columns differ in length, an id or code is there twice, or an area is none.
        """
        columns = (codes, names, parents, households, areas)
        if any(len(column) != len(ids) for column in columns):
            raise InvalidGeometry(
                N_("The columns of the units differ in length."), mend=N_("Give one entry per unit in each.")
            )
        shapes = as_areas(areas)
        values = zip(codes, names, parents, map(_count, households), shapes, strict=True)
        units = dict(zip(ids, map(UnitState, *zip(*values, strict=True)), strict=True)) if len(ids) else {}
        by_code = dict(zip(codes, ids, strict=True))
        if len(units) != len(ids) or len(by_code) != len(ids):
            raise InvalidGeometry(
                N_("{units} units have {ids} different ids and {codes} different codes."),
                mend=N_("Give each its own id and code."),
                units=len(ids),
                ids=len(units),
                codes=len(by_code),
            )
        return cls(
            MappingProxyType(units),
            MappingProxyType(by_code),
            frozenset(groups),
            tuple(ids),
            STRtree(np.asarray(shapes)),
        )

    def __len__(self) -> int:
        return len(self.ids)


def _count(households: Any) -> int | None:
    """Return a number of households as a plain integer."""
    return None if households is None else int(households)
