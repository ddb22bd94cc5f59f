"""`mapper explain`: where each value of a payload comes from, or what a code or a word means."""

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
mapper explain mappings/shop.yaml --effective            with all that it inherits, as one file
mapper explain M302                                      a code
mapper explain timestamp                                 a transform, function, key or field"""


@new_command("explain", _EXAMPLE)
@takes(ExplainOptions)
def command(options: ExplainOptions) -> None:
    """Show where each value of a payload comes from.

    A table of path, expression, the steps the compiler put in, and type. With EVENT (a JSON file, `-`, or a
    line of a file as events.ndjson:17) also the value at each step, and why a field is absent; values of
    persons are masked. For a mapping that extends others, the table has the place of each rule, and
    --effective prints all that it inherits as one file. With a code such as M302, or a word of mappings such
    as minor_units, consent.granted or user_data.em, tell what it means.
    """
    from mapper.cli.explain_call import explain

    sys.stdout.write(explain(options))
