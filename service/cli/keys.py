"""``./wardline keys``: another key for who reported incidents, and everything sealed anew with it."""

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.orm import Session, sessionmaker

from geo.errors import N_
from layers import districts
from layers.audit import central
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from service.cli.common import Database, Json, Quiet, open_engine
from service.cli.language import translator
from service.database import session_factory
from service.keys import KeyRing
from service.settings import Settings
from service.use_cases.contacts import reseal

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


class Action(StrEnum):
    """What to do with the keys."""

    ROTATE = "rotate"


def command(
    action: Annotated[  # noqa: ARG001 - there is one so far, and it must be named
        Action, typer.Argument(help="rotate: make another key for contact data, and seal all anew with it.")
    ],
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Do it, or only say what would be done.")
    ] = False,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Change the key that contact data are sealed with; the service goes on meanwhile.

    It may be interrupted at any time: what is sealed can be opened throughout, and when it is repeated it
    finishes with the same key before it makes another. Old keys stay in the file, because backups and other
    databases of this home need them.
    """
    settings = Settings.load(database=database)
    ring = KeyRing(settings.home)
    with open_engine(settings) as engine:
        sessions = session_factory(engine, SYSTEM_SCOPE)
        before, counts = ring.present(), _counts(sessions)
        unfinished = any(key != before for keys in counts.values() for key in keys)
        sealed = dict(_rotated(sessions, ring, counts, fresh=not unfinished)) if apply else {}
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
