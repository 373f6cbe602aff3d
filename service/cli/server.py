"""Serving over HTTP: the port taken before anything slow, then uvicorn, then a clean end."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from geo.errors import N_
from service.errors import ServiceError
from service.hardening.protocol import GuardedProtocol
from service.settings import PREFIX, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

_PORTS_TRIED = 50
_QUEUE = 128


class PortTaken(ServiceError):
    """The address cannot be listened on."""

    code = "port-taken"


def application() -> "FastAPI":
    """Return the application for the settings of the environment; one of several processes calls this."""
    from service.app import create_app  # noqa: PLC0415 - as late as possible, it imports nearly everything

    return create_app(Settings.load())


def take_port(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; what comes early waits until ``run`` answers it.

    Raises
    ------
    PortTaken
        The port is in use, not allowed, or the address is not of this machine.
    """
    taken = _bind(host, port)
    if isinstance(taken, socket.socket):
        return taken
    free = next((p for p in range(port + 1, min(port + _PORTS_TRIED, 65536)) if _is_free(host, p)), 0)
    raise PortTaken(
        N_("Cannot listen on port {port} of {host}: {reason}."),
        mend=N_("End the program that has it, or add --port {free}."),
        port=port,
        host=host,
        reason=(taken.strerror or str(taken)).lower(),
        free=free,
    )


def _bind(host: str, port: int) -> socket.socket | OSError:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        return error
    try:
        # Connections of the previous run that linger must not keep the port.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # With that option a bound port is only ours once we listen: who comes meanwhile waits in the queue.
        bound.listen(_QUEUE)
    except OSError as error:
        bound.close()
        return error
    return bound


def _is_free(host: str, port: int) -> bool:
    bound = _bind(host, port)
    if isinstance(bound, OSError):
        return False
    bound.close()
    return True


def address_of(bound: socket.socket, settings: Settings) -> str:
    """Return the address for a browser: the public one where it is set."""
    if settings.public_url:
        return settings.public_url.rstrip("/") + "/"
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class _Announcing(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await asyncio.to_thread(self._ready)


def _options(settings: Settings, *, quiet: bool) -> dict[str, Any]:
    """Return what uvicorn is told, however many processes there are."""
    return {
        "log_level": "warning" if quiet else "info",
        # Addresses of requests hold positions of people.
        "access_log": False,
        "server_header": False,
        "http": GuardedProtocol,
        "ws": "none",
        # By default uvicorn would believe whoever asks from this machine.
        "proxy_headers": bool(settings.proxies),
        "forwarded_allow_ips": [part.strip() for part in settings.proxies.split(",")],
    }


def run(settings: Settings, bound: socket.socket, ready: Callable[[], None], *, quiet: bool) -> None:
    """Serve until a signal ends it; ``ready`` is called once requests are answered."""
    if settings.workers == 1:
        from service.app import create_app  # noqa: PLC0415 - as late as possible, it imports nearly everything

        config = uvicorn.Config(create_app(settings), **_options(settings, quiet=quiet))
        server = _Announcing(config, ready)
        try:
            server.run(sockets=[bound])
        except (KeyboardInterrupt, SystemExit):
            # Uvicorn raises the signal that ended it once more. After a clean end that is no failure.
            if not server.started:
                raise
        if not server.started:
            raise SystemExit(1)
        return
    for name, value in settings.model_dump(exclude_none=True).items():
        os.environ[PREFIX + name.upper()] = str(value)
    config = uvicorn.Config(
        "service.cli.server:application",
        factory=True,
        workers=settings.workers,
        **_options(settings, quiet=quiet),
    )
    ready()
    sys.stdout.flush()
    Multiprocess(config, sockets=[bound]).run()
