"""A HAR file, as a browser saves it -> an event for each request: its URL, method, time and user agent.

Cookies, other headers and all that is in a response are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mapper.feeds.block import Broken, DecodedBlock, Placed
from mapper.feeds.chunks import chained
from mapper.feeds.json_chunks import TEXT, cut_elements
from mapper.runtime.decode import decode_event, encode
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json

# In a block: the encoder takes four kilobytes for each.
_MOST_ENTRIES = 2048
_MARK = re.compile(rb'["\[\]{}:,]')
_NO_ENTRIES = SafeText("not a HAR file: it has no array `log.entries`")
_NO_URL = SafeText("not a HAR entry: it has no `request.url`")
# Reasons that a large body has, or one that is not text: the request itself may still be whole.
_OF_BODIES = ("too_large", "invalid_unicode")


def cut_entries(chunks: Iterator[bytes]) -> Iterator[DecodedBlock]:
    """The events of the entries that end in each chunk."""
    line = 1
    finder = _Finder((b"log", b"entries"), b"[")
    for chunk in chunks:
        at = finder.find(chunk)
        line += chunk.count(b"\n", 0, at)
        if at is not None:
            yield from _blocks(cut_elements(chained(chunk[at:], chunks), line))
            return
    yield DecodedBlock([(line, Broken(line, "malformed", _NO_ENTRIES))])


def _blocks(parts: Iterable[list[Placed]]) -> Iterator[DecodedBlock]:
    for part in parts:
        for at in range(0, len(part), _MOST_ENTRIES):
            yield DecodedBlock([(line, _event(line, text)) for line, text in part[at : at + _MOST_ENTRIES]])


def _event(line: int, text: bytes | Broken) -> bytes | Broken:
    """The event of an entry, of which no more may be there than its beginning."""
    if isinstance(text, Broken):
        return text
    try:
        event = _read(decode_event(text))
    except Invalid as invalid:
        event = _read_beginning(text) if invalid.kind in _OF_BODIES else {}
        if type(event.get("url")) is not str:
            return Broken(line, invalid.kind, invalid.reason)
    if type(event.get("url")) is not str:
        return Broken(line, "malformed", _NO_URL)
    return encode({name: value for name, value in event.items() if type(value) is str})


def _read(entry: dict[str, Any]) -> dict[str, Json]:
    request = entry.get("request")
    if type(request) is not dict:
        return {}
    headers = request.get("headers")
    agents = [
        one.get("value")
        for one in (headers if type(headers) is list else ())
        if type(one) is dict and str(one.get("name")).lower() == "user-agent"
    ]
    return {
        "url": request.get("url"),
        "method": request.get("method"),
        "time": entry.get("startedDateTime"),
        "user_agent": agents[0] if agents else None,
    }


def _read_beginning(text: bytes) -> dict[str, Json]:
    return {
        "url": _text_at(text, b"request", b"url"),
        "method": _text_at(text, b"request", b"method"),
        "time": _text_at(text, b"startedDateTime"),
    }


def _text_at(text: bytes, *path: bytes) -> Json:
    """The text at a path of a JSON object that may be cut off; None where it is not there."""
    start = _Finder(path, b'"').find(text)
    found = None if start is None else TEXT.match(text, start)
    if found is None or text[found.end() : found.end() + 1] != b'"':
        return None
    try:
        read: str = json.loads(b'"' + found[0] + b'"')
        read.encode()
    except ValueError:
        return None
    return read


@dataclass(slots=True)
class _Finder:
    """The search for a value by its path of keys, in JSON that arrives in chunks.

    mark: its first byte. keys: the one that is being read in each open bracket, as many as the path has.
    text: the last text, no more of it than tells it from a key of the path.
    """

    path: tuple[bytes, ...]
    mark: bytes
    depth: int = 0
    keys: list[bytes] = field(default_factory=list)
    text: bytes = b""
    in_text: bool = False
    escaped: bool = False

    def find(self, chunk: bytes) -> int | None:
        """The offset after the value's first byte; None where it is not in this chunk."""
        at = 0
        while at < len(chunk):
            if self.in_text:
                at = self._read_text(chunk, at)
                continue
            mark = _MARK.search(chunk, at)
            if mark is None:
                return None
            at = mark.end()
            if mark[0] == self.mark and self.depth == len(self.path) and tuple(self.keys) == self.path:
                return at
            self._meet(mark[0])
        return None

    def _read_text(self, chunk: bytes, at: int) -> int:
        """Read on in a text; the offset after what was read."""
        start, at = at, at + self.escaped
        found = TEXT.match(chunk, at)
        end = at if found is None else found.end()
        self.escaped = chunk[end : end + 1] == b"\\"
        self.in_text = self.escaped or end >= len(chunk)
        most = max(map(len, self.path)) + 1
        self.text = (self.text + chunk[start : min(end + self.escaped, start + most)])[:most]
        return end + 1

    def _meet(self, mark: bytes) -> None:
        if mark == b'"':
            self.in_text, self.text = True, b""
        elif mark in b"{[":
            self.depth += 1
            if self.depth <= len(self.path):
                self.keys.append(b"")
        elif mark in b"}]":
            self.depth -= 1
            if self.depth < len(self.path) and self.keys:
                self.keys.pop()
        elif self.depth <= len(self.path) and self.keys:
            self.keys[-1] = self.text if mark == b":" else b""
