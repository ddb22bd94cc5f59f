"""`--events`: a file of sample events -> their schema, which mappings are checked against."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from mapper.cli.messages import mention, tell
from mapper.cli.option_types import InputFile
from mapper.cli.options import option
from mapper.cli.terminal import visible
from mapper.values.safe_text import SafeText

events_option = partial(
    option,
    "--events",
    type=InputFile(),
    metavar="FILE",
    help="Check against these sample events too, or `-` for stdin; in place of the mapping's own samples.",
)


def read_sample_schema(events: str) -> dict[str, Any]:
    """The schema of the sample events in a file; says on stderr how many there are, and what is wrong."""
    # Most checks read no events, and should start at once.
    from mapper.cli.feed import feed_name, open_feed
    from mapper.cli.run_summary import number
    from mapper.project.sample_files import SampleFeed
    from mapper.texts.named_text import UnreadableFile

    name = SafeText.known(visible(feed_name(events)))
    reading = SampleFeed()
    with open_feed(events, None, progress_shown=True) as blocks:
        for block in blocks:
            reading.add_block(feed_name(events), block)
            if reading.limit:
                break
    try:
        read = reading.read_so_far(feed_name(events))
    except UnreadableFile as why:
        raise click.UsageError(visible(f"--events: {why.reason}")) from None
    if read.broken:
        tell(SafeText("{} of {} cannot be read", number(read.broken, "event"), name))
    if read.limit:
        mention(SafeText("checking against the first {:,} events of {}", read.events, name))
    return read.schema
