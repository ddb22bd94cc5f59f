"""The options of `stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mapper.cli.command import (
    jobs_option,
    mapping_argument,
    output_format_option,
    reveal_names_option,
    schemas_option,
)
from mapper.cli.feed_options import delimiter_option, events_argument, format_option
from mapper.cli.option_types import NamedPercent
from mapper.cli.options import option
from mapper.cli.received_at import Received, received_option
from mapper.values.frozen import dataclass

if TYPE_CHECKING:
    from mapper.feeds import Format


@dataclass(frozen=True, slots=True)
class StatsOptions:
    """The call of `stats`: what to count and how."""

    mapping: str = mapping_argument()
    events: str = events_argument()
    form: str = output_format_option("text", "json", "csv", "html")
    fail_under: tuple[tuple[str, float], ...] = option(
        "--fail-under",
        multiple=True,
        type=NamedPercent("PATH", "user_data.em=60%"),
        metavar="PATH=PERCENT",
        help="Exit with 1 if fewer of the payloads have a value at PATH. Can be given several times.",
    )
    baseline: str | None = option(
        "--baseline",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Exit with 1 if a share is lower than in FILE, which `--format json` printed.",
    )
    drop: float = option(
        "--drop",
        type=click.FloatRange(0, 100),
        default=10,
        show_default=True,
        metavar="POINTS",
        help="How many percentage points a share may be lower than in the baseline.",
    )
    jobs: int = jobs_option()
    reveal: bool = reveal_names_option()
    received_at: Received | None = received_option()
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()
