"""`mapper outbox`: what waits, what was refused and why; sends it again, also mapped anew."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mapper import __version__
from mapper.cli import outbox_find, outbox_waiting
from mapper.cli.command import Command, new_command
from mapper.cli.log import Log, log_format_option
from mapper.cli.messages import tell_summary
from mapper.cli.option_types import Moment, OutputFile
from mapper.cli.options import argument, option, options_of, takes
from mapper.cli.outbox_file import outbox_option
from mapper.cli.outbox_view import (
    MOST_SHOWN,
    account_option,
    errors_told,
    format_option,
    group_option,
    has_payload,
    letter_as_json,
    limit_option,
    masked_payload,
    moment,
    moment_or_none,
    opened,
    origin_text,
    place,
    show_json,
)
from mapper.cli.output import open_whole
from mapper.cli.run_summary import number
from mapper.delivery.outbox.server_address import is_server
from mapper.delivery.outbox.store import (
    FEED_NAME,
    AccountStatus,
    Damaged,
    DeadLetter,
    DeadQuery,
    Stage,
    VersionCount,
)
from mapper.texts.log_events import noted
from mapper.values.safe_text import SafeText, span

_EXPLAIN = SafeText("`mapper explain MAPPING FILE:LINE` shows why, step by step")
_SEALED = SafeText("kept encrypted, to be mapped again by `mapper outbox retry --mapping MAPPING`")
_NOT_KEPT = SafeText(
    "received over HTTP and not kept, so mapping again is impossible;"
    " `mapper serve --keep-raw` keeps such events"
)

_EXAMPLE = """\
mapper outbox status
mapper outbox find mc-7
mapper outbox dead --kind rejected
mapper outbox retry --mapping mappings/shop.yaml orders.ndjson"""


@dataclass(frozen=True, slots=True)
class _Selection:
    """Which dead letters a command is for."""

    account_name: str = account_option()
    numbers: tuple[int, ...] = option(
        "--id", type=int, multiple=True, help="Only these; `dead` shows the ids."
    )
    stage: Stage | None = option(
        "--stage",
        type=click.Choice(["mapping", "delivery", "expired"]),
        help="Rejected by the mapping, refused by the service, or too old.",
    )
    kind: str = option("--kind", default="", help="Only this kind, such as rejected, invalid or doubtful.")
    reason: str = option("--reason", default="", help="Only those whose reason holds this text.")
    since: float | None = option("--since", type=Moment(), help="Only those that died at or after a time.")
    until: float | None = option("--until", type=Moment(), help="Only those that died before a time.")

    @property
    def query(self) -> DeadQuery:
        """The same for an outbox."""
        return DeadQuery(
            account_name=self.account_name,
            numbers=self.numbers or None,
            stage=self.stage,
            kind=self.kind,
            reason=self.reason,
            since=self.since,
            until=self.until,
        )


class _Group(click.Group):
    """A group whose examples are shown as they are written."""

    format_epilog = Command.format_epilog


@click.group("outbox", cls=_Group, epilog=_EXAMPLE)
@click.version_option(__version__, prog_name="mapper")
def command() -> None:
    """Show what an outbox contains, and retry refused events.

    These commands can run while `send` and `deliver` do.
    """


command.add_command(outbox_waiting.command)
command.add_command(outbox_find.command)


def _subcommand(name: str, example: str) -> Callable[[Callable[..., Any]], Command]:
    def make(function: Callable[..., Any]) -> Command:
        made = new_command(name, example)(function)
        command.add_command(made)
        return made

    return make


@dataclass(frozen=True, slots=True)
class _StatusOptions:
    """The call of `outbox status`: how it is shown."""

    outbox: str | None = outbox_option()
    form: str = format_option()


@_subcommand("status", "mapper outbox status --format json")
@takes(_StatusOptions)
def status(options: _StatusOptions) -> None:
    """Show for each account what was accepted and delivered, and what waits."""
    with opened(options.outbox) as store:
        found, versions = store.status(), store.waiting_versions()
        lost = options.form == "text" and any(map(_is_lost, store.dead_letters(DeadQuery(stage="mapping"))))
    if options.form == "json":
        click.echo(json.dumps([_status_as_json(one, versions) for one in found], indent=2))
        return
    if not found:
        click.echo("no event has been accepted yet")
    for one in found:
        click.echo(_status_text(one, versions, time.time()), nl=False)
    if lost:
        click.echo(f"events were rejected by their mapping: {_NOT_KEPT}")


def _is_lost(letter: DeadLetter) -> bool:
    """Whether an event can never be mapped again."""
    return _next_step(letter) is _NOT_KEPT


def _status_as_json(one: AccountStatus, versions: Iterable[VersionCount]) -> dict[str, Any]:
    counts = one.counts
    names = ("accepted", "pending", "delivered", "dead", "expired", "purged", "skipped", "copies")
    return {
        "destination": one.account.destination,
        "account": one.account.name,
        "test": one.account.test,
        "recipient": one.account.recipient,
        **{name: getattr(counts, name) for name in names},
        "pending_bytes": one.bytes,
        "pending_by_mapping_version": _of_account(one, versions),
        "oldest_pending_at": moment_or_none(one.oldest),
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


def _status_text(one: AccountStatus, versions: Iterable[VersionCount], now: float) -> str:
    counts = one.counts
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
        f"  {counts.copies:>12,}  of these may have arrived more than once" if counts.copies else "",
        _skew(one),
        _clock_fault(one, now),
    ]
    return "".join(f"{line}\n" for line in lines if line)


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


@dataclass(frozen=True, slots=True)
class _DeadOptions:
    """The call of `outbox dead`: which letters are listed, and how."""

    outbox: str | None = outbox_option()
    selection: _Selection = options_of(_Selection)
    form: str = format_option()
    payload: bool = option("--payload", is_flag=True, help="Show the payloads too, personal values masked.")
    limit: int | None = limit_option()
    group_by: str | None = group_option()


@_subcommand(
    "dead", "mapper outbox dead --reason 'not a valid' --format json\nmapper outbox dead --group-by reason"
)
@takes(_DeadOptions)
def dead(options: _DeadOptions) -> None:
    """List rejected, refused and expired events, and why."""
    form, limit, query = options.form, options.limit, options.selection.query
    with opened(options.outbox) as store:
        if options.group_by is not None:
            _show_reasons(store.dead_letters(query), form, limit)
            return
        most = limit or (MOST_SHOWN if form == "text" else sys.maxsize)
        count, unmapped = 0, Counter[SafeText]()
        for count, letter in enumerate(store.dead_letters(query), 1):
            if letter.stage == "mapping":
                unmapped[_next_step(letter)] += 1
            if count > most:
                continue
            if form == "json":
                show_json(letter_as_json(letter, options.payload))
            else:
                click.echo(_letter_text(letter, options.payload), nl=False)
    if form == "json":
        return
    if count > most:
        click.echo(f"... {count - most:,} more; --format json shows all")
    tell_summary(SafeText("{}\n", number(count, "dead letter")))
    _tell_unmapped(unmapped)


def _show_reasons(letters: Iterable[DeadLetter], form: str, limit: int | None) -> None:
    """The number of dead letters of each reason, most first, and the place of the first of them."""
    found: dict[tuple[str, str, str], list[DeadLetter]] = {}
    counts = Counter[tuple[str, str, str]]()
    for one in letters:
        counts[one.stage, one.kind, one.reason] += 1
        found.setdefault((one.stage, one.kind, one.reason), [one, one])[1] = one
    for key, count in counts.most_common(limit):
        (stage, kind, reason), (first, last) = key, found[key]
        if form == "json":
            told = {
                "count": count,
                "stage": stage,
                "kind": kind,
                "reason": reason,
                "first": place(first.feed, first.record),
            }
            show_json({**told, "last_died_at": moment(last.died_at)})
        else:
            click.echo(
                f"{count:>10,}  {stage}: {kind}, the first {place(first.feed, first.record)}\n{'':12}{reason}"
            )


def _tell_unmapped(unmapped: Counter[SafeText]) -> None:
    """Say how to fix events that the mapping rejected: so many of each kind."""
    for how, count in unmapped.items():
        tell_summary(SafeText("{} rejected by the mapping: {}\n", number(count, "event"), how))


def _next_step(letter: DeadLetter) -> SafeText:
    """The advice about an event that the mapping rejected, by where it came from."""
    if not letter.feed.startswith(FEED_NAME):
        return _EXPLAIN
    return _SEALED if letter.body else _NOT_KEPT


def _letter_text(letter: DeadLetter, payload: bool) -> str:
    where = f"{place(letter.feed, letter.record)}{origin_text(letter.origin)}"
    head = f"{where}  {letter.stage}: {letter.kind}, {moment(letter.died_at)}"
    text = f"{letter.number:>6}  {head}\n        {letter.reason}\n"
    if payload and has_payload(letter):
        text += f"        {json.dumps(masked_payload(letter), ensure_ascii=False)}\n"
    return text


@dataclass(frozen=True, slots=True)
class _RetryOptions:
    """The call of `outbox retry`: which letters, and how they are mapped again."""

    outbox: str | None = outbox_option()
    selection: _Selection = options_of(_Selection)
    mapping: str | None = option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False),
        help="Map again with a fixed mapping: the events of the file EVENTS, or what serve has kept.",
    )
    events: str | None = argument(required=False, type=click.Path(exists=True, dir_okay=False))


@_subcommand(
    "retry",
    "mapper outbox retry --kind doubtful\nmapper outbox retry --mapping mappings/shop.yaml orders.ndjson",
)
@takes(_RetryOptions)
def retry(options: _RetryOptions) -> None:
    """Queue dead letters again; `send` or `deliver` then delivers them.

    Events that the mapping rejected have no payload: give --mapping and the file that they are from. Then
    what waits is mapped again too, unless an option such as --kind selects dead letters. Without a file,
    the same is done with events that came over HTTP, if `mapper serve --keep-raw` has kept them.
    """
    mapping, events, query = options.mapping, options.events, options.selection.query
    if mapping is None and events is not None:
        raise click.UsageError("give --mapping and EVENTS together")
    with opened(options.outbox) as store:
        if mapping is None:
            count = store.retry(query, time.time())
            rejected = (one for one in store.dead_letters(query) if one.stage == "mapping")
            left = Counter(map(_next_step, rejected))
            tell_summary(SafeText("{} waiting again\n", number(count, "event")))
            of_files = left.pop(_EXPLAIN, 0)
            how = {SafeText("--mapping MAPPING EVENTS maps them again"): of_files} if of_files else {}
            _tell_unmapped(Counter({**how, **left}))
            return
        if events is None:
            from mapper.cli.outbox_sealed import map_sealed

            told = map_sealed(store, query, mapping)
        else:
            from mapper.cli.outbox_retry import map_anew

            told = map_anew(store, query, mapping, events)
    tell_summary(told)


@dataclass(frozen=True, slots=True)
class _RestoredOptions:
    """The call of `outbox restored`: what comes from a backup."""

    outbox: str | None = outbox_option()
    log_format: str = log_format_option()


@_subcommand("restored", "mapper outbox restored --outbox shop.outbox")
@takes(_RestoredOptions)
def restored(options: _RestoredOptions) -> None:
    """Say that an outbox comes from a backup, before anything delivers from it.

    Events that wait in it may have been sent since. They are sent again, and count as such that may have
    arrived more than once; with `--offline-ambiguous hold`, offline events become dead letters instead.
    """
    with opened(options.outbox) as store:
        count = store.mark_restored()
    text = SafeText("{} waiting that may have been delivered already", number(count, "event"))
    if options.log_format == "json":
        Log(as_json=True).say(noted("outbox_restored", text, waiting=count))
    else:
        tell_summary(SafeText("{}\n", text))


@dataclass(frozen=True, slots=True)
class _ExportOptions:
    """The call of `outbox export`: which letters are written, and where."""

    outbox: str | None = outbox_option()
    selection: _Selection = options_of(_Selection)
    output: str = option(
        "-o", "--output", default="-", type=OutputFile(), help="Write to FILE instead of stdout."
    )


@_subcommand("export", "mapper outbox export --stage delivery -o refused.ndjson")
@takes(_ExportOptions)
def export(options: _ExportOptions) -> None:
    """Write the payloads of dead letters, unmasked, one per line.

    Each line also has the place of its event and the reason.
    """
    with opened(options.outbox) as store, open_whole(options.output) as out:
        count = 0
        for letter in store.dead_letters(options.selection.query):
            told = letter_as_json(letter, payload=False)
            told["payload"] = json.loads(letter.body) if has_payload(letter) else None
            out.file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
            count += 1
        out.is_whole = True
    tell_summary(SafeText("{} written\n", number(count, "dead letter")))


@dataclass(frozen=True, slots=True)
class _PurgeOptions:
    """The call of `outbox purge`: which letters are deleted."""

    outbox: str | None = outbox_option()
    selection: _Selection = options_of(_Selection)
    yes: bool = option("--yes", is_flag=True, help="Do not ask.")


@_subcommand("purge", "mapper outbox purge --stage expired --until 2026-05-01T00:00:00Z")
@takes(_PurgeOptions)
def purge(options: _PurgeOptions) -> None:
    """Delete dead letters permanently; waiting events are never deleted."""
    with opened(options.outbox) as store:
        query = options.selection.query
        count = sum(1 for _ in store.dead_letters(query))
        if count and not options.yes:
            click.confirm(f"permanently delete {number(count, 'dead letter')}?", abort=True, err=True)
        count = store.purge(query)
    tell_summary(SafeText("{} deleted\n", number(count, "dead letter")))


@dataclass(frozen=True, slots=True)
class _RecoverOptions:
    """The call of `outbox recover`: the damaged outbox, and the new one."""

    outbox: str = option("--outbox", required=True, metavar="FILE")
    output: str = option(
        "-o", "--output", required=True, type=click.Path(dir_okay=False), help="A new outbox."
    )


@_subcommand("recover", "mapper outbox recover --outbox damaged.outbox -o saved.outbox")
@takes(_RecoverOptions)
def recover(options: _RecoverOptions) -> None:
    """Save what can be read of a damaged outbox into a new one: waiting events and dead letters.

    Files that were sent are not remembered: each is sent from its first line if it is sent again.
    """
    outbox, output = options.outbox, options.output
    if is_server(outbox):
        raise click.UsageError("a database is restored from its backup; `recover` is for a file")
    if not os.path.isfile(outbox):
        raise click.UsageError(f"there is no outbox {outbox}")
    if os.path.exists(output):
        raise click.UsageError(f"{output} already exists")
    from mapper.delivery.outbox.recovery import recover_outbox

    copy = Path(f"{output}.damaged")
    with errors_told():
        try:
            for suffix in ("", "-wal"):
                if os.path.exists(outbox + suffix):
                    shutil.copy2(outbox + suffix, f"{copy}{suffix}")
            saved = recover_outbox(copy, Path(output))
            if saved is None:
                raise Damaged(f"nothing can be read of {outbox}")
        except BaseException:
            _remove(output)
            raise
        finally:
            _remove(str(copy))
    kept = SafeText("{} and {} saved", number(saved.events, "event"), number(saved.letters, "dead letter"))
    chunks, letters = number(saved.lost_chunks, "chunk"), number(saved.lost_letters, "dead letter")
    tell_summary(SafeText("{}; lost: {} of up to 1,000 events, {}\n", kept, chunks, letters))


def _remove(outbox: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{outbox}{suffix}").unlink(missing_ok=True)
