"""The options of every command for what it shows, before or after its name: `terminal` asks for them."""

from __future__ import annotations

from typing import Any

import click

from mapper.cli.options import option
from mapper.values.frozen import dataclass


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep an option that is given for the whole call; one after the command replaces one before it."""
    if value:
        ctx.meta[param.name] = value


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Options that no command's function is given."""

    colour: None = option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        callback=_keep,
        is_eager=True,
        expose_value=False,
        help="Whether what is shown has colour; auto: on a terminal.",
    )
    quiet: None = option(
        "-q",
        "--quiet",
        is_flag=True,
        callback=_keep,
        is_eager=True,
        expose_value=False,
        help="Print no counts, summaries or progress on stderr; errors and warnings stay.",
    )
