"""Claimed chunks -> requests -> what became of each payload. `retry_decision` says what is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mapper.delivery.answer import Answer
from mapper.delivery.batch import Batch, halves, sift
from mapper.delivery.isolation import isolate
from mapper.delivery.outbox.store import Chunk, SentRequest, Settlement
from mapper.delivery.retry_decision import Doubt, Tries, held_back, is_suspect, settlement
from mapper.delivery.sender import Begin, Halt, Sender, map_again
from mapper.values.safe_text import SafeText

_SAMPLED_FAILURES = 5
"""After so many failures in a row, whatever was sent, fewer payloads are sent."""
_STRIDE = 7919
"""A prime: each sample begins at another place, so that a payload at fault is not in all of them."""
_HOPELESS_PARTS = 8
"""The number of parts that, if all fail, say that the service fails, not a payload."""


@dataclass(slots=True)
class Carriage:
    """One claim on its way. begin: notes that a request goes."""

    sender: Sender
    begin: Begin
    tries: Tries = field(default_factory=Tries)

    async def attempt(self, batch: Batch) -> Answer:
        """Send a batch once; where nothing came of it, its payloads have the receipt `retry`."""
        answer = await self.sender.attempt(batch, self.begin)
        if answer is None:
            return Answer("settled", receipts=batch.receipts("retry", reason=self.sender.reason))
        sent = SentRequest(self.sender.attempts, self.sender.clock.now(), answer.status)
        self.tries.sent.update(dict.fromkeys([one.number for one in batch.parcels], sent))
        if answer.verdict in ("retry", "setup"):
            lone = answer.verdict == "retry" and not answer.everywhere
            self.tries.failed = self.tries.failed or lone
            if lone and len(batch) == 1:
                self.tries.alone.add(batch.parcels[0].number)
            if not answer.sure:
                self.tries.unanswered.update(parcel.number for parcel in batch.parcels)
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
    carriage.tries.note(held_back(sender, chunks))
    parcels = [one for chunk in chunks for one in chunk.parcels if one.number not in carriage.tries.receipts]
    clocks = replace(sender.skew.clocks(), accepted=max(chunk.accepted_at for chunk in chunks))
    held, batches = sift(parcels, sender.destination, sender.limits, clocks, sender.stops)
    carriage.tries.note(held)
    suspect = doubt is not None and is_suspect(chunks[0], sender.answered - doubt.first)
    for batch in batches:
        await _carry_batch(carriage, batch, suspect)
    return tuple(settlement(sender, carriage.tries, chunk, doubt) for chunk in chunks)


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
            carriage.tries.note(part.receipts("retry", reason=answer.message or carriage.sender.reason))
    else:
        await _carry_parts(carriage, rest)


async def _take(carriage: Carriage, batch: Batch, answer: Answer) -> None:
    """Take in an answer; a batch that is refused without saying why is searched for what is at fault."""
    if answer.verdict not in ("refused", "too_large"):
        carriage.tries.note(answer.receipts)
        return
    isolation = await isolate(batch, answer, carriage.attempt)
    carriage.tries.note(isolation.receipts)
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
