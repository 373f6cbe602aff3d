"""Compiled code that a request needs and a fresh installation does not have yet: made beside the requests."""

import asyncio
import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

from geo.errors import N_
from service.errors import NotReady

PATIENCE_S = 3.0
_LOOK_S = 0.5
_log = logging.getLogger("wardline")


class BeingCompiled(NotReady):
    """What a request needs is being compiled, once after an installation or an update."""

    code = "being-compiled"
    wait_s = 5


class Compiling:
    """One thread that compiles, or loads what an earlier process compiled, and who waits for it."""

    def __init__(self, warm_up: Callable[[], None]) -> None:
        self._warm_up = warm_up
        self._begun = False
        self._lock = Lock()
        self._done = Event()

    async def begin_after(self, is_ready: Callable[[], bool]) -> None:
        """Begin once the service is ready: what makes it ready is compiled code too, and goes first."""
        while not is_ready():
            await asyncio.sleep(_LOOK_S)
        self.begin()

    def begin(self) -> None:
        """Begin, unless that was done; returns at once."""
        with self._lock:
            if not self._begun:
                self._begun = True
                Thread(target=self._run, name="compiling", daemon=True).start()

    def require(self, patience_s: float = PATIENCE_S) -> None:
        """Return when all is compiled.

        Raises
        ------
        BeingCompiled
            It takes longer than a request may wait.
        """
        self.begin()
        if not self._done.wait(patience_s):
            raise BeingCompiled(
                N_("The search for proposals is being compiled, once after an installation or an update."),
                mend=N_("Try again in a few seconds; it takes half a minute."),
            )

    def _run(self) -> None:
        try:
            self._warm_up()
        except Exception:  # noqa: BLE001 - whatever it is, the request that needs the code will say it
            _log.exception("What requests need could not be compiled ahead.")
        finally:
            self._done.set()
