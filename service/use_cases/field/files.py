"""Photos from the field: they come in parts, before or after what names them, and prove what was done."""

from dataclasses import dataclass

from geo.errors import N_
from layers.errors import NotFound
from layers.field_files import FieldFile
from layers.stores import Stores
from service.photos.bare import bare
from service.photos.vault import Part, Vault
from service.use_cases.field.judged import Sender
from service.use_cases.field.visits import show


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a file is kept; ``size`` is None where it is not known yet."""

    sha256: str
    offset: int
    size: int | None
    complete: bool
    fresh: bool = False

    def to_json(self) -> dict[str, object]:
        """Return it as the device reads it."""
        return {"sha256": self.sha256, "offset": self.offset, "size": self.size, "complete": self.complete}


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo as it is given out: without what it tells beside the picture."""

    content: bytes
    media_type: str
    sha256: str


def progress(stores: Stores, vault: Vault, sender: Sender, sha256: str) -> Progress:
    """Return how much of a file of a device is kept."""
    known = stores.field_files.get(sender.person, sha256)
    if known is not None:
        return Progress(sha256, known.size, known.size, complete=True)
    return Progress(sha256, vault.offset(_key(stores, sender), sha256), None, complete=False)


def receive(stores: Stores, vault: Vault, sender: Sender, sha256: str, part: Part) -> Progress:
    """Keep a part of a file; once it is whole, link it to what names it.

    Raises
    ------
    ContentTooLarge, InvalidInput, OffsetDiffers, DigestDiffers, UnsupportedFormat
        See :meth:`service.photos.vault.Vault.receive`.
    """
    known = stores.field_files.get(sender.person, sha256)
    if known is not None:
        return Progress(sha256, known.size, known.size, complete=True)
    key = _key(stores, sender)
    media_type = vault.receive(key, sha256, part)
    if media_type is None:
        return Progress(sha256, vault.offset(key, sha256), part.size, complete=False)
    stores.batches.hold(sender.person)
    value = FieldFile(sender.person, sha256, sender.device, part.size, media_type, sender.received_at)
    fresh = stores.field_files.add(value)
    linked = stores.field_files.link(sender.person, [sha256], sender.received_at)
    show(stores, [one.subject for one in linked if one.kind == "visit"])
    return Progress(sha256, part.size, part.size, complete=True, fresh=fresh)


def shown(stores: Stores, vault: Vault, device: str, sha256: str) -> Shown:
    """Return a photo that a device sent, without its position, camera and comments.

    Raises
    ------
    NotFound
        The device sent no such file, or the caller may not see it.
    PhotoUnreadable
        What it tells cannot be taken out.
    """
    known = stores.field_files.from_device(device, sha256)
    if known is None:
        raise NotFound(
            N_("Device {device} sent no file {sha256}."),
            mend=N_("It may be on its way; ask again later."),
            where={"parameter": "sha256"},
            device=device,
            sha256=sha256,
        )
    content = vault.path(sha256).read_bytes()
    return Shown(bare(content, known.media_type), known.media_type, sha256)


def _key(stores: Stores, sender: Sender) -> str:
    """Return what the parts of a file are known by: devices of others never continue each other's."""
    return f"{stores.district}/{sender.person}/{sender.device}"
