"""The garbage collector: what lives as long as the process is looked through once, and not ever again.

After every few large uploads Python looks through all objects that there are, which with the libraries, the
indexes and the routes takes a tenth of a second and more. What is there when the service has begun stays.
"""

import asyncio
import gc
from collections.abc import Callable
from threading import Lock

_LOOK_S = 0.5
_YOUNG = 5_000
"""A body of a thousand points is as many objects, which come and go together."""
_once = Lock()


async def settle_after(is_ready: Callable[[], bool]) -> None:
    """Settle once the service is ready: its indexes are among what stays."""
    while not is_ready():
        await asyncio.sleep(_LOOK_S)
    settle()


def settle() -> None:
    """Collect what is garbage by now, and leave out the rest from now on; only the first call does anything.

    A process that begins the service again and again, as tests do, would keep what each of them left.
    """
    if _once.acquire(blocking=False):
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG)
