"""Holding the store against the promises: nothing lost, nothing doubled, nothing by halves."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from service.photos.vault import Vault
from tests.crash.clients import Client
from tests.crash.deeds import FIXES, Deed

_INCIDENTS = """
SELECT i.title, i.id, coalesce(e.events, 0)
FROM incident i
LEFT JOIN (SELECT district, incident, count(*) AS events FROM incident_event GROUP BY district, incident) e
       ON e.district = i.district AND e.incident = i.id
"""
_TRACKS = """
SELECT p.name, p.id, p.fixes, coalesce(f.stored, 0)
FROM patrol p
LEFT JOIN (SELECT district, patrol, count(*) AS stored FROM fix GROUP BY district, patrol) f
       ON f.district = p.district AND f.patrol = p.id
"""
_KEYS = "SELECT count(*) FROM idempotency_key WHERE status IS NULL"
_BATCHES = "SELECT id, reply IS NOT NULL FROM field_batch"
_FIELD_TRACKS = "SELECT track, patrol FROM field_track"
_VISITS = "SELECT id, id FROM visit"
_REPORTS = "SELECT id, incident FROM field_incident"
_PHOTOS = "SELECT sha256 FROM field_file"


@dataclass(slots=True)
class Verdict:
    """What is wrong with the store; each fault in words."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.partial or self.unknown)


@dataclass(frozen=True, slots=True)
class _Store:
    """What is stored: rows by the name in them, or by the client's own id."""

    incidents: Mapping[str, list[tuple[Any, ...]]]
    tracks: Mapping[str, list[tuple[Any, ...]]]
    by_client: Mapping[UUID, list[Any]]
    patrols: Mapping[UUID, tuple[Any, ...]]
    reports: Mapping[UUID, tuple[Any, ...]]
    photos: Counter[str]
    vault: Vault
    open_keys: int

    @classmethod
    def read(cls, url: str, vault: Vault, *, batches: bool) -> "_Store":
        by_client: dict[UUID, list[Any]] = {}
        with psycopg.connect(url) as database:
            incidents = database.execute(_INCIDENTS).fetchall()
            tracks = database.execute(_TRACKS).fetchall()
            photos = Counter(name for (name,) in database.execute(_PHOTOS))
            (open_keys,) = database.execute(_KEYS).fetchone() or (0,)
            for query in (_BATCHES, _FIELD_TRACKS, _VISITS, _REPORTS) if batches else ():
                for key, value in database.execute(query):
                    by_client.setdefault(key, []).append(value)
        return cls(
            _grouped(incidents),
            _grouped(tracks),
            by_client,
            {row[1]: row for row in tracks},
            {row[1]: row for row in incidents},
            photos,
            vault,
            open_keys,
        )


def _grouped(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def compare(url: str, clients: Sequence[Client], vault: Vault, *, batches: bool) -> Verdict:
    """Compare what is stored with what was sent and what was acknowledged."""
    store = _Store.read(url, vault, batches=batches)
    deeds = [deed for client in clients for deed in client.sent]
    promised = {name: answer for client in clients for name, answer in client.promised.items()}
    verdict = Verdict()
    if store.open_keys:
        verdict.partial.append(f"{store.open_keys} keys without an answer")
    known: Counter[str] = Counter()
    for deed in deeds:
        parts = list(_parts(deed, store))
        known.update({"incidents": sum(kind == "incident" and n for kind, n, _ in parts)})
        known.update({"tracks": sum(kind == "track" and n for kind, n, _ in parts)})
        counts = {count for _, count, _ in parts}
        if deed.name in promised and 0 in counts:
            verdict.lost.append(deed.name)
        elif len(counts) > 1 or not all(whole for _, count, whole in parts if count):
            verdict.partial.append(f"{deed.name}: {parts}")
        if max(counts) > 1:
            verdict.doubled.append(deed.name)
        if deed.kind == "incident" and deed.name in promised:
            rows = store.incidents.get(deed.name, [])
            if [str(row[1]) for row in rows] != [promised[deed.name]["id"]]:
                verdict.lost.append(f"{deed.name}: stored under another id than was answered")
    if known["incidents"] != len(store.reports) or known["tracks"] != len(store.patrols):
        verdict.unknown.append(f"{len(store.reports)} incidents, {len(store.patrols)} tracks, known: {known}")
    return verdict


def _parts(deed: Deed, store: _Store) -> Iterator[tuple[str, int, bool]]:
    """Yield each part of a deed: its kind, how often it is stored, and whether it is whole."""
    if deed.kind == "incident":
        rows = store.incidents.get(deed.name, [])
        yield "incident", len(rows), all(row[2] == 1 for row in rows)
    elif deed.kind == "track":
        rows = store.tracks.get(deed.name, [])
        yield "track", len(rows), all(row[2] == row[3] == FIXES for row in rows)
    elif deed.kind == "photo":
        # The file is in its place before its row is; one without a row is one that was not acknowledged.
        count = store.photos[deed.name]
        yield "photo", count, not count or _digest(store.vault.path(deed.name)) == deed.name
    else:
        replies = store.by_client.get(deed.ids["batch"], [])
        yield "batch", len(replies), all(replies)
        patrols = [store.patrols[key] for key in store.by_client.get(deed.ids["track"], [])]
        yield "track", len(patrols), all(row[2] == row[3] == FIXES for row in patrols)
        yield "visit", len(store.by_client.get(deed.ids["visit"], [])), True
        reports = [store.reports[key] for key in store.by_client.get(deed.ids["incident"], [])]
        titled = store.incidents.get(deed.name, [])
        yield "incident", max(len(reports), len(titled)), all(row[2] >= 1 for row in reports)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "absent"
