"""What an incident is about where it is a thing of its own: a marker, named by its code."""

from collections.abc import Iterable

from geo.errors import N_
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.ground import Ground


def known_assets(stores: Stores, ground: Ground, named: Iterable[str | None]) -> frozenset[str]:
    """Return which of some codes are those of markers that stand now, whoever may see them."""
    wanted = {(one, ground.day) for one in named if one is not None}
    if not wanted:
        return frozenset()
    with acting(stores.session, SYSTEM):
        return frozenset(code for code, _ in stores.markers.by_codes(wanted))


def require_asset(code: str | None, known: frozenset[str]) -> None:
    """Refuse a code that no marker has.

    Raises
    ------
    InvalidInput
        There is no such marker now.
    """
    if code is not None and code not in known:
        raise InvalidInput(
            N_("There is no marker {code}."),
            mend=N_("Check the number on it, or leave it out and describe it."),
            where={"pointer": "/asset"},
            code=code,
        )
