"""`mapper suppress`: lists of persons to whom nothing is sent."""

from __future__ import annotations

import click

from mapper import __version__
from mapper.cli.command import Command, new_command
from mapper.cli.options import offers, takes
from mapper.cli.output_options import OutputOptions
from mapper.cli.suppress_options import SuppressBuildOptions

_EXAMPLE = """\
mapper suppress build unsubscribed.csv -o people.sup
mapper suppress build addresses.txt --as em -o people.sup
mapper send mappings/shop.yaml orders.ndjson --suppress people.sup"""


class _Group(click.Group):
    """A group whose examples are shown as they are written."""

    format_epilog = Command.format_epilog


@click.version_option(__version__, prog_name="mapper")
@offers(OutputOptions)
@click.group("suppress", cls=_Group, epilog=_EXAMPLE)
def command() -> None:
    """Build lists of persons whose events are skipped by --suppress."""


@takes(SuppressBuildOptions)
@click.pass_context
def _build(ctx: click.Context, options: SuppressBuildOptions) -> None:
    """Build a suppression list from the persons in LIST.

    LIST is CSV whose header names fields of the target that identify a person (`email`, `phone`, `maid`,
    `external_id`), or with --as one value per line. Digests of SHA-256 are taken as they are; all other
    values are normalized as the field is, then hashed.

    The list contains digests only, and only its owner can read it. Exits with 1, and writes nothing, if a row
    has no valid value; the message names its line.
    """
    from mapper.cli.suppress_call import build_suppression_list

    ctx.exit(build_suppression_list(options))


command.add_command(new_command("build", _EXAMPLE)(_build))
