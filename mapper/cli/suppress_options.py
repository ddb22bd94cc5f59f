"""The options of `suppress build`."""

from __future__ import annotations

import click

from mapper.cli.command import schemas_option
from mapper.cli.feed_options import delimiter_option
from mapper.cli.option_types import InputFile
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class SuppressBuildOptions:
    """The call of `suppress build`: the persons, and the file that the list goes to."""

    persons: str = argument(metavar="LIST", type=InputFile())
    output: str = option(
        "-o",
        "--output",
        required=True,
        type=click.Path(dir_okay=False),
        help="Write the list to FILE, in place of one that is there.",
    )
    field: str | None = option(
        "--as", metavar="FIELD", help="LIST has one value per line, for this field, and no header."
    )
    skip_invalid: bool = option(
        "--skip-invalid", is_flag=True, help="Leave out values that are invalid, and write the rest."
    )
    target: str | None = option(
        "--target", help="Schema of the payloads. Default: the only one that says how it is delivered."
    )
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()
