"""A request that was let in -> the events in it, each with the bytes its sender wrote."""

from __future__ import annotations

from mapper.feeds import Broken
from mapper.intake.entry import Entry
from mapper.intake.request import HttpRequest, ReceivedEvent, RequestRefusal
from mapper.intake.slices import TOO_LARGE, Unusable, decoded_values, elements, is_json, scalar_at, values_at
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid

_NOT_JSON = RequestRefusal(400, "not_json", SafeText("the body is not JSON"))
_TOO_LARGE = RequestRefusal(413, "too_large", SafeText("the body is larger than the entry allows"))
_TOO_MANY = RequestRefusal(413, "too_many_events", SafeText("more events than the entry allows"))
_OBJECT = RequestRefusal(400, "wrong_shape", SafeText("the body is an object, and the entry takes an array"))
_ARRAY = RequestRefusal(400, "wrong_shape", SafeText("the body is an array, and the entry takes an object"))
_SCALAR = RequestRefusal(400, "wrong_shape", SafeText("the body is neither an object nor an array"))


def events_of(entry: Entry, request: HttpRequest) -> tuple[ReceivedEvent, ...] | RequestRefusal:
    """The events of a request, in their order; none of them was read more closely than to find its ends.

    One that cannot be had is Broken in its place, and the others are not touched. A refusal is for a body
    that is no JSON at all, or has another shape than the entry says: never for what an event holds.
    """
    if len(request.body) > entry.limits.body:
        return _TOO_LARGE
    texts = _texts(entry, request.body.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(texts, RequestRefusal):
        return texts
    if len(texts) > entry.limits.events:
        return _TOO_MANY
    for text in texts:
        if isinstance(text, Unusable) or is_json(text):
            return tuple(_received(entry, request, texts))
    return _NOT_JSON if texts else ()


def _texts(entry: Entry, body: bytes) -> list[bytes | Unusable] | RequestRefusal:
    """The texts of events in a body, in the shape that the entry says."""
    if entry.body == "lines":
        return [line.strip() for line in body.split(b"\n") if line and not line.isspace()]
    if entry.unwrap:
        return _unwrapped(entry, body)
    bare = body.strip()
    first = bare[:1]
    wrong = _wrong_shape(entry, first)
    if wrong is not None:
        return wrong if is_json(body) else _NOT_JSON
    if first == b"{":
        return [bare]
    try:
        return list(elements(body))
    except Invalid as invalid:
        return _too_many(invalid) or _NOT_JSON


def _wrong_shape(entry: Entry, first: bytes) -> RequestRefusal | None:
    """The refusal of a body that begins so."""
    if first == b"{":
        return _OBJECT if entry.body == "array" else None
    if first == b"[":
        return _ARRAY if entry.body == "object" else None
    return _SCALAR


def _unwrapped(entry: Entry, body: bytes) -> list[bytes | Unusable] | RequestRefusal:
    """The texts at the path of an entry, decoded where they are encoded."""
    try:
        found = values_at(body, entry.unwrap)
    except Invalid as invalid:
        too_many = _too_many(invalid)
        if too_many is not None or not is_json(body):
            return too_many or _NOT_JSON
        reason = SafeText("the body has no events where the entry says: {}", invalid.reason)
        return RequestRefusal(400, "wrong_shape", reason)
    if not entry.is_base64:
        return found
    texts: list[bytes | Unusable] = []
    for one in found:
        decoded = one if isinstance(one, Unusable) else decoded_values(one)
        texts += [decoded] if isinstance(decoded, Unusable) else decoded
    return texts


def _too_many(invalid: Invalid) -> RequestRefusal | None:
    """The refusal of a body that has more in it than is read; None of any other."""
    if invalid.kind != TOO_LARGE:
        return None
    return RequestRefusal(413, "too_large", SafeText("the body has {}", invalid.reason))


def _received(entry: Entry, request: HttpRequest, texts: list[bytes | Unusable]) -> list[ReceivedEvent]:
    """Each text, and what its sender calls its delivery."""
    whole = delivery_of(entry, request)
    path = entry.delivery.path if entry.delivery is not None and entry.delivery.where == "event" else None
    found = []
    for place, text in enumerate(texts, 1):
        if isinstance(text, Unusable):
            reason = SafeText("event {} of the request: {}", place, text.reason)
            found.append(ReceivedEvent(Broken(place, "malformed", reason), whole))
        elif path is not None:
            found.append(ReceivedEvent(text, scalar_at(text, path)))
        else:
            found.append(ReceivedEvent(text, whole))
    return found


def delivery_of(entry: Entry, request: HttpRequest) -> bytes | None:
    """The sender's name of the whole request, where it has one name for that."""
    if entry.delivery is None or entry.delivery.where == "event":
        return None
    if entry.delivery.where == "body":
        return scalar_at(request.body, entry.delivery.path)
    return request.headers.get(entry.delivery.header, "").strip().encode("latin-1", "replace") or None
