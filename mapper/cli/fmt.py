"""`mapper fmt`: formats mapping files, and changes nothing but whitespace."""

from __future__ import annotations

import click

from mapper.cli.command import new_command
from mapper.cli.fmt_options import FormatOptions
from mapper.cli.options import takes

_EXAMPLE = """\
mapper fmt                          all files under mappings/
mapper fmt mappings/shop.yaml
mapper fmt --check                  name the files that would change; for CI
mapper fmt --diff                   print the changes as a patch
mapper fmt - < shop.yaml            print the result; for editors"""


@new_command("fmt", _EXAMPLE)
@takes(FormatOptions)
@click.pass_context
def command(ctx: click.Context, call: FormatOptions) -> None:
    """Format mapping files: only whitespace changes.

    PATH is a file, a folder (all .yaml and .yml files under it) or `-` for stdin; without one, mappings/.
    Two spaces a level, one after `:`, `-` and `,`, none inside braces and at the ends of lines, one empty
    line at most. Nothing is quoted, sorted or wrapped.
    A file with errors, or that would not read the same, is left as it is.
    With --check or --diff, exits with 1 if a file would change. Exits with 2 if a file is left as it is,
    cannot be read or written, or none is found.
    """
    if "-" in call.paths and len(set(call.paths)) > 1:
        raise click.UsageError("`-` cannot be combined with other paths: stdout is for its text")
    from mapper.cli.fmt_call import format_files

    ctx.exit(format_files(call))
