"""`mapper test`: runs the tests in mapping files, and says what differs and which rule made it."""

from __future__ import annotations

import os

import click

from mapper.cli.command import new_command
from mapper.cli.options import takes
from mapper.cli.test_options import TestOptions

_EXAMPLE = """\
mapper test                                       all tests under mappings/
mapper test mappings/shop.yaml -k checkout        those with `checkout` in their names
mapper test --watch                               again after every change
mapper test --update -k checkout                  write what comes out into the tests
mapper test --coverage --threshold 100            say which rules no test reaches
mapper test --changed-since main                  what a branch changed, and what depends on it
mapper test --format junit > tests.xml            for CI; github too; lcov for coverage
mapper test - --stdin-filename mappings/shop.yaml < shop.yaml"""


@new_command("test", _EXAMPLE)
@takes(TestOptions)
@click.pass_context
def command(ctx: click.Context, options: TestOptions) -> None:
    """Run the tests in mapping files.

    PATH is a file, a folder (all .yaml and .yml files under it) or `-` for stdin; without one, mappings/.
    With -q, only tests that fail are printed.

    Exits with 1 if a test fails or the coverage is below the threshold, and with 2 if a mapping has errors, a
    file cannot be read, or there is no test.
    """
    if options.watch and options.form != "text":
        raise click.UsageError("--watch cannot be combined with --format")
    if options.update and options.watch:
        raise click.UsageError("--update changes the files that --watch looks at; give one of them")
    if options.update and os.environ.get("CI"):
        raise click.UsageError("--update is refused where CI is set: tests there must not change themselves")
    if "-" in options.paths and (options.watch or options.update):
        raise click.UsageError("--watch and --update need a file: `-` cannot be combined with them")
    from mapper.cli.test_call import run_tests

    ctx.exit(run_tests(options))
