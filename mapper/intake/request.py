"""A request as it came in, and what is said back: the values that every check of the room takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from mapper.feeds import Broken
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

RefusalKind = Literal[
    "unserved",
    "no_signature",
    "bad_signature",
    "too_old",
    "no_token",
    "bad_token",
    "unknown_key",
    "bad_origin",
    "not_json",
    "wrong_shape",
    "too_large",
    "too_many_events",
    "bad_type",
    "bad_encoding",
    "wrong_method",
    "rate",
    "full",
    "busy",
]
"""Why a request is refused: a closed set, which metrics may count by."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request. headers: by name in lower case. query: after the `?`, undecoded.

    raw: the body as it came, which is what is signed. body: once it is decompressed. peer: the address of the
    other end of the connection.
    """

    headers: Mapping[str, str]
    raw: bytes
    body: bytes
    query: str = ""
    method: str = "POST"
    peer: str = ""


@dataclass(frozen=True, slots=True)
class RequestRefusal:
    """A request that is not accepted. reason: for our own log; who asked is told the status alone."""

    status: int
    kind: RefusalKind
    reason: SafeText


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to a request. headers: with names in lower case; the length is not among them."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event of a request. text: its JSON as the sender wrote it, or why it cannot be read.

    delivery: what the sender calls this delivery, equal in all tries of it, and in all events of a request
    that has one name; None where it does not say.
    """

    text: bytes | Broken
    delivery: bytes | None = field(default=None, repr=False)


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of a request by name in lower case; one that came several times is joined, as HTTP says."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        if key not in headers:
            headers[key] = text
            continue
        between = "; " if key == "cookie" else ", "
        headers[key] = f"{headers[key]}{between}{text}"
    return headers
