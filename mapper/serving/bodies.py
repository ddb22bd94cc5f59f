"""A request's body: read as far as its path allows, decompressed."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from mapper.intake.entry import Entry
from mapper.intake.request import RequestRefusal
from mapper.serving.held_bytes import HeldBody
from mapper.values.safe_text import SafeText

ReadPart: TypeAlias = Callable[[], Awaitable[tuple[bytes, bool]]]
"""The next part of a body, and whether there are more. Raises ClientGone."""
NO_ROOM = RequestRefusal(503, "busy", SafeText("no room in memory for another large body"))
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
    """The client has left before all was said."""


def refused_size(entry: Entry, headers: Mapping[str, str]) -> RequestRefusal | None:
    """The refusal of a body by its length, before it is read."""
    digits = headers.get("content-length", "").lstrip("0") or "0"
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return None if is_number and int(digits) <= entry.limits.body else TOO_LARGE


def is_gzip(headers: Mapping[str, str]) -> bool:
    """Whether a body is compressed."""
    return headers.get("content-encoding", "").strip().lower() == "gzip"


def refused_encoding(entry: Entry, headers: Mapping[str, str]) -> RequestRefusal | None:
    """The refusal of a body by its encoding, before it is read."""
    encoding = headers.get("content-encoding", "").strip().lower()
    is_read = encoding in ("", "identity") or (encoding == "gzip" and entry.accepts_gzip)
    return None if is_read else _ENCODED


def refused_type(headers: Mapping[str, str]) -> RequestRefusal | None:
    """The refusal of a body by its type."""
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    is_json = kind in _TYPES or (kind.startswith("application/") and kind.endswith("+json"))
    is_utf8 = "charset" not in parameters or "utf-8" in parameters or "utf8" in parameters
    return None if is_json and is_utf8 else _NO_JSON_TYPE


async def read_body(read: ReadPart, most: int, held: HeldBody) -> bytes | RequestRefusal:
    """The body as it comes. Raises ClientGone."""
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        part, is_more = await read()
        size += len(part)
        if size > most:
            return TOO_LARGE
        if not await held.grow(len(part)):
            return NO_ROOM
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def unzipped(raw: bytes, most: int) -> bytes | RequestRefusal:
    """The unzipped content, one stream or several after each other; at most `most` bytes of it are made."""
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
