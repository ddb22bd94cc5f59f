"""The options of `schema from`."""

from __future__ import annotations

from mapper.cli.option_types import InputFile, OutputFile
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class SchemaFromOptions:
    """The call of `schema from`: the description, the one that is meant, and where the schema goes."""

    file: str = argument(metavar="FILE", type=InputFile())
    name: str | None = argument(metavar="[NAME]", required=False)
    output: str = option(
        "-o",
        "--output",
        "--out",
        type=OutputFile(),
        default="-",
        help="Write the schema to FILE. Default: stdout.",
    )
    force: bool = option("--force", is_flag=True, help="Overwrite a file that exists.")
