"""A request's body: read as far as its path allows, decompressed; all of them together within bounds."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mapper.intake.entry import Entry
from mapper.intake.request import RequestRefusal
from mapper.safe_text import SafeText

ReceiveMessage: TypeAlias = Callable[[], Awaitable[Any]]
TOO_LARGE = RequestRefusal(413, "too_large", SafeText("the body is larger than the entry allows"))
_ENCODED = RequestRefusal(415, "bad_encoding", SafeText("a content encoding that the entry does not accept"))
_NOT_GZIP = RequestRefusal(400, "bad_encoding", SafeText("the body is not gzip, as its encoding says"))
_NO_JSON_TYPE = RequestRefusal(415, "bad_type", SafeText("a content type that is not JSON"))
_GZIP = 16 + zlib.MAX_WBITS
_MOST_DIGITS = 12
"""More than the length of any body has; `int` refuses thousands of digits with an error."""
_PIECE_BYTES = 64 * 1024
_MOST_STREAMS = 1_000
"""In one body: thousands of empty ones are nobody's log, and each takes its time."""
_TYPES = frozenset(
    {
        *("", "application/json", "text/json", "text/plain", "application/octet-stream"),
        *("application/x-ndjson", "application/ndjson", "application/jsonl"),
    }
)
"""Text is JSON too: a page may post no other type without asking first."""


class ClientGone(Exception):
    """Who asked has left before all was said."""


@dataclass(slots=True)
class HeldBytes:
    """The room for large bodies in memory. Who finds none waits, and is not read from meanwhile.

    most: bytes of all of them, but one may always be held.
    """

    most: int
    _held: int = 0
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    @asynccontextmanager
    async def room(self, size: int) -> AsyncIterator[None]:
        """Within it a body of so many bytes may be held."""
        while self._held and self._held + size > self.most:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._held += size
        try:
            yield
        finally:
            self._held -= size
            waiting, self._waiting = self._waiting, []
            for turn in waiting:
                if not turn.done():
                    turn.set_result(None)


def size_of(entry: Entry, headers: Mapping[str, str]) -> int | RequestRefusal:
    """The bytes that a body may have at most, as its header says or else its entry."""
    written = headers.get("content-length")
    if written is None:
        return entry.limits.body if "transfer-encoding" in headers else 0
    digits = written.lstrip("0") or "0"
    if not digits.isascii() or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return TOO_LARGE
    size = int(digits)
    if size > entry.limits.body:
        return TOO_LARGE
    return entry.limits.body if is_gzip(headers) else size


def is_gzip(headers: Mapping[str, str]) -> bool:
    """Whether a body is compressed."""
    return headers.get("content-encoding", "").strip().lower() == "gzip"


def refused_encoding(entry: Entry, headers: Mapping[str, str]) -> RequestRefusal | None:
    """Why a body is not read, by its encoding."""
    encoding = headers.get("content-encoding", "").strip().lower()
    is_read = encoding in ("", "identity") or (encoding == "gzip" and entry.accepts_gzip)
    return None if is_read else _ENCODED


def refused_type(headers: Mapping[str, str]) -> RequestRefusal | None:
    """Why a body is not taken for events, by its type."""
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    is_json = kind in _TYPES or (kind.startswith("application/") and kind.endswith("+json"))
    is_utf8 = "charset" not in parameters or "utf-8" in parameters or "utf8" in parameters
    return None if is_json and is_utf8 else _NO_JSON_TYPE


async def read_body(receive: ReceiveMessage, most: int) -> bytes | RequestRefusal:
    """The body as it comes. Raises ClientGone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        content: bytes = message.get("body", b"")
        return content if len(content) <= most else TOO_LARGE
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            return TOO_LARGE
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def unzipped(raw: bytes, most: int) -> bytes | RequestRefusal:
    """What was compressed, one stream or several after each other; no more of it is made than `most`."""
    parts: list[bytes] = []
    size = at = 0
    for _ in range(_MOST_STREAMS):
        if at == len(raw):
            break
        stream = zlib.decompressobj(_GZIP)
        # In pieces: what follows a stream is copied at its end.
        while not stream.eof:
            piece = raw[at : at + _PIECE_BYTES]
            at += len(piece)
            try:
                part = stream.decompress(piece, most - size + 1)
            except zlib.error:
                return _NOT_GZIP
            size += len(part)
            if size > most:
                return TOO_LARGE
            if not piece and not stream.eof:
                return _NOT_GZIP
            parts.append(part)
        at -= len(stream.unused_data)
    return b"".join(parts) if at == len(raw) else _NOT_GZIP
