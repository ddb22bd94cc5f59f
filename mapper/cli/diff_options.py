"""The options of `diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from mapper.cli.command import jobs_option, schemas_option
from mapper.cli.feed_options import delimiter_option, format_option
from mapper.cli.option_types import InputFile
from mapper.cli.options import argument, option
from mapper.cli.received_at import Received, received_option
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.feeds import Format


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """The call of `diff`: what to compare and how."""

    old: str = argument(type=click.Path())
    new: str = argument(type=click.Path())
    events: str | None = argument(required=False, type=InputFile())
    by: Literal["path", "event"] = option(
        "--by",
        type=click.Choice(["path", "event"]),
        default="path",
        show_default=True,
        help="Count the events by what differs, or list the first events that differ.",
    )
    limit: int = option(
        "--limit",
        type=click.IntRange(1, 10_000),
        default=20,
        show_default=True,
        help="Number of lines, or of events with --by event.",
    )
    ignore: tuple[str, ...] = option(
        "--ignore",
        multiple=True,
        metavar="PATH",
        help=(
            "Do not compare PATH and all below it; `outcome` and `plan` work too. Can be given several times."
        ),
    )
    form: Literal["text", "json", "markdown"] = option(
        "--format", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
    )
    jobs: int = jobs_option()
    received_at: Received | None = received_option()
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()
