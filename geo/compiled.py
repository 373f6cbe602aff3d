"""The one decorator for compiled kernels: machine code at first call, kept on disk for the next process.

numba's own decorator is untyped for ``mypy --strict``; this one keeps the signature of the function. Kernels
release the interpreter lock, so that a server answers other requests while one runs.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

compiled = cast("Callable[[F], F]", numba.njit(cache=True, nogil=True, error_model="numpy"))
"""Compile a function of numbers and arrays."""
