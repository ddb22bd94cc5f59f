"""`mapper outbox waiting`: the events that wait, since when, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from mapper.cli.messages import tell_summary
from mapper.cli.outbox_options import MOST_SHOWN
from mapper.cli.outbox_view import (
    account_as_json,
    moment,
    moment_or_none,
    opened,
    origin_as_json,
    origin_text,
    place,
    show_json,
)
from mapper.cli.progress import followed
from mapper.cli.run_summary import number
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.outbox_options import WaitingOptions
    from mapper.delivery.batch import Parcel
    from mapper.delivery.outbox.store import Chunk, Outbox

_EVENTS = SafeText("events")


def list_waiting(options: WaitingOptions) -> None:
    """List events that wait, or how many there are of each reason."""
    account_name, form, limit = options.account_name, options.form, options.limit
    with opened(options.outbox) as found:
        if options.group_by is not None:
            with followed(found.waiting(), _EVENTS, size=lambda chunk: len(chunk.parcels)) as chunks:
                counts, first = _reasons(chunks, account_name)
            _show_reasons(counts, first, form, limit)
            return
        most = limit or (MOST_SHOWN if form == "text" else None)
        count = _show_events(found, account_name, form, most)
        statuses = [one for one in found.status() if account_name in ("", one.account.name)]
    if form == "json":
        return
    pending = max(sum(one.counts.pending for one in statuses), count)
    if pending > count:
        click.echo(f"... {pending - count:,} more; --format json shows all")
    tell_summary(SafeText("{} waiting\n", number(pending, "event")))


def _show_events(outbox: Outbox, account_name: str, form: str, most: int | None) -> int:
    """Show some; how many."""
    count = 0
    for chunk in outbox.waiting():
        if account_name not in ("", chunk.account.name):
            continue
        for parcel in chunk.parcels:
            if count == most:
                return count
            count += 1
            if form == "json":
                show_json(waiting_as_json(chunk, parcel))
            else:
                click.echo(f"{waiting_place(chunk, parcel)}  {waiting_text(chunk)}")
    return count


def waiting_as_json(chunk: Chunk, parcel: Parcel) -> dict[str, Any]:
    """An event that waits."""
    return {
        "place": place(chunk.feed, parcel.record),
        **origin_as_json(parcel.origin),
        **account_as_json(chunk.account),
        "accepted_at": moment(chunk.accepted_at),
        "tried_at": moment_or_none(chunk.tried_at),
        "failures": chunk.failures,
        "failing_since": moment_or_none(chunk.failing_since),
        "unanswered_requests": chunk.unanswered,
        "due_at": moment_or_none(chunk.due),
        "reason": chunk.reason or None,
        "mapping_version": chunk.version,
    }


def waiting_place(chunk: Chunk, parcel: Parcel) -> str:
    """The place that a waiting event came from."""
    return f"{place(chunk.feed, parcel.record)}{origin_text(parcel.origin)}"


def waiting_text(chunk: Chunk) -> str:
    """Since when an event waits, and why; the reason is on a line of its own."""
    parts = [f"for {chunk.account.name}, accepted {moment(chunk.accepted_at)}"]
    parts.append(f"tried {moment(chunk.tried_at)}" if chunk.tried_at else "not tried yet")
    if chunk.failures:
        parts.append(f"{number(chunk.failures, 'failure')} in a row")
    if chunk.due:
        parts.append(f"next {moment(chunk.due)}")
    return ", ".join(parts) + (f"\n        {chunk.reason}" if chunk.reason else "")


_Counts: TypeAlias = "Counter[tuple[SafeText, bool]]"
_First: TypeAlias = dict[tuple[SafeText, bool], tuple[str, float]]


def _reasons(chunks: Iterable[Chunk], account_name: str) -> tuple[_Counts, _First]:
    """The number of waiting events for each reason, and the place and the time of the first of them."""
    counts: _Counts = Counter()
    first: _First = {}
    for chunk in chunks:
        if account_name in ("", chunk.account.name):
            key = (chunk.reason, bool(chunk.tried_at))
            counts[key] += len(chunk.parcels)
            found = (place(chunk.feed, chunk.parcels[0].record), chunk.accepted_at)
            first[key] = min(first.get(key, found), found, key=lambda one: one[1])
    return counts, first


def _show_reasons(counts: _Counts, first: _First, form: str, limit: int | None) -> None:
    """Print them, most first."""
    for key, count in counts.most_common(limit):
        (reason, tried), (where, since) = key, first[key]
        if form == "json":
            told = {"count": count, "reason": reason or None, "first": where}
            show_json({**told, "oldest_accepted_at": moment(since)})
        else:
            why = reason or ("a response is awaited" if tried else "not tried yet")
            click.echo(f"{count:>10,}  accepted {moment(since)} or later, the first {where}\n{'':12}{why}")
