"""A request of an entry, checked in the one right order: what to answer at once, or the events to store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from mapper.intake.entry import Entry
from mapper.intake.events import events_of
from mapper.intake.request import HttpAnswer, HttpRequest, ReceivedEvent, RequestRefusal
from mapper.intake.sender_answers import (
    POSTING,
    handshake_answer,
    handshake_of,
    handshakes_by_head,
    preflight_of,
)
from mapper.intake.verification import ReadSignature, read_signature, verify_body, verify_head
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText

CheckedRequest: TypeAlias = HttpAnswer | RequestRefusal | tuple[ReceivedEvent, ...]
_WRONG_METHOD = RequestRefusal(405, "wrong_method", SafeText("an entry takes POST"))


LONGEST_UNPROVEN = 64 * 1024
"""The bytes of a body that nothing proves to be its sender's: a ping or a question has fewer."""


@dataclass(frozen=True, slots=True)
class CheckedHead:
    """A request whose body is to be read.

    unproven: why it is refused where the body is not that of a handshake which needs no proof; None: its
    head passes every check. signature: of the body, as far as it can be read without it.
    """

    unproven: RequestRefusal | None = None
    signature: ReadSignature | None = None


def receive(
    entry: Entry, request: HttpRequest, now: float, keys: Mapping[str, Any] | None = None
) -> CheckedRequest:
    """An answer to give at once, a refusal, or the events, which are answered by `reply_of` once stored.

    now, keys: as `verify` takes them. Nothing of a body is read before its sender is known, but for what a
    signature of the first element needs.
    """
    head = receive_head(entry, request, now, keys)
    return receive_body(entry, request, now, head) if isinstance(head, CheckedHead) else head


def receive_head(
    entry: Entry, request: HttpRequest, now: float, keys: Mapping[str, Any] | None = None
) -> HttpAnswer | RequestRefusal | CheckedHead:
    """The part of `receive` that needs no body."""
    preflight = preflight_of(entry, request)
    if preflight is not None:
        return preflight
    handshakes = handshakes_by_head(entry, request)
    if not handshakes and request.method not in POSTING:
        return _WRONG_METHOD
    signature = None if entry.sign is None else read_signature(entry.sign, request)
    refused = verify_head(entry, request, now, keys, signature)
    if refused is not None and not any(one.is_open for one in handshakes):
        return refused
    return CheckedHead(refused, signature)


def receive_body(entry: Entry, request: HttpRequest, now: float, head: CheckedHead) -> CheckedRequest:
    """Receive the body of a request: the rest of `receive`."""
    handshake = handshake_of(entry, request)
    if handshake is None and request.method not in POSTING:
        return _WRONG_METHOD
    if handshake is None or not handshake.is_open:
        refused = head.unproven or verify_body(entry, request, now, head.signature)
        if refused is not None:
            return refused
    return events_of(entry, request) if handshake is None else handshake_answer(handshake, request, now)
