"""The options of `explain`."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.command import output_format_option, schemas_option
from mapper.cli.completed_words import complete_subject
from mapper.cli.meta_file import meta_option
from mapper.cli.options import argument, option
from mapper.cli.received_at import Received, received_option
from mapper.values.frozen import dataclass


class _Form(click.Choice[str]):
    """A form of the code; the word may be omitted only at the end."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{error.message} `--code` without a value must be the last argument", param, ctx)


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """The call of `explain`: what to explain and how."""

    subject: str = argument(metavar="MAPPING|CODE|WORD", shell_complete=complete_subject)
    event: str | None = argument(required=False)
    form: str = output_format_option("text", "json")
    code: str | None = option(
        "--code",
        is_flag=False,
        flag_value="careful",
        type=_Form(["careful", "fast", "typed"]),
        help=(
            "Print the generated Python: careful, written to be read (the default), fast, or "
            "typed, which is fast for events read from JSON."
        ),
    )
    effective: bool = option(
        "--effective",
        is_flag=True,
        help="Print the mapping with all that it inherits as one file, each line with its place.",
    )
    reveal: bool = option(
        "--reveal", is_flag=True, help="Show personal values, and names of events that no section takes."
    )
    received_at: Received | None = received_option()
    meta: dict[str, Any] = meta_option()
    schemas: str | None = schemas_option()
