"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyogrio.errors import DataSourceError

from geo.errors import N_
from service.errors import InvalidInput


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` to write to, and give it its name when all went well.

    Raises
    ------
    InvalidInput
        The file cannot be written there.
    """
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except (OSError, DataSourceError) as error:
        raise InvalidInput(
            N_("{file} cannot be written: {reason}."),
            mend=N_("Name a file in a folder that exists and that you may write to."),
            where={"file": str(path)},
            file=path,
            reason=getattr(error, "strerror", None) or str(error),
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
