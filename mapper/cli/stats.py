"""`mapper stats`: what the payloads of many events carry, which rules give it, and what nobody reads."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.stats_options import StatsOptions

_EXAMPLE = """\
mapper stats mappings/shop.yaml events.ndjson
mapper stats mappings/shop.yaml events.ndjson --format html > stats.html
mapper stats mappings/shop.yaml events.ndjson --fail-under user_data.em=60%
mapper stats mappings/shop.yaml today.ndjson --baseline stats.json --drop 10"""


@new_command("stats", _EXAMPLE)
@takes(StatsOptions)
@click.pass_context
def command(ctx: click.Context, options: StatsOptions) -> None:
    """Show what payloads of EVENTS carry, and what is not used.

    For each event name the share of payloads with each signal that the destination scores; for each path of
    the payload how many have a value, how many values are invalid or distinct, and which alternative gave
    them; attributes that no rule reads; values that no `is`, no table and no pattern has. EVENTS is a file
    of NDJSON, JSON or CSV, also compressed by gzip; without it, stdin. Nothing is sent, and no value of a
    person is shown. Exits with 1 if a share is too low or the mapping has errors, and with 2 if a file cannot
    be read or holds no event.
    """
    from mapper.cli.stats_call import show_statistics

    ctx.exit(show_statistics(options))
