"""Payloads -> Parcel -> Batch, and the Receipt that a payload ends with. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeAlias

from mapper.delivery.destination import Destination, Envelope, ParcelFacts, RequestLimits
from mapper.runtime.decode import encode
from mapper.values.frozen import dataclass
from mapper.values.safe_text import NOTHING, SafeText, span
from mapper.values.short import short

Status = Literal["delivered", "refused", "expired", "erased", "retry"]
ReceiptKind = Literal["", "rejected", "invalid", "too_large", "too_old", "bad_time", "doubtful", "ambiguous"]

_SEALED = "\t"
_UNREADABLE = SafeText("a suppression list cannot be read any more")
_LATEST_SECONDS = 10**11
"""Unix times from here on are of a smaller unit, or nonsense."""
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60
_HOLD_SECONDS = 60.0
"""How long an event waits whose time two clocks disagree about."""
_FARTHEST_SECONDS = _DAY
"""An event that is further in the future has a wrong time; one that is nearer waits for it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A payload ready to be sent, encoded once, with the place it came from.

    number: no two that are claimed together have the same. feed, record: where its source event is. time:
    Unix seconds, None if it has none, 0 if it cannot be read. past_seconds: for how long after its time the
    service takes it. counted_twice: the service cannot tell a copy of it from another event. origin: of an
    event that came over HTTP, what names its request, after a space what its sender calls the delivery, if it
    says so, and after a tab the event itself, encrypted, if it is kept to be mapped again: `named_origin`,
    `sealed_event`.
    """

    number: int
    feed: str
    record: int
    time: int | None
    body: bytes
    past_seconds: int = 0
    counted_twice: bool = False
    origin: str = ""

    def __repr__(self) -> str:
        return f"Parcel({short(self.place)}, {len(self.body)} bytes)"

    @property
    def place(self) -> str:
        """The place of its source event, as `orders.ndjson:17`; a feed without a name is a pipe."""
        return f"{self.feed or '<stdin>'}:{self.record}"


def named_origin(origin: str) -> tuple[str, str]:
    """The name of an event's request, and the sender's name of the delivery; "" where there is none."""
    request, _, delivery = less_sealed(origin).partition(" ")
    return request, delivery


def with_sealed(origin: str, sealed: bytes) -> str:
    """The same origin with the encrypted event."""
    return f"{origin}{_SEALED}{b64encode(sealed).decode()}"


def less_sealed(origin: str) -> str:
    """The same origin without the encrypted event."""
    return origin.partition(_SEALED)[0]


def sealed_event(origin: str) -> bytes:
    """The event itself, encrypted; empty where it is not kept."""
    return b64decode(origin.partition(_SEALED)[2])


@dataclass(frozen=True, slots=True)
class Clocks:
    """The present by this machine and by the service, in Unix seconds; equal where the latter is unknown.

    accepted: the latest time at which something was accepted that is sent; after `here` where this machine's
    clock was set back meanwhile.
    """

    here: float
    there: float
    accepted: float = 0.0

    @property
    def present(self) -> float:
        """The time after which the future begins: the service's where the clocks disagree."""
        return max(self.here, self.accepted) if self.here == self.there else self.there

    @property
    def latest(self) -> float:
        """The latest time that any of them says has come."""
        return max(self.here, self.there, self.accepted)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one payload. Receipts never hold the payload's values.

    delivered: the service says that it processed it (in a test, that it would). retry: it is not delivered
    and may be sent again. kind says who refused it and why: `rejected` by the service, by name; `invalid`,
    refused by the service when sent alone; `too_large` and `bad_time`; `doubtful`, with which the service
    failed again and again while it took others; `ambiguous`, which may have arrived, and a copy of which
    would count; of one that has expired, `too_old`. erased: nothing of it is kept. due: the Unix time before
    which it is not tried again. warning: what the service says of a payload that is delivered.
    """

    parcel: Parcel
    status: Status
    kind: ReceiptKind = ""
    reason: SafeText = NOTHING
    warning: SafeText = NOTHING
    due: float = 0.0

    def __repr__(self) -> str:
        return f"Receipt({short(self.parcel.place)}, {self.status!r}, {self.kind!r})"


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads that are sent in one request, at least one, in the order of the feed."""

    parcels: tuple[Parcel, ...]
    envelope: Envelope

    def __len__(self) -> int:
        return len(self.parcels)

    @property
    def size(self) -> int:
        """Bytes of the request's body: exactly, where no settings go into it, else at most."""
        return self.envelope.size + sum(len(parcel.body) + 1 for parcel in self.parcels) - 1

    @property
    def body(self) -> bytes:
        """The bytes of the request's body."""
        return self.envelope.head + b",".join(parcel.body for parcel in self.parcels) + self.envelope.tail

    def receipts(
        self, status: Status, kind: ReceiptKind = "", reason: SafeText = NOTHING
    ) -> tuple[Receipt, ...]:
        """Receipts that are the same for each payload."""
        return tuple(Receipt(parcel, status, kind, reason) for parcel in self.parcels)


def parcel_of(
    payload: dict[str, Any], feed: str, record: int, facts: Destination | ParcelFacts, origin: str = ""
) -> Parcel:
    """The parcel of a payload. Raises Invalid where JSON cannot hold it."""
    past, twice = facts.window.past_of(payload), facts.counted_twice.has(payload)
    return Parcel(0, feed, record, facts.time.seconds(payload), encode(payload), past, twice, origin)


def gate(parcel: Parcel, destination: Destination, clocks: Clocks) -> Receipt | None:
    """The receipt of a parcel that is not sent at this moment; None if it may be.

    Nothing is refused for its time but what both clocks say is too old or far in the future, or what is no
    time at all: an event of the near future waits until it is of the present.
    """
    most = destination.limits.bytes
    if destination.envelope.size + len(parcel.body) > most:
        text = "the payload has {:,} bytes; a request may have at most {:,}"
        reason = SafeText(text, len(parcel.body), most)
        return Receipt(parcel, "refused", "too_large", reason)
    if parcel.time is None:
        return None
    field, future = SafeText.known(destination.time.field), destination.window.future_seconds
    if parcel.time <= 0 or parcel.time >= _LATEST_SECONDS:
        wanted = SafeText.known(destination.time.described)
        return Receipt(parcel, "refused", "bad_time", SafeText("`{}` is not {}", field, wanted))
    ages = (clocks.here - parcel.time, clocks.there - parcel.time)
    if min(ages) > parcel.past_seconds:
        return Receipt(parcel, "expired", "too_old", _too_old(parcel, destination, min(ages)))
    if parcel.time - clocks.latest > _FARTHEST_SECONDS:
        return Receipt(parcel, "refused", "bad_time", _ahead(field, parcel.time - clocks.latest))
    if (ahead := parcel.time - clocks.present) > future:
        return Receipt(parcel, "retry", "", _ahead(field, ahead), due=clocks.here + ahead - future)
    if max(ages) > parcel.past_seconds:
        text = "`{}` is close to the age limit, and this machine's clock and the service's disagree"
        return Receipt(parcel, "retry", "", SafeText(text, field), due=clocks.here + _HOLD_SECONDS)
    return None


def came_too_old(parcel: Parcel, accepted_at: float) -> bool:
    """Whether an event was older than the service takes when it was accepted, not only later."""
    return parcel.time is not None and accepted_at - parcel.time > parcel.past_seconds


def _too_old(parcel: Parcel, destination: Destination, age: float) -> SafeText:
    """The reason of an event of this age: in whole days beyond the limit, so that many have the same one."""
    past = parcel.past_seconds
    least = span(past + (age - past) // _DAY * _DAY)
    field, service = SafeText.known(destination.time.field), SafeText.known(destination.service)
    text = "`{}` is more than {} ago; {} accepts only the last {}"
    return SafeText(text, field, least, service, span(past))


def _ahead(field: SafeText, seconds: float) -> SafeText:
    """The reason of an event of the future: in the largest unit alone, so that many have the same one."""
    unit = next((unit for unit in (_DAY, _HOUR, _MINUTE) if seconds >= unit), 1)
    return SafeText("`{}` is at least {} in the future", field, span(seconds // unit * unit))


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """A batch of several payloads in two."""
    middle = len(batch) // 2
    return Batch(batch.parcels[:middle], batch.envelope), Batch(batch.parcels[middle:], batch.envelope)


def pack(parcels: Iterable[Parcel], limits: RequestLimits, envelope: Envelope) -> Iterator[Batch]:
    """Batches of as many parcels as the limits let in, in order.

    A parcel that is too large alone makes a batch of its own: `gate` keeps it out, or the service refuses it.
    """
    waiting: list[Parcel] = []
    size = empty = envelope.size - 1
    for parcel in parcels:
        size += len(parcel.body) + 1
        if waiting and (len(waiting) == limits.events or size > limits.bytes):
            yield Batch(tuple(waiting), envelope)
            waiting, size = [], empty + len(parcel.body) + 1
        waiting.append(parcel)
    if waiting:
        yield Batch(tuple(waiting), envelope)


# Whether a payload must not be sent, since it is of a person; None: nothing tells at the moment.
Stops: TypeAlias = Callable[[bytes], bool | None]


def _stopped(parcel: Parcel, stops: Stops, clocks: Clocks) -> Receipt | None:
    """The receipt of a parcel whose payload must not be sent; None if it may be."""
    answer = stops(parcel.body)
    if answer is None:
        return Receipt(parcel, "retry", "", _UNREADABLE, due=clocks.here + _HOLD_SECONDS)
    return Receipt(parcel, "erased") if answer else None


def sift(
    parcels: Iterable[Parcel],
    destination: Destination,
    limits: RequestLimits,
    clocks: Clocks,
    stops: Stops | None = None,
) -> tuple[tuple[Receipt, ...], tuple[Batch, ...]]:
    """The receipts of what is not sent at this moment, and the batches of all else."""
    held: list[Receipt] = []
    fit: list[Parcel] = []
    for parcel in parcels:
        receipt = None if stops is None else _stopped(parcel, stops, clocks)
        receipt = receipt or gate(parcel, destination, clocks)
        if receipt is None:
            fit.append(parcel)
        else:
            held.append(receipt)
    return tuple(held), tuple(pack(fit, limits, destination.envelope))
