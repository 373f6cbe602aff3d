"""A unit with everything around it: parents, children, and who answers for it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from layers.catalog import Layer
from layers.errors import NotFound
from layers.stores import Stores
from layers.units import Unit


def describe_unit(
    stores: Stores, code: str, day: date, layer: str | None = None, known_at: datetime | None = None
) -> dict[str, Any]:
    """Return a unit by its code or id on a day; without a layer, of the first layer that has the code.

    ``known_at`` is the instant of the knowledge asked for, now where none is given; of who answers for the
    unit only what is known now is kept.

    Raises
    ------
    NotFound
        No unit has the code on that day.
    UnknownLayer
        There is no such layer.
    """
    layers = (stores.layers.get(layer),) if layer is not None else stores.layers.all()
    missing: NotFound | None = None
    for found in layers:
        try:
            unit = stores.grids.unit_by_code(found.code, code, day, known_at=known_at)
        except NotFound as error:
            missing = error
            continue
        return _description(stores, found, unit, day, known_at)
    told = _by_id(stores, code, day, layers, known_at)
    if told is not None:
        return told
    if missing is not None:
        raise missing
    raise stores.layers.unknown(layer or "grids")


def _by_id(
    stores: Stores, text: str, day: date, layers: Sequence[Layer], known_at: datetime | None
) -> dict[str, Any] | None:
    try:
        unit = stores.grids.unit(UUID(text), day, known_at)
    except (ValueError, NotFound):
        return None
    layer = next((one for one in layers if one.code == unit.layer), None)
    return None if layer is None else _description(stores, layer, unit, day, known_at)


def _description(
    stores: Stores, layer: Layer, unit: Unit, day: date, known_at: datetime | None
) -> dict[str, Any]:
    tree = stores.grids.tree(layer.code, day, known_at)
    chain = tree.chain(unit.id)
    names = {one.id: one.code for one in chain}
    responsible = stores.representatives.responsible_for([one.id for one in chain], day)
    return {
        "id": str(unit.id),
        **_place(layer, unit),
        "layer": layer.code,
        "households": unit.households,
        "attributes": dict(unit.attributes),
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
        "chain": [_place(layer, one) for one in chain],
        "children": [_place(layer, one) for one in tree.children().get(unit.id, ())],
        "responsible": [
            {
                "code": one.representative.code,
                "name": one.representative.name,
                "role": one.role,
                "through": names[one.unit],
            }
            for one in responsible
        ],
    }


def _place(layer: Layer, unit: Unit) -> dict[str, str]:
    return {"code": unit.code, "name": unit.name, "level": layer.level_names[unit.level]}
