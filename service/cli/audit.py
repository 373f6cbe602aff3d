"""``./wardline audit``: the head of the audit as a signed file, and the proof that it was not changed."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from layers.audit import every_chain
from service.cli.common import Database, Json, Quiet, open_engine
from service.keys import SigningKey
from service.settings import Settings
from service.use_cases.audit import export_heads, prove, read_heads, said


class Action(StrEnum):
    """What to do with the audit."""

    HEAD = "head"
    VERIFY = "verify"


def command(
    action: Annotated[
        Action,
        typer.Argument(help="head: write how long each chain is and its last hash. verify: prove them."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the head to a file.")
    ] = None,
    heads: Annotated[
        list[Path] | None,
        typer.Option(
            "--head", metavar="FILE", help="Verify also against a head that was kept; may be repeated."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KEY", help="The public key that heads were signed with, if not ours."),
    ] = None,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Export the head of the audit, or prove that the audit was not changed.

    The chains by themselves show what was changed, removed, put in or moved. Whether the end was cut off, or
    all was written anew, only a head shows that was kept where nobody of this service can change it: export
    one each day, to paper or to another house.
    """
    settings = Settings.load(database=database)
    signing = SigningKey(settings.home)
    with open_engine(settings) as engine, Session(engine) as session:
        if action is Action.HEAD:
            body = json.dumps(
                export_heads(every_chain(session), signing, datetime.now(UTC)), ensure_ascii=False, indent=1
            )
            if output is None:
                typer.echo(body)
                return
            output.write_text(body + "\n", encoding="utf-8")
            if not quiet:
                typer.echo(f"Written to {output}; keep it elsewhere, with the key {signing.public()}")
            return
        kept = [head for path in heads or () for head in read_heads(path, key or signing.public())]
        reports = prove(every_chain(session), kept)
    if as_json:
        typer.echo(json.dumps([one.to_json() for one in reports], ensure_ascii=False, indent=1))
    for report in () if as_json else reports:
        for fault in report.faults:
            typer.echo(said(fault), err=True)
        if not report.faults and not quiet:
            typer.echo(f"{report.head.chain}: {report.head.seq:,} entries, whole")
    if any(report.faults for report in reports):
        raise typer.Exit(1)
