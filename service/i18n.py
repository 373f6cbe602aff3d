"""Languages: which one a reader wants, and the catalogues of translations.

Texts in the code are English and are the keys. The catalogues are gettext ``.po`` files, every one in
``service/locale/<language>/LC_MESSAGES``; they are read once, as they are, and never compiled.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
LANGUAGES = (SOURCE_LANGUAGE, "zh")
_LONGEST_HEADER = 200

Translate = Callable[[str], str]


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return the translations of a language by their English text; empty for English."""
    found: dict[str, str] = {}
    for path in sorted((LOCALES / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            messages = read_po(file, locale=language)
        for message in messages:
            if message.id and message.string and not message.fuzzy:
                found[str(message.id)] = str(message.string)
    return found


def translator(language: str) -> Translate:
    """Return the function from an English text to the language's; unknown texts stay English."""
    texts = catalogue(language)
    return lambda text: texts.get(text, text)


@lru_cache(maxsize=256)
def negotiate(accept_language: str, default: str = SOURCE_LANGUAGE) -> str:
    """Return our language that an ``Accept-Language`` header (RFC 9110) wants most, or ``default``."""
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language[:_LONGEST_HEADER].split(",")):
        tag, _, quality = part.partition(";")
        weight = _quality(quality)
        primary = tag.strip().lower().split("-")[0]
        if primary == "*":
            primary = default
        if primary in LANGUAGES and weight > 0:
            wanted.append((-weight, position, primary))
    return min(wanted)[2] if wanted else default


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
