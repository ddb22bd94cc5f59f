"""The options of `diff`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

import click

from mapper.cli.command import jobs_option, output_format_option, schemas_option
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
    new: str | None = argument(required=False, type=click.Path())
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
    form: Literal["text", "json", "markdown"] = output_format_option("text", "json", "markdown")
    fail_on: Literal["difference", "alarm", "error"] = option(
        "--fail-on",
        type=click.Choice(["difference", "alarm", "error"]),
        default="difference",
        show_default=True,
        help="Exit with 1 if anything differs, or only for lines marked `!`, or never; an error is always 2.",
    )
    other: str | None = option(
        "--with",
        metavar="MAPPER",
        help="Compare with the payloads of another installed version: its `mapper` command, or its python.",
    )
    jobs: int = jobs_option()
    received_at: Received | None = received_option()
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()

    def exit_status(self, *, is_same: bool, has_alarms: bool) -> int:
        """The exit status where there is no error, as --fail-on asks."""
        return int({"difference": not is_same, "alarm": has_alarms, "error": False}[self.fail_on])

    @property
    def is_of_folders(self) -> bool:
        """Whether folders are compared: one is named, or two versions in git without a mapping's name."""
        from mapper.repository.git_tree import is_folder, is_revision

        named = [one for one in (self.old, self.new) if one is not None]
        if self.other is not None or any(os.path.isdir(one) for one in named if not is_revision(one)):
            return True
        return len(named) == 2 and all(is_revision(one) and is_folder(one) for one in named)
