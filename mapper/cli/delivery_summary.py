"""The end of a delivery, or of a dry run, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mapper.cli.run_summary import counts_table, number
from mapper.delivery.outbox.named_outbox import MEMORY
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.delivery.dry_run import DryRun
    from mapper.delivery.summary import Delivery, Reason

_UNTRIED = SafeText("not tried by this call")


def describe_delivery(delivery: Delivery, stand_in: str = "") -> SafeText:
    """The service's answers to the payloads, as text.

    stand_in: the host they were sent to, if it is not the service's own.
    """
    waiting = _reasons(delivery.waiting)
    if (untried := delivery.pending - sum(waiting.values())) > 0:
        waiting[_UNTRIED] = untried
    lines = [
        _counts(delivery, stand_in),
        counts_table("refused", _reasons(delivery.reasons)),
        counts_table("expired", _reasons(delivery.expired)),
        counts_table("not delivered yet", waiting),
        counts_table("warnings", dict(delivery.warnings)),
    ]
    if delivery.possible_duplicates:
        text = "{:,} may have come twice; the service recognises copies of web and app events by key\n"
        lines.append(SafeText(text, delivery.possible_duplicates))
    if delivery.stopped:
        lines.append(SafeText("stopped: {}\n", delivery.stopped))
    if delivery.hint:
        lines.append(SafeText("hint: {}\n", delivery.hint))
    return SafeText.joined("", lines)


def delivery_facts(delivery: Delivery) -> dict[str, object]:
    """The facts of a delivery for machines."""
    return {
        "requests": delivery.attempts,
        "delivered": delivery.delivered,
        "refused": delivery.refused_count,
        "expired": delivery.expired_count,
        "erased": delivery.erased,
        "waiting": delivery.pending,
        "copies": delivery.possible_duplicates,
        "stopped": delivery.stopped,
        "hint": delivery.hint,
        "refused_reasons": _reason_facts(delivery.reasons),
        "expired_reasons": _reason_facts(delivery.expired),
        "waiting_reasons": _reason_facts(delivery.waiting),
    }


def _reason_facts(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    return [{"reason": one.text, "count": one.count, "first": one.first} for one in reasons]


def describe_waiting(pending: int, outbox: str, hint: SafeText) -> SafeText:
    """The payloads that wait in an outbox, if any do. hint: what to do first, if there are some."""
    if not pending:
        return NOTHING
    if outbox == MEMORY:
        return SafeText("{} not delivered, and gone: they were kept in memory\n", number(pending, "event"))
    kept = SafeText("{} not delivered yet, kept in {}", number(pending, "event"), SafeText.known(outbox))
    return SafeText("{}\n" if hint else "{}; the same command delivers them\n", kept)


def _counts(delivery: Delivery, stand_in: str) -> SafeText:
    service = SafeText.known(delivery.service)
    if stand_in:
        service = SafeText("{} (in place of {})", SafeText.known(stand_in), service)
    to = SafeText("checked by {} in test mode, nothing is stored" if delivery.test else "sent to {}", service)
    done = SafeText("passed" if delivery.test else "delivered")
    counts = [
        SafeText("{:,} {}, {:,} refused", delivery.delivered, done, delivery.refused_count),
        SafeText("{:,} expired", delivery.expired_count) if delivery.expired_count else NOTHING,
        SafeText("{:,} erased", delivery.erased) if delivery.erased else NOTHING,
        SafeText("{:,} not delivered", delivery.pending) if delivery.pending else NOTHING,
    ]
    told = SafeText.joined(", ", [one for one in counts if one])
    return SafeText("{}, {}: {}\n", to, number(delivery.attempts, "request"), told)


def _reasons(reasons: Iterable[Reason]) -> dict[SafeText, int]:
    """The number of payloads for each reason, with the first place of each."""
    return {
        SafeText("{} (first: {})", reason.text, SafeText.known(reason.first)): reason.count
        for reason in reasons
    }


def describe_dry_run(found: DryRun, url: str) -> SafeText:
    """The payloads that would be delivered at this moment, and those that would be held back."""
    payloads, requests = number(found.payloads, "payload"), number(found.requests, "request")
    text = "dry run: {} in {} of {:,} bytes would be sent to {}\n"
    head = SafeText(text, payloads, requests, found.bytes, SafeText.known(url))
    return SafeText.joined("", [head, counts_table("would not be sent", _reasons(found.reasons))])
