"""Photos from the field: which were named by a visit, incident or meeting, and which have arrived.

The bytes are files of their own, known by their SHA-256 (see the record 0017); here is who sent them and
what they belong to. A photo belongs to what the same person named it for: nobody gets at another's photo by
naming its digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from layers.field_tables import field_file, field_photo
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class FieldFile:
    """A file that arrived whole: its bytes have this SHA-256."""

    person: UUID
    sha256: str
    device: str
    size: int
    media_type: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Photo:
    """That a visit, incident or meeting (``kind``) names it; ``linked_at`` is None while it is pending."""

    kind: str
    subject: UUID
    sha256: str
    device: str
    person: UUID
    linked_at: datetime | None = None


class FieldFiles(Store):
    """The photos of one district."""

    def add(self, value: FieldFile) -> bool:
        """Store that a file arrived; return whether it is new for its person."""
        row = {name: getattr(value, name) for name in FieldFile.__slots__}
        statement = insert(field_file).values(district=self.district, **row)
        statement = statement.on_conflict_do_nothing(index_elements=["district", "person", "sha256"])
        return self._write(statement.returning(field_file.c.sha256)).first() is not None

    def get(self, person: UUID, sha256: str) -> FieldFile | None:
        """Return a file of a person, None where it has not arrived."""
        row = self._first(
            select(field_file).where(
                field_file.c.district == self.district,
                field_file.c.person == person,
                field_file.c.sha256 == sha256,
            )
        )
        return None if row is None else _file(row)

    def from_device(self, device: str, sha256: str) -> FieldFile | None:
        """Return a file that a device sent, None where it sent none such."""
        row = self._first(
            select(field_file).where(
                field_file.c.district == self.district,
                field_file.c.device == device,
                field_file.c.sha256 == sha256,
            )
        )
        return None if row is None else _file(row)

    def name(self, photos: Sequence[Photo], at: datetime) -> None:
        """Store what names which photos; those that arrived before are linked at once."""
        if not photos:
            return
        rows = [{name: getattr(one, name) for name in Photo.__slots__} for one in photos]
        self._insert_new(field_photo, rows, ("district", "kind", "subject", "sha256"), "sha256")
        for person in {one.person for one in photos}:
            self.link(person, [one.sha256 for one in photos if one.person == person], at)

    def link(self, person: UUID, digests: Sequence[str], at: datetime) -> tuple[Photo, ...]:
        """Link the pending photos among some of a person that have arrived; return those now linked."""
        arrived = (
            select(field_file.c.sha256)
            .where(
                field_file.c.district == self.district,
                field_file.c.person == person,
                field_file.c.sha256 == func.any(list(digests)),
            )
            .scalar_subquery()
        )
        rows = self._write(
            update(field_photo)
            .where(
                field_photo.c.district == self.district,
                field_photo.c.person == person,
                field_photo.c.sha256.in_(arrived),
                field_photo.c.linked_at.is_(None),
            )
            .values(linked_at=at)
            .returning(field_photo)
        )
        return tuple(_photo(row) for row in rows)

    def photos(self, kind: str, subjects: Sequence[UUID]) -> tuple[Photo, ...]:
        """Return the photos that some visits, incidents or meetings name."""
        rows = self._all(
            select(field_photo)
            .where(
                field_photo.c.district == self.district,
                field_photo.c.kind == kind,
                field_photo.c.subject.in_(list(subjects)),
            )
            .order_by(field_photo.c.subject, field_photo.c.sha256)
        )
        return tuple(_photo(row) for row in rows)


def _file(row: Row[Any]) -> FieldFile:
    return FieldFile(**{name: getattr(row, name) for name in FieldFile.__slots__})


def _photo(row: Row[Any]) -> Photo:
    return Photo(**{name: getattr(row, name) for name in Photo.__slots__})
