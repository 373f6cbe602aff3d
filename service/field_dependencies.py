"""What the routes of the field share: the device that sends, and what other use cases do with its things."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_OID, UUID, uuid5

import numpy as np
import numpy.typing as npt
from fastapi import Depends, Path, Request
from pydantic import BaseModel

from geo.clock import Corrections
from geo.errors import N_, WardlineError
from layers.errors import NotFound
from layers.incidents import Incident
from layers.outreach_records import Gathering
from layers.people import People
from layers.stores import Stores
from service.access.identity import EVERYBODY, Identity
from service.access.policy import HANDLING
from service.dependencies import IdentityDep, Service, ServiceDep, StoresDep, present_ground
from service.errors import NotAllowed
from service.indexes.ground import Ground
from service.photos.vault import Vault
from service.schemas.incidents import IncidentIn, IncidentPatch
from service.schemas.outreach import OutreachIn
from service.strict_requests import require_json
from service.use_cases import due, incidents, outreach, tracks
from service.use_cases.field import Sender

DeviceCode = Annotated[
    str, Path(min_length=1, max_length=64, pattern=r"\S", description="The device that sends.")
]


class FieldWork:
    """What the use cases of tracks and incidents do with what comes from the field."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ground: Ground | None = None

    def recompute(self, stores: Stores, device: str, t: npt.NDArray[np.float64], clock: Corrections) -> None:
        """Bring the ledger of a device up to date for the days of some times."""
        tracks.keep_up(stores, device, t, clock)

    def remake(
        self,
        stores: Stores,
        device: str,
        clock_days: Sequence[date],
        before: Corrections,
        after: Corrections,
    ) -> set[date]:
        """Make the ledger of a device anew after its clock was set right on some days."""
        return tracks.remake(stores, device, clock_days, before, after)

    def receive(
        self, stores: Stores, reports: Sequence[IncidentIn]
    ) -> list[tuple[Incident, bool] | WardlineError]:
        """Take in incidents and assign them."""
        ground = self._present(stores)
        allowed = self._service.settings.allow_datum_inverse
        return incidents.receive_all(stores, ground, reports, allow_inverse=allowed)

    def change(
        self, stores: Stores, edits: Sequence[tuple[UUID, IncidentPatch, int]]
    ) -> list[Incident | WardlineError]:
        """Change incidents that are at a version each."""
        ground = self._present(stores)
        allowed = self._service.settings.allow_datum_inverse
        changes = [incidents.Change(*one) for one in edits]
        return incidents.change_all(stores, ground, changes, allow_inverse=allowed)

    def may_record(self, stores: Stores, sender: Sender) -> bool:
        """Say whether the person of a device handles incidents in the district, and so may record."""
        people = People(stores.session)
        with stores.settling():
            if _login(people, sender) is None:
                return True  # open access: nobody is known, and everybody may
            held = people.in_force(sender.person, sender.received_at)
        return any(one.role in HANDLING and one.district in (None, stores.district) for one in held)

    def record(self, stores: Stores, sender: Sender, given: OutreachIn) -> tuple[Gathering, bool]:
        """Store a meeting or visit, its open problems taken in as incidents."""
        ground = self._present(stores)
        with stores.settling():
            login = _login(People(stores.session), sender)
        by = outreach.Recorder(login or sender.device, sender.person, sender.received_at)
        with stores.intake():
            return outreach.record(stores, ground, given, by, lambda found: self.receive(stores, found))

    def _present(self, stores: Stores) -> Ground:
        """Return today's ground: looked at once, so that all items of a request are judged by the same."""
        if self._ground is None:
            self._ground = present_ground(self._service, stores)
        return self._ground


def _login(people: People, sender: Sender) -> str | None:
    """Return the login of the person of a device; None where access is open and nobody is known."""
    try:
        return people.get(sender.person).login
    except NotFound:
        return None


def get_work(service: ServiceDep) -> FieldWork:
    """Return what is done with what comes from the field."""
    return FieldWork(service)


WorkDep = Annotated[FieldWork, Depends(get_work)]


def get_settled(stores: StoresDep) -> Iterator[None]:
    """Bring the tasks of coverage in step with what a request brought, before it is committed."""
    yield
    due.settle(stores, datetime.now(UTC))


SETTLED = Depends(get_settled, scope="function")
"""What every route that brings evidence depends on."""


def sender_of(identity: Identity, device: str) -> Sender:
    """Return who sends as a device.

    Raises
    ------
    NotAllowed
        The token is that of another device, or of no device.
    """
    now = datetime.now(UTC)
    if identity.kind == "device" and identity.name == device and identity.person is not None:
        return Sender(device, identity.person, now)
    if identity == EVERYBODY:
        # Nobody is known where access is open, and a device is its own person.
        return Sender(device, uuid5(NAMESPACE_OID, f"wardline device {device}"), now)
    raise NotAllowed(
        N_("Device {device} can only be sent for with its own token."),
        mend=N_("Send the token of this device, as Authorization: Bearer."),
        where={"parameter": "device"},
        device=device,
    )


def get_sender(device: DeviceCode, identity: IdentityDep) -> Sender:
    """Return the device of the path, which the token must be of."""
    return sender_of(identity, device)


def get_bearer(identity: IdentityDep) -> Sender:
    """Return the device that the token is of."""
    return sender_of(identity, identity.name)


SenderDep = Annotated[Sender, Depends(get_sender)]
BearerDep = Annotated[Sender, Depends(get_bearer)]


async def get_json_body(request: Request) -> bytes:
    """Return the bytes of a JSON body as they came; an empty one needs no type."""
    body = await request.body()
    if body:
        require_json(request)
    return body


JsonBodyDep = Annotated[bytes, Depends(get_json_body)]


def get_vault(service: ServiceDep) -> Vault:
    """Return where photos are kept."""
    return Vault(service.settings.home / "files")


VaultDep = Annotated[Vault, Depends(get_vault)]


def json_request(model: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI says of a JSON body that we read ourselves."""
    schema = model.model_json_schema()
    shapes = schema.pop("$defs", {})
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _inline(schema, shapes)}},
        }
    }


def _inline(value: Any, shapes: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inline(one, shapes) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _inline(shapes[value["$ref"].rpartition("/")[2]], shapes)
    return {name: _inline(one, shapes) for name, one in value.items()}
