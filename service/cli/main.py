"""The command line: which commands there are, and how a refusal looks.

Only the module of the command that is asked for is imported, so that ``--help`` and ``stop`` answer at once.
Exit codes: 0 done, 1 refused with reasons on the error stream, 2 wrong usage.
"""

import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import typer

from geo.errors import WardlineError
from service.cli.language import translator

REFUSED = 1
INTERRUPTED = 130
TERMINATED = 143

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo", "Load the demo district, serve it and print its address."),
    "serve": ("serve", "Serve the stored districts; --help lists every variable."),
    "backup": ("backup", "Back up the database while it serves, and verify the backup."),
    "restore": ("restore", "Restore a backup, up to an instant, beside what is there."),
    "doctor": ("doctor", "Examine the installation: what is wrong, where, how to mend it."),
    "people": ("people", "List who may sign in, add somebody, or set a new password."),
    "stop": ("stop", "Stop the private database where nobody uses it any more."),
    "import": ("import_layer", "Import grids, a border, markers, stations or representatives."),
    "locate": ("locate", "Add the responsible grid to each point of a file."),
    "tracks": ("tracks", "Load tracks: GPX, FIT, GeoJSON, CSV, Arrow or Parquet."),
    "coverage": ("coverage", "Say which border was walked in a period, or draw it."),
    "ledger": ("ledger", "Make the coverage of a period anew from its fixes, and compare."),
    "export": ("export", "Write a stored layer to a file."),
    "retention": ("retention", "Say what is kept no longer, and forget it."),
    "keys": ("keys", "Change the key of contact data, or destroy old keys."),
    "audit": ("audit", "Export the head of the audit, or prove that it was not changed."),
}
"""The module in ``service.cli`` and the summary of each command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the program with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _unwind_on_signals()
    try:
        application(given)(given, prog_name="./wardline")
    except WardlineError as error:
        _tell(error, as_json="--json" in given)
        raise SystemExit(REFUSED) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output (head, a pager) has gone. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(REFUSED) from None


def application(arguments: Sequence[str]) -> typer.Typer:
    """Return the command line with the command that ``arguments`` ask for imported and the others by name."""
    app = typer.Typer(
        name="wardline",
        help="Map-backed service for grid and border management.",
        epilog="./wardline test, lint and bench are for developers; each has its own --help.",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, (module, summary) in COMMANDS.items():
        if name == wanted:
            loaded = _loaded(f"service.cli.{module}")
            epilog: Callable[[], str] | None = getattr(loaded, "epilog", None)
            app.command(name, epilog=epilog() if epilog else None)(loaded.command)
        else:
            app.command(name, help=summary)(_by_name)
    app.callback()(_several)
    return app


def _loaded(module: str) -> ModuleType:
    """Import a module; what is imported stays, so to look through it for garbage again and again is vain."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.enable()


def _by_name() -> None:
    """Stand for a command in the list of all; never called, since a wanted command is imported."""


def _several() -> None:
    """Keep the group a group."""


def _unwind_on_signals() -> None:
    """Let a polite kill, or a closed terminal, unwind like an exception, so that the database is let go."""

    def end(*_: object) -> None:
        raise SystemExit(TERMINATED)

    def hang_up(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)  # whoever handles that one now, also the web server

    signal.signal(signal.SIGTERM, end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
        signal.signal(signal.SIGHUP, hang_up)


def _tell(error: WardlineError, *, as_json: bool) -> None:
    translate = translator()
    if as_json:
        body: dict[str, Any] = {"code": error.code, "detail": error.text(translate), "where": error.where}
        body |= getattr(error, "extra", {})
        sys.stderr.write(json.dumps(body, ensure_ascii=False, default=str) + "\n")
        return
    lines = [translate(error.message).format(**error.params)]
    if error.where:
        lines.append("  " + ", ".join(f"{name} {value}" for name, value in error.where.items()))
    if error.mend:
        lines.append("  → " + translate(error.mend).format(**error.params))
    sys.stderr.write("wardline: " + "\n".join(lines) + "\n")
