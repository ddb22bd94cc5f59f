"""`mapper outbox find`: what became of the events with some ids."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.command import new_command
from mapper.cli.messages import tell_summary
from mapper.cli.outbox_file import outbox_option
from mapper.cli.outbox_view import (
    format_option,
    key_field,
    letter_as_json,
    moment,
    opened,
    place,
    show_json,
)
from mapper.cli.outbox_waiting import waiting_as_json, waiting_text
from mapper.cli.summary import number
from mapper.cli.terminal import visible
from mapper.delivery.exit_status import ExitStatus
from mapper.delivery.outbox.search import DeadEvent, Search, WaitingEvent
from mapper.delivery.outbox.store import DeadLetter
from mapper.safe_text import NOTHING, SafeText

_NO_LEDGER = SafeText("delivered events are not kept")


@new_command("find", "mapper outbox find mc-7\nmapper outbox find mc-7 mc-8 --format json")
@outbox_option
@format_option
@click.argument("event_ids", nargs=-1, required=True, metavar="EVENT_ID...")
@click.pass_context
def command(ctx: click.Context, outbox: str | None, form: str, event_ids: tuple[str, ...]) -> None:
    """Show what became of the events with these ids: each that waits or is dead.

    Exits with 1 if one of the ids is not known. The last line says what was looked through.
    """
    wanted = tuple(dict.fromkeys(event_ids))
    with opened(outbox) as found:
        search = Search(found, wanted, key_field)
        for one in search.run():
            if form == "json":
                show_json(_as_json(one))
            else:
                click.echo(f"{visible(one.event_id)}  {_text(one)}")
    unknown = [one for one in wanted if one not in search.found]
    for event_id in unknown:
        if form == "json":
            show_json({"event_id": event_id, "state": "unknown"})
        else:
            click.echo(f"{visible(event_id)}  not known")
    tell_summary(SafeText("{}\n", _looked_through(search)))
    if unknown:
        ctx.exit(ExitStatus.REFUSED)


def _as_json(one: WaitingEvent | DeadEvent) -> dict[str, Any]:
    if isinstance(one, WaitingEvent):
        return {"event_id": one.event_id, "state": "waiting", **waiting_as_json(one.chunk, one.parcel)}
    return {"event_id": one.event_id, "state": "dead", **letter_as_json(one.letter, payload=False)}


def _text(one: WaitingEvent | DeadEvent) -> str:
    if isinstance(one, WaitingEvent):
        return f"waiting: {place(one.chunk.feed, one.parcel.record)} {waiting_text(one.chunk)}"
    return _dead_text(one.letter)


def _dead_text(letter: DeadLetter) -> str:
    head = f"dead: {place(letter.feed, letter.record)} for {letter.account.name}"
    died = f"{letter.stage}: {letter.kind}, {moment(letter.died_at)}, dead letter {letter.number}"
    return f"{head}, {died}\n        {letter.reason}"


def _looked_through(search: Search) -> SafeText:
    """What an id that is not known is not in."""
    waiting, dead = number(search.waiting, "waiting event"), number(search.dead, "dead letter")
    text = SafeText("looked through {} and {}; {}", waiting, dead, _NO_LEDGER)
    rejected = NOTHING
    if search.nameless:
        rejected = SafeText("; without an id: {} rejected by the mapping", number(search.nameless, "event"))
    unread = NOTHING
    if search.unread:
        names = SafeText.joined(", ", [SafeText.known(one) for one in sorted(search.unread)])
        unread = SafeText("; not through those for {}: no schema here names the field of their ids", names)
    return SafeText("{}{}{}", text, rejected, unread)
