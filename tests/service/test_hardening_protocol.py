"""The server on a real socket: what smugglers and floods send, and whom it believes about addresses."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from service.cli import server
from service.hardening import protocol
from service.settings import Settings


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Say who asked, how, and with which headers and body."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    names = b",".join(name for name, _ in scope["headers"])
    said = b"%s %s %s %s" % (scope["client"][0].encode(), scope["scheme"].encode(), names, body)
    headers = [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    options = server._options(settings, quiet=True)
    bound = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(echo, lifespan="off", **options))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield bound.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(30)
        bound.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Settings()) as port:
        yield port


def talk(port: int, *parts: bytes) -> bytes:
    """Send the parts and return everything that comes back until the server closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        for part in parts:
            try:
                line.sendall(part)
            except OSError:
                break
        line.settimeout(1)
        heard = b""
        try:
            while piece := line.recv(65536):
                heard += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return heard


def test_an_ordinary_request_is_answered(port: int) -> None:
    heard = talk(port, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
    assert heard.startswith(b"HTTP/1.1 200")
    assert heard.endswith(b"127.0.0.1 http host,content-length hi")
    assert b"server:" not in heard.lower()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length : 3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: 0x3\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"X: y\r\n folded: z\r\nContent-Length: 3\r\n",
        b"X: a\x00b\r\n",
        b"X: a\nGET /smuggled HTTP/1.1\r\n",
    ],
)
def test_what_smugglers_send_is_never_two_requests(port: int, head: bytes) -> None:
    hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    heard = talk(port, b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n" + hidden)
    assert heard.startswith(b"HTTP/1.1 400"), heard
    assert b"200 OK" not in heard


def test_trailers_become_no_headers(port: int) -> None:
    heard = talk(
        port,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nhi\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer x\r\n\r\n",
    )
    assert heard.endswith(b"host,transfer-encoding hi")


def is_cut_off(port: int, start: bytes, more: bytes) -> bool:
    """Send a start and then more and more of the same; say whether the server puts an end to it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        try:
            line.sendall(start)
            for _ in range(100):
                line.sendall(more * 4000)
                time.sleep(0.002)
            line.settimeout(1)
            while line.recv(1000):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True


CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: a\r\n"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"a"),
        (b"GET /", b"a"),
        (CHUNKED + b"2\r\nhi\r\n0\r\n", b"X: a\r\n"),
        (CHUNKED + b"2\r\nhi\r\n0\r\nX: ", b"a"),
        (CHUNKED + b"2;x=", b"a"),
    ],
)
def test_what_is_no_body_has_a_bound(port: int, start: bytes, more: bytes) -> None:
    assert is_cut_off(port, start, more)


def test_a_head_that_is_too_large_is_told_so(port: int) -> None:
    heard = talk(port, b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"a" * (protocol.LARGEST_HEAD + 1))
    assert heard.startswith(b"HTTP/1.1 431")


def test_who_never_ends_a_head_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LONGEST_HEAD_S", 0.3)
    with serving(Settings()) as port:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: a\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
                if begun:
                    line.sendall(begun)
                assert line.recv(100) == b""
        # A connection that did send a request is not cut by that clock.
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            for _ in range(2):
                line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert line.recv(1000).startswith(b"HTTP/1.1 200")
                time.sleep(0.5)


FORWARDED = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n\r\n"


def test_nobody_is_believed_about_addresses(port: int) -> None:
    assert b"127.0.0.1 http " in talk(port, FORWARDED)


def test_a_named_proxy_is_believed_about_addresses() -> None:
    with serving(Settings(proxies="127.0.0.0/8, 10.0.0.1")) as port:
        assert b"192.0.2.9 https " in talk(port, FORWARDED)
    with serving(Settings(proxies="10.0.0.1")) as port:
        assert b"127.0.0.1 http " in talk(port, FORWARDED)


def test_there_are_no_web_sockets(port: int) -> None:
    heard = talk(
        port,
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    assert b"101" not in heard.partition(b"\r\n")[0]
