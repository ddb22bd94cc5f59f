"""`mapper eval`: the value of an expression for each event."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.eval_options import EvalOptions
from mapper.cli.options import takes

_EXAMPLE = """\
mapper eval 'items[?price > `10`].sku' events.ndjson
mapper eval 'customer.email' order.json -r
mapper eval '$customer.email' events.ndjson --mapping mappings/shop.yaml
mapper eval "minor_units(\\`1250\\`, 'EUR')\""""


@new_command("eval", _EXAMPLE)
@takes(EvalOptions)
@click.pass_context
def command(ctx: click.Context, options: EvalOptions) -> None:
    """Print the value of an expression for each of EVENTS.

    One JSON value a line. EVENTS is what `mapper run` reads: a file, or stdin; without it on a terminal, the
    expression has null to read. With --mapping, it may read the `let` names, functions and tables of a
    mapping. Exits with 1 if the expression has errors, if it is invalid for an event, whose line and reason
    are on stderr, or, with -e, if the last value is null or false.
    """
    from mapper.cli.eval_call import print_values

    ctx.exit(print_values(options))
