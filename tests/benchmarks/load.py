"""A small HTTP load generator: fixed requests over kept-alive connections on the loopback."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import uvloop

TIMEOUT_S = 600.0


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
    """One connection with one request under way; answers are told by their Content-Length."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(LoadFailed(f"the connection was closed: {exc}"))

    def ask(self, request: bytes) -> asyncio.Future[bytes]:
        assert self.transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._waiting is None or self._waiting.done():
            return
        head = bytes(self._received[:end]).lower()
        at = head.find(b"content-length:")
        if at < 0 or not head.startswith(b"http/1.1 200"):
            self._waiting.set_exception(LoadFailed(bytes(self._received[:500]).decode(errors="replace")))
            return
        size = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._received) >= end + 4 + size:
            body = bytes(self._received[end + 4 : end + 4 + size])
            del self._received[: end + 4 + size]
            self._waiting.set_result(body)


def load(port: int, targets: Sequence[str], *, connections: int, rate: float | None = None) -> Load:
    """Request each target once and return what came of it.

    Parameters
    ----------
    rate
        Requests a second, sent at even distances whether earlier ones are answered or not; latency then
        counts from when a request was due. Without a rate each connection asks as soon as it is answered.

    Raises
    ------
    LoadFailed
        Not every request was answered with 200.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_load(port, targets, connections, rate))


async def _load(port: int, targets: Sequence[str], connections: int, rate: float | None) -> Load:
    requests = [f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for target in targets]
    latencies = np.zeros(len(requests))
    bodies: list[bytes] = [b""] * len(requests)
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(_Connection, "127.0.0.1", port))[1] for _ in range(connections)]
    begin = time.perf_counter()

    async def work(first: int, connection: _Connection) -> None:
        for i in range(first, len(requests), connections):
            due = time.perf_counter()
            if rate is not None:
                due = begin + i / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            bodies[i] = await connection.ask(requests[i])
            latencies[i] = (time.perf_counter() - due) * 1e3

    try:
        async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as group:
            for first, connection in enumerate(opened):
                group.create_task(work(first, connection))
    except* (LoadFailed, TimeoutError) as failures:
        raise LoadFailed(str(failures.exceptions[0])) from failures
    finally:
        for connection in opened:
            if connection.transport is not None:
                connection.transport.close()
    return Load(time.perf_counter() - begin, latencies, bodies)
