"""Importing representatives: each gets the home grid that their place, or the file, says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from geo.errors import N_
from geo.locate import LocateIndex
from layers.ids import new_id
from layers.representatives import Representative
from layers.stores import Stores
from layers.units import Unit
from service.errors import InvalidInput
from service.readers.columns import attributes, code_field, repeated_codes, required_texts, resolve, texts
from service.readers.faults import RowFault, refuse_rows
from service.readers.vector import Features

FIELDS = ("code", "name", "home")


@dataclass(frozen=True, slots=True, eq=False)
class RepresentativePlan:
    """What an import of representatives would store: each with the unit that becomes their home."""

    file: str
    layer: str
    crs: str
    people: tuple[Representative, ...]
    homes: tuple[Unit, ...]
    known: frozenset[UUID]

    def to_json(self) -> dict[str, Any]:
        """Return the report."""
        return {
            "file": self.file,
            "source_layer": self.layer,
            "crs": self.crs,
            "rows": len(self.people),
            "new": sum(one.id not in self.known for one in self.people),
            "home_units": len({unit.id for unit in self.homes}),
            "homes": [
                {"code": one.code, "home": unit.code}
                for one, unit in zip(self.people, self.homes, strict=True)
            ],
        }


def plan_representatives(
    stores: Stores, features: Features, fields: Mapping[str, str], *, effective_on: date
) -> RepresentativePlan:
    """Read representatives and find the home grid of each: the unit above the smallest grid at their place.

    Where the partition has one level, the home is that level's unit. A field ``home`` with a unit's code goes
    before the place. A representative whose code is stored already is updated.

    Raises
    ------
    InvalidInput
        There is no such field, or the district has no grids on the day.
    InvalidRows
        Rows without a code, with another row's, with a home that does not exist, or outside all grids.
    """
    chosen = resolve(features, fields, FIELDS)
    codes, faults = required_texts(features, code_field(features, chosen))
    faults += repeated_codes(codes)
    columns: dict[str, list[str | None]] = {}
    for name in ("name", "home"):
        columns[name] = [None] * len(codes)
        if name in chosen:
            columns[name], more = texts(features, chosen[name])
            faults += more
    homes, more = _homes(stores, features, columns["home"], effective_on)
    refuse_rows(features.file, features.layer, faults + more)
    stored = {one.code: one.id for one in stores.representatives.all(active_only=False)}
    others = attributes(features, (*chosen.values(), "fid"))
    people = tuple(
        Representative(
            stored.get(code) or new_id(),
            code,
            columns["name"][k] or code,
            float(point.x),
            float(point.y),
            others[k],
        )
        for k, (code, point) in enumerate(zip(codes, features.geometries, strict=True))
    )
    return RepresentativePlan(
        features.file, features.layer, features.crs, people, tuple(homes), frozenset(stored.values())
    )


def store_representatives(stores: Stores, plan: RepresentativePlan, effective_on: date) -> None:
    """Store the planned representatives and give each their home from a day on."""
    stores.representatives.add([one for one in plan.people if one.id not in plan.known])
    for one in plan.people:
        if one.id in plan.known:
            stores.representatives.save(one)
    pairs = [(one.id, unit.id) for one, unit in zip(plan.people, plan.homes, strict=True)]
    stores.representatives.assign(pairs, effective_on)


def _homes(
    stores: Stores, features: Features, named: Sequence[str | None], day: date
) -> tuple[list[Unit], list[RowFault]]:
    """Return the home of each row, and a fault for each row that has none."""
    partitions = stores.layers.all("partition")
    leaves = stores.grids.leaves(partitions[0].code, day) if partitions else None
    if leaves is None or not len(leaves):
        raise InvalidInput(
            N_("The district has no grids on {day}."),
            mend=N_("Import grids first."),
            where={"file": features.file},
            day=day.isoformat(),
        )
    tree = stores.grids.tree(partitions[0].code, day)
    by_code: dict[str, Unit] = {}
    for unit in sorted(tree.units.values(), key=lambda one: -one.level):
        by_code.setdefault(unit.code, unit)
    lonlat = np.array([(point.x, point.y) for point in features.geometries])
    owners = LocateIndex.build(leaves.polygons).locate(*lonlat.T).tolist()
    homes: list[Unit] = []
    faults: list[RowFault] = []
    for row, (owner, code) in enumerate(zip(owners, named, strict=True), start=1):
        if code is not None and code not in by_code:
            mend = N_("Give the code of a grid, or leave it empty.")
            faults.append(RowFault(row, N_("Its home “{home}” is no unit."), mend, params={"home": code}))
        elif code is not None:
            homes.append(by_code[code])
        elif owner < 0:
            lon, lat = lonlat[row - 1]
            params = {"lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}
            mend = N_("Correct the place, or name the home in a field.")
            faults.append(RowFault(row, N_("Its place {lon}, {lat} lies in no grid."), mend, params=params))
        else:
            chain = tree.chain(leaves.ids[owner])
            homes.append(chain[min(1, len(chain) - 1)])
    return homes, faults
