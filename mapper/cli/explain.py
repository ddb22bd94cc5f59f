"""`mapper explain`: where each value of a payload comes from, or what a diagnostic's code means."""

from __future__ import annotations

import sys

from mapper.cli.command import new_command
from mapper.cli.explain_options import ExplainOptions
from mapper.cli.options import takes

_EXAMPLE = """\
mapper explain mappings/shop.yaml
mapper explain mappings/shop.yaml event.json
mapper explain mappings/shop.yaml events.ndjson:17         line 17 of the file, as rejects name it
mapper explain mappings/shop.yaml --code                 or --code fast
mapper explain M302"""


@new_command("explain", _EXAMPLE)
@takes(ExplainOptions)
def command(options: ExplainOptions) -> None:
    """Show where each value of a payload comes from.

    A table of path, expression, the steps the compiler put in, and type. With EVENT (a JSON file, `-`, or a
    line of a file as events.ndjson:17) also the value at each step, and why a field is absent; values of
    persons are masked. With a code such as M302, tell what it means.
    """
    from mapper.cli.explain_call import explain

    sys.stdout.write(explain(options))
