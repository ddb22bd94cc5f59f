"""`mapper outbox status`: what was accepted and delivered of each account, and what waits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from mapper.cli.outbox_dead import NOT_KEPT
from mapper.cli.outbox_view import moment, moment_or_none, opened
from mapper.delivery.outbox.store import AccountStatus, DeadQuery, LetterAge, VersionCount
from mapper.values.safe_text import span

if TYPE_CHECKING:
    from mapper.cli.outbox_options import StatusOptions


def show_status(options: StatusOptions) -> None:
    """Show the counts of each account."""
    with opened(options.outbox) as store:
        found, versions = store.status(), store.waiting_versions()
        ages = {one.account: one for one in store.letter_ages()}
        rejects = options.form == "text" and any(one.stage == "mapping" for one in store.letter_counts())
        lost = rejects and store.letter_totals(DeadQuery(stage="mapping")).lost
    if options.form == "json":
        click.echo(
            json.dumps([_status_as_json(one, versions, ages.get(one.account)) for one in found], indent=2)
        )
        return
    if not found:
        click.echo("no event has been accepted yet")
    for one in found:
        click.echo(_status_text(one, versions, ages.get(one.account)), nl=False)
    if lost:
        click.echo(f"events were rejected by their mapping: {NOT_KEPT}")


def _status_as_json(
    one: AccountStatus, versions: Iterable[VersionCount], age: LetterAge | None
) -> dict[str, Any]:
    counts = one.counts
    names = ("accepted", "pending", "delivered", "dead", "expired", "purged", "erased", "skipped", "copies")
    return {
        "destination": one.account.destination,
        "account": one.account.name,
        "test": one.account.test,
        "recipient": one.account.recipient,
        **{name: getattr(counts, name) for name in names},
        "pending_bytes": one.bytes,
        "pending_by_mapping_version": _of_account(one, versions),
        "oldest_pending_at": moment_or_none(one.oldest),
        "oldest_dead_at": None if age is None else moment(age.oldest),
        "oldest_raw_at": None if age is None else moment_or_none(age.oldest_raw),
        "failing": one.failing,
        "failing_since": moment_or_none(one.failing_since),
        "failing_reason": one.failing_reason or None,
        "clock_skew_seconds": one.skew_seconds,
        "clock_fault_seconds": one.clock_fault_seconds(time.time()),
        "last_delivered_at": moment_or_none(one.last_delivered),
    }


def _of_account(one: AccountStatus, versions: Iterable[VersionCount]) -> dict[str, int]:
    """The number of an account's waiting events, by the version of the mapping that made them."""
    return {found.version: found.count for found in versions if found.account == one.account}


def _status_text(one: AccountStatus, versions: Iterable[VersionCount], age: LetterAge | None) -> str:
    counts, now = one.counts, time.time()
    skipped = f"; {counts.skipped:,} more were skipped" if counts.skipped else ""
    lines = [
        f"{one.account}",
        f"  {counts.accepted:>12,}  accepted{skipped}",
        f"  {counts.delivered:>12,}  delivered{_when(', last ', one.last_delivered)}",
        f"  {counts.pending:>12,}  waiting{_since(one, now)}",
        *(
            f"  {count:>12,}  of them made by mapping version {version}"
            for version, count in _of_account(one, versions).items()
        ),
        _failing(one, now),
        f"  {counts.dead:>12,}  dead: `mapper outbox dead` says why" if counts.dead else "",
        f"  {counts.expired:>12,}  expired before they could be delivered" if counts.expired else "",
        f"  {counts.erased:>12,}  erased before they could be delivered" if counts.erased else "",
        f"  {counts.copies:>12,}  of these may have arrived more than once" if counts.copies else "",
        _age(age, now),
        _skew(one),
        _clock_fault(one, now),
    ]
    return "".join(f"{line}\n" for line in lines if line)


def _age(age: LetterAge | None, now: float) -> str:
    """How long the oldest dead letter and raw request are kept."""
    if age is None:
        return ""
    raw = f", the oldest raw request for {_for(now, age.oldest_raw)}" if age.oldest_raw else ""
    return f"{'':16}the oldest dead letter is kept for {_for(now, age.oldest)}{raw}"


def _for(now: float, since: float) -> str:
    return span(max(now - since, 0.0))


def _since(one: AccountStatus, now: float) -> str:
    if not one.counts.pending:
        return ""
    oldest = f", the oldest for {span(max(now - one.oldest, 0.0))}" if one.oldest else ""
    return f"{oldest}; {one.bytes / 2**20:,.1f} MiB"


def _failing(one: AccountStatus, now: float) -> str:
    if not one.failing:
        return ""
    since = f"{moment(one.failing_since)}, for {span(now - one.failing_since)}"
    reason = f": {one.failing_reason}" if one.failing_reason else ""
    return f"  {one.failing:>12,}  of them failing since {since}{reason}"


def _skew(one: AccountStatus) -> str:
    if not one.skew_seconds:
        return ""
    way = "slow" if one.skew_seconds > 0 else "fast"
    apart = f"{abs(one.skew_seconds):,.0f} seconds {way} compared with the service's"
    return f"{'':16}this machine's clock is {apart}: events near the age limits wait"


def _clock_fault(one: AccountStatus, now: float) -> str:
    if not (ahead := one.clock_fault_seconds(now)):
        return ""
    cause = "this machine's clock was set back, or another one was wrong"
    return f"{'':16}times in this outbox are {span(ahead)} in the future: {cause}; nothing waits for it"


def _when(before: str, at: float) -> str:
    return f"{before}{moment(at)}" if at else ""
