"""A photo without what it tells beside the picture: position, camera, owner, comments.

The picture's own bytes are not decoded and not changed, so nothing is lost and no bomb goes off. What is not
understood is not given out. Of EXIF only the orientation is kept, without which phones' photos lie on their
side.
"""

import struct
from collections.abc import Iterator

from geo.errors import N_
from service.errors import InvalidInput
from service.photos.kinds import HEIC, JPEG, PNG, WEBP, kind_of

_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT")
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_EXIF_AND_XMP = 0x0C
_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112


class PhotoUnreadable(InvalidInput):
    """A photo's structure is not understood, so what it tells cannot be taken out."""

    code = "photo-unreadable"


def bare(content: bytes, media_type: str) -> bytes:
    """Return a photo without its metadata.

    Raises
    ------
    PhotoUnreadable, UnsupportedFormat
        Its structure is broken, or of a kind whose metadata cannot be taken out.
    """
    if kind_of(content) != media_type:
        raise _unreadable()
    try:
        if media_type == JPEG:
            return _jpeg(content)
        if media_type == PNG:
            return content[:8] + b"".join(_png_chunks(content))
        if media_type == WEBP:
            return _webp(content)
    except (struct.error, IndexError) as error:
        raise _unreadable() from error
    if media_type == HEIC:
        raise PhotoUnreadable(
            N_("What a HEIC photo tells beside the picture cannot be taken out."),
            mend=N_("Ask the sender to take photos as JPEG."),
        )
    raise _unreadable()


def _unreadable() -> PhotoUnreadable:
    return PhotoUnreadable(N_("The photo is broken."), mend=N_("Ask the sender to send it again."))


def _jpeg(content: bytes) -> bytes:
    """Return a JPEG without APP1 to APP15, save Adobe's colours and the profile, and without comments."""
    found = [content[:2]]
    place = 2
    while True:
        if content[place] != 0xFF:
            raise _unreadable()
        marker = content[place + 1]
        if marker == 0xFF:  # fill
            place += 1
            continue
        if marker == 0xDA:  # the picture begins
            found.append(_scans(content[place:]))
            return b"".join(found)
        (length,) = struct.unpack_from(">H", content, place + 2)
        if length < 2 or place + 2 + length > len(content):
            raise _unreadable()
        body = content[place + 4 : place + 2 + length]
        if marker == 0xE1 and body.startswith(_EXIF):
            found.append(_only_orientation(body[len(_EXIF) :]))
        elif not (0xE1 <= marker <= 0xEF or marker == 0xFE) or _is_colour(marker, body):
            found.append(content[place : place + 2 + length])
        place += 2 + length


def _is_colour(marker: int, body: bytes) -> bool:
    return (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")) or (
        marker == 0xEE and body.startswith(b"Adobe")
    )


def _scans(content: bytes) -> bytes:
    """Return a picture up to its end: phones append previews and films with metadata of their own."""
    end = content.find(b"\xff\xd9")
    if end < 0:
        raise _unreadable()
    return content[: end + 2]


def _only_orientation(tiff: bytes) -> bytes:
    """Return an EXIF segment that says no more than which side is up; nothing where that is not said."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return b""
    try:
        (offset,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, offset)
        for number in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, offset + 2 + 12 * number)
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
                head = b"MM\0*" + struct.pack(">IH", 8, 1)
                body = _EXIF + head + struct.pack(">HHIHHI", tag, 3, 1, value, 0, 0)
                return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    except struct.error:
        return b""
    return b""


def _png_chunks(content: bytes) -> Iterator[bytes]:
    place = 8
    while place < len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content):
            raise _unreadable()
        if name in _PNG_KEPT:
            yield content[place:end]
        if name == b"IEND":
            return
        place = end
    raise _unreadable()


def _webp(content: bytes) -> bytes:
    found = []
    place = 12
    end = min(len(content), 8 + struct.unpack_from("<I", content, 4)[0])
    while place + 8 <= end:
        name, length = struct.unpack_from("<4sI", content, place)
        after = place + 8 + length + length % 2
        if place + 8 + length > end:
            raise _unreadable()
        chunk = content[place:after]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_WEBP_EXIF_AND_XMP]) + chunk[9:]
        if name in _WEBP_KEPT:
            found.append(chunk)
        place = after
    body = b"WEBP" + b"".join(found)
    return b"RIFF" + struct.pack("<I", len(body)) + body
