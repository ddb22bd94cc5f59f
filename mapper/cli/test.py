"""`mapper test`: runs the tests in mapping files, and says what differs and which rule made it."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass, replace

import click

from mapper import TestReport
from mapper.authoring import Text
from mapper.cli.command import (
    jobs_option,
    mapping_paths,
    new_command,
    schemas_option,
    stdin_filename_option,
    tell_shadows,
)
from mapper.cli.messages import error_line, tell, tell_summary
from mapper.cli.options import argument, option, takes
from mapper.cli.output import open_whole
from mapper.cli.report.rule_coverage import as_lcov
from mapper.cli.report.tests_report import counts_line, report_github, report_json, report_junit, report_text
from mapper.cli.report.text import number_of
from mapper.cli.terminal import may_colour
from mapper.texts.named_text import decode_text
from mapper.values.safe_text import SafeText
from mapper.workbench.testing import TestChoice, run_chosen

_FORMS = ("text", "json", "junit", "github", "lcov")

_EXAMPLE = """\
mapper test                                       all tests under mappings/
mapper test mappings/shop.yaml -k checkout        those with `checkout` in their names
mapper test --watch                               again after every change
mapper test --update -k checkout                  write what comes out into the tests
mapper test --coverage --threshold 100            say which rules no test reaches
mapper test --format junit > tests.xml            for CI; github too; lcov for coverage
mapper test - --stdin-filename mappings/shop.yaml < shop.yaml"""


@dataclass(frozen=True, slots=True)
class _TestOptions:
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
    form: str = option("--format", type=click.Choice(_FORMS), default="text", show_default=True)
    fail_fast: bool = option("--fail-fast", is_flag=True, help="Stop at the first test that fails.")
    jobs: int = jobs_option()
    reveal: bool = option("--reveal", is_flag=True, help="Show personal values.")
    stdin_filename: str = stdin_filename_option()
    schemas: str | None = schemas_option()
    stdin: Text | None = None

    @property
    def choice(self) -> TestChoice:
        """The tests that are chosen."""
        counted = self.coverage or self.threshold is not None or self.form == "lcov"
        which = TestChoice(self.match, self.schemas, self.reveal, self.fail_fast, counted, self.jobs)
        return replace(which, stdin=self.stdin)


@new_command("test", _EXAMPLE)
@takes(_TestOptions)
@click.pass_context
def command(ctx: click.Context, options: _TestOptions) -> None:
    """Run the tests in mapping files.

    PATH is a file, a folder (all .yaml and .yml files under it) or `-` for stdin; without one, mappings/.
    Exits with 1 if a test fails or the coverage is below the threshold, and with 2 if a mapping has errors, a
    file cannot be read, or there is no test.
    """
    if options.watch and options.form != "text":
        raise click.UsageError("--watch cannot be combined with --format")
    if options.update and options.watch:
        raise click.UsageError("--update changes the files that --watch looks at; give one of them")
    if options.update and os.environ.get("CI"):
        raise click.UsageError("--update is refused where CI is set: tests there must not change themselves")
    if "-" in options.paths:
        options = _with_stdin(options)
    options = replace(options, paths=mapping_paths(options.paths))
    if options.watch:
        from mapper.cli.watch_files import watch

        watch(lambda: _run(options)[0])
    if options.update and not _update(options):
        ctx.exit(2)
    ctx.exit(_run(options)[1])


def _with_stdin(options: _TestOptions) -> _TestOptions:
    """The options with the mapping from stdin, which nothing writes to and nothing can watch."""
    if options.watch or options.update:
        raise click.UsageError("--watch and --update need a file: `-` cannot be combined with them")
    try:
        return replace(options, stdin=decode_text(options.stdin_filename, sys.stdin.buffer.read()))
    except OSError as error:
        tell(error_line(error))
        click.get_current_context().exit(2)


def _update(options: _TestOptions) -> bool:
    """Write the expectations of the chosen tests, and say so; False where a file cannot be written."""
    from mapper.texts.file_replacement import replace_file
    from mapper.workbench.updating import updated_files

    whole = True
    for file in updated_files(options.paths, options.choice):
        name = SafeText.known(file.name)
        if file.breaks:
            tell(SafeText("{} is not updated: change its expectations by hand", name))
            whole = False
            continue
        try:
            if file.was is None:
                _write_new(file.name, file.content)
            else:
                replace_file(file.name, file.was, Text(file.name, file.content))
        except OSError as error:
            tell(error_line(error))
            whole = False
        else:
            tell(SafeText("updated {} in {}", SafeText.known(number_of(file.tests, "test")), name))
    return whole


def _write_new(name: str, content: str) -> None:
    """Write a file that does not exist yet; it has its name once it is whole."""
    if os.path.lexists(name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
    with open_whole(name) as written:
        written.file.write(content.encode("utf-8"))
        written.is_whole = True


def _run(options: _TestOptions) -> tuple[TestReport, int]:
    """Run the tests and report to stdout; the report and the exit status."""
    report = run_chosen(options.paths, options.choice)
    tell_shadows([file.file for file in report.files], options.schemas)
    sys.stdout.write(_page(report, options.form))
    sys.stdout.flush()
    for _, why in report.unread:
        tell(SafeText.known(why))
    if options.form != "text":
        tell_summary(SafeText.known(f"{counts_line(report)}\n"))
    return report, _status(report, options)


def _page(report: TestReport, form: str) -> str:
    match form:
        case "json":
            return report_json(report)
        case "junit":
            return report_junit(report)
        case "github":
            return report_github(report)
        case "lcov":
            return "" if report.coverage is None else as_lcov(report.coverage)
    return report_text(report, colour=may_colour(sys.stdout))


def _status(report: TestReport, options: _TestOptions) -> int:
    """The exit status, with what is not in the report on stderr."""
    if report.unread or any(file.errors for file in report.files):
        return 2
    if not report.results:
        if options.match:
            tell(SafeText("no test has `{}` in its name", SafeText.known(options.match)))
        return 2
    covered, threshold = report.coverage, options.threshold
    if threshold is not None and covered is not None and covered.percent < threshold:
        numbers = (SafeText.known(f"{covered.percent:.1f}"), SafeText.known(f"{threshold:g}"))
        tell(SafeText("coverage of {} % is below the threshold of {} %", *numbers))
        return 1
    return int(bool(report.failed))
