"""The running service as an attacker sees it: bytes on a socket, any header, any length, sent in pieces."""

import http.client
import json
import select
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, text

from tests.hostile.program import Cost, measured

TIMEOUT_S = 60.0
_PIECE = 1 << 16
# What the service writes of its own accord, whatever is asked of it.
_OWN_RECORDS = frozenset({"alembic_version", "spatial_ref_sys", "audit", "session", "sign_in"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class Wire:
    """A service on a port of this machine, its process, and the database behind it."""

    port: int
    pid: int
    engine: Engine
    costs: dict[str, Cost] = field(default_factory=dict)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send a request and return the answer; an answer that comes early ends the sending.

        A body in bytes is sent with its length, unless a header says another; other bodies in chunks.
        """
        address = f"{path}?{urlencode(query, doseq=True)}" if query else path
        given = {"Host": f"127.0.0.1:{self.port}", "Accept-Language": "en", **(headers or {})}
        chunked = not isinstance(body, bytes)
        if not isinstance(body, bytes):
            given["Transfer-Encoding"] = "chunked"
        elif body:
            given.setdefault("Content-Length", str(len(body)))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.putrequest(method, address, skip_host=True, skip_accept_encoding=True)
            for name, value in given.items():
                connection.putheader(name, value)
            connection.endheaders()
            _send_all(connection, _pieces(body), chunked=chunked)
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def contents(self) -> dict[str, int]:
        """Return how many rows each table has."""
        return contents(self.engine)

    def refuse(
        self,
        status: int,
        code: str,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        traced: bool = False,
    ) -> dict[str, Any]:
        """Send what must be refused; check the refusal, its cost, and that nothing was stored.

        Of some refusals the audit keeps a trace: one entry, and nothing else.
        """
        stored = self.contents()
        if traced:
            stored["audit_entry"] += 1
        answer, _ = measured(self.pid, lambda: self.send(method, path, body, headers, query))
        assert answer.status == status, answer.content[:500]
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["status"] == status
        assert problem["code"] == code
        assert problem["detail"]
        assert problem["where"], problem
        assert self.contents() == stored
        assert self.send("GET", "/healthz").status == 200
        return problem


def contents(engine: Engine) -> dict[str, int]:
    """Return how many rows each table of a database has."""
    find = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    with engine.connect() as connection:
        names = sorted(set(connection.execute(find).scalars()) - _OWN_RECORDS)
        counts = ", ".join(f"(SELECT count(*) FROM public.{name})" for name in names)  # noqa: S608
        row = connection.execute(text(f"SELECT {counts}")).one()
    return dict(zip(names, row, strict=True))


def _pieces(body: bytes | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(body, bytes):
        return (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
    return body


def _send_all(connection: http.client.HTTPConnection, pieces: Iterable[bytes], *, chunked: bool) -> None:
    """Send pieces until all are sent or the answer comes."""
    for piece in pieces:
        if select.select([connection.sock], [], [], 0)[0]:
            return
        try:
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        except (BrokenPipeError, ConnectionResetError):
            return
    if chunked:
        connection.send(b"0\r\n\r\n")
