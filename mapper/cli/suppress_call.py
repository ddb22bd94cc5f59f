"""The work of `mapper suppress build`: reads persons, writes their digests, says what is wrong."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import click

from mapper.cli.command import only_target
from mapper.cli.feed import FeedFile
from mapper.cli.messages import tell
from mapper.cli.output import refuse_same_file
from mapper.cli.person_source import person_columns, person_source
from mapper.cli.run_summary import number
from mapper.cli.suppress_options import SuppressBuildOptions
from mapper.cli.terminal import visible
from mapper.suppression.building import NO_PERSON, Built, build_list, read_rows
from mapper.values.safe_text import SafeText

_KIB = 1024


def build_suppression_list(options: SuppressBuildOptions) -> int:
    """Build the list; the exit status. Raises OSError."""
    refuse_same_file(options.persons, options.persons, options.output)
    columns = person_columns(options.target or only_target(options.schemas), options.schemas)
    source = person_source(columns, options.field, options.delimiter)
    stdin = options.persons == "-"
    with ExitStack() as stack:
        file = sys.stdin.buffer if stdin else stack.enter_context(open(options.persons, "rb"))
        rows = read_rows(FeedFile(file), source, "" if stdin else options.persons)
        skips = options.skip_invalid
        built = build_list(rows, options.output, skip_invalid=skips, needs_somebody=True)
    if built.taken.wrong:
        tell(built.taken.describe_wrong())
    if not built.size:
        told = SafeText("--skip-invalid leaves out what is invalid") if built.taken.wrong else NO_PERSON
        tell(SafeText("nothing written; {}", NO_PERSON if options.skip_invalid else told))
        return 1
    click.echo(f"{visible(options.output)}: {_described(built)}")
    return 0


def _described(built: Built) -> str:
    rows, digests = number(built.taken.rows, "row"), number(built.digests, "digest")
    kib = -(-built.size // _KIB)
    return f"{rows}, {digests}, {kib} KiB" if kib < _KIB else f"{rows}, {digests}, {kib // _KIB:,} MiB"
