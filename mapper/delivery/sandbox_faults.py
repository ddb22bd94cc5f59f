"""The faults that the sandbox can be asked for, by name: how an answer is spoilt, or kept back. Pure."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import cache
from typing import TYPE_CHECKING, Literal

from mapper.delivery.answer_template import body_bytes
from mapper.delivery.fault_kinds import AFTER, BEFORE

if TYPE_CHECKING:
    from mapper.values.types import Json

_FAULT = re.compile(r"([a-z0-9-]+):(0(?:\.\d+)?|1(?:\.0+)?)")
_STATUS = re.compile(r"[345]\d\d")
_LATE_SECONDS = 0.3
_DRIP_SECONDS = 0.2
_DRIPS = 1_000
_HUGE = 16 * 1024 * 1024
_BOMB = 64 * 1024 * 1024
_PAST, _FUTURE = 946_684_800, 32_503_680_000  # 2000 and 3000
_HTML = b"<!doctype html><title>Sign in</title><p>Welcome to this network. Please sign in."
_GARBAGE = b'\x16\x03\x03 HTTP/1.1 200 OK\r\n{"nobody": "asked"}'


@dataclass(frozen=True, slots=True)
class Fault:
    """A share of the requests that fails. name: a status, or one of BEFORE or AFTER."""

    name: str
    share: float

    @property
    def status(self) -> int | None:
        """The status that is answered, where that is all."""
        return int(self.name) if _STATUS.fullmatch(self.name) else None


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer as it would be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def wire(self) -> bytes:
        """The bytes of the answer on the wire."""
        headers = {"content-type": "application/json", **self.headers, "content-length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{name}: {text}" for name, text in headers.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Script:
    """Bytes that are written by hand, each after so many seconds, and how it ends.

    keep: the connection stays open until the other side closes it.
    """

    steps: tuple[tuple[float, bytes], ...]
    end: Literal["close", "reset", "keep"]


def read_fault(text: str) -> Fault:
    """The fault that `503:0.1` or `reset:0.05` names. Raises ValueError for other texts."""
    found = _FAULT.fullmatch(text)
    if found is None or not (_STATUS.fullmatch(found[1]) or found[1] in BEFORE or found[1] in AFTER):
        raise ValueError(
            f"`{text}` is no fault: write a status or a name, then its share, as 503:0.1; "
            f"the names: {', '.join([*AFTER, *BEFORE])}"
        )
    return Fault(found[1], float(found[2]))


def instead(fault: Fault, said: Whole, now: float) -> Whole | Script:
    """The answer with a fault of BEFORE. said: the service's own of too many requests, or while it pauses."""
    name = fault.name
    if name in ("slow-down", "paused"):
        return said
    if name == "reset-before":
        return Script((), "reset")
    if name == "redirect":
        return Whole(307, b"", {"location": "http://127.0.0.1:9/elsewhere"})
    if name in ("html", "empty"):
        return Whole(200, _HTML if name == "html" else b"", {"content-type": "text/html"})
    waits = {
        "429-seconds": "2",
        "429-date": formatdate(now + 2, usegmt=True),
        "429-far": "1000000000",
        "429-garbage": "soon",
    }
    return replace(said, status=429, headers={**said.headers, "retry-after": waits[name]})


def spoil_values(fault: Fault, values: Mapping[str, Json]) -> Mapping[str, Json]:
    """The values that fill an answer, made wrong by one of AFTER."""
    received, events = values.get("received"), values.get("events")
    if fault.name == "wrong-count" and isinstance(received, int):
        return {**values, "received": received + 1}
    if fault.name == "short" and isinstance(events, list):
        return {**values, "events": events[:-1]}
    if fault.name == "unknown-word":
        return {**values, "events": _in_other_words(events)}
    return values


def spoil(fault: Fault, whole: Whole) -> Whole | Script:
    """The answer, spoilt by one of AFTER."""
    wire = whole.wire
    match fault.name:
        case "reset":
            return Script((), "reset")
        case "hang":
            return Script((), "keep")
        case "drip":
            return Script(
                (
                    (0, b"HTTP/1.1 200 OK\r\n"),
                    *((_DRIP_SECONDS, b"x-%d: y\r\n" % one) for one in range(_DRIPS)),
                ),
                "close",
            )
        case "truncated":
            return Script(((0, wire[: -max(1, len(whole.body) // 2)]),), "close")
        case "doubled":
            return Script(((0, wire + wire),), "keep")
        case "late":
            return Script(((0, wire), (_LATE_SECONDS, wire)), "keep")
        case "garbage":
            return Script(((0, wire + _GARBAGE),), "keep")
        case "huge":
            return replace(whole, body=_padded(whole.body))
        case "gzip":
            return replace(whole, body=_bomb(), headers={**whole.headers, "content-encoding": "gzip"})
        case "date-past" | "date-future":
            date = formatdate(_PAST if fault.name == "date-past" else _FUTURE, usegmt=True)
            return replace(whole, headers={**whole.headers, "date": date})
    return whole


def _padded(body: bytes) -> bytes:
    """The same JSON with blanks before it."""
    return b" " * _HUGE + body


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * _BOMB)


def _in_other_words(entries: Json) -> Json:
    """Entries in which each status, a word or a number, is one that the service does not have."""
    if type(entries) is int:
        return entries + 1
    if isinstance(entries, dict):
        return {name: _in_other_words(one) for name, one in entries.items()}
    if isinstance(entries, list):
        return [_in_other_words(one) for one in entries]
    return "queued" if isinstance(entries, str) and entries else entries


def json_of(status: int, body: Json, headers: Mapping[str, str]) -> Whole:
    """An answer with such a body, of type JSON unless it is text or none."""
    is_text = body is None or isinstance(body, str)
    kind = {"content-type": "text/plain; charset=utf-8"} if is_text else {}
    return Whole(status, body_bytes(body), {**kind, **headers})
