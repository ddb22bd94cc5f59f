"""`mapper outbox find`: what became of the events with some ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mapper.cli.messages import tell_summary
from mapper.cli.outbox_view import (
    account_as_json,
    key_field,
    letter_as_json,
    moment,
    moment_or_none,
    opened,
    origin_text,
    place,
    show_json,
)
from mapper.cli.outbox_waiting import waiting_as_json, waiting_place, waiting_text
from mapper.cli.progress import working
from mapper.cli.run_summary import number
from mapper.cli.terminal import visible
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.search import DeadEvent, FoundEvent, Search, WaitingEvent
from mapper.values.safe_text import NOTHING, SafeText

if TYPE_CHECKING:
    from mapper.cli.outbox_options import FindOptions
    from mapper.delivery.outbox.store import LedgerEntry

_SEARCHING = SafeText("looking through the outbox")
_NO_LEDGER = SafeText("no ledger of delivered events is kept, see `--ledger`")
_SENT = ("delivered", "warning")


def find_events(options: FindOptions) -> None:
    """Show what became of the events with some ids."""
    form, wanted = options.form, tuple(dict.fromkeys(options.event_ids))
    if "" in wanted:
        raise click.UsageError("an event id is empty")
    if any("\ud800" <= char <= "\udfff" for one in wanted for char in one):
        raise click.UsageError("an event id is not UTF-8")
    with opened(options.outbox) as found:
        search = Search(found, wanted, key_field)
        with working(_SEARCHING):
            show = _as_json if form == "json" else _line
            lines = [show(one) for one in search.run()]  # without the chunks that they are in
    for line in lines:
        if isinstance(line, str):
            click.echo(line)
        else:
            show_json(line)
    unknown = [one for one in wanted if one not in search.found]
    for event_id in unknown:
        if form == "json":
            show_json({"event_id": event_id, "state": "unknown"})
        else:
            click.echo(f"{visible(event_id)}  not known")
    tell_summary(SafeText("{}\n", _looked_through(search)))
    if unknown:
        click.get_current_context().exit(ExitStatus.REFUSED)


def _line(one: FoundEvent) -> str:
    return f"{visible(one.event_id)}  {_text(one)}"


def _as_json(one: FoundEvent) -> dict[str, Any]:
    told: dict[str, Any] = {"event_id": one.event_id}
    if isinstance(one, WaitingEvent):
        return {**told, "state": "waiting", **waiting_as_json(one.chunk, one.parcel)}
    if isinstance(one, DeadEvent):
        more = {} if one.entry is None else _answer_as_json(one.entry)
        return {**told, "state": "dead", **letter_as_json(one.letter, payload=False), **more}
    entry = one.entry
    is_sent = entry.ending in _SENT
    told |= {"state": "sent"} if is_sent else {"state": "dead", "id": None}
    told |= account_as_json(entry.account)
    told |= {"place": place(entry.feed, entry.record), **_answer_as_json(entry)}
    return {**told, "ended_at": moment(entry.ended_at), "mapping_version": entry.version}


def _answer_as_json(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "accepted_at": moment(entry.accepted_at),
        "answered_at": moment_or_none(entry.answered_at),
        "status": entry.status or None,
        "result": entry.ending,
        "request": entry.request,
    }


def _text(one: FoundEvent) -> str:
    if isinstance(one, WaitingEvent):
        return f"waiting: {waiting_place(one.chunk, one.parcel)} {waiting_text(one.chunk)}"
    if isinstance(one, DeadEvent):
        return _dead_text(one)
    entry = one.entry
    where = f"{place(entry.feed, entry.record)} for {entry.account.name}, {_answer_text(entry)}"
    if entry.ending in _SENT:
        return f"sent: {where}, {moment(entry.ended_at)}"
    return f"dead: {where}, {moment(entry.ended_at)}; its dead letter was deleted or sent again"


def _dead_text(one: DeadEvent) -> str:
    letter = one.letter
    head = f"dead: {place(letter.feed, letter.record)}{origin_text(letter.origin)} for {letter.account.name}"
    died = f"{letter.stage}: {letter.kind}, {moment(letter.died_at)}, dead letter {letter.number}"
    more = "" if one.entry is None else f", {_answer_text(one.entry)}"
    return f"{head}, {died}{more}\n        {letter.reason}"


def _answer_text(entry: LedgerEntry) -> str:
    told = f"accepted {moment(entry.accepted_at)}, {entry.ending}"
    return f"{told}, status {entry.status} in request {entry.request}" if entry.status else told


def _looked_through(search: Search) -> SafeText:
    """The places that were searched for an id without finding it."""
    waiting, dead = number(search.waiting, "waiting event"), number(search.dead, "dead letter")
    ledger = _NO_LEDGER
    if search.since is not None:
        ledger = SafeText("the ledger goes back to {}", SafeText.known(moment(search.since)))
    text = SafeText("looked through {} and {}; {}", waiting, dead, ledger)
    rejected = NOTHING
    if search.nameless:
        rejected = SafeText("; without an id: {} rejected by the mapping", number(search.nameless, "event"))
    unread = NOTHING
    if search.unread:
        names = SafeText.joined(", ", [SafeText.known(one) for one in sorted(search.unread)])
        unread = SafeText("; not through those for {}: no schema here names the field of their ids", names)
    return SafeText("{}{}{}", text, rejected, unread)
