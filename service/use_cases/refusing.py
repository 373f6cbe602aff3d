"""Refusals that leave a trace: what was tried and not done, although a refusal undoes all else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from geo.errors import WardlineError
from layers.errors import Conflict
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition, NotAllowed, StaleCopy

NOTED: tuple[type[WardlineError], ...] = (Conflict, InvalidInput, InvalidTransition, NotAllowed, StaleCopy)


def refuse(
    stores: Stores, refusal: WardlineError, action: str, kind: str, subject: object, **facts: Any
) -> NoReturn:
    """Refuse, and let the audit keep that somebody tried, which the refusal undoes else."""
    stores.session.rollback()
    stores.audit.record(action, kind, subject, code=refusal.code, **facts)
    stores.session.commit()
    raise refusal


@contextmanager
def noted(
    stores: Stores,
    what: str,
    subject: object,
    refusals: tuple[type[WardlineError], ...] = NOTED,
    *,
    kind: str = "incident",
) -> Iterator[None]:
    """Let the audit keep an attempt that is refused, as ``<kind>.<what>-refused``."""
    try:
        yield
    except refusals as refusal:
        refuse(stores, refusal, f"{kind}.{what}-refused", kind, subject)
