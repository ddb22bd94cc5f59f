"""`mapper overlap`: events of the tag and of the server side by side, and whether the tag can go."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.overlap_options import OverlapOptions

_EXAMPLE = """\
mapper overlap tag.ndjson server.ndjson
mapper overlap tag.ndjson server.ndjson --fail-under checkout=94% --most-twice checkout=15%
mapper overlap requests.ndjson orders.ndjson --tag-mapping tag.yaml --server-mapping shop.yaml
mapper overlap tag.ndjson server.ndjson --format html > overlap.html"""


@new_command("overlap", _EXAMPLE)
@takes(OverlapOptions)
@click.pass_context
def command(ctx: click.Context, options: OverlapOptions) -> None:
    """Compare events of the tag with those of the server.

    For each event name and day: how many events only the tag sent, only the server, both with one id, and
    both with other ids, which are counted twice; how fields differ in pairs of one id; and whether the tag
    can go. TAG and SERVER are files of payloads, as `mapper run` writes them, or of source events with
    --tag-mapping and --server-mapping; one of them can be `-`. Nothing is sent, and no value of a person is
    shown or written. Exits with 1 if a share is beyond its limit or a mapping has errors, and with 2 if a
    file cannot be read or holds no event, or if the two have no time in common.
    """
    from mapper.cli.overlap_call import show_overlap

    ctx.exit(show_overlap(options))
