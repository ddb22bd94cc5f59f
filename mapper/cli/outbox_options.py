"""The options of the commands of `mapper outbox`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from mapper.cli.command import (
    log_format_option,
    outbox_option,
    output_format_option,
    schemas_option,
    suppress_option,
)
from mapper.cli.feed_options import delimiter_option
from mapper.cli.option_types import InputFile, Moment, OutputFile
from mapper.cli.options import argument, option, options_of
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.delivery.outbox.store import DeadQuery, Stage

MOST_SHOWN = 50
"""The number of lines that a list has for a person, if nothing else is asked for."""
account_option = partial(option, "--account", default="", help="Only those of this account.")
limit_option = partial(
    option, "--limit", type=click.IntRange(1), help="Show at most this many. Default: 50; all as JSON."
)
group_option = partial(
    option,
    "--group-by",
    type=click.Choice(["reason"]),
    help="Show how many there are of each reason instead.",
)


@dataclass(frozen=True, slots=True)
class Selection:
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
        from mapper.delivery.outbox.store import DeadQuery

        return DeadQuery(
            account_name=self.account_name,
            numbers=self.numbers or None,
            stage=self.stage,
            kind=self.kind,
            reason=self.reason,
            since=self.since,
            until=self.until,
        )


@dataclass(frozen=True, slots=True)
class StatusOptions:
    """The call of `outbox status`: how it is shown."""

    outbox: str | None = outbox_option()
    form: str = output_format_option("text", "json")


@dataclass(frozen=True, slots=True)
class DeadOptions:
    """The call of `outbox dead`: which letters are listed, and how."""

    outbox: str | None = outbox_option()
    selection: Selection = options_of(Selection)
    form: str = output_format_option("text", "json")
    payload: bool = option("--payload", is_flag=True, help="Show the payloads too, personal values masked.")
    limit: int | None = limit_option()
    group_by: str | None = group_option()


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """The call of `outbox retry`: which letters, and how they are mapped again."""

    outbox: str | None = outbox_option()
    selection: Selection = options_of(Selection)
    mapping: str | None = option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False),
        help="Map again with a fixed mapping: the events of the file EVENTS, or what serve has kept.",
    )
    suppress: tuple[str, ...] = suppress_option()
    events: str | None = argument(required=False, type=click.Path(exists=True, dir_okay=False))


@dataclass(frozen=True, slots=True)
class RestoredOptions:
    """The call of `outbox restored`: what comes from a backup."""

    outbox: str | None = outbox_option()
    log_format: str = log_format_option()


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The call of `outbox export`: which letters are written, and where."""

    outbox: str | None = outbox_option()
    selection: Selection = options_of(Selection)
    output: str = option(
        "-o", "--output", default="-", type=OutputFile(), help="Write to FILE instead of stdout."
    )


@dataclass(frozen=True, slots=True)
class PurgeOptions:
    """The call of `outbox purge`: which letters are deleted."""

    outbox: str | None = outbox_option()
    selection: Selection = options_of(Selection)
    yes: bool = option("--yes", is_flag=True, help="Do not ask.")


@dataclass(frozen=True, slots=True)
class EraseOptions:
    """The call of `outbox erase`: the persons, and what is done with what holds them."""

    outbox: str | None = outbox_option()
    persons: str = option(
        "--persons",
        required=True,
        metavar="FILE",
        type=InputFile(),
        help="The persons: as LIST of `suppress build`, or a list that it built; - for stdin.",
    )
    field: str | None = option(
        "--as", metavar="FIELD", help="FILE has one value per line, for this field, and no header."
    )
    drop_unreadable: bool = option(
        "--drop-unreadable", is_flag=True, help="Delete raw requests that no key in MAPPER_RAW_KEY opens."
    )
    dry_run: bool = option("--dry-run", is_flag=True, help="Only count what would be erased.")
    yes: bool = option("--yes", is_flag=True, help="Do not ask.")
    form: str = output_format_option("text", "json")
    target: str | None = option(
        "--target", help="Schema whose fields the persons are given in. Default: of all in the outbox."
    )
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()


@dataclass(frozen=True, slots=True)
class RecoverOptions:
    """The call of `outbox recover`: the damaged outbox, and the new one."""

    outbox: str = option("--outbox", required=True, metavar="FILE", help="The damaged outbox.")
    output: str = option(
        "-o", "--output", required=True, type=click.Path(dir_okay=False), help="A new outbox."
    )


@dataclass(frozen=True, slots=True)
class WaitingOptions:
    """The call of `outbox waiting`: which events are listed, and how."""

    outbox: str | None = outbox_option()
    account_name: str = account_option()
    form: str = output_format_option("text", "json")
    limit: int | None = limit_option()
    group_by: str | None = group_option()


@dataclass(frozen=True, slots=True)
class FindOptions:
    """The call of `outbox find`: the ids, and how what is found is shown."""

    outbox: str | None = outbox_option()
    form: str = output_format_option("text", "json")
    event_ids: tuple[str, ...] = argument(nargs=-1, required=True, metavar="EVENT_ID...")
