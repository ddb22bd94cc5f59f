"""The work of `mapper test`: runs the chosen tests, reports them, writes their expectations."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mapper.authoring import Text
from mapper.cli.changed_since import changed_only
from mapper.cli.command import mapping_paths, tell_shadows
from mapper.cli.messages import error_line, mention, tell, tell_summary
from mapper.cli.output import open_whole
from mapper.cli.progress import progress
from mapper.cli.report.rule_coverage import as_lcov
from mapper.cli.report.tests_report import counts_line, report_github, report_json, report_junit, report_text
from mapper.cli.report.text import number_of
from mapper.cli.repository_policy import PolicyHere, sound_policy_here
from mapper.cli.terminal import is_quiet, may_colour
from mapper.texts.named_text import decode_text
from mapper.values.safe_text import SafeText
from mapper.workbench.testing import TestChoice, run_chosen

if TYPE_CHECKING:
    from mapper import TestReport
    from mapper.cli.test_options import TestOptions

_TESTS = SafeText("tests")


def run_tests(options: TestOptions) -> int:
    """Run the tests as a call asks, perhaps again after each change; the exit status."""
    here = sound_policy_here()
    options = replace(options, paths=mapping_paths(options.paths))
    choice = _choice(options, here)
    if options.watch:
        from mapper.cli.watch_files import watch

        watch(lambda: _run(options, choice, here)[0])
    if options.update and not _update(options, choice):
        return 2
    return _run(options, choice, here)[1]


def _choice(options: TestOptions, here: PolicyHere) -> TestChoice:
    """The tests that are chosen, with the mapping from stdin if there is one."""
    counted = options.coverage or options.threshold is not None or options.form == "lcov"
    counted = counted or (here.asks_for_coverage and not options.match)
    which = (options.match, options.schemas, options.reveal, options.fail_fast, counted, options.jobs)
    stdin = _stdin(options) if "-" in options.paths else None

    def keeps(files: tuple[str, ...]) -> tuple[str, ...]:
        left = here.less_excluded(files, options.paths)
        return changed_only(left, options.changed_since, options.jobs)

    return replace(TestChoice(*which), stdin=stdin, keeps=keeps)


def _stdin(options: TestOptions) -> Text:
    """The mapping from stdin; exits where it cannot be read."""
    try:
        return decode_text(options.stdin_filename, sys.stdin.buffer.read())
    except OSError as error:
        tell(error_line(error))
        click.get_current_context().exit(2)


def _update(options: TestOptions, choice: TestChoice) -> bool:
    """Write the expectations of the chosen tests, and say so; False where a file cannot be written."""
    from mapper.texts.file_replacement import replace_file
    from mapper.workbench.updating import updated_files

    whole = True
    with progress(_TESTS) as line:
        files = [*updated_files(options.paths, replace(choice, seen=line.count))]
    for file in files:
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
            mention(SafeText("updated {} in {}", SafeText.known(number_of(file.tests, "test")), name))
    return whole


def _write_new(name: str, content: str) -> None:
    """Write a file that does not exist yet; it has its name once it is whole."""
    if os.path.lexists(name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
    with open_whole(name) as written:
        written.file.write(content.encode("utf-8"))
        written.is_whole = True


def _run(options: TestOptions, choice: TestChoice, here: PolicyHere) -> tuple[TestReport, int]:
    """Run the tests and report to stdout; the report and the exit status."""
    with progress(_TESTS) as line:
        report = run_chosen(options.paths, replace(choice, seen=line.count))
    tell_shadows([file.file for file in report.files], options.schemas)
    sys.stdout.write(_page(report, options))
    sys.stdout.flush()
    for _, why in report.unread:
        tell(SafeText.known(why))
    if options.form != "text":
        tell_summary(SafeText.known(f"{counts_line(report)}\n"))
    return report, _status(report, options, here)


def _page(report: TestReport, options: TestOptions) -> str:
    match options.form:
        case "json":
            return report_json(report)
        case "junit":
            return report_junit(report)
        case "github":
            return report_github(report)
        case "lcov":
            return "" if report.coverage is None else as_lcov(report.coverage)
    return report_text(report, colour=may_colour(sys.stdout), counted=not is_quiet())


def _status(report: TestReport, options: TestOptions, here: PolicyHere) -> int:
    """The exit status, with what is not in the report on stderr."""
    if report.unread or any(file.errors for file in report.files):
        return 2
    if not report.results:
        if options.match:
            tell(SafeText("no test has `{}` in its name", SafeText.known(options.match)))
        elif options.changed_since is None and is_quiet():
            tell(SafeText("no tests"))
        return 0 if options.changed_since is not None and not options.match else 2
    covered, threshold = report.coverage, options.threshold
    if threshold is not None and covered is not None and covered.percent < threshold:
        numbers = (SafeText.known(f"{covered.percent:.1f}"), SafeText.known(f"{threshold:g}"))
        tell(SafeText("coverage of {} % is below the threshold of {} %", *numbers))
        return 1
    too_low = () if covered is None or options.match else tuple(here.low_coverage(covered))
    for folder, percent in too_low:
        shown = (SafeText.known(one) for one in (folder.path, f"{percent:.1f}", f"{folder.coverage:g}"))
        tell(SafeText("{}: coverage of {} % is below the {} % that mapper.yaml asks for", *shown))
    return int(bool(report.failed or too_low))
