"""Objects of a JSON text that all have the names of the first: read into structs made for those.

Such a struct is half of a dict, and so many objects have as many names as there have to be: where a name came
twice or another was missing, the text has others.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar, overload

import msgspec
import numpy as np
import numpy.typing as npt

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises of a text that it does not read."""

_MOST_NAMES = 64
_OBJECTS = msgspec.json.Decoder(dict[str, Any])

T = TypeVar("T")


class Later(Sequence[T], Generic[T]):
    """So many values that are read when somebody asks for one, which is seldom."""

    def __init__(self, count: int, read: Callable[[], Sequence[T]]) -> None:
        self._count, self._read = count, read

    @cached_property
    def _every(self) -> Sequence[T]:
        return self._read()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> Any:
        return self._every[place]


def names_of_first(body: bytes, after: bytes = b"") -> tuple[str, ...]:
    """Return the names of the first object that holds no other, from the first place of a mark on.

    Raises
    ------
    msgspec.DecodeError
        There is no such object.
    """
    start = body.find(b"{", body.find(after))
    return tuple(_OBJECTS.decode(body[start : body.find(b"}", start) + 1]))


def kind_of(names: Sequence[str], kinds: Mapping[str, Any], needed: Sequence[str]) -> type[Any] | None:
    """Return the struct with all of some names and no other, of the types that are told of some.

    A field has the name of its member where a type is told of it. None where a needed name is missing, or
    names are not such as programs choose.
    """
    usual = len(names) <= _MOST_NAMES and all(map(str.isidentifier, names))
    if not usual or not set(needed) <= set(names):
        return None
    # Names that nothing is read of may be any, also such as a field cannot have.
    fields = {name if name in kinds else f"other{place}": name for place, name in enumerate(names)}
    typed = [(field, kinds.get(name, Any)) for field, name in fields.items()]
    return msgspec.defstruct("Told", typed, rename=fields, gc=False, forbid_unknown_fields=True)


def column(told: Sequence[Any], name: str) -> list[Any]:
    """Return a member of each."""
    return list(map(attrgetter(name), told))


def floats(told: Sequence[Any], name: str) -> npt.NDArray[np.float64]:
    """Return a member of each that is a number or null, NaN where it is null or all have none."""
    if not hasattr(told[0], name):
        return np.full(len(told), np.nan)
    return np.array(column(told, name), dtype=np.float64)
