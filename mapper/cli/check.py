"""`mapper check`: compiles mapping files and says what is wrong with them, and fixes what it safely can."""

from __future__ import annotations

import click

from mapper.cli.check_options import CheckOptions
from mapper.cli.command import new_command
from mapper.cli.options import takes

_EXAMPLE = """\
mapper check                                   all files under mappings/
mapper check mappings/shop.yaml --strict
mapper check intake.yaml                       the entries of `mapper serve`, and their mappings
mapper check schemas/shop/order.json           a schema of a source or target
mapper check mappings/shop.yaml --events events.ndjson
mapper check --changed-since main              what changed since then, and what depends on it
mapper check --fix                             apply the safe fixes
mapper check --format sarif > mapper.sarif     for code scanning; github and junit for CI
mapper check - --stdin-filename shop.yaml --format json < shop.yaml"""


@new_command("check", _EXAMPLE)
@takes(CheckOptions)
@click.pass_context
def command(ctx: click.Context, call: CheckOptions) -> None:
    """Check mappings, intakes and schemas before any event.

    PATH is a file, a folder (all .yaml and .yml files under it) or `-` for stdin; without one, mappings/.
    A schema is checked as a target or a source, as the mappings of its project use it.
    The mappings that entries name are checked too.
    With --events, it also warns of what does not fit these sample events.
    Exits with 1 if there is any error, and with 2 if a file cannot be read or none is found.
    """
    reads_stdin = "-" in call.paths
    if call.fix and reads_stdin and len(set(call.paths)) > 1:
        raise click.UsageError("`-` cannot be combined with other paths under --fix: stdout is for its text")
    if call.events == "-" and reads_stdin:
        raise click.UsageError("the mapping and --events cannot both be read from stdin")
    if call.fix and call.diff:
        raise click.UsageError("--fix changes files, --diff only shows the changes; give one of them")
    from mapper.cli.check_call import check

    ctx.exit(check(call))
