"""The work of `mapper stats`: counts what the payloads of events carry, and reports it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

import mapper
from mapper import authoring
from mapper.cli.command import tell_shadows
from mapper.cli.feed import feed_name, open_feed
from mapper.cli.messages import tell
from mapper.cli.program_argument import tell_errors
from mapper.cli.received_at import say_received
from mapper.cli.report import to_json
from mapper.cli.report.stats import stats_csv, stats_json, stats_text
from mapper.cli.run_end import no_event_line
from mapper.cli.signals import raised
from mapper.cli.terminal import visible
from mapper.running import Run
from mapper.running.counts import ShownNames
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeText
from mapper.workbench.drift import Share, fallen, stored_shares, too_low
from mapper.workbench.statistics import EventTotals, Statistics, StatisticsWorker, summed

if TYPE_CHECKING:
    from mapper.cli.stats_options import StatsOptions

_LARGEST_BASELINE = 2**26


_WIDE, _NARROWEST = 140, 60


def show_statistics(options: StatsOptions) -> int:
    """Count what the payloads of events carry, and report it; the exit status."""
    before = [] if options.baseline is None else _read_baseline(options.baseline)
    tell_shadows([options.mapping], options.schemas)
    try:
        recorder = authoring.record_mapping(options.mapping, schemas=options.schemas)
    except mapper.CompileError as error:
        tell_errors(error)
        return 1
    _refuse_unknown(recorder, options.fail_under)
    say_received(options.received_at)
    totals = _counted(recorder, options)
    if unread := no_event_line(totals.counts, options.events, options.input_format):
        tell(unread)
        return 2
    if not totals.counts.events:
        tell(SafeText("{} holds no event", SafeText.known(visible(feed_name(options.events)))))
        return 2
    found = summed(totals, recorder)
    sys.stdout.write(_said(found, options))
    sys.stdout.flush()
    lower = [
        *(_told(share, SafeText("must be at least")) for share in too_low(found, options.fail_under)),
        *(_told(share, SafeText("was")) for share in fallen(found, before, options.drop)),
    ]
    for line in lower:
        tell(line)
    return int(bool(lower))


def _refuse_unknown(recorder: authoring.Recorder, least: Sequence[tuple[str, float]]) -> None:
    """Raise UsageError for a path that no rule is for, before anything is read."""
    known = {path for _, rules in recorder.program.code.sections for path, _ in rules}
    for path, _ in least:
        if path not in known:
            near = closest(path, known)
            hint = f"; did you mean {near}?" if near else ""
            raise click.UsageError(f"--fail-under: the mapping has no rule for {path}{hint}")


def _counted(recorder: authoring.Recorder, options: StatsOptions) -> EventTotals:
    """The totals of all events."""
    totals = EventTotals()
    names = ShownNames(frozenset(recorder.program.code.names), options.reveal)
    meta = {} if options.received_at is None else options.received_at.meta
    name = feed_name(options.events)
    make_program = partial(mapper.compile_mapping, options.mapping, schemas=options.schemas)
    worker = StatisticsWorker(recorder, make_program, names, name, meta)
    run = Run(recorder.program, name)
    feed = open_feed(
        options.events,
        options.input_format,
        delimiter=options.delimiter,
        progress_shown=True,
        attend=lambda file: run.attend(file),
    )
    with raised(), feed as blocks:
        run.work_all(worker, blocks, totals.add, options.jobs)
    return totals


def _said(found: Statistics, options: StatsOptions) -> str:
    mapping, events = options.mapping, feed_name(options.events)
    if options.form == "json":
        return to_json(stats_json(found, mapping, events))
    if options.form == "csv":
        return stats_csv(found)
    if options.form == "html":
        from mapper.cli.report.stats_page import stats_page

        return stats_page(found, mapping, events)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    return stats_text(found, max(columns, _NARROWEST))


def _read_baseline(path: str) -> list[Share]:
    with open(path, "rb") as file:
        content = file.read(_LARGEST_BASELINE + 1)
    try:
        if len(content) > _LARGEST_BASELINE:
            raise ValueError
        return stored_shares(json.loads(content))
    except (ValueError, RecursionError):
        raise click.UsageError(f"{path} does not hold what `mapper stats --format json` prints") from None


def _told(share: Share, verb: SafeText) -> SafeText:
    """`user_data.em of checkout: 41.2 %, was 60.0 %`."""
    name = SafeText.known(visible(share.name))
    now, before = (SafeText.known(f"{one:.1f} %") for one in (share.percent, share.before))
    return SafeText("{}: {}, {} {}", name, now, verb, before)
