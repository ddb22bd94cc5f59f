"""Claimed chunks -> what became of each payload in them: sent, found among others, or kept for later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mapper.delivery.answer import Answer
from mapper.delivery.batch import Batch, Receipt, halves, sift
from mapper.delivery.isolation import isolate
from mapper.delivery.outbox.ledger import ledger_of
from mapper.delivery.outbox.store import Chunk, SentRequest, Settlement
from mapper.delivery.sender import Begin, Halt, Sender, map_again
from mapper.values.safe_text import SafeText

_SUSPECT_FAILURES, _SUSPECT_PASSED = 3, 3
"""After so many failures in a row, while so many other requests passed, a chunk is sent in parts."""
_DOUBTFUL_FAILURES, _DOUBTFUL_PASSED, _DOUBTFUL_SECONDS = 5, 20, 600.0
"""When a payload that fails alone is doubtful: failures in a row, others passed, for how long."""
_UNLIKELY = 1e-9
"""The chance of a row of failures from which on it is taken for none."""
_SAMPLED_FAILURES = 5
"""After so many failures in a row, whatever was sent, fewer payloads are sent."""
_STRIDE = 7919
"""A prime: each sample begins at another place, so that a payload at fault is not in all of them."""
_NO_ANSWER = SafeText("it was in a request whose response is not known")
_HOPELESS_PARTS = 8
"""The number of parts that, if all fail, say that the service fails, not a payload."""


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
class Carriage:
    """One claim on its way.

    All by the parcel's number: receipts, what is known by now; alone, those that failed in a request of their
    own; unanswered, in how many requests that may have been processed; sent, the last request with them.
    failed: a request came to nothing. begin: notes that a request goes.
    """

    sender: Sender
    begin: Begin
    receipts: dict[int, Receipt] = field(default_factory=dict)
    failed: bool = False
    alone: set[int] = field(default_factory=set)
    unanswered: Counter[int] = field(default_factory=Counter)
    sent: dict[int, SentRequest] = field(default_factory=dict)

    def note(self, receipts: Iterable[Receipt]) -> None:
        """Take in receipts of a part."""
        self.receipts.update((receipt.parcel.number, receipt) for receipt in receipts)

    async def attempt(self, batch: Batch) -> Answer:
        """Send a batch once; where nothing came of it, its payloads have the receipt `retry`."""
        answer = await self.sender.attempt(batch, self.begin)
        if answer is None:
            return Answer("settled", receipts=batch.receipts("retry", reason=self.sender.reason))
        sent = SentRequest(self.sender.attempts, self.sender.clock.now(), answer.status)
        self.sent.update(dict.fromkeys([one.number for one in batch.parcels], sent))
        if answer.verdict in ("retry", "setup"):
            lone = answer.verdict == "retry" and not answer.everywhere
            self.failed = self.failed or lone
            if lone and len(batch) == 1:
                self.alone.add(batch.parcels[0].number)
            if not answer.sure:
                self.unanswered.update(parcel.number for parcel in batch.parcels)
            return replace(answer, verdict="retry", receipts=batch.receipts("retry", reason=answer.message))
        return answer


async def carry(
    sender: Sender, chunks: tuple[Chunk, ...], doubt: Doubt | None, begin: Begin
) -> tuple[Settlement, ...]:
    """Settlements of claimed chunks.

    doubt: what speaks against the chunk, where it is alone and has failed; else None. begin: notes that a
    request goes for them.
    """
    carriage = Carriage(sender, begin)
    carriage.note(_doubted(sender, chunks))
    parcels = [one for chunk in chunks for one in chunk.parcels if one.number not in carriage.receipts]
    clocks = replace(sender.skew.clocks(), accepted=max(chunk.accepted_at for chunk in chunks))
    held, batches = sift(parcels, sender.destination, sender.limits, clocks)
    carriage.note(held)
    suspect = doubt is not None and _is_suspect(chunks[0], sender.answered - doubt.first)
    for batch in batches:
        await _carry_batch(carriage, batch, suspect)
    return tuple(_settlement(carriage, chunk, doubt) for chunk in chunks)


async def _carry_batch(carriage: Carriage, batch: Batch, suspect: bool) -> None:
    if len(batch) > 1 and carriage.sender.pace.failures >= _SAMPLED_FAILURES:
        await _carry_sample(carriage, batch)
    elif len(batch) > 1 and suspect:
        await _carry_parts(carriage, [*halves(batch)])
    else:
        await _take(carriage, batch, await carriage.attempt(batch))


async def _carry_sample(carriage: Carriage, batch: Batch) -> None:
    """While all requests fail, send ever fewer payloads: if they pass, others are at fault."""
    failures = carriage.sender.pace.failures
    count = max(1, len(batch) >> (failures - _SAMPLED_FAILURES + 1))
    first = (failures * _STRIDE) % (len(batch) - count + 1)
    before, sample, after = (
        Batch(batch.parcels[begin:end], batch.envelope)
        for begin, end in ((0, first), (first, first + count), (first + count, len(batch)))
    )
    answer = await carriage.attempt(sample)
    await _take(carriage, sample, answer)
    rest = [part for part in (before, after) if len(part)]
    if answer.verdict == "retry" or carriage.sender.over:
        for part in rest:
            carriage.note(part.receipts("retry", reason=answer.message or carriage.sender.reason))
    else:
        await _carry_parts(carriage, rest)


async def _take(carriage: Carriage, batch: Batch, answer: Answer) -> None:
    """Take in an answer; a batch that is refused without saying why is searched for what is at fault."""
    if answer.verdict not in ("refused", "too_large"):
        carriage.note(answer.receipts)
        return
    isolation = await isolate(batch, answer, carriage.attempt)
    carriage.note(isolation.receipts)
    if isolation.systemic:
        text = "every event is refused, so the mapping is at fault: {}"
        hint = map_again(parcel.feed for parcel in batch.parcels)
        carriage.sender.halt(Halt(SafeText(text, isolation.systemic), hint=hint))


async def _carry_parts(carriage: Carriage, waiting: list[Batch]) -> None:
    """Send parts, and halves of those that fail, until what fails is alone, or all of it fails."""
    passed = False
    while waiting:
        failed: list[Batch] = []
        for part in waiting:
            answer = await carriage.attempt(part)
            await _take(carriage, part, answer)
            if answer.verdict == "retry":
                failed.append(part)
            else:
                passed = True
        if carriage.sender.over or (not passed and len(failed) >= _HOPELESS_PARTS):
            return
        waiting = [half for part in failed if len(part) > 1 for half in halves(part)]


def _doubted(sender: Sender, chunks: Iterable[Chunk]) -> Iterator[Receipt]:
    """The ends of payloads that are not sent again, since an earlier request may have delivered them."""
    for chunk in chunks:
        if chunk.unanswered and sender.terms.hold_ambiguous:
            yield from (
                _held(Receipt(parcel, "retry", reason=_NO_ANSWER))
                for parcel in chunk.parcels
                if parcel.counted_twice
            )


def _is_suspect(chunk: Chunk, passed: int) -> bool:
    return chunk.failures >= _SUSPECT_FAILURES and passed >= _SUSPECT_PASSED


def _settlement(carriage: Carriage, chunk: Chunk, doubt: Doubt | None) -> Settlement:
    sender = carriage.sender
    now = sender.clock.now()
    failures, since = _streak(carriage, chunk, now)
    unanswered = carriage.unanswered
    receipts = tuple(carriage.receipts[parcel.number] for parcel in chunk.parcels)
    if doubt is not None and failures and _is_doubtful(sender, doubt, now - since):
        receipts = tuple(_doubtful(one) if one.parcel.number in carriage.alone else one for one in receipts)
    elif sender.terms.hold_ambiguous:
        receipts = tuple(_held(one) if unanswered[one.parcel.number] else one for one in receipts)
    left = [receipt for receipt in receipts if receipt.status == "retry"]
    due = min((receipt.due for receipt in left), default=0.0)
    if carriage.failed:
        due = max(due, now + sender.pace.backoff(failures))
    copies = sum(
        one.status == "delivered" and chunk.unanswered + unanswered[one.parcel.number] > 0 for one in receipts
    )
    most = max((unanswered[one.parcel.number] for one in left), default=0)
    tried = [carriage.sent[one.parcel.number].at for one in left if one.parcel.number in carriage.sent]
    tried_at = max(tried, default=chunk.tried_at)
    lines = ledger_of(receipts, carriage.sent, sender.destination.key) if sender.terms.ledger_days else ()
    state = (failures, since, due, chunk.unanswered + most, copies, tried_at)
    return Settlement(chunk, receipts, *state, lines)


def _streak(carriage: Carriage, chunk: Chunk, now: float) -> tuple[int, float]:
    """The number of times in a row that a chunk has failed, and since when; a passed part begins it anew."""
    if not carriage.failed:
        return 0, 0.0
    passed = any(carriage.receipts[parcel.number].status != "retry" for parcel in chunk.parcels)
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
