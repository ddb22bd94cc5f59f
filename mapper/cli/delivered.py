"""The end of a delivery, or of a dry run, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mapper.cli.summary import number, table
from mapper.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.delivery.rehearsal import Rehearsal
    from mapper.delivery.summary import Delivery, Reason


def describe_delivery(delivery: Delivery, stand_in: str = "") -> SafeText:
    """What the service said of the payloads, and what is left to do.

    stand_in: the host they were sent to, if it is not the service's own.
    """
    from mapper.delivery.summary import reasons_of

    lines = [
        _counts(delivery, stand_in),
        table("refused", _reasons(delivery.reasons)),
        table("not delivered", _reasons(reasons_of(delivery.unsent))),
        table("warnings", dict(delivery.warnings)),
    ]
    if delivery.possible_duplicates:
        text = "{:,} may have arrived twice; the service knows them by their key\n"
        lines.append(SafeText(text, delivery.possible_duplicates))
    lines += [SafeText("{}\n", remark) for remark in delivery.remarks]
    if delivery.stopped:
        lines += [SafeText("stopped: {}\n", delivery.stopped), *_left(delivery)]
    if delivery.failure is not None and delivery.failure.hint:
        lines.append(SafeText("hint: {}\n", SafeText.known(delivery.failure.hint)))
    return SafeText.joined("", lines)


def _counts(delivery: Delivery, stand_in: str) -> SafeText:
    service = SafeText.known(delivery.service)
    if stand_in:
        service = SafeText("{} in place of {}", SafeText.known(stand_in), service)
    to = SafeText("checked by {} in test mode, nothing is kept" if delivery.test else "sent to {}", service)
    left = SafeText(", {:,} not delivered", len(delivery.unsent)) if delivery.unsent else NOTHING
    text = "{}, {}: {:,} accepted, {:,} refused{}\n"
    return SafeText(
        text, to, number(delivery.attempts, "request"), delivery.accepted, delivery.refused_count, left
    )


def _left(delivery: Delivery) -> list[SafeText]:
    """Where to go on, so that nothing is lost."""
    left = [
        SafeText("the first event that was not delivered: {}\n", SafeText.known(one.parcel.place))
        for one in delivery.unsent[:1]
    ]
    if not delivery.finished:
        left.append(SafeText("the feed was not read to its end\n"))
    return left


def _reasons(reasons: Iterable[Reason]) -> dict[SafeText, int]:
    """How many for each reason, with the first place of each."""
    return {
        SafeText("{} (first: {})", reason.text, SafeText.known(reason.first)): reason.count
        for reason in reasons
    }


def describe_rehearsal(rehearsal: Rehearsal, url: str) -> SafeText:
    """What would be delivered at this moment, and what would be held back."""
    payloads, requests = number(rehearsal.payloads, "payload"), number(rehearsal.requests, "request")
    text = "a dry run: {} in {} of {:,} bytes would go to {}\n"
    head = SafeText(text, payloads, requests, rehearsal.bytes, SafeText.known(url))
    return SafeText.joined("", [head, table("held back", _reasons(rehearsal.reasons))])
