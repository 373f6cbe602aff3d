"""Bodies that come packed (``Content-Encoding: gzip``): unpacked piece by piece, and never out of proportion.

What is unpacked counts against the limit of the route, as if it had come plainly, because this layer lies
outside of the one that counts.
"""

import zlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo.errors import N_
from service import i18n
from service.errors import ContentTooLarge, MalformedBody, UnsupportedFormat
from service.problems import refusal

MOST_RATIO = 100
"""Coordinates and times as text shrink to a fifth or a twentieth; only a bomb shrinks to a hundredth."""
RATIO_FROM = 1 << 20
"""What is small is no bomb, however much it shrank."""
_PIECE = 1 << 18
_GZIP = 31  # zlib's way to say: a gzip header, and the largest window


class Inflater:
    """Unpacks a gzip stream that comes in pieces.

    Raises ``MalformedBody`` for what is no gzip stream or breaks off, and ``ContentTooLarge`` for a bomb.
    """

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._packed = self._unpacked = 0
        self._waiting = b""

    def feed(self, data: bytes) -> None:
        """Take the next piece; call ``read`` until it returns nothing before the next."""
        self._packed += len(data)
        self._waiting = data

    def read(self, most: int = _PIECE) -> bytes:
        """Return some of what was unpacked, at most so many bytes; nothing where more must be fed."""
        if not self._waiting:
            return b""
        if self._stream.eof:
            raise _broken("there is more after its end")
        try:
            piece = self._stream.decompress(self._waiting, most)
        except zlib.error as error:
            raise _broken(str(error)) from error
        self._waiting = self._stream.unconsumed_tail or self._stream.unused_data
        self._unpacked += len(piece)
        if self._unpacked > RATIO_FROM and self._unpacked > MOST_RATIO * self._packed:
            raise ContentTooLarge(
                N_("What is sent packed unpacks to more than {most} times its size."),
                mend=N_("Send it unpacked, in parts."),
                where={"header": "Content-Encoding"},
                most=MOST_RATIO,
            )
        return piece

    def finish(self) -> None:
        """Refuse a stream that breaks off."""
        if not self._stream.eof:
            raise _broken("it breaks off")


def inflate(data: bytes, most: int) -> bytes:
    """Return the content of gzip data, refused where it is larger than ``most`` bytes or a bomb."""
    inflater = Inflater()
    inflater.feed(data)
    pieces, size = [], 0
    while piece := inflater.read():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise ContentTooLarge(
                N_("The packed file is larger than {most} MB unpacked."),
                mend=N_("Split it into several files; a command takes tracks of any size."),
                where={"part": "file"},
                most=most >> 20,
            )
    inflater.finish()
    return b"".join(pieces)


class Inflation:
    """Unpacks the bodies of requests for the application inside."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, unpacked; refuse a coding that is not gzip."""
        coding = Headers(scope=scope).get("content-encoding", "") if scope["type"] == "http" else ""
        coding = coding.strip().lower()
        if coding in ("", "identity"):
            await self.app(scope, receive, send)
            return
        if coding not in ("gzip", "x-gzip"):
            answer = refusal(_unknown(coding), _language(scope))
            answer.headers["Accept-Encoding"] = "gzip"
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)
            return
        inner = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=inner)
        for name in ("content-encoding", "content-length"):
            del headers[name]
        await self.app(inner, _Unpacked(receive), send)


class _Unpacked:
    """Receives a packed body and gives it unpacked."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._inflater = Inflater()
        self._more = True
        self._ended = False

    async def __call__(self) -> Message:
        """Return the next piece of the body; after its end whatever comes then."""
        while not self._ended:
            piece = self._inflater.read()
            if piece:
                return {"type": "http.request", "body": piece, "more_body": True}
            if not self._more:
                self._inflater.finish()
                self._ended = True
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._more = bool(message.get("more_body"))
            self._inflater.feed(message.get("body", b""))
        return await self._receive()


def _language(scope: Scope) -> str:
    default = scope["app"].state.settings.language
    return i18n.negotiate(Headers(scope=scope).get("accept-language", ""), default)


def _broken(reason: str) -> MalformedBody:
    return MalformedBody(
        N_("What is sent packed is not gzip: {reason}."),
        mend=N_("Pack it with gzip as a whole, or send it unpacked."),
        where={"header": "Content-Encoding"},
        reason=reason,
    )


def _unknown(coding: str) -> UnsupportedFormat:
    return UnsupportedFormat(
        N_("Bodies do not come in the coding “{coding}” here."),
        mend=N_("Send it unpacked, or with Content-Encoding: gzip."),
        where={"header": "Content-Encoding"},
        coding=coding[:40],
    )
