"""Tracks that a device records and sends in parts: one patrol each, and which numbers of it are stored.

A fix is known by (device, track, number). The numbers that are stored are kept as bits, a row for each
1,024 of a track, so that a part that is repeated after its fixes were dropped by retention is still known for
what it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from geo.clock import Corrections
from layers.clocks import Clocks, sent_by
from layers.field_tables import NUMBERS
from layers.fix_blocks import columns_of, unpacked
from layers.fixes import FixTable
from layers.patrols import Patrol, Patrols
from layers.storage import Store

Numbers = NDArray[np.int64]

_KNOWN = ("at", "lon_e7", "lat_e7", "seq")


@dataclass(frozen=True, slots=True)
class Track:
    """A track: the device that began it, the person who carries it, and the patrol that its fixes are of."""

    id: UUID
    device: str
    person: UUID
    patrol: UUID


@dataclass(frozen=True, slots=True)
class HeldTracks:
    """Tracks that are stored, what sets their devices' clocks right, and from when on fixes are kept."""

    tracks: dict[UUID, Track]
    clocks: dict[str, Corrections]
    kept_from: datetime | None


class FieldTracks(Store):
    """The tracks of one district."""

    def hold(self, identifiers: Collection[UUID], device: str, person: UUID) -> HeldTracks:
        """Keep others from what a person sends, and from the ledgers of all devices that tracks are of.

        A person whose device was replaced sends the rest of a track, or all of it again, from the new one: a
        track is that of the device, else that of the same person begun on another device. It stays that
        device's, and so does the ledger of what was walked.
        """
        clocks = Clocks(self._session, self.district)
        asked = {
            "district": self.district,
            "tracks": list(identifiers),
            "device": device,
            "person": person,
            "sent": f"{sent_by(person)}:{self.district}",
            "ground": f"ground:{self.district}",
        }
        # All are sent before the first is waited for; what is found is what is stored once this is held.
        with self._pipelined():
            locked = self._ask("lock_sent", asked)
            found = self._ask("tracks_find", asked)
            own = clocks.ask(device)
            devices = {row[0] for row in locked.fetchall()}
            tracks = {row[0]: Track(*row) for row in found.fetchall()}
            rows = own.fetchall()
        held = {device: clocks.held(rows)}
        for one in sorted({track.device for track in tracks.values()} - {device}):
            # One that was begun while this was waited for is not held yet.
            held[one] = clocks.held(clocks.ask(one).fetchall()) if one in devices else clocks.hold(one)
        return HeldTracks(tracks, {one: value.clock for one, value in held.items()}, held[device].kept_from)

    def begin(self, identifier: UUID, patrol: Patrol, person: UUID) -> Track:
        """Store a new track and its patrol, without fixes."""
        Patrols(self._session, self.district).add(patrol)
        track = Track(identifier, patrol.device, person, patrol.id)
        self._driver().execute(
            "INSERT INTO field_track (district, device, track, person, patrol) VALUES (%s, %s, %s, %s, %s)",
            (self.district, track.device, track.id, track.person, track.patrol),
        )
        return track

    def differing(self, track: Track, fixes: FixTable) -> set[int]:
        """Return the numbers of those fixes whose number is stored with another time or place."""
        patrol = Patrols(self._session, self.district).get(track.patrol)
        sent = columns_of(fixes)
        asked = {
            "district": self.district,
            "patrol": track.patrol,
            "first": patrol.started_at,
            "last": patrol.ended_at,
            "first_seq": int(sent["seq"].min()),
            "last_seq": int(sent["seq"].max()),
        }
        stored = unpacked(_KNOWN, self._binary("fixes_of_numbers", asked))
        # A number whose fix was dropped by retention is not among them: nothing is left that could differ.
        _, here, there = np.intersect1d(sent["seq"], stored["seq"], return_indices=True)
        unlike = np.any([sent[name][here] != stored[name][there] for name in _KNOWN], axis=0)
        return set(sent["seq"][here[unlike]].tolist())

    def add(self, track: Track, fixes: FixTable, late: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Store those fixes of a track whose numbers are new; return which numbers were stored before.

        No number comes twice. The times and count of the patrol follow what is new. ``late`` are fixes that
        came when their days were over, see :data:`layers.fixes.late_fix`. A number counts as stored also
        where its fix was dropped since.

        Raises
        ------
        NotFinite, OutOfRange, OutsideArchive
            As :meth:`layers.patrols.Patrols.add_fixes`.
        """
        with self._pipelined():
            known = self._mark(track, fixes.seq)
            new = fixes.take(~known) if known.any() else fixes
            if len(new):
                patrols = Patrols(self._session, self.district)
                patrols.add_numbered(track.device, track.patrol, new, late[~known])
        return known

    def _mark(self, track: Track, numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Mark numbers of a track as stored; return which were marked before."""
        chunks, row = np.unique(numbers // NUMBERS, return_inverse=True)
        bits = np.zeros((len(chunks), NUMBERS), dtype=bool)
        bits[row, numbers % NUMBERS] = True
        asked = {
            "district": self.district,
            "device": track.device,
            "track": track.id,
            "person": track.person,
            "chunks": chunks.tolist(),
            "numbers": np.packbits(bits, axis=1).tobytes(),
        }
        bits[:] = False
        for chunk, stored in self._asked("track_mark", asked):
            bits[chunks == chunk] = np.frombuffer(stored.encode(), dtype=np.uint8) == ord("1")
        known: NDArray[np.bool_] = bits[row, numbers % NUMBERS]
        return known


def runs(numbers: NDArray[np.int32] | Numbers) -> list[tuple[int, int]]:
    """Return ascending numbers as runs without a gap, each as its first and last number."""
    if len(numbers) == 0:
        return []
    cut = np.flatnonzero(np.diff(numbers) != 1)
    return list(zip(numbers[np.r_[0, cut + 1]].tolist(), numbers[np.r_[cut, -1]].tolist(), strict=True))
