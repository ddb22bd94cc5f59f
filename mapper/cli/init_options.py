"""The options of `init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mapper.cli.completed_words import complete_ready
from mapper.cli.feed_options import delimiter_option, format_option
from mapper.cli.option_types import InputFile, OutputFile
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.feeds import Format


@dataclass(frozen=True, slots=True)
class InitOptions:
    """The call of `init`: the beginning of the mapping, and where it goes."""

    events: tuple[str, ...] = argument(nargs=-1, type=InputFile())
    like: str | None = option(
        "--like", metavar="NAME", help="Start from a copy of a ready mapping.", shell_complete=complete_ready
    )
    listed: bool = option("--list", is_flag=True, help="List the ready mappings and exit.")
    tool: str | None = option(
        "--from", type=click.Choice(["segment"]), help="Import the export of another tool."
    )
    exact: bool = option("--exact", is_flag=True, help="With --from: exit with 1 if any rule is not exact.")
    output: str | None = option(
        "-o",
        "--output",
        type=OutputFile(),
        help="Write the mapping to FILE. Default: a file in mappings/. `-`: stdout.",
    )
    force: bool = option("--force", is_flag=True, help="Overwrite files that exist.")
    name: str | None = option(
        "--name", help="Name of the mapping. Default: that of the file of events or of the export."
    )
    target: str | None = option(
        "--target", help="Schema of the payloads. Default: the only one that says how it is delivered."
    )
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
