"""A batch refused without saying why -> a receipt for each payload: halves of halves, then one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mapper.delivery.answer import Answer
from mapper.delivery.batch import Batch, Receipt, halves
from mapper.values.safe_text import NOTHING, SafeText

SendBatch = Callable[[Batch], Awaitable[Answer]]

_SUSPECT = 8
"""The number of parts that, all refused and nothing accepted, look as if every payload were bad.

One bad payload in 1,000 is found with 21 requests; a mistake that is in all of them would take 2,000. The
eighths tell the two apart: then one payload of each is tried alone, and if all are refused, the search ends
there.
"""


@dataclass(frozen=True, slots=True)
class Isolation:
    """A receipt for each payload, in order; `systemic` says why the search was given up, "" if it was not."""

    receipts: tuple[Receipt, ...]
    systemic: SafeText = NOTHING


async def isolate(batch: Batch, refusal: Answer, send: SendBatch) -> Isolation:
    """Finds the payloads for which `batch` was refused; `send` takes a part of it to a final answer.

    Payloads that were not tried, because the search or the courier stopped, have the receipt `retry`.
    """
    found: dict[int, Receipt] = {}
    refused = [(batch, refusal)]
    while refused:
        alone = [(part, answer) for part, answer in refused if len(part) == 1]
        for part, answer in alone:
            _note(found, _refused_alone(part, answer))
        parts = [part for part, _ in refused if len(part) > 1]
        if len(parts) == _SUSPECT and not found and _one_by_one_is_dear(batch, refused):
            parts, systemic = await _probe(parts, send, found)
            if systemic:
                return Isolation(batch.receipts("retry", reason=systemic), systemic)
        refused = []
        for part in parts:
            for half in halves(part):
                answer = await send(half)
                if answer.verdict in ("refused", "too_large"):
                    refused.append((half, answer))
                else:
                    _note(found, answer.receipts)
    return Isolation(tuple(found[parcel.number] for parcel in batch.parcels))


async def _probe(
    parts: list[Batch], send: SendBatch, found: dict[int, Receipt]
) -> tuple[list[Batch], SafeText]:
    """The parts less the payloads tried alone; why all payloads must be bad, "" if they need not be."""
    receipts: list[Receipt] = []
    left: list[Batch] = []
    for part in parts:
        single = Batch(part.parcels[:1], part.envelope)
        answer = await send(single)
        alone = answer.verdict in ("refused", "too_large")
        receipts.extend(_refused_alone(single, answer) if alone else answer.receipts)
        left.append(Batch(part.parcels[1:], part.envelope))
    if all(receipt.status == "refused" for receipt in receipts):
        return left, receipts[0].reason
    _note(found, receipts)
    return left, NOTHING


def _one_by_one_is_dear(batch: Batch, refused: list[tuple[Batch, Answer]]) -> bool:
    return len(batch) >= 2 * _SUSPECT and all(answer.verdict == "refused" for _, answer in refused)


def _note(found: dict[int, Receipt], receipts: tuple[Receipt, ...] | list[Receipt]) -> None:
    found.update((receipt.parcel.number, receipt) for receipt in receipts)


def _refused_alone(part: Batch, answer: Answer) -> tuple[Receipt, ...]:
    return part.receipts(
        "refused", "too_large" if answer.verdict == "too_large" else "invalid", answer.message
    )
