"""Devices: registering one for a person, giving it a new token, and revoking it."""

from geo.errors import N_
from layers.errors import NotFound
from layers.ids import new_id
from layers.paging import Page
from layers.sign_ins import Device, Devices
from service.access import tokens
from service.access.authority import Authority
from service.errors import NotAllowed
from service.schemas.accounts import DeviceIn


def page(authority: Authority, devices: Devices, limit: int, cursor: str | None) -> Page[Device]:
    """Return a page of the devices that exist for the caller: their own and those they look after."""
    if authority.everywhere:
        return devices.page(limit=limit, cursor=cursor)
    mine = set() if authority.identity.person is None else {authority.identity.person}
    near = authority.people.near({one.district for one in authority.mine if one.district})
    grants = authority.people.grants(near)
    for person in near:
        if authority.mine and authority.sees([one for one in grants if one.person == person]):
            mine.add(person)
    return devices.page(people=mine, limit=limit, cursor=cursor)


def add(authority: Authority, devices: Devices, given: DeviceIn) -> tuple[Device, str]:
    """Register a device, the caller's own or somebody's in the caller's area; return it and its token.

    Raises
    ------
    NotFound, NotAllowed
        The person does not exist for the caller, or holds more than the caller.
    Conflict
        A device has the code.
    """
    person = given.person or authority.identity.person
    if person is None:
        raise NotAllowed(N_("A device is carried by a person."), mend=N_("Name one: person."))
    if person != authority.identity.person:
        authority.require_over(person)
    token = tokens.new_token(tokens.DEVICE)
    value = Device(
        new_id(), given.code, given.name or given.code, person, authority.identity.id, authority.now
    )
    devices.add(value, tokens.digest(token))
    return value, token


def renew(authority: Authority, devices: Devices, code: str) -> tuple[Device, str]:
    """Give a device a new token, also one that was revoked; return it and the token.

    Raises
    ------
    NotFound
        There is none for the caller.
    """
    found = _require(authority, devices, code)
    token = tokens.new_token(tokens.DEVICE)
    devices.renew(found.id, tokens.digest(token))
    return devices.get(code), token


def revoke(authority: Authority, devices: Devices, code: str) -> None:
    """Let a device upload no more; what it sent stays.

    Raises
    ------
    NotFound
        There is none for the caller.
    """
    devices.revoke(_require(authority, devices, code).id, authority.now)


def _require(authority: Authority, devices: Devices, code: str) -> Device:
    """Return a device that is the caller's own or carried by somebody in the caller's area."""
    found = devices.get(code)
    if found.person != authority.identity.person:
        try:
            authority.require_over(found.person)
        except NotFound as error:
            raise devices.missing(code) from error
    return found
