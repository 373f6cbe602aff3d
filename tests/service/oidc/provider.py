"""A real OpenID provider in a process of its own, and a front before it that can turn hostile.

The front passes every request on to the provider. It remembers the PKCE challenges that pass and holds them
against the verifiers, which this provider does not do itself, and it can be told to replace an answer.
"""

import base64
import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx

START_S = 60
USERS = (
    {"sub": "subject-of-ada", "name": "Ada", "preferred_username": "Ada", "email": "ada@county.example"},
    {"sub": "subject-of-eve", "name": "Eve", "preferred_username": "root", "email": "root@county.example"},
)

Answer = dict[str, Any]
Change = Callable[[Answer], Answer]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def real_provider() -> Iterator[str]:
    """Run the provider; yield its address."""
    port = free_port()
    users = [text for user in USERS for text in ("--user-claims", json.dumps(user))]
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
        *users,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                httpx.get(address + "/jwks").raise_for_status()
                break
            except httpx.HTTPError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def agree(address: str, subject: str) -> str:
    """Sign in at the provider; return where it sends the browser, as path and query of the service."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == "http://testserver"
    return f"{back.path}?{back.query}"


@dataclass
class Front:
    """The front's own address, what it saw, and how it changes answers by path."""

    address: str
    changes: dict[str, Change] = field(default_factory=dict)
    challenges: set[str] = field(default_factory=set)
    verified: list[bool] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def saw(self, target: str, body: bytes) -> None:
        """Note what a request tells about PKCE."""
        parts = urlsplit(target)
        self.asked.append(parts.path)
        query = dict(parse_qsl(parts.query))
        if query.get("code_challenge_method") == "S256":
            self.challenges.add(query["code_challenge"])
        if parts.path == "/oauth2/token":
            verifier = parse_qs(body.decode()).get("code_verifier", [""])[0]
            digest = hashlib.sha256(verifier.encode()).digest()
            self.verified.append(base64.urlsafe_b64encode(digest).rstrip(b"=").decode() in self.challenges)


@contextmanager
def fronted(provider: str) -> Iterator[Front]:
    """Serve the provider under another address, which is its issuer there."""

    class Handler(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            front.saw(self.path, body)
            headers = {name: value for name, value in self.headers.items() if name != "Connection"}
            found = httpx.request(self.command, provider + self.path, content=body, headers=headers)
            content, status = found.content, found.status_code
            change = front.changes.get(urlsplit(self.path).path)
            if change is not None:
                given = change({**json.loads(content), "status": status})
                status = given.pop("status")
                content = given["raw"] if "raw" in given else json.dumps(given).encode()
            self.send_response(status)
            for name in ("Content-Type", "Location"):
                if name in found.headers:
                    self.send_header(name, found.headers[name])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _pass  # noqa: N815 - as http.server calls them

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        front = Front(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join(30)
