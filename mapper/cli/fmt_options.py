"""The options of `fmt`."""

from __future__ import annotations

import click

from mapper.cli.command import stdin_filename_option
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """The call of `fmt`: files, and whether they are changed."""

    paths: tuple[str, ...] = argument(nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
    check: bool = option("--check", is_flag=True, help="Name the files that would change, without changing.")
    diff: bool = option("--diff", is_flag=True, help="Print the changes as a patch, without changing.")
    stdin_filename: str = stdin_filename_option()
