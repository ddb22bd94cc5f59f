"""Options of commands that read events: the file, its format, its delimiter."""

from __future__ import annotations

from functools import partial

import click

from mapper.cli.option_types import InputFile
from mapper.cli.options import argument, option

_DELIMITERS = {"tab": "\t", "\\t": "\t"}
events_argument = partial(argument, default="-", type=InputFile())
format_option = partial(
    option,
    "--input-format",
    type=click.Choice(["ndjson", "json", "csv", "parquet", "har", "urls"]),
    help=(
        "Format of EVENTS: one event per line, JSON in any layout, CSV, Parquet, HAR as browsers save it, or "
        "one URL per line. Default: detected from its name or first bytes."
    ),
)
delimiter_option = partial(
    option,
    "--delimiter",
    callback=lambda _, option, value: _delimiter(option, value),
    help="Delimiter of CSV: one character, or `tab`. Default: detected from the header.",
)


def _delimiter(option: click.Parameter, value: str | None) -> str | None:
    delimiter = _DELIMITERS.get(value, value) if value is not None else None
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise click.BadParameter("the delimiter must be one character, or `tab`", param=option)
    return delimiter
