"""A destination -> the answers of its sandbox that its own rules read as something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mapper.delivery.answer import Answer, Reply, judge
from mapper.delivery.answer_template import body_bytes, fill, filled_values
from mapper.delivery.batch import Batch, Parcel
from mapper.delivery.destination import Destination, Situation

_PROBLEM = "a problem"
# By situation, the meanings that its answer may have, as a person calls them.
_MEANS: Mapping[Situation, tuple[str, ...]] = {
    "accepted": ("accepted",),
    "partly": ("partly accepted",),
    "refused": ("refused",),
    "unauthorized": ("setup",),
    "too_large": ("too_large", "refused"),
    "slow_down": ("slow_down",),
    "paused": ("paused", "slow_down", "retry"),
    "broken": ("retry",),
}


def disagreements(destination: Destination) -> Iterator[tuple[Situation, str]]:
    """The situations whose answer means something else by `answers`, each with what it means there."""
    for situation, due in _MEANS.items():
        if situation in destination.stand_in.answers:
            read = _meaning(judge(_batch(destination), _reply(destination, situation), destination))
            if read not in due:
                yield situation, f"is read as {read} by `answers`, and must be {due[0]}"


def _batch(destination: Destination) -> Batch:
    return Batch(tuple(Parcel(number, "", number, 0, b"{}") for number in (1, 2)), destination.envelope)


def _reply(destination: Destination, situation: Situation) -> Reply:
    """The answer of the sandbox to two events, of which the second is at fault if one is."""
    stand_in = destination.stand_in
    reasons = {"accepted": ("", ""), "partly": ("", _PROBLEM)}.get(situation, (_PROBLEM, _PROBLEM))
    entries = [
        fill(stand_in.refused if reason else stand_in.accepted, {"index": index, "reason": reason})
        for index, reason in enumerate(reasons)
    ]
    failures = [entry for entry, reason in zip(entries, reasons, strict=True) if reason]
    values = filled_values(2, 2 - len(failures), entries, failures, _PROBLEM if failures else "")
    status, form = stand_in.answers[situation]
    return Reply(status, body_bytes(fill(form, values)))


def _meaning(answer: Answer) -> str:
    if answer.verdict == "settled":
        delivered = [one.status == "delivered" for one in answer.receipts]
        return "accepted" if all(delivered) else "partly accepted" if any(delivered) else "refused"
    if answer.verdict == "retry":
        return "slow_down" if answer.slow_down else "paused" if answer.everywhere else "retry"
    return answer.verdict
