"""``./wardline serve``: the service on the stored districts."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Engine

from layers.people import People
from layers.row_security import SYSTEM_SCOPE
from service.cli import server
from service.cli.common import Database, District, Host, Port, Quiet, open_engine, served
from service.database import session_factory
from service.settings import Settings, variables
from service.use_cases.people import ensure_administrator


def command(
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="NUMBER", help="Processes that answer requests.")
    ] = None,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
) -> None:
    """Serve the stored districts until Ctrl-C.

    The private database is made and started where WARDLINE_DATABASE_URL names no other, brought up to date,
    and stopped again at the end unless another program uses it.
    """
    settings = Settings.load(host=host, port=port, workers=workers, database=database, district=district)
    with server.take_port(settings.host, settings.port) as bound, open_engine(settings) as engine:
        address = server.address_of(bound, settings)
        serving = served(settings, engine).model_copy(update={"port": bound.getsockname()[1]})
        announce_administrator(settings, engine)
        engine.dispose()
        server.run(serving, bound, lambda: typer.echo(f"Serving at {address}"), quiet=quiet)


def announce_administrator(settings: Settings, engine: Engine) -> None:
    """Make the first administrator where there never was one, and say the password, this once."""
    if settings.access == "open":
        return
    with session_factory(engine, SYSTEM_SCOPE)() as session, session.begin():
        made = ensure_administrator(People(session), datetime.now(UTC))
    if made is not None:
        login, password = made
        typer.echo(f"The first administrator is {login} with the password {password}")
        typer.echo("It is shown this once and must be changed at the first sign-in.")
        sys.stdout.flush()


def epilog() -> str:
    """Return the list of variables that follows the options in the help."""
    lines = [f"  {name}\n      {text}" for name, text in variables().items()]
    return "\b\nVariables of the environment (options win over them):\n" + "\n".join(lines)
