"""`mapper outbox dead`, `retry`, `export` and `purge`: what is done with dead letters."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import click

from mapper.cli.messages import tell_summary
from mapper.cli.outbox_options import MOST_SHOWN
from mapper.cli.outbox_view import (
    has_payload,
    letter_as_json,
    masked_payload,
    moment,
    opened,
    origin_text,
    place,
    show_json,
)
from mapper.cli.output import open_whole
from mapper.cli.progress import followed, working
from mapper.cli.run_summary import number
from mapper.cli.suppression_lists import OwnLists
from mapper.delivery.outbox.store import DeadLetter, LetterTotals
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.cli.outbox_options import DeadOptions, ExportOptions, PurgeOptions, RetryOptions

_LETTERS = SafeText("dead letters")
_COUNTING, _DELETING = SafeText("counting dead letters"), SafeText("deleting dead letters")
_RETRYING = SafeText("queueing dead letters again")
_EXPLAIN = SafeText("`mapper explain MAPPING FILE:LINE` shows why, step by step")
_SEALED = SafeText("kept encrypted, to be mapped again by `mapper outbox retry --mapping MAPPING`")
NOT_KEPT = SafeText(
    "received over HTTP and not kept, so mapping again is impossible;"
    " `mapper serve --keep-raw` keeps such events"
)


def list_letters(options: DeadOptions) -> None:
    """List dead letters, or how many there are of each reason."""
    form, limit, query = options.form, options.limit, options.selection.query
    with opened(options.outbox) as store:
        if options.group_by is not None:
            with followed(store.dead_letters(query), _LETTERS) as letters:
                found = _reasons(letters)
            _show_reasons(found, form, limit)
            return
        most = limit or (MOST_SHOWN if form == "text" else None)
        for letter in islice(store.dead_letters(query), most):
            if form == "json":
                show_json(letter_as_json(letter, options.payload))
            else:
                click.echo(_letter_text(letter, options.payload), nl=False)
        if form == "json":
            return
        with working(_COUNTING):
            totals = store.letter_totals(query)
    if most is not None and totals.letters > most:
        click.echo(f"... {totals.letters - most:,} more; --format json shows all")
    tell_summary(SafeText("{}\n", number(totals.letters, "dead letter")))
    _tell_unmapped(totals)


def retry_letters(options: RetryOptions) -> None:
    """Queue dead letters again, perhaps mapped anew."""
    mapping, events, query = options.mapping, options.events, options.selection.query
    if mapping is None and events is not None:
        raise click.UsageError("give --mapping and EVENTS together")
    if mapping is None and options.suppress:
        raise click.UsageError("--suppress needs --mapping; `mapper outbox erase` deletes what is mapped")
    with opened(options.outbox) as store:
        if mapping is None:
            with working(_RETRYING):
                count = store.retry(query, time.time())
            tell_summary(SafeText("{} waiting again\n", number(count, "event")))
            _tell_unmapped(store.letter_totals(query), SafeText("--mapping MAPPING EVENTS maps them again"))
            return
        lists = OwnLists(options.suppress, mapping)
        if events is None:
            from mapper.cli.outbox_sealed import map_sealed

            told = map_sealed(store, query, lists)
        else:
            from mapper.cli.outbox_retry import map_anew

            told = map_anew(store, query, lists, events)
    tell_summary(told)


def export_letters(options: ExportOptions) -> None:
    """Write the payloads of dead letters."""
    with opened(options.outbox) as store, open_whole(options.output) as out:
        shown = options.output not in (None, "-") or not sys.stdout.isatty()
        with followed(store.dead_letters(options.selection.query), _LETTERS, shown=shown) as letters:
            count = 0
            for letter in letters:
                count += 1
                told = letter_as_json(letter, payload=False)
                told["payload"] = json.loads(letter.body) if has_payload(letter) else None
                out.file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        out.is_whole = True
    tell_summary(SafeText("{} written\n", number(count, "dead letter")))


def purge_letters(options: PurgeOptions) -> None:
    """Delete dead letters, once that is confirmed."""
    with opened(options.outbox) as store:
        query = options.selection.query
        with working(_COUNTING):
            count = store.letter_totals(query).letters
        if count and not options.yes:
            click.confirm(f"permanently delete {number(count, 'dead letter')}?", abort=True, err=True)
        with working(_DELETING):
            count = store.purge(query)
    tell_summary(SafeText("{} deleted\n", number(count, "dead letter")))


@dataclass(slots=True)
class _Alike:
    """Dead letters of one stage, kind and reason: how many, the first and the last of them."""

    first: DeadLetter
    last: DeadLetter
    count: int = 0


def _reasons(letters: Iterable[DeadLetter]) -> list[_Alike]:
    """The dead letters of each reason, those of the most first."""
    found: dict[tuple[str, str, str], _Alike] = {}
    for one in letters:
        alike = found.setdefault((one.stage, one.kind, one.reason), _Alike(one, one))
        alike.last, alike.count = one, alike.count + 1
    return sorted(found.values(), key=lambda one: -one.count)


def _show_reasons(found: Iterable[_Alike], form: str, limit: int | None) -> None:
    """The number of dead letters of each reason, and the place of the first of them."""
    for alike in islice(found, limit):
        first, last, count = alike.first, alike.last, alike.count
        stage, kind, reason = first.stage, first.kind, first.reason
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


def _tell_unmapped(totals: LetterTotals, of_files: SafeText = _EXPLAIN) -> None:
    """Say how to fix events that the mapping rejected: so many of each kind. of_files: those of files."""
    for how, count in ((of_files, totals.of_files), (_SEALED, totals.sealed), (NOT_KEPT, totals.lost)):
        if count:
            tell_summary(SafeText("{} rejected by the mapping: {}\n", number(count, "event"), how))


def _letter_text(letter: DeadLetter, payload: bool) -> str:
    where = f"{place(letter.feed, letter.record)}{origin_text(letter.origin)}"
    head = f"{where}  {letter.stage}: {letter.kind}, {moment(letter.died_at)}"
    text = f"{letter.number:>6}  {head}\n        {letter.reason}\n"
    if payload and has_payload(letter):
        text += f"        {json.dumps(masked_payload(letter), ensure_ascii=False)}\n"
    return text
