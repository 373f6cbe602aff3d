"""The district that a file is imported into, and whether the file lies there."""

from dataclasses import dataclass
from datetime import date

import shapely

from geo.errors import N_
from layers.stores import Stores
from service.errors import InvalidInput
from service.readers.vector import Features, swapped_axes


@dataclass(frozen=True, slots=True)
class Target:
    """The district that is imported into: ``stores`` where it has a code, ``exists`` whether it is stored."""

    stores: Stores | None
    district: str | None
    exists: bool
    today: date


def check_place(target: Target, features: Features, day: date) -> None:
    """Refuse a file that misses the district but would meet it with its axes swapped."""
    if target.stores is None or not target.exists:
        return
    for layer in target.stores.layers.all("partition"):
        release = target.stores.grids.release_in_force(layer.code, day)
        if release is None or release.extent is None:
            continue
        extent = release.extent
        box = shapely.box(extent.west, extent.south, extent.east, extent.north)
        if swapped_axes(features.geometries, box) == "swapped":
            raise InvalidInput(
                N_("{file} lies outside district {district}, but inside it with its axes swapped."),
                mend=N_("Write longitude (x) first, then latitude (y)."),
                where={"file": features.file, "layer": features.layer},
                file=features.file,
                district=target.district,
            )
