"""Track files in XML: read piece by piece, with no document type and no tree.

A document type is refused, and with it every entity bomb and outside file.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from geo.errors import N_
from service.errors import InvalidInput, MalformedBody
from service.readers.track_file import TrackBuilder

CHUNK = 1 << 16


class Target(Protocol):
    """Receives elements: ``root`` is the first, to be ``wanted``; ``whole`` is how many fixes were whole."""

    format: ClassVar[str]
    wanted: ClassVar[str]
    root: str
    whole: int
    builder: TrackBuilder

    def listen(self, parser: Any) -> None:
        """Take the elements from a parser."""


def pieces(content: bytes) -> Iterator[bytes]:
    """Yield content in pieces."""
    return (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))


def fed(chunks: Iterator[bytes], target: Target, *, salvage: bool = False) -> Iterator[None]:
    """Read a file piece by piece and yield after each, with the fixes so far in the target's builder.

    Raises
    ------
    MalformedBody
        Not XML, or cut off; names line and column. With ``salvage`` what was whole is taken.
    InvalidInput
        It has a document type, or another root.
    """
    parser: Any = DefusedXMLParser(forbid_dtd=True)
    target.listen(parser.parser)
    try:
        for chunk in chunks:
            parser.parser.Parse(chunk, False)  # noqa: FBT003
            yield
        parser.parser.Parse(b"", True)  # noqa: FBT003
        yield
    except DefusedXmlException as error:
        raise InvalidInput(
            N_("The {format} file has a document type or entities, which are not read."),
            mend=N_("Remove the <!DOCTYPE …> part, or export it again: web pages begin so, tracks do not."),
            format=target.format,
        ) from error
    except ExpatError as error:
        _refuse_broken(error, target, salvage=salvage)
        yield
    except (LookupError, ValueError) as error:
        raise MalformedBody(
            N_("The {format} file names an encoding that is not known."),
            mend=N_("Save it in UTF-8."),
            format=target.format,
        ) from error
    if target.root != target.wanted:
        raise InvalidInput(
            N_("The file is XML but no track: its root is <{root}>."),
            mend=N_("Export the track as GPX, KML, TCX, GeoJSON or CSV."),
            root=target.root[:64],
        )


def _refuse_broken(error: ExpatError, target: Target, *, salvage: bool) -> None:
    """Refuse XML that is broken, or take what was whole where that was asked for."""
    line, column = error.lineno, error.offset
    whole = target.whole
    if salvage and whole:
        target.builder.notes.append(N_("The file is cut off; the fixes that were whole were taken."))
        return
    mend = N_("Export it again; what came may be another kind of file.")
    if whole and target.wanted == "gpx":
        mend = N_("Export it again; or take the fixes before that with salvage.")
    raise MalformedBody(
        N_(
            "The {format} file breaks off or is not XML at line {line}, column {column}, after {whole} fixes."
        ),
        mend=mend,
        where={"row": line, "column": column},
        format=target.format,
        line=line,
        column=column,
        whole=whole,
    ) from error
