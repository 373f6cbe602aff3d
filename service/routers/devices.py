"""Devices: registering one, giving it a new token, revoking it."""

from typing import Annotated, Any

from fastapi import Path, Response

from service.access.policy import DEVICE_KEEPERS, DEVICE_READERS
from service.account_dependencies import AccountsDep
from service.dependencies import Cursor, Limit
from service.dependencies import router as make_router
from service.schemas.accounts import DeviceIn, DevicesPage, DeviceWithToken, device_json
from service.use_cases import devices

router = make_router("devices")

DevicePath = Annotated[str, Path(max_length=64)]


@router.get("/devices", response_model=DevicesPage)
def get_devices(accounts: AccountsDep, limit: Limit = 100, cursor: Cursor = None) -> dict[str, Any]:
    """Return a page of the caller's own devices, and of those of the people they look after."""
    page = devices.page(accounts.authority(DEVICE_READERS), accounts.devices, limit, cursor)
    return {"items": [device_json(one) for one in page.items], "cursor": page.cursor}


@router.post("/devices", response_model=DeviceWithToken, status_code=201)
def post_device(given: DeviceIn, accounts: AccountsDep, response: Response) -> dict[str, Any]:
    """Register a device; the token in the answer is shown this once and is good for uploads only."""
    device, token = devices.add(accounts.authority(DEVICE_KEEPERS), accounts.devices, given)
    response.headers["Cache-Control"] = "no-store"
    return {**device_json(device), "token": token}


@router.post("/devices/{device}/token", response_model=DeviceWithToken, status_code=201)
def post_token(device: DevicePath, accounts: AccountsDep, response: Response) -> dict[str, Any]:
    """Give a device a new token, also one that was revoked; the old one is good no more."""
    found, token = devices.renew(accounts.authority(DEVICE_KEEPERS), accounts.devices, device)
    response.headers["Cache-Control"] = "no-store"
    return {**device_json(found), "token": token}


@router.delete("/devices/{device}", status_code=204)
def delete_device(device: DevicePath, accounts: AccountsDep) -> Response:
    """Revoke a device's token; what it sent stays."""
    devices.revoke(accounts.authority(DEVICE_KEEPERS), accounts.devices, device)
    return Response(status_code=204)
