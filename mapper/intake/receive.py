"""A request of an entry, checked in the one right order: what to answer at once, or the events to store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from mapper.intake.answers import POSTING, handshake_answer, handshake_of, preflight_of
from mapper.intake.entry import Entry
from mapper.intake.events import events_of
from mapper.intake.request import HttpAnswer, HttpRequest, ReceivedEvent, RequestRefusal
from mapper.intake.verification import verify
from mapper.safe_text import SafeText

CheckedRequest: TypeAlias = HttpAnswer | RequestRefusal | tuple[ReceivedEvent, ...]
_WRONG_METHOD = RequestRefusal(405, "wrong_method", SafeText("an entry takes POST"))


def receive(
    entry: Entry, request: HttpRequest, now: float, keys: Mapping[str, Any] | None = None
) -> CheckedRequest:
    """An answer to give at once, a refusal, or the events, which are answered by `reply_of` once stored.

    now, keys: as `verify` takes them. Nothing of a body is read before its sender is known, but for what a
    signature of the first element needs.
    """
    preflight = preflight_of(entry, request)
    if preflight is not None:
        return preflight
    handshake = handshake_of(entry, request)
    if handshake is None and request.method not in POSTING:
        return _WRONG_METHOD
    if handshake is None or not handshake.is_open:
        refused = verify(entry, request, now, keys)
        if refused is not None:
            return refused
    return events_of(entry, request) if handshake is None else handshake_answer(handshake, request, now)
