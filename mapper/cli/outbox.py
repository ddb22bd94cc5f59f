"""`mapper outbox`: what waits, what was refused and why; sends it again, also mapped anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mapper import __version__
from mapper.cli.command import Command, new_command
from mapper.cli.options import offers, takes
from mapper.cli.outbox_options import (
    DeadOptions,
    EraseOptions,
    ExportOptions,
    FindOptions,
    PurgeOptions,
    RecoverOptions,
    RestoredOptions,
    RetryOptions,
    StatusOptions,
    WaitingOptions,
)
from mapper.cli.output_options import OutputOptions

_EXAMPLE = """\
mapper outbox status
mapper outbox find mc-7
mapper outbox dead --kind rejected
mapper outbox retry --mapping mappings/shop.yaml orders.ndjson"""


class _Group(click.Group):
    """A group whose examples are shown as they are written."""

    format_epilog = Command.format_epilog


@click.version_option(__version__, prog_name="mapper")
@offers(OutputOptions)
@click.group("outbox", cls=_Group, epilog=_EXAMPLE)
def command() -> None:
    """Show what an outbox contains, and retry refused events.

    These commands can run while `send` and `deliver` do.
    """


def _subcommand(name: str, example: str) -> Callable[[Callable[..., Any]], Command]:
    def make(function: Callable[..., Any]) -> Command:
        made = new_command(name, example)(function)
        command.add_command(made)
        return made

    return make


@_subcommand("status", "mapper outbox status --format json")
@takes(StatusOptions)
def status(options: StatusOptions) -> None:
    """Show for each account what was accepted and delivered, and what waits."""
    from mapper.cli.outbox_status import show_status

    show_status(options)


@_subcommand(
    "dead", "mapper outbox dead --reason 'not a valid' --format json\nmapper outbox dead --group-by reason"
)
@takes(DeadOptions)
def dead(options: DeadOptions) -> None:
    """List rejected, refused and expired events, and why."""
    from mapper.cli.outbox_dead import list_letters

    list_letters(options)


@_subcommand(
    "retry",
    "mapper outbox retry --kind doubtful\nmapper outbox retry --mapping mappings/shop.yaml orders.ndjson",
)
@takes(RetryOptions)
def retry(options: RetryOptions) -> None:
    """Queue dead letters again; `send` or `deliver` then delivers them.

    Events that the mapping rejected have no payload: give --mapping and the file that they are from. Then
    what waits is mapped again too, unless an option such as --kind selects dead letters. Without a file,
    the same is done with events that came over HTTP, if `mapper serve --keep-raw` has kept them.
    """
    from mapper.cli.outbox_dead import retry_letters

    retry_letters(options)


@_subcommand("restored", "mapper outbox restored --outbox shop.outbox")
@takes(RestoredOptions)
def restored(options: RestoredOptions) -> None:
    """Say that an outbox comes from a backup, before anything delivers from it.

    Events that wait in it may have been sent since. They are sent again, and count as such that may have
    arrived more than once; with `--offline-ambiguous hold`, offline events become dead letters instead.
    """
    from mapper.cli.outbox_recover import mark_restored

    mark_restored(options)


@_subcommand("export", "mapper outbox export --stage delivery -o refused.ndjson")
@takes(ExportOptions)
def export(options: ExportOptions) -> None:
    """Write the payloads of dead letters, unmasked, one per line.

    Each line also has the place of its event and the reason.
    """
    from mapper.cli.outbox_dead import export_letters

    export_letters(options)


@_subcommand("purge", "mapper outbox purge --stage expired --until 2026-05-01T00:00:00Z")
@takes(PurgeOptions)
def purge(options: PurgeOptions) -> None:
    """Delete dead letters permanently; waiting events are never deleted."""
    from mapper.cli.outbox_dead import purge_letters

    purge_letters(options)


@_subcommand(
    "erase",
    "mapper outbox erase --as email --persons - --yes < person.txt\n"
    "mapper outbox erase --persons people.csv --dry-run",
)
@takes(EraseOptions)
@click.pass_context
def erase(ctx: click.Context, options: EraseOptions) -> None:
    """Erase all that the outbox has of some persons, for a request to be forgotten.

    Waiting payloads and dead letters with one of the persons are deleted, and raw requests of
    `serve --keep-raw`, which are decrypted for that by MAPPER_RAW_KEY. It can run while `send` and `deliver`
    do. Events that are mapped later can have the persons again: give --suppress to the commands that map
    and deliver them, before this one.

    Exits with 1 if something could not be searched or overwritten; the report has counts and no value.
    """
    from mapper.cli.outbox_erase import erase_persons

    ctx.exit(erase_persons(options))


@_subcommand("recover", "mapper outbox recover --outbox damaged.outbox -o saved.outbox")
@takes(RecoverOptions)
def recover(options: RecoverOptions) -> None:
    """Save what can be read of a damaged outbox into a new one: waiting events and dead letters.

    Files that were sent are not remembered: each is sent from its first line if it is sent again.
    """
    from mapper.cli.outbox_recover import recover_outbox_file

    recover_outbox_file(options)


@_subcommand("waiting", "mapper outbox waiting --account north\nmapper outbox waiting --group-by reason")
@takes(WaitingOptions)
def waiting(options: WaitingOptions) -> None:
    """List events that wait: their places, since when, how often they failed and why."""
    from mapper.cli.outbox_waiting import list_waiting

    list_waiting(options)


@_subcommand("find", "mapper outbox find mc-7\nmapper outbox find mc-7 mc-8 --format json")
@takes(FindOptions)
def find(options: FindOptions) -> None:
    """Show what became of the events with these ids: each that waits or is dead, or was sent.

    What was sent is known where `--ledger` is given to what delivers.

    Exits with 1 if one of the ids is not known. The last line says what was looked through.
    """
    from mapper.cli.outbox_find import find_events

    find_events(options)
