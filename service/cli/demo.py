"""``./wardline demo``: the fictional county, loaded once and served."""

import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine

from layers.row_security import SYSTEM_SCOPE
from service.access.demo import PASSWORD, PEOPLE
from service.cli import server
from service.cli.common import DEMO_DATABASE, Host, Port, Quiet, open_engine, served
from service.cli.language import translator
from service.database import session_factory
from service.demo.clear import clear_district
from service.demo.logins import add_logins
from service.demo.state import COUNTY_CODE, demo_state
from service.settings import Settings, is_local

Tell = Callable[[str, float], None]


def command(
    host: Host = None,
    port: Port = None,
    reset: Annotated[bool, typer.Option("--reset", help="Make the demo anew, as of today.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    quiet: Quiet = False,
) -> None:
    """Load the demo district, serve it and print its address.

    The first time makes up a county along a real stretch of border, with a year of incidents and a month of
    patrols; later times serve what is there. It has a database of its own, wardline_demo, unless
    WARDLINE_DATABASE_URL names one. The other commands reach it with --database wardline_demo.
    """
    settings = Settings.load(host=host, port=port, database=DEMO_DATABASE)
    with server.take_port(settings.host, settings.port) as bound, open_engine(settings) as engine:
        ensure_demo(engine, reset=reset, quiet=quiet)
        with session_factory(engine, SYSTEM_SCOPE)() as session, session.begin():
            add_logins(session)
        address = server.address_of(bound, settings)
        serving = served(settings, engine).model_copy(
            update={
                "district": settings.district or COUNTY_CODE,
                "port": bound.getsockname()[1],
                "demo": True,
            }
        )
        engine.dispose()

        def ready() -> None:
            typer.echo(f"The demo is at {address} (Ctrl-C ends it)")
            for line in _logins(settings):
                typer.echo(line)
            if not no_browser and _has_screen():
                webbrowser.open(address)

        server.run(serving, bound, ready, quiet=True)


def _logins(settings: Settings) -> tuple[str, ...]:
    """Return what to say of signing in."""
    if settings.access == "open":
        return ("Access is open: everybody is administrator.",)
    if not is_local(settings.host):
        add = f"./wardline people add NAME --role administrator --database {DEMO_DATABASE}"
        return (f"The demo's logins are good on a loopback address only; make one of your own: {add}",)
    return (
        f"Logins, each with the password {PASSWORD} and from this machine only:",
        "  " + ", ".join(login if login == role else f"{login} ({role})" for login, role in PEOPLE.items()),
    )


def ensure_demo(engine: Engine, *, reset: bool, quiet: bool) -> None:
    """Load the demo where it is absent, of another version, or to be made anew."""
    state = demo_state(engine)
    if state is not None and state.current and not reset:
        # The day it was made for may have passed: it is a demo, and waiting for a new one would be worse.
        return
    if state is not None:
        with session_factory(engine)() as session, session.begin():
            clear_district(session, COUNTY_CODE)
    from service.demo.load import load_demo  # noqa: PLC0415 - serving a demo that is there starts without it

    with _progress(quiet=quiet) as tell:
        load_demo(engine, progress=tell)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Tell | None]:
    """Yield what tells of each step: a bar on a screen, a line a step elsewhere."""
    console, translate = Console(stderr=True), translator()
    if quiet:
        yield None
    elif not console.is_terminal:
        yield lambda name, share: typer.echo(f"· {translate(name)} ({share:.0%})", err=True)
    else:
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=1.0)
            yield lambda name, share: bar.update(task, description=translate(name), completed=share)


def _has_screen() -> bool:
    # On a server webbrowser would start a text browser in this very terminal.
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
