"""A small HTTP load generator: fixed requests over kept-alive connections on the loopback."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt
import uvloop

TIMEOUT_S = 600.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class LoadFailed(Exception):
    """A server closed a connection, answered something else than 200, or took too long."""


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: latency and body of each request in order, and the seconds of the whole."""

    seconds: float
    latencies_ms: npt.NDArray[np.float64]
    bodies: list[bytes]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.bodies) / self.seconds

    def percentile(self, percent: float) -> float:
        return float(np.percentile(self.latencies_ms, percent))


class _Connection(asyncio.Protocol):
    """One connection with one request under way at most; answers are told by their Content-Length.

    It takes its requests from the load by turns. Without tasks or futures for each request, so that on a
    small machine the generator leaves the time to the server.
    """

    def __init__(self, of: "_Loading", first: int) -> None:
        self._of = of
        self._next = first
        self._begun = 0.0
        self._received = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next < len(self._of.requests):
            self._of.fail(f"the connection was closed: {exc}")

    def proceed(self) -> None:
        """Send the next request, when it is due."""
        of = self._of
        if self._next >= len(of.requests):
            of.finish()
        elif of.rate is None:
            self._send(time.perf_counter())
        else:
            due = of.begin + self._next / of.rate
            wait = due - time.perf_counter()
            of.loop.call_later(wait, self._send, due) if wait > 0 else self._send(due)

    def _send(self, due: float) -> None:
        assert self.transport is not None
        # The loop's timers count whole milliseconds and may end one of them early.
        self._begun = min(due, time.perf_counter())
        self.transport.write(self._of.requests[self._next])

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self._received, 0, end + 2)
        if found is None or not self._received.startswith(b"HTTP/1.1 200"):
            self._of.fail(bytes(self._received[:500]).decode(errors="replace"))
            return
        size = end + 4 + int(found[1])
        if len(self._received) >= size:
            self._of.latencies_ms[self._next] = (time.perf_counter() - self._begun) * 1e3
            self._of.bodies[self._next] = bytes(self._received[end + 4 : size])
            del self._received[:size]
            self._next += self._of.connections
            self.proceed()


class _Loading:
    """A load under way, shared by its connections."""

    def __init__(self, requests: list[bytes], connections: int, rate: float | None) -> None:
        self.requests = requests
        self.connections = connections
        self.rate = rate
        self.latencies_ms = np.zeros(len(requests))
        self.bodies = [b""] * len(requests)
        self.begin = 0.0
        self.loop = asyncio.get_running_loop()
        self._working = connections
        self._ended: asyncio.Future[None] = self.loop.create_future()

    def finish(self) -> None:
        """Note that one connection has nothing more to ask."""
        self._working -= 1
        if not self._working and not self._ended.done():
            self._ended.set_result(None)

    def fail(self, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_exception(LoadFailed(reason))

    async def run(self, port: int) -> Load:
        opened: list[_Connection] = []
        try:
            for first in range(self.connections):
                make = partial(_Connection, self, first)
                opened.append((await self.loop.create_connection(make, "127.0.0.1", port))[1])
            self.begin = time.perf_counter()
            for connection in opened:
                connection.proceed()
            async with asyncio.timeout(TIMEOUT_S):
                await self._ended
        except (OSError, TimeoutError) as error:
            raise LoadFailed(str(error)) from error
        finally:
            for connection in opened:
                if connection.transport is not None:
                    connection.transport.close()
        return Load(time.perf_counter() - self.begin, self.latencies_ms, self.bodies)


def load(
    port: int, targets: Sequence[str], *, connections: int, rate: float | None = None, header: str = ""
) -> Load:
    """Request each target once and return what came of it.

    Parameters
    ----------
    header
        One more line of each request's head.
    rate
        Requests a second, sent at even distances whether earlier ones are answered or not; latency then
        counts from when a request was due. Without a rate each connection asks as soon as it is answered.

    Raises
    ------
    LoadFailed
        Not every request was answered with 200.
    """
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + (f"{header}\r\n" if header else "")
    requests = [f"GET {target} {head}\r\n".encode() for target in targets]
    return send(port, requests, connections=connections, rate=rate)


def send(port: int, requests: list[bytes], *, connections: int, rate: float | None = None) -> Load:
    """Send each request, as bytes, once; request ``k`` goes over connection ``k`` modulo their number.

    ``rate`` and what is raised are as of :func:`load`.
    """

    async def run() -> Load:
        return await _Loading(requests, min(connections, len(requests)), rate).run(port)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
