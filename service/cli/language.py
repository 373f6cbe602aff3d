"""The language of the person at the terminal."""

import os
from collections.abc import Callable


def translator() -> Callable[[str], str]:
    """Return the function from an English text to the reader's language, by the variables of POSIX."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    if not next(filter(None, names), "").startswith("zh"):
        return str
    from service.i18n import translator as of_language  # noqa: PLC0415 - read only where it is needed

    return of_language("zh")
