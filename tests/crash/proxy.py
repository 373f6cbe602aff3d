"""A proxy that loses acknowledgements: the server has done the work and answered, the client never hears."""

import asyncio
import random
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

_BLOCK = 1 << 16
_PROMISE = b"HTTP/1.1 20"


class LosingProxy:
    """Passes connections on to a port of the loopback and drops answers at random, in a thread of its own.

    Of the answers it drops a ``share``: half of these entirely, half after their first half. Either way the
    connection ends, as it would in a tunnel under a hill. ``lost`` counts the acknowledgements among them.
    """

    def __init__(self, target: int, share: float, seed: int) -> None:
        self.lost = 0
        self.port = 0
        self._target = target
        self._share = share
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._working: set[asyncio.Task[None]] = set()

    def __enter__(self) -> "LosingProxy":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in self._working:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._working, return_exceptions=True))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._start(self._serve(reader, writer))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            try:
                server, request = await asyncio.open_connection("127.0.0.1", self._target)
            except OSError:
                answer.close()
                return
            try:
                await self._relay(client, request, server, answer)
            finally:
                request.close()
                answer.close()

    async def _relay(
        self,
        client: asyncio.StreamReader,
        request: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        answer: asyncio.StreamWriter,
    ) -> None:
        async def forward() -> None:
            while block := await client.read(_BLOCK):
                request.write(block)
                await request.drain()
            request.write_eof()

        sending = self._loop.create_task(forward())
        try:
            while block := await server.read(_BLOCK):
                if self._random.random() < self._share:
                    self.lost += block.startswith(_PROMISE)
                    answer.write(block[: len(block) // 2] if self._random.random() < 0.5 else b"")
                    await answer.drain()
                    return
                answer.write(block)
                await answer.drain()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
