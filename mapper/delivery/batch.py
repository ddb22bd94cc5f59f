"""Payloads -> Parcel -> Batch, and the Receipt that a payload ends with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mapper.delivery.destination import Destination, RequestLimits
from mapper.runtime.decode import encode
from mapper.safe_text import NOTHING, SafeText
from mapper.types import Invalid

Status = Literal["accepted", "refused", "retry"]
Kind = Literal["", "rejected", "invalid", "too_large", "too_old", "bad_time"]

_LATEST_SECONDS = 10**11
"""Unix times from here on are milliseconds, or nonsense."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A payload ready to be sent, encoded once, with the place it came from.

    number: its place in the feed, from 0; no two of an outbox are equal. place: where its source event
    stands, as `orders.ndjson:17`. time: Unix seconds, None if it has none. flaw: why it cannot be sent at
    all, or "".
    """

    number: int
    key: str
    place: str
    time: int | None
    body: bytes
    flaw: SafeText = NOTHING


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one payload. Receipts never hold the payload's values.

    retry: it is not delivered and may be sent again. kind says who refused it and why: `rejected` by the
    service, by name; `invalid`, refused by the service when sent alone; `too_large`, `too_old` and
    `bad_time`. warning: what the service remarks on a payload that it accepts.
    """

    parcel: Parcel
    status: Status
    kind: Kind = ""
    reason: SafeText = NOTHING
    warning: SafeText = NOTHING


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads that are sent in one request, at least one, in the order of the feed."""

    parcels: tuple[Parcel, ...]
    envelope: str

    def __len__(self) -> int:
        return len(self.parcels)

    @property
    def size(self) -> int:
        """Bytes of the request's body, exactly."""
        return _frame_size(self.envelope) + sum(len(parcel.body) + 1 for parcel in self.parcels) - 1

    @property
    def body(self) -> bytes:
        """The request's body."""
        head, tail = _frame(self.envelope)
        return head + b",".join(parcel.body for parcel in self.parcels) + tail

    def receipts(self, status: Status, kind: Kind = "", reason: SafeText = NOTHING) -> tuple[Receipt, ...]:
        """The same receipt for each payload."""
        return tuple(Receipt(parcel, status, kind, reason) for parcel in self.parcels)


def wrap(payload: dict[str, Any], number: int, place: str, destination: Destination) -> Parcel:
    """The parcel of a payload; one that JSON cannot hold has a flaw."""
    key, time = payload.get(destination.key), payload.get(destination.time)
    whole = time if isinstance(time, int) and not isinstance(time, bool) else None
    body, flaw = b"", NOTHING
    try:
        body = encode(payload)
    except Invalid as invalid:
        flaw = invalid.reason
    return Parcel(number, key if isinstance(key, str) else "", place, whole, body, flaw)


def gate(parcel: Parcel, destination: Destination, now: float) -> Receipt | None:
    """Why a parcel is not sent at all at this moment (`now`, Unix seconds); None if it may be."""
    if parcel.flaw:
        return Receipt(parcel, "refused", "invalid", parcel.flaw)
    most = destination.limits.bytes
    if _frame_size(destination.envelope) + len(parcel.body) > most:
        text = "the payload alone has {:,} bytes; a request takes {:,}"
        reason = SafeText(text, len(parcel.body), most)
        return Receipt(parcel, "refused", "too_large", reason)
    if parcel.time is None:
        return None
    age, window = now - parcel.time, destination.window
    field = SafeText.known(destination.time)
    if parcel.time <= 0 or parcel.time >= _LATEST_SECONDS:
        return Receipt(parcel, "refused", "bad_time", SafeText("`{}` is no Unix time in seconds", field))
    if age < -window.future_seconds:
        return Receipt(
            parcel, "refused", "bad_time", SafeText("`{}` is {} in the future", field, _span(-age))
        )
    if age > window.past_seconds:
        service, past = SafeText.known(destination.service), _span(window.past_seconds)
        reason = SafeText("`{}` is {} ago; {} takes the last {}", field, _span(age), service, past)
        return Receipt(parcel, "refused", "too_old", reason)
    return None


def pack(parcels: Iterable[Parcel], limits: RequestLimits, envelope: str) -> Iterator[Batch]:
    """Batches of as many parcels as the limits let in, in order.

    A parcel that is too large alone makes a batch of its own: `gate` keeps it out, or the service refuses it.
    """
    waiting: list[Parcel] = []
    size = empty = _frame_size(envelope) - 1
    for parcel in parcels:
        size += len(parcel.body) + 1
        if waiting and (len(waiting) == limits.events or size > limits.bytes):
            yield Batch(tuple(waiting), envelope)
            waiting, size = [], empty + len(parcel.body) + 1
        waiting.append(parcel)
    if waiting:
        yield Batch(tuple(waiting), envelope)


def sift(
    parcels: Iterable[Parcel], destination: Destination, limits: RequestLimits, now: float
) -> tuple[tuple[Receipt, ...], tuple[Batch, ...]]:
    """The receipts of what is not sent at all at this moment, and the batches of all else."""
    held: list[Receipt] = []
    fit: list[Parcel] = []
    for parcel in parcels:
        receipt = gate(parcel, destination, now)
        if receipt is None:
            fit.append(parcel)
        else:
            held.append(receipt)
    return tuple(held), tuple(pack(fit, limits, destination.envelope))


def _frame(envelope: str) -> tuple[bytes, bytes]:
    return b"{" + encode(envelope) + b":[", b"]}"


def _frame_size(envelope: str) -> int:
    return sum(map(len, _frame(envelope)))


def _span(seconds: float) -> SafeText:
    """A length of time for a person: `3 days`, `2 hours`."""
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return SafeText("{:,} {}{}", count, SafeText.known(unit), SafeText("s" if count > 1 else ""))
    return SafeText("{} seconds", int(seconds))
