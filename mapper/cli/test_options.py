"""The options of `test`."""

from __future__ import annotations

import click

from mapper.cli.command import (
    changed_since_option,
    jobs_option,
    output_format_option,
    schemas_option,
    stdin_filename_option,
)
from mapper.cli.options import argument, option
from mapper.values.frozen import dataclass

_FORMS = ("text", "json", "junit", "github", "lcov")


@dataclass(frozen=True, slots=True)
class TestOptions:
    """The call of `test`: the tests to run, and how to report."""

    paths: tuple[str, ...] = argument(nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))
    match: str = option("-k", default="", metavar="TEXT", help="Run only tests with TEXT in their names.")
    watch: bool = option(
        "--watch", is_flag=True, help="Run again whenever a file that the tests depend on changes."
    )
    update: bool = option(
        "--update",
        is_flag=True,
        help="Write the results into the tests that fail, and into `expect: {}`.",
    )
    coverage: bool = option(
        "--coverage", is_flag=True, help="Say which parts of the mappings no test reaches."
    )
    threshold: float | None = option(
        "--threshold",
        type=click.FloatRange(0, 100),
        metavar="PERCENT",
        help="Exit with 1 if the coverage is lower.",
    )
    form: str = output_format_option(*_FORMS)
    fail_fast: bool = option("--fail-fast", is_flag=True, help="Stop at the first test that fails.")
    changed_since: str | None = changed_since_option()
    jobs: int = jobs_option()
    reveal: bool = option("--reveal", is_flag=True, help="Show personal values.")
    stdin_filename: str = stdin_filename_option()
    schemas: str | None = schemas_option()
