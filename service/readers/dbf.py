"""The encoding of a Shapefile's table, which its driver guesses as Latin-1 where nothing says otherwise."""

import codecs
from pathlib import Path

from geo.errors import N_
from service.errors import InvalidInput

# The language byte of the dBASE header for the code pages of Chinese text.
_LANGUAGES = {0x4D: "GB18030", 0x7A: "GB18030", 0x4F: "BIG5", 0x78: "BIG5"}
_UNKNOWN = (0x00, 0x57)
_FIELD, _HEADER_END = 32, 0x0D
_MOST = 512 << 20


def encoding_of(shapefile: Path, file: str, wanted: str | None) -> str | None:
    """Return the encoding to read a Shapefile's text in; None leaves it to the driver.

    ``wanted`` is what the user named. Otherwise the .cpg file, the language byte, and at last the text itself
    decide: pure ASCII or UTF-8 needs no more.

    Raises
    ------
    InvalidInput
        The encoding is unknown, the text does not fit it, or nothing says what a text with other letters is
        in.
    """
    table = shapefile.with_suffix(".dbf")
    if not table.exists():
        return wanted
    data = table.read_bytes() if table.stat().st_size <= _MOST else b""
    text = _text_bytes(data)
    page = shapefile.with_suffix(".cpg")
    declared = wanted or (page.read_text("latin-1").strip() if page.exists() else "") or None
    if declared is None and len(data) > _FIELD and data[29] not in _UNKNOWN:
        declared = _LANGUAGES.get(data[29])
        if declared is None:
            return None
    if declared is None:
        if _fits(text, "utf-8"):
            return "UTF-8"
        raise InvalidInput(
            N_("The text of {file} is not UTF-8 and nothing says what it is."),
            mend=N_("Name its encoding, such as --encoding GB18030, or add a .cpg file that does."),
            where={"file": file},
            file=file,
        )
    name = _codec(declared, file)
    if not _fits(text, name):
        raise InvalidInput(
            N_("The text of {file} is not in {encoding}."),
            mend=N_("Name its real encoding, such as --encoding GB18030."),
            where={"file": file},
            file=file,
            encoding=declared,
        )
    return name


def _text_bytes(data: bytes) -> bytes:
    """Return the bytes of names and character fields of all records, one after the other."""
    if len(data) < _FIELD:
        return b""
    header, size = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    spans = []
    at, offset = _FIELD, 1
    names = []
    while at + _FIELD <= header and data[at] != _HEADER_END:
        length = data[at + 16]
        names.append(data[at : at + 11].split(b"\0")[0])
        if data[at + 11 : at + 12] in (b"C", b"c"):
            spans.append((offset, offset + length))
        offset += length
        at += _FIELD
    # A field that was cut in the middle of a letter at its full width is no fault of the encoding.
    values = (
        [
            data[start + first : start + last].rstrip(b" \0")
            for start in range(header, len(data) - size + 1, size or 1)
            for first, last in spans
        ]
        if size
        else []
    )
    full = {last - first for first, last in spans}
    return b"\n".join([*names, *(_whole(value) if len(value) in full else value for value in values)])


def _whole(value: bytes) -> bytes:
    """Return a text that fills its field without its last, possibly halved, letter."""
    return value.rstrip(bytes(range(0x80, 0x100))) if value and value[-1] >= 0x80 else value


def _fits(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _codec(name: str, file: str) -> str:
    """Return Python's name of an encoding as a .cpg file writes it, such as 65001, 936, GBK or UTF-8."""
    spellings = {
        "65001": "utf-8",
        "936": "gb18030",
        "GBK": "gb18030",
        "GB2312": "gb18030",
        "ISO 88591": "latin-1",
    }
    for candidate in (spellings.get(name.upper(), name), f"cp{name}", name.replace(" ", "-")):
        try:
            return codecs.lookup(candidate).name
        except LookupError:
            continue
    raise InvalidInput(
        N_("“{encoding}” is not an encoding that is known."),
        mend=N_("Name one such as UTF-8 or GB18030 with --encoding."),
        where={"file": file},
        encoding=name[:40],
    )
