"""Receipts of a claim's payloads -> whether each is tried again, and when.

`answer` says which are to be: those with the receipt `retry`. They are due after `Pace.backoff`, which grows
with the failures of their chunk. One that fails alone while others pass is refused as doubtful instead, and
tried again after a day. One that may have arrived is refused where a copy would count twice. All other
refusals are final until `mapper outbox retry`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mapper.delivery.batch import Receipt
from mapper.delivery.outbox.ledger import ledger_of
from mapper.delivery.outbox.store import Chunk, SentRequest, Settlement
from mapper.delivery.sender import Sender
from mapper.values.safe_text import SafeText

_SUSPECT_FAILURES, _SUSPECT_PASSED = 3, 3
"""After so many failures in a row, while so many other requests passed, a chunk is sent in parts."""
_DOUBTFUL_FAILURES, _DOUBTFUL_PASSED, _DOUBTFUL_SECONDS = 5, 20, 600.0
"""When a payload that fails alone is doubtful: failures in a row, others passed, for how long."""
DOUBTFUL_AGAIN_SECONDS = 86_400.0
"""The time after which `Couriers` has a doubtful payload tried again."""
_UNLIKELY = 1e-9
"""The chance of a row of failures below which it is not treated as chance."""
_NO_ANSWER = SafeText("it was in a request whose response is not known")


@dataclass(frozen=True, slots=True)
class Doubt:
    """The evidence against a chunk, by how many requests of the sender were answered.

    first, last: how many when it failed first and last. failures: how often it failed, each time after
    another request had passed since the last: in an outage all fail, for no fault of theirs.
    """

    first: int
    last: int
    failures: int

    def again(self, answered: int) -> Doubt:
        """The doubt after a further failure."""
        return Doubt(self.first, answered, self.failures + 1) if answered > self.last else self


@dataclass(slots=True)
class Tries:
    """The results of all requests for one claim.

    All by the parcel's number: receipts, what is known by now; alone, those that failed in a request of their
    own; unanswered, in how many requests that may have been processed; sent, the last request with them.
    failed: a request came to nothing.
    """

    receipts: dict[int, Receipt] = field(default_factory=dict)
    failed: bool = False
    alone: set[int] = field(default_factory=set)
    unanswered: Counter[int] = field(default_factory=Counter)
    sent: dict[int, SentRequest] = field(default_factory=dict)

    def note(self, receipts: Iterable[Receipt]) -> None:
        """Take in receipts of a part."""
        self.receipts.update((receipt.parcel.number, receipt) for receipt in receipts)


def held_back(sender: Sender, chunks: Iterable[Chunk]) -> Iterator[Receipt]:
    """The ends of payloads that are not sent again, since an earlier request may have delivered them."""
    for chunk in chunks:
        if chunk.unanswered and sender.terms.hold_ambiguous:
            yield from (
                _held(Receipt(parcel, "retry", reason=_NO_ANSWER))
                for parcel in chunk.parcels
                if parcel.counted_twice
            )


def is_suspect(chunk: Chunk, passed: int) -> bool:
    """Whether a chunk fails, and not the service. passed: other requests since it failed first."""
    return chunk.failures >= _SUSPECT_FAILURES and passed >= _SUSPECT_PASSED


def settlement(sender: Sender, tries: Tries, chunk: Chunk, doubt: Doubt | None) -> Settlement:
    """The ends of a chunk's payloads, and when those that are left are due."""
    now = sender.clock.now()
    failures, since = _streak(tries, chunk, now)
    unanswered = tries.unanswered
    receipts = tuple(tries.receipts[parcel.number] for parcel in chunk.parcels)
    if doubt is not None and failures and _is_doubtful(sender, doubt, now - since):
        receipts = tuple(_doubtful(one) if one.parcel.number in tries.alone else one for one in receipts)
    elif sender.terms.hold_ambiguous:
        receipts = tuple(_held(one) if unanswered[one.parcel.number] else one for one in receipts)
    left = [receipt for receipt in receipts if receipt.status == "retry"]
    due = min((receipt.due for receipt in left), default=0.0)
    if tries.failed:
        due = max(due, now + sender.pace.backoff(failures))
    copies = sum(
        one.status == "delivered" and chunk.unanswered + unanswered[one.parcel.number] > 0 for one in receipts
    )
    most = max((unanswered[one.parcel.number] for one in left), default=0)
    tried = [tries.sent[one.parcel.number].at for one in left if one.parcel.number in tries.sent]
    tried_at = max(tried, default=chunk.tried_at)
    lines = ledger_of(receipts, tries.sent, sender.destination.key) if sender.terms.ledger_days else ()
    state = (failures, since, due, chunk.unanswered + most, copies, tried_at)
    return Settlement(chunk, receipts, *state, lines)


def _streak(tries: Tries, chunk: Chunk, now: float) -> tuple[int, float]:
    """The number of times in a row that a chunk has failed, and since when; a passed part begins it anew."""
    if not tries.failed:
        return 0, 0.0
    passed = any(tries.receipts[parcel.number].status != "retry" for parcel in chunk.parcels)
    if passed or not chunk.failures:
        return 1, now
    return chunk.failures + 1, min(chunk.failing_since, now)


def _is_doubtful(sender: Sender, doubt: Doubt, seconds: float) -> bool:
    """Whether a payload that has failed alone is at fault: by chance a service hardly fails so often."""
    failures, passed = doubt.again(sender.answered).failures, sender.answered - doubt.first
    often_enough = failures >= _DOUBTFUL_FAILURES and sender.failing_share**failures < _UNLIKELY
    return often_enough and passed >= _DOUBTFUL_PASSED and seconds >= _DOUBTFUL_SECONDS


def _doubtful(receipt: Receipt) -> Receipt:
    if receipt.status != "retry":
        return receipt
    text = "the service failed with it repeatedly and processed others: {}"
    return Receipt(receipt.parcel, "refused", "doubtful", SafeText(text, receipt.reason))


def _held(receipt: Receipt) -> Receipt:
    if receipt.status != "retry" or not receipt.parcel.counted_twice:
        return receipt
    reason = SafeText("it may have arrived: {}", receipt.reason)
    return Receipt(receipt.parcel, "refused", "ambiguous", reason)
