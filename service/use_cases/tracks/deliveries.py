"""What is looked at before the fixes of a file are stored: whose they are, and whether they are from here."""

from dataclasses import replace
from datetime import datetime

import numpy as np

from geo.errors import N_
from layers.stores import Stores
from service.errors import InvalidInput
from service.readers.track_file import TrackFile

NEAR_DEGREES = 0.5
"""A patrol may leave its district by so much; what lies wholly beyond is the track of another place."""
_SHOWN = 8


def on_time(file: TrackFile, behind_s: int | None) -> TrackFile:
    """Return a file whose times are moved by what its clock was behind, in seconds."""
    if not behind_s:
        return file
    note = N_("Its times were moved by what its clock was said to be behind.")
    fixes = replace(file.fixes, t=file.fixes.t + float(behind_s))
    return replace(file, fixes=fixes, notes=(*file.notes, note))


def of_one_device(file: TrackFile, source: str) -> TrackFile:
    """Return a file whose fixes are all of one device, whatever it calls that.

    Raises
    ------
    InvalidInput
        The file names several devices: their fixes would be taken for one walk.
    """
    if len(file.devices) <= 1:
        return file
    raise InvalidInput(
        N_("{file} holds fixes of {count} devices: {devices}."),
        mend=N_("Send a file for each, or load it with ./wardline tracks FILE --devices-of-file."),
        where={"file": source},
        file=source,
        count=len(file.devices),
        devices=", ".join(name or "–" for name in file.devices[:_SHOWN]),
    )


def of_each_device(file: TrackFile, device: str | None, source: str) -> list[tuple[str, TrackFile]]:
    """Return the fixes of each device that a file names; those of no name are of the device that is given.

    Raises
    ------
    InvalidInput
        Fixes name no device and none is given.
    """
    parts = file.by_device() or [("", file)]
    if device is None and any(not name for name, _ in parts):
        raise InvalidInput(
            N_("{file} has fixes that name no device."),
            mend=N_("Give the device that recorded them with --device."),
            where={"file": source},
            file=source,
        )
    return [(name or str(device), part) for name, part in parts]


def seen_from(stores: Stores, file: TrackFile, now: datetime) -> TrackFile:
    """Return a file with a note where none of its fixes lies in the district or near it."""
    fixes = file.fixes
    placed = np.isfinite(fixes.lon) & np.isfinite(fixes.lat) & ((fixes.lon != 0.0) | (fixes.lat != 0.0))
    boxes = _boxes(stores, now)
    if not boxes or not placed.any():
        return file
    lon, lat = fixes.lon[placed], fixes.lat[placed]
    here = np.zeros(len(lon), dtype=bool)
    for west, south, east, north in boxes:
        here |= (
            (lon >= west - NEAR_DEGREES)
            & (lon <= east + NEAR_DEGREES)
            & (lat >= south - NEAR_DEGREES)
            & (lat <= north + NEAR_DEGREES)
        )
    if here.any():
        return file
    note = N_("No fix lies in the district or near it: another place, or longitude and latitude swapped?")
    return replace(file, notes=(*file.notes, note))


def _boxes(stores: Stores, now: datetime) -> list[tuple[float, float, float, float]]:
    """Return the extents of the district's grids and border."""
    day = stores.districts.current().today(now)
    boxes = [segment.line.bounds for segment in stores.border.all(day)]
    for layer in stores.layers.all("partition"):
        release = stores.releases.in_force(layer.code, day)
        if release is not None and release.extent is not None:
            box = release.extent
            boxes.append((box.west, box.south, box.east, box.north))
    return boxes
