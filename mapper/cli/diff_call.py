"""The work of `mapper diff`: compares two versions of a mapping, and reports how they differ."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

import mapper
from mapper.cli.command import tell_shadows
from mapper.cli.diff_text import comparison_markdown, comparison_text
from mapper.cli.feed import open_feed
from mapper.cli.messages import tell, tell_summary
from mapper.cli.program_argument import tell_errors
from mapper.cli.received_at import lacking, say_received
from mapper.cli.report import to_json
from mapper.cli.run_end import nothing_read
from mapper.cli.signals import raised
from mapper.cli.terminal import visible
from mapper.repository.git_tree import is_revision
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeText
from mapper.workbench.comparison import (
    OUTCOME,
    PLAN,
    ComparisonOptions,
    MappingComparison,
    VersionPair,
    open_pair,
)

if TYPE_CHECKING:
    from mapper.cli.diff_options import DiffOptions


_ERROR = 2


def compare_versions(options: DiffOptions) -> int:
    """Show how what two versions send differs; the exit status."""
    old, new = options.old, options.new or ""
    tell_shadows([one for one in (old, new) if not is_revision(one)], options.schemas)
    try:
        with raised(), open_pair(old, new, options.schemas) as pair:
            _refuse_unknown(options.ignore, pair)
            _tell_replaced(pair)
            found = _compared(pair, options)
    except mapper.CompileError as error:
        tell_errors(error)
        return _ERROR
    if 0 < found.events == found.broken:
        tell(nothing_read(options.events or "", found.broken))
        return _ERROR
    sys.stdout.write(_report(found, options))
    for version in (pair.old, pair.new) if options.events is not None else ():
        tell_summary(lacking(options.received_at, version.analysis.program.code, found.events))
    return options.exit_status(is_same=found.is_same, has_alarms=found.has_alarms)


def _refuse_unknown(ignored: Iterable[str], pair: VersionPair) -> None:
    """Raise UsageError for a path that neither target has."""
    known = (*pair.paths, OUTCOME, PLAN)
    for path in ignored:
        if path not in known:
            near = closest(path, known)
            hint = f"; did you mean {near}?" if near else ""
            raise click.UsageError(f"--ignore {path}: the payload has no such path{hint}")


def _tell_replaced(pair: VersionPair) -> None:
    """Name on stderr the schemas of versions in git that are not used."""
    text = "{}: this package's schema {} is used; the one there differs in what only this package may say"
    for version in (pair.old, pair.new):
        for name in version.replaced:
            tell(SafeText(text, SafeText.known(visible(version.named)), SafeText.known(name)))


def _compared(pair: VersionPair, options: DiffOptions) -> MappingComparison:
    meta = {} if options.received_at is None else options.received_at.meta
    shown = options.limit if options.by == "event" else 0
    compared = ComparisonOptions(options.ignore, meta, shown, options.jobs)
    if options.events is None:
        return pair.compare(None, compared)
    say_received(options.received_at)
    feed = open_feed(options.events, options.input_format, delimiter=options.delimiter, progress_shown=True)
    with feed as blocks:
        return pair.compare(blocks, compared)


def _report(found: MappingComparison, options: DiffOptions) -> str:
    if options.form == "json":
        counts = {"old": options.old, "new": options.new, "same": found.same, "is_same": found.is_same}
        return to_json(counts | asdict(found))
    if options.form == "markdown":
        return comparison_markdown(found, (options.old, options.new or ""), options.limit)
    return comparison_text(found, options.limit, by_event=options.by == "event")
