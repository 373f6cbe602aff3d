"""What became of an uploaded track, as JSON: every fix is counted, and every odd one is named by its row."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.errors import N_
from geo.track import CleanTrack, Verdict
from layers.fixes import instant
from service.readers.track_file import TrackFile
from service.schemas.tracks import patrol_json
from service.use_cases.tracks.upload import Receipt

_WHY = {
    "no-time": N_("it has no time"),
    "time-unreadable": N_("its time cannot be read"),
    "time-without-zone": N_("its time names no zone"),
    "before-gps": N_("it is dated before 1990"),
    "in-future": N_("it lies more than a day in the future"),
    "week-rollover": N_("its date is 1,024 weeks back, as a worn-out counter of weeks writes it"),
    "null-island": N_("it is at 0°, 0°"),
    "no-position": N_("it has no place on the globe"),
    "time-ambiguous": N_("its time has two meanings"),
    "position-swapped": N_("its longitude and latitude are swapped"),
    "cells-differ": N_("its row has more cells than the head of the table"),
    "position-invalid": N_("the receiver says that it had no position"),
    "datum-shifted": N_("it is in a datum of map services, hundreds of metres off"),
    "number-unreadable": N_("a number of it cannot be read"),
    "mode-unknown": N_("its mode is not known"),
    "inaccurate": N_("its accuracy is worse than 75 m"),
    "spike": N_("it lies off a way that goes on without it"),
    "duplicate": N_("it is a copy of another fix"),
    "same-time": N_("a better fix has the same time"),
    "frozen-clock": N_("the clock stood still"),
}
"""Why a fix is refused or set aside, in words."""

_NOT_KEPT = N_(
    "{count} fixes came when the days of positions were over: what was walked counts, they are not kept."
)

_WITHDRAWN = N_(
    "{count} of its fixes came with a track that was withdrawn: they count for nothing until it is restored."
)

SHOWN = 20
"""So many fixes and silences are told one by one; of the others the rows are listed."""


@dataclass(frozen=True, slots=True)
class _Naming:
    """Names fixes that are not used; each comes as its position in the file and the reason."""

    file: TrackFile
    translate: Callable[[str], str]

    def first(self, fixes: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
        """Return the first fixes one by one."""
        return [
            {"row": int(self.file.row[place]), "segment": self.segment(place), **self._words(reason)}
            for place, reason in fixes[:SHOWN]
        ]

    def rows(self, fixes: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
        """Return the rows of all fixes, together by part of the file and reason."""
        alike: dict[tuple[int, str], list[int]] = {}
        for place, reason in fixes:
            alike.setdefault((int(self.file.fixes.part[place]), reason), []).append(place)
        return [
            {"segment": self.segment(each[0]), **self._words(reason), "rows": self.file.row[each].tolist()}
            for (_, reason), each in alike.items()
        ]

    def segment(self, place: int) -> str:
        """Return the name of the part that a fix is in."""
        return self.file.segments[self.file.fixes.part[place]] if self.file.segments else ""

    def _words(self, reason: str) -> dict[str, str]:
        return {"reason": reason, "text": self.translate(_WHY.get(reason, reason))}


def unused(
    receipt: Receipt, file: TrackFile, translate: Callable[[str], str] = str
) -> Iterator[tuple[int, str, str, str]]:
    """Yield each fix of a delivery that is not used, in the order of the file: row, part, reason, why."""
    yield from named([*receipt.reasons.items(), *_aside(receipt)], file, translate)


def named(
    fixes: Iterable[tuple[int, str]], file: TrackFile, translate: Callable[[str], str] = str
) -> Iterator[tuple[int, str, str, str]]:
    """Yield fixes by their positions in the file, each with its reason, as :func:`unused` does."""
    naming = _Naming(file, translate)
    for place, reason in sorted(fixes):
        yield int(file.row[place]), naming.segment(place), reason, translate(_WHY.get(reason, reason))


def _aside(receipt: Receipt) -> list[tuple[int, str]]:
    """Return the fixes that were stored without credit, by their positions in the file."""
    track = receipt.track
    places = receipt.places[track.order]
    aside = np.flatnonzero(track.verdict > Verdict.SUPPORTING)
    return sorted((int(places[k]), Verdict(int(track.verdict[k])).reason) for k in aside.tolist())


def report(
    receipt: Receipt, file: TrackFile, source: str, translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """Return the report of a delivery whose file came as ``source``."""
    track = receipt.track
    parts = file.fixes.part
    bad = np.isin(np.arange(len(file)), list(receipt.reasons))
    naming = _Naming(file, translate)
    refused = sorted(receipt.reasons.items())
    odd = _aside(receipt)
    return {
        "patrol": str(receipt.patrols[0].id),
        "patrols": [patrol_json(one) for one in receipt.patrols],
        "repeated": receipt.repeated,
        "file": source,
        "format": file.format,
        "notes": [*(translate(note) for note in file.notes), *_counted(receipt, translate)],
        "fixes": {
            "received": len(file),
            "stored": receipt.counts.created - receipt.counts.late,
            "duplicate": receipt.counts.duplicate,
            "quarantined": len(receipt.reasons),
            "not_kept": receipt.counts.late,
        },
        "verdicts": track.counts(),
        "parts": [
            {
                "name": name,
                "fixes": int((parts == k).sum()),
                "quarantined": int(bad[parts == k].sum()),
            }
            for k, name in enumerate(file.segments)
        ],
        "pieces": track.pieces,
        "stays": track.stays,
        "distance_m": round(track.distance_m, 1),
        "silences": _silences(track),
        "quarantined": naming.first(refused),
        "quarantined_rows": naming.rows(refused),
        "set_aside": naming.first(odd),
        "set_aside_rows": naming.rows(odd),
        "coverage": [
            {
                "segment": one.segment,
                "day": one.day.isoformat(),
                "walked_m": round(one.walked_m, 1),
                "inferred_m": round(one.inferred_m, 1),
            }
            for one in receipt.covered
        ],
    }


def _counted(receipt: Receipt, translate: Callable[[str], str]) -> list[str]:
    """Return what is noted of fixes that are not kept, and of those that are withdrawn."""
    notes = ((_NOT_KEPT, receipt.counts.late), (_WITHDRAWN, receipt.withdrawn))
    return [translate(note).format(count=count) for note, count in notes if count]


def _silences(track: CleanTrack) -> list[dict[str, Any]]:
    """Return the longest gaps between pieces of a track, in order of time."""
    used = np.flatnonzero(track.piece >= 0)
    cut = np.flatnonzero(np.diff(track.piece[used]) != 0)
    ends, starts = used[cut], used[cut + 1]
    t = track.fixes.t
    longest = np.sort(np.argsort(t[starts] - t[ends], kind="stable")[::-1][:SHOWN])
    return [
        {
            "from": instant(float(t[a])).isoformat(),
            "to": instant(float(t[b])).isoformat(),
            "seconds": round(float(t[b] - t[a]), 3),
            "metres": round(float(np.linalg.norm(track.xyz[a] - track.xyz[b])), 1),
        }
        for a, b in zip(ends[longest], starts[longest], strict=True)
    ]
