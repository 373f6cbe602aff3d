"""What photos tell beside the picture is taken out, and the picture stays."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import ServiceError
from service.photos.bare import PhotoUnreadable, bare
from service.photos.kinds import HEIC, JPEG, PNG, WEBP, kind_of
from tests.fixtures.field import jpeg, png


def test_only_the_orientation_of_exif_is_kept() -> None:
    found = bare(jpeg(size=300), JPEG)
    assert found.count(b"Exif\0\0") == 1
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in found
    assert b"\x88\x25" not in found
    assert bare(found, JPEG) == found
    assert bare(jpeg(position=False), JPEG) == jpeg(position=False)


def test_films_and_previews_behind_the_picture_are_cut_off() -> None:
    assert bare(jpeg() + b"ftyp a film with a position", JPEG) == bare(jpeg(), JPEG)


def test_webp_loses_exif_and_xmp() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    head = chunk(b"VP8X", bytes([0x0C]) + b"\0" * 9)
    body = b"WEBP" + head + chunk(b"VP8L", b"pixel") + chunk(b"EXIF", b"GPS 46") + chunk(b"XMP ", b"home")
    content = b"RIFF" + struct.pack("<I", len(body)) + body
    assert kind_of(content) == WEBP
    found = bare(content, WEBP)
    assert b"GPS" not in found
    assert b"home" not in found
    assert b"pixel" in found
    assert struct.unpack_from("<I", found, 4)[0] == len(found) - 8
    assert found[20] == 0


def test_heic_is_kept_but_not_given_out() -> None:
    content = b"\0\0\0\x18ftypheic" + b"\0" * 20
    assert kind_of(content) == HEIC
    with pytest.raises(PhotoUnreadable):
        bare(content, HEIC)


@given(
    content=st.binary(max_size=300),
    head=st.sampled_from([b"", jpeg()[:60], png()[:60], b"RIFF\x40\0\0\0WEBP"]),
)
def test_broken_photos_are_refused_and_nothing_else_happens(content: bytes, head: bytes) -> None:
    whole = head + content
    try:
        kind = kind_of(whole)
        bare(whole, kind)
    except ServiceError:
        pass


@given(at=st.integers(0, 200), value=st.integers(0, 255))
def test_no_change_of_one_byte_brings_the_position_back(at: int, value: int) -> None:
    content = bytearray(jpeg())
    content[at % len(content)] = value
    try:
        found = bare(bytes(content), JPEG)
    except ServiceError:
        return
    # What is no longer marked as metadata may stay, where a viewer does not find it either.
    assert b"GPS 46.04" not in found or at < 30 or bytes(content[20:26]) != b"Exif\0\0"


@pytest.mark.parametrize("kind", [PNG, WEBP, "text/html"])
def test_a_kind_that_does_not_fit_is_refused(kind: str) -> None:
    with pytest.raises(ServiceError):
        bare(jpeg()[:9], kind)
