"""``./wardline stop``: the private database, where a killed program left it running."""

from typing import Annotated

import typer

from service.cli.common import Quiet
from service.cluster import Cluster
from service.settings import Settings


def command(
    force: Annotated[bool, typer.Option("--force", help="Also where programs still use it.")] = False,
    quiet: Quiet = False,
) -> None:
    """Stop the private database.

    It stops by itself with the last program that uses it. Only a program that was killed leaves it running,
    which harms nothing.
    """
    settings = Settings.load()
    stopped = Cluster(settings.home, binaries=settings.postgres_bin).stop(force=force)
    if not quiet:
        typer.echo("The database was stopped." if stopped else "The database was not running.")
