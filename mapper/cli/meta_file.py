"""`--meta FILE`: what `$meta` holds of all events, for mappings of live sources that are tried on files."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mapper.cli.options import option


def _read(ctx: click.Context, param: click.Parameter, path: str | None) -> dict[str, Any]:
    """The object in a file; an empty one without a file."""
    if path is None:
        return {}
    from mapper.runtime.decode import decode_event
    from mapper.values.types import Invalid

    try:
        with open(path, "rb") as file:
            return decode_event(file.read())
    except Invalid as invalid:
        reason = f"{path} must contain a JSON object, the value of $meta: {invalid.reason}"
        raise click.BadParameter(reason, ctx, param) from None


meta_option = partial(
    option,
    "--meta",
    type=click.Path(exists=True, dir_okay=False),
    callback=_read,
    metavar="FILE",
    help="JSON file with the value of $meta for all events, e.g. the headers and cookies of a request.",
)
