"""The end of a delivery, or of a dry run, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mapper.cli.screen import visible
from mapper.cli.summary import number, table

if TYPE_CHECKING:
    from mapper.delivery.rehearsal import Rehearsal
    from mapper.delivery.summary import Delivery, Reason


def describe_delivery(delivery: Delivery, stand_in: str = "") -> str:
    """What the service said of the payloads, and what is left to do.

    stand_in: the host they were sent to, if it is not the service's own.
    """
    from mapper.delivery.summary import reasons_of

    service = visible(f"{stand_in} in place of {delivery.service}" if stand_in else delivery.service)
    to = f"checked by {service} in test mode, nothing is kept" if delivery.test else f"sent to {service}"
    counts = f"{delivery.accepted:,} accepted, {delivery.refused_count:,} refused"
    if delivery.unsent:
        counts += f", {len(delivery.unsent):,} not delivered"
    lines = [f"{to}, {number(delivery.attempts, 'request')}: {counts}"]
    lines.append(table("refused", _reasons(delivery.reasons)))
    lines.append(table("not delivered", _reasons(reasons_of(delivery.unsent))))
    lines.append(table("warnings", dict(delivery.warnings)))
    if delivery.possible_duplicates:
        lines.append(
            f"{delivery.possible_duplicates:,} may have arrived twice; the service knows them by their key"
        )
    lines += map(visible, delivery.remarks)
    if delivery.stopped:
        lines.append(f"stopped: {visible(delivery.stopped)}")
        lines.append(_left(delivery))
    if delivery.failure is not None and delivery.failure.hint:
        lines.append(f"hint: {visible(delivery.failure.hint)}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines if line)


def _left(delivery: Delivery) -> str:
    """Where to go on, so that nothing is lost."""
    left = [
        f"the first event that was not delivered: {visible(one.parcel.place)}" for one in delivery.unsent[:1]
    ]
    if not delivery.finished:
        left.append("the feed was not read to its end")
    return "\n".join(left)


def _reasons(reasons: Iterable[Reason]) -> dict[str, int]:
    """How many for each reason, with the first place of each."""
    return {f"{reason.text} (first: {reason.first})": reason.count for reason in reasons}


def describe_rehearsal(rehearsal: Rehearsal, url: str) -> str:
    """What would be delivered at this moment, and what would be held back."""
    payloads, requests = number(rehearsal.payloads, "payload"), number(rehearsal.requests, "request")
    head = f"a dry run: {payloads} in {requests} of {rehearsal.bytes:,} bytes would go to {visible(url)}\n"
    return head + table("held back", _reasons(rehearsal.reasons))
