"""``./wardline serve``: the service on the stored districts."""

from typing import Annotated

import typer

from service.cli import server
from service.cli.common import Database, District, Host, Port, Quiet, open_engine, served
from service.settings import Settings, variables


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
        engine.dispose()
        server.run(serving, bound, lambda: typer.echo(f"Serving at {address}"), quiet=quiet)


def epilog() -> str:
    """Return the list of variables that follows the options in the help."""
    lines = [f"  {name}\n      {text}" for name, text in variables().items()]
    return "\b\nVariables of the environment (options win over them):\n" + "\n".join(lines)
