"""States of plans in memory: each release once as a base, and what operations made of it.

A state is known by its release and operations alone, so what a process remembers is right whatever was
committed, undone or done by another process since; what is not remembered is made again by replaying.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from geo.redraw import Base, State, operation_from_json
from layers.catalog import Layer
from layers.releases import Release
from layers.stores import Stores

V = TypeVar("V")

KEPT_BASES = 4
KEPT_STATES = 256

Json = Mapping[str, Any]


class Drafts:
    """The bases and states that a process remembers; any number of threads may ask."""

    def __init__(self) -> None:
        self._bases: OrderedDict[UUID, Base] = OrderedDict()
        self._states: OrderedDict[bytes, State] = OrderedDict()
        self._keeping = threading.Lock()
        self._building = threading.Lock()

    def base(self, stores: Stores, layer: Layer, release: Release) -> Base:
        """Return a release as it was published, read where it is not remembered."""
        with self._building:  # one reads, the others wait for it
            return self._keep(self._bases, release.id, KEPT_BASES, lambda: read_base(stores, layer, release))

    def state(self, stores: Stores, layer: Layer, release: Release, ops: Sequence[Json]) -> State:
        """Return what operations, as they are stored, make of a release.

        Raises
        ------
        RedrawRefused
            An operation is not possible there: only where the operations were drawn on another release.
        """
        keys = _keys(release.id, ops)
        known = next((k for k in range(len(ops), 0, -1) if keys[k] in self._states), 0)
        state = self._remembered(keys[known]) if known else None
        if state is None:
            known, state = 0, State.of(self.base(stores, layer, release))
        for position in range(known, len(ops)):
            state, _ = state.apply(operation_from_json(ops[position]))
        self._remember(keys[len(ops)], state)
        return state

    def remember(self, release: UUID, ops: Sequence[Json], state: State) -> None:
        """Keep the state that operations, as they are stored, make of a release."""
        self._remember(_keys(release, ops)[len(ops)], state)

    def _remembered(self, key: bytes) -> State | None:
        with self._keeping:
            state = self._states.get(key)
            if state is not None:
                self._states.move_to_end(key)
            return state

    def _remember(self, key: bytes, state: State) -> None:
        self._keep(self._states, key, KEPT_STATES, lambda: state)

    def _keep(self, kept: OrderedDict[Any, V], key: Any, most: int, make: Callable[[], V]) -> V:
        with self._keeping:
            found = kept.get(key)
        made = make() if found is None else found
        with self._keeping:
            value = kept.setdefault(key, made)
            kept.move_to_end(key)
            while len(kept) > most:
                kept.popitem(last=False)
            return value


def read_base(stores: Stores, layer: Layer, release: Release) -> Base:
    """Return the leaves of a release as it was published."""
    return read_day(stores, layer, release.effective_on, release.published_at)


def read_day(stores: Stores, layer: Layer, day: date, known_at: datetime | None = None) -> Base:
    """Return the leaves in force on a day, as known at an instant, or now."""
    leaves = stores.grids.leaves(layer.code, day, known_at)
    tree = stores.grids.tree(layer.code, day, known_at)
    above = layer.leaf_level - 1
    return Base.build(
        leaves.ids,
        leaves.codes,
        leaves.names,
        leaves.parents,
        [None if count < 0 else count for count in leaves.households.tolist()],
        leaves.polygons,
        groups=[unit.id for unit in tree.units.values() if unit.level == above],
    )


def _keys(release: UUID, ops: Sequence[Json]) -> list[bytes]:
    """Return the keys of a release after none, one, … all of the operations."""
    keys = [release.bytes]
    for op in ops:
        words = json.dumps(op, sort_keys=True, separators=(",", ":"))
        keys.append(hashlib.sha256(keys[-1] + words.encode()).digest())
    return keys
