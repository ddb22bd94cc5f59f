"""The steps of a request that need nothing of its server: what it is, and what is to be known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, ParamSpec, TypeVar

from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.intake.entry import Entry
from mapper.intake.meta import meta_of_request
from mapper.intake.receive import CheckedHead, receive_head
from mapper.intake.request import HttpAnswer, HttpRequest, ReceivedEvent, RequestRefusal, headers_of
from mapper.intake.sender_answers import handshake_of
from mapper.running.event_mapper import NumberedTexts
from mapper.serving.bodies import refused_encoding, refused_size, refused_type
from mapper.serving.commits import WHOLE_REQUEST
from mapper.serving.http1 import Exchange
from mapper.serving.path_messages import EntrySetup

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")

LARGE_BYTES = 256 * 1024
"""To check and cut up a larger body takes a thread of its own."""
_DIGEST_BYTES = 16


def checked_head(entry: Entry, request: HttpRequest, now: float) -> HttpAnswer | RequestRefusal | CheckedHead:
    """The state of a request before its body is read, where no keys are needed."""
    headers = request.headers
    refusal = refused_encoding(entry, headers) or refused_size(entry, headers)
    return refusal or receive_head(entry, request, now)


def wrong_type(entry: Entry, request: HttpRequest) -> RequestRefusal | None:
    """The refusal of a body by its type, but of one that is no event's."""
    refusal = refused_type(request.headers)
    return refusal if refusal and request.raw and handshake_of(entry, request) is None else None


def request_of(exchange: Exchange, body: bytes) -> HttpRequest:
    """The request of an exchange, as the entry's checks take it."""
    headers, query = headers_of(exchange.headers), exchange.query.decode("latin-1")
    return HttpRequest(headers, body, body, query, exchange.method, exchange.peer)


def meta_of(entry: Entry, setup: EntrySetup, request: HttpRequest, now: float) -> dict[str, Any]:
    """`$meta` of the events of a request, if the mapping reads it."""
    return meta_of_request(entry, request, moment_of(now)) if setup.reads_meta else {}


def numbered(events: tuple[ReceivedEvent, ...]) -> NumberedTexts:
    """The texts of some events with their numbers in their request."""
    return [(number, one.text) for number, one in enumerate(events, 1)]


def moment_of(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")


async def in_thread_if_large(
    request: HttpRequest,
    ask: Callable[_Arguments, _Answer],
    *args: _Arguments.args,
    **named: _Arguments.kwargs,
) -> _Answer:
    """The answer of a function that reads a request's body."""
    if len(request.body) > LARGE_BYTES:
        return await asyncio.to_thread(ask, *args, **named)
    return ask(*args, **named)


def trouble_text(error: OutboxError | OSError) -> str:
    """The error of an outbox, in words that hold no value."""
    return str(error) if isinstance(error, OutboxError) else (error.strerror or type(error).__name__)


def delivery_digests(entry: Entry, events: tuple[ReceivedEvent, ...]) -> tuple[tuple[int, bytes], ...]:
    """The sender's names of the delivery of each event, or of all, as `MappedRequest.deliveries` has them."""
    is_one = entry.delivery is not None and entry.delivery.where != "event"
    begin = blake2b(entry.path.encode() + b"\0", digest_size=_DIGEST_BYTES)
    found = []
    for number, event in enumerate(events[:1] if is_one else events, 1):
        if event.delivery is not None:
            digest = begin.copy()
            digest.update(event.delivery)
            found.append((WHOLE_REQUEST if is_one else number, digest.digest()))
    return tuple(found)
