"""The options of `eval`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mapper.cli.command import schemas_option
from mapper.cli.feed_options import delimiter_option, events_argument, format_option
from mapper.cli.option_types import InputFile
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.feeds import Format


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """The call of `eval`: an expression, the events, and how values are printed."""

    expression: str = argument()
    events: str = events_argument()
    raw: bool = option("-r", "--raw", is_flag=True, help="Print texts without quotes and escapes.")
    exit_status: bool = option(
        "-e", "--exit-status", is_flag=True, help="Exit with 1 if the last value is null or false."
    )
    mapping: str | None = option(
        "--mapping", metavar="MAPPING", type=InputFile(), help="Use the names of a mapping in the expression."
    )
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()
