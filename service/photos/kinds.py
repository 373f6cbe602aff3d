"""What a photo is, told by how it begins; what its name or sender say does not count."""

from geo.errors import N_
from service.errors import UnsupportedFormat

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"
SUFFIXES = {JPEG: ".jpg", PNG: ".png", WEBP: ".webp", HEIC: ".heic"}
NEEDED = 12
"""So many bytes tell."""
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")


def kind_of(content: bytes) -> str:
    """Return the media type of a photo by its first bytes.

    Raises
    ------
    UnsupportedFormat
        It is no JPEG, PNG, WebP or HEIC.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return HEIC
    raise UnsupportedFormat(N_("The file is no photo."), mend=N_("Send a JPEG, PNG, WebP or HEIC picture."))
