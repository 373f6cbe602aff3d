"""``./wardline keys``: another key for who reported incidents, all sealed anew, old keys destroyed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy import inspect
from sqlalchemy.orm import Session, sessionmaker

from geo.errors import N_
from layers import districts
from layers.audit import central
from layers.record_tables import incident_contact
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from service.cli.common import Database, Json, Quiet, open_engine
from service.cli.language import translator
from service.cluster import Cluster
from service.copies import copies_of
from service.database import make_engine, session_factory
from service.keys import KeyRing
from service.settings import Settings
from service.use_cases.contacts import reseal
from service.use_cases.old_keys import OldKey, old_keys

Sessions = sessionmaker[Session]
Counts = Mapping[str, Mapping[str, int]]

_UNFINISHED = N_(
    "An earlier run was not finished. This one finishes it with the same key; run it again for another key."
)
_SEALED = N_("{district}: {count} contacts were sealed with {key}")
_ANEW = N_("{district}: {count} sealed anew")
_NOTHING = N_("Nothing was changed; --apply does it.")
_DONE = N_(
    "The present key is {key}. Back up the folder keys now, and keep the old keys in it as long as backups."
)
_USED = N_("{key}: stored contacts are sealed with it; ./wardline keys rotate --apply seals them anew")
_FRESH = N_("{key}: kept, since it is not known for ten minutes that nothing uses it")
_NEEDED = N_("{key}: kept, since {count} backups need it, the last of {at}: {folder}")
_GOES = N_("{key}: would be destroyed")
_GONE = N_("{key}: destroyed")
_LOST = N_("{key}: the contacts in {count} backups can never be read again, the last in {folder}")
_NONE = N_("There are no old keys.")
_ELSEWHERE = N_("Destroy them in the copies of the folder keys as well, or they are not gone.")


class Action(StrEnum):
    """What to do with the keys."""

    ROTATE = "rotate"
    DESTROY = "destroy"


def command(
    action: Annotated[
        Action,
        typer.Argument(
            help="rotate: make another key for contact data, and seal all anew with it. "
            "destroy: destroy old keys that nothing needs any more."
        ),
    ],
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Do it, or only say what would be done.")
    ] = False,
    even_if: Annotated[
        bool,
        typer.Option(
            "--even-if-backups-need-it",
            help="Also destroy keys of contacts in backups: those contacts can never be read again.",
        ),
    ] = False,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Change the key that contact data are sealed with; the service goes on meanwhile.

    It may be interrupted at any time: what is sealed can be opened throughout, and when it is repeated it
    finishes with the same key before it makes another. Old keys stay in the file until they are destroyed,
    which is not done as long as a stored contact, in any database of this home, or a kept backup needs them.
    """
    settings = Settings.load(database=database)
    ring = KeyRing(settings.home)
    if action is Action.DESTROY:
        _destroy(settings, ring, even_if=even_if, apply=apply, quiet=quiet, as_json=as_json)
        return
    with open_engine(settings) as engine:
        sessions = session_factory(engine, SYSTEM_SCOPE)
        before, counts = ring.present(), _counts(sessions)
        unfinished = any(key != before for keys in counts.values() for key in keys)
        sealed = dict(_rotated(sessions, ring, counts, fresh=not unfinished)) if apply else {}
        if apply:
            ring.note_used(_used(settings, sessions), datetime.now(UTC))
    report = {
        "key_before": before,
        "key": ring.present(),
        "applied": apply,
        "finishes_an_earlier_run": unfinished,
        "districts": {
            code: {"by_key": keys, "sealed_anew": sealed.get(code)} for code, keys in counts.items()
        },
    }
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=1))
    elif not quiet:
        _tell(ring.present(), counts, sealed, apply=apply, unfinished=unfinished)


def _counts(sessions: Sessions) -> Counts:
    """Return how many contacts of each district each key seals."""
    with sessions() as session:
        codes = [one.code for one in districts.every(session)]
        return {code: Stores(session, code).contacts.by_key() for code in codes}


def _rotated(sessions: Sessions, ring: KeyRing, counts: Counts, *, fresh: bool) -> Iterator[tuple[str, int]]:
    """Rotate, unless an earlier run is to be finished; seal anew in small transactions, told by district."""
    with sessions() as session:
        # Written before it is done: a key that nobody knows of must not appear.
        central(session).record("keys.rotate", "key", ring.present(), finishes=not fresh)
        session.commit()
    if fresh:
        ring.rotate()
    total = 0
    for code in counts:
        district = 0
        while done := _some(sessions, ring, code):
            district += done
        total += district
        yield code, district
    with sessions() as session:
        central(session).record("keys.rotated", "key", ring.present(), contacts=total)
        session.commit()


def _some(sessions: Sessions, ring: KeyRing, code: str) -> int:
    with sessions() as session:
        done = reseal(Stores(session, code), ring)
        session.commit()
    return done


def _tell(key: str, counts: Counts, sealed: Mapping[str, int], *, apply: bool, unfinished: bool) -> None:
    say = translator()
    if unfinished:
        typer.echo(say(_UNFINISHED))
    for code, keys in counts.items():
        for name, count in keys.items():
            typer.echo(say(_SEALED).format(district=code, count=f"{count:,}", key=name))
        if apply:
            typer.echo(say(_ANEW).format(district=code, count=f"{sealed.get(code, 0):,}"))
    typer.echo(say(_DONE).format(key=key) if apply else say(_NOTHING))


def _used(settings: Settings, sessions: Sessions) -> set[str]:
    """Return the keys that seal any contact, in every database that shares this home's keys."""
    used = {key for keys in _counts(sessions).values() for key in keys}
    if settings.database_url is None:
        cluster = Cluster(settings.home)
        for name in set(cluster.database_names()) - {settings.database}:
            engine = make_engine(cluster.url(name))
            try:
                other = session_factory(engine, SYSTEM_SCOPE)
                if inspect(engine).has_table(incident_contact.name):
                    used |= {key for keys in _counts(other).values() for key in keys}
            finally:
                engine.dispose()
    return used


def _destroy(
    settings: Settings, ring: KeyRing, *, even_if: bool, apply: bool, quiet: bool, as_json: bool
) -> None:
    with open_engine(settings) as engine:
        sessions = session_factory(engine, SYSTEM_SCOPE)
        used, now = _used(settings, sessions), datetime.now(UTC)
        if apply:
            ring.note_used(used, now)
        found = old_keys(ring.old(), used, copies_of(settings).every(), now)
        going = [one for one in found if one.may_go(even_if_needed=even_if)]
        if apply and going:
            with sessions() as session:
                for one in going:
                    # Written before it is done: a key must not vanish without a word.
                    central(session).record("keys.destroy", "key", one.name, backups=len(one.needed_by))
                session.commit()
            ring.destroy([one.name for one in going])
    if as_json:
        keys = [{**one.to_json(), "goes": one in going} for one in found]
        typer.echo(json.dumps({"key": ring.present(), "applied": apply, "keys": keys}, ensure_ascii=False))
    elif not quiet:
        _tell_old(found, going, apply=apply)


def _tell_old(found: Sequence[OldKey], going: Sequence[OldKey], *, apply: bool) -> None:
    say = translator()
    for one in found:
        last = max(one.needed_by, key=lambda copy: copy.made_at, default=None)
        text = _USED if one.used else _FRESH
        if one in going:
            text = _GONE if apply else _GOES
        elif not one.used and one.settled:
            text = _NEEDED
        values = {
            "key": one.name,
            "count": len(one.needed_by),
            "at": "–" if last is None else f"{last.made_at:%Y-%m-%d %H:%M} UTC",
            "folder": "–" if last is None else last.folder,
        }
        typer.echo(say(text).format(**values))
        if one in going and last is not None:
            typer.echo(say(_LOST).format(**values), err=True)
    if not found:
        typer.echo(say(_NONE))
    elif apply and going:
        typer.echo(say(_ELSEWHERE))
    if not apply:
        typer.echo(say(_NOTHING))
