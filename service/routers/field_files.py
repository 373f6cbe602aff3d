"""Photos of devices: sent in parts, verified by their SHA-256, given out without what they tell beside."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Request, Response

from geo.errors import N_
from service.access.identity import Identity
from service.dependencies import MIB, IdentityDep, StoresDep
from service.dependencies import router as make_router
from service.errors import InvalidInput
from service.field_dependencies import SETTLED, DeviceCode, SenderDep, VaultDep, sender_of
from service.photos.kinds import SUFFIXES
from service.photos.vault import LARGEST_FILE, Part
from service.schemas.field import FileOut
from service.use_cases.field import files, sender_without_device

router = make_router("field")

Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the whole file.")]
_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")
_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

_RECEIVED: dict[int | str, dict[str, Any]] = {
    200: {"model": FileOut, "description": "The file is here already."},
    202: {"model": FileOut, "description": "A part is kept; send the rest."},
}
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in SUFFIXES}, "description": "The picture."}
}


async def get_part(request: Request) -> Part:
    """Return the part of a file that a request brings: what ``Content-Range`` says, else the whole."""
    body = await request.body()
    said = request.headers.get("content-range")
    if said is None:
        return Part(0, len(body), body)
    match = _RANGE.fullmatch(said.strip())
    first, last, size = map(int, match.groups()) if match else (0, -1, 0)
    if match is None or last - first + 1 != len(body):
        raise InvalidInput(
            N_("Content-Range is not that of the body, which has {length} bytes."),
            mend=N_("Send Content-Range: bytes FIRST-LAST/SIZE for the bytes of the body."),
            where={"header": "Content-Range"},
            length=len(body),
        )
    return Part(first, size, body)


PartDep = Annotated[Part, Depends(get_part)]


@router.put(
    "/devices/{device}/files/{sha256}",
    response_model=FileOut,
    status_code=201,
    responses=_RECEIVED,
    max_body_size=LARGEST_FILE + MIB,
    openapi_extra=_FILE,
    summary="Send a photo, or a part of it",
    dependencies=[SETTLED],
)
def put_file(
    sha256: Digest, sender: SenderDep, part: PartDep, stores: StoresDep, vault: VaultDep
) -> Response:
    """Keep a JPEG, PNG, WebP or HEIC photo of at most 15 MB.

    In parts with ``Content-Range: bytes FIRST-LAST/SIZE``; a part that comes again is written again. Once it
    is whole and has the digest, it is linked to the visits and incidents that name it.
    """
    return _kept(files.receive(stores, vault, sender, sha256, part))


@router.head("/devices/{device}/files/{sha256}", summary="How much of a photo has arrived")
def head_file(sha256: Digest, sender: SenderDep, stores: StoresDep, vault: VaultDep) -> Response:
    """Tell in ``Upload-Offset`` from where to go on, and in ``Upload-Complete`` whether it is whole."""
    return Response(headers=_told(files.progress(stores, vault, sender, sha256)))


@router.get(
    "/devices/{device}/files/{sha256}",
    response_class=Response,
    responses=_PICTURE,
    summary="A photo that a device sent",
)
def get_file(
    device: DeviceCode, sha256: Digest, identity: IdentityDep, stores: StoresDep, vault: VaultDep
) -> Response:
    """Return a photo without its position, camera and comments, to be saved and not to be run."""
    _own(identity, device)
    return _picture(files.shown(stores, vault, device, sha256))


@router.put(
    "/coverage/photos/{sha256}",
    response_model=FileOut,
    status_code=201,
    responses=_RECEIVED,
    max_body_size=LARGEST_FILE + MIB,
    openapi_extra=_FILE,
    summary="Send a photo of an action without a device, or a part of it",
    dependencies=[SETTLED],
)
def put_photo(
    sha256: Digest, identity: IdentityDep, part: PartDep, stores: StoresDep, vault: VaultDep
) -> Response:
    """Keep a photo that an action names which you recorded without a device.

    It comes as those of devices do, in parts where need be, and is linked to what you recorded yourself.
    """
    sender = sender_without_device(identity, datetime.now(UTC))
    with stores.settling():  # the ledger is that of no device of theirs
        found = files.receive(stores, vault, sender, sha256, part)
    return _kept(found)


@router.head("/coverage/photos/{sha256}", summary="How much of a photo of your own has arrived")
def head_photo(sha256: Digest, identity: IdentityDep, stores: StoresDep, vault: VaultDep) -> Response:
    """Tell in ``Upload-Offset`` from where to go on, and in ``Upload-Complete`` whether it is whole."""
    sender = sender_without_device(identity, datetime.now(UTC))
    return Response(headers=_told(files.progress(stores, vault, sender, sha256)))


@router.get(
    "/coverage/photos/{sha256}",
    response_class=Response,
    responses=_PICTURE,
    summary="A photo that you sent without a device",
)
def get_photo(sha256: Digest, identity: IdentityDep, stores: StoresDep, vault: VaultDep) -> Response:
    """Return a photo without its position, camera and comments, to be saved and not to be run."""
    sender = sender_without_device(identity, datetime.now(UTC))
    return _picture(files.shown(stores, vault, sender.device, sha256))


def _kept(found: files.Progress) -> Response:
    status = 202 if not found.complete else 201 if found.fresh else 200
    return Response(orjson.dumps(found.to_json()), status, _told(found), media_type="application/json")


def _picture(found: files.Shown) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{found.sha256[:16]}{SUFFIXES[found.media_type]}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(found.content, headers=headers, media_type=found.media_type)


def _own(identity: Identity, device: str) -> None:
    """Let a device see only what it sent itself."""
    if identity.kind == "device":
        sender_of(identity, device)


def _told(found: files.Progress) -> dict[str, str]:
    return {
        "Upload-Offset": str(found.offset),
        "Upload-Complete": "?1" if found.complete else "?0",
        "Cache-Control": "no-store",
    }
