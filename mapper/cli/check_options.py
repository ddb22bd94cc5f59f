"""The options of `check`."""

from __future__ import annotations

import click

from mapper.cli.command import (
    changed_since_option,
    jobs_option,
    output_format_option,
    schemas_option,
    stdin_filename_option,
)
from mapper.cli.options import argument, option
from mapper.cli.sample_option import events_option
from mapper.values.frozen import dataclass

FORMATS = ("text", "json", "sarif", "github", "junit")
"""The forms of a report."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The call of `check`: files, what to do with them, and form."""

    paths: tuple[str, ...] = argument(nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
    form: str = output_format_option(*FORMATS)
    strict: bool = option("--strict", is_flag=True, help="Treat warnings as errors.")
    fix: bool = option(
        "--fix", is_flag=True, help="Apply the safe fixes to the files; with `-`, print the result."
    )
    diff: bool = option("--diff", is_flag=True, help="Print what --fix would change, without changing it.")
    stdin_filename: str = stdin_filename_option()
    events: str | None = events_option()
    schemas: str | None = schemas_option()
    changed_since: str | None = changed_since_option()
    jobs: int = jobs_option()
    verbose: bool = option(
        "-v", "--verbose", is_flag=True, help="Say of each mapping which signals it can send."
    )
    no_cache: bool = option(
        "--no-cache", is_flag=True, help="Check all files again, also those that are as they were."
    )
