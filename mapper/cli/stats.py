"""`mapper stats`: what the payloads of many events carry, which rules give it, and what nobody reads."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

import mapper
from mapper import authoring
from mapper.cli.command import (
    jobs_option,
    mapping_argument,
    new_command,
    reveal_names_option,
    schemas_option,
    tell_shadows,
)
from mapper.cli.feed import delimiter_option, events_argument, feed_name, format_option, open_feed
from mapper.cli.messages import tell
from mapper.cli.options import option, takes
from mapper.cli.program_argument import tell_errors
from mapper.cli.received_at import Received, received_option, say_received
from mapper.cli.report import to_json
from mapper.cli.report.stats import stats_csv, stats_json, stats_text
from mapper.cli.run_options import no_event_line
from mapper.cli.signals import raised
from mapper.cli.terminal import visible
from mapper.feeds import Format
from mapper.running import Run
from mapper.running.counts import ShownNames
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeText
from mapper.workbench.drift import Share, fallen, stored_shares, too_low
from mapper.workbench.statistics import EventTotals, Statistics, StatisticsWorker, summed

_LARGEST_BASELINE = 2**26
_WIDE, _NARROWEST = 140, 60
_EXAMPLE = """\
mapper stats mappings/shop.yaml events.ndjson
mapper stats mappings/shop.yaml events.ndjson --format html > stats.html
mapper stats mappings/shop.yaml events.ndjson --fail-under user_data.em=60%
mapper stats mappings/shop.yaml today.ndjson --baseline stats.json --drop 10"""
_LEAST = re.compile(r"([^=]+)=(\d{1,3}(?:\.\d+)?)\s*%?")


class _Least(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on only
    """A path and the least percent that it must have: `user_data.em=60%`."""

    name = "path=percent"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """The path and the percent."""
        if isinstance(value, tuple):
            return value
        found = _LEAST.fullmatch(str(value))
        if found is None or float(found[2]) > 100:
            self.fail(f"{value!r} is not PATH=PERCENT; write e.g. user_data.em=60%", param, ctx)
        return found[1].strip(), float(found[2])


@dataclass(frozen=True, slots=True)
class _StatsOptions:
    """The call of `stats`: what to count and how."""

    mapping: str = mapping_argument()
    events: str = events_argument()
    form: str = option(
        "--format",
        type=click.Choice(["text", "json", "csv", "html"]),
        default="text",
        show_default=True,
    )
    fail_under: tuple[tuple[str, float], ...] = option(
        "--fail-under",
        multiple=True,
        type=_Least(),
        metavar="PATH=PERCENT",
        help="Exit with 1 if fewer of the payloads have a value at PATH. Can be given several times.",
    )
    baseline: str | None = option(
        "--baseline",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Exit with 1 if a share is lower than in FILE, which `--format json` printed.",
    )
    drop: float = option(
        "--drop",
        type=click.FloatRange(0, 100),
        default=10,
        show_default=True,
        metavar="POINTS",
        help="How many percentage points a share may be lower than in the baseline.",
    )
    jobs: int = jobs_option()
    reveal: bool = reveal_names_option()
    received_at: Received | None = received_option()
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()


@new_command("stats", _EXAMPLE)
@takes(_StatsOptions)
@click.pass_context
def command(ctx: click.Context, options: _StatsOptions) -> None:
    """Show what payloads of EVENTS carry, and what is not used.

    For each event name the share of payloads with each signal that the destination scores; for each path of
    the payload how many have a value, how many values are invalid or distinct, and which alternative gave
    them; attributes that no rule reads; values that no `is`, no table and no pattern has. EVENTS is a file
    of NDJSON, JSON or CSV, also compressed by gzip; without it, stdin. Nothing is sent, and no value of a
    person is shown. Exits with 1 if a share is too low or the mapping has errors, and with 2 if a file cannot
    be read or holds no event.
    """
    before = [] if options.baseline is None else _read_baseline(options.baseline)
    tell_shadows([options.mapping], options.schemas)
    try:
        recorder = authoring.record_mapping(options.mapping, schemas=options.schemas)
    except mapper.CompileError as error:
        tell_errors(error)
        ctx.exit(1)
    _refuse_unknown(recorder, options.fail_under)
    say_received(options.received_at)
    totals = _counted(recorder, options)
    if unread := no_event_line(totals.counts, options.events, options.input_format):
        tell(unread)
        ctx.exit(2)
    if not totals.counts.events:
        tell(SafeText("{} holds no event", SafeText.known(visible(feed_name(options.events)))))
        ctx.exit(2)
    found = summed(totals, recorder)
    sys.stdout.write(_said(found, options))
    sys.stdout.flush()
    lower = [
        *(_told(share, SafeText("must be at least")) for share in too_low(found, options.fail_under)),
        *(_told(share, SafeText("was")) for share in fallen(found, before, options.drop)),
    ]
    for line in lower:
        tell(line)
    ctx.exit(int(bool(lower)))


def _refuse_unknown(recorder: authoring.Recorder, least: Sequence[tuple[str, float]]) -> None:
    """Raise UsageError for a path that no rule is for, before anything is read."""
    known = {path for _, rules in recorder.program.code.sections for path, _ in rules}
    for path, _ in least:
        if path not in known:
            near = closest(path, known)
            hint = f"; did you mean {near}?" if near else ""
            raise click.UsageError(f"--fail-under: the mapping has no rule for {path}{hint}")


def _counted(recorder: authoring.Recorder, options: _StatsOptions) -> EventTotals:
    """The totals of all events."""
    totals = EventTotals()
    names = ShownNames(frozenset(recorder.program.code.names), options.reveal)
    meta = {} if options.received_at is None else options.received_at.meta
    name = feed_name(options.events)
    make_program = partial(mapper.compile_mapping, options.mapping, schemas=options.schemas)
    worker = StatisticsWorker(recorder, make_program, names, name, meta)
    run = Run(recorder.program, name)
    shown = not sys.stdout.isatty()
    feed = open_feed(
        options.events,
        options.input_format,
        delimiter=options.delimiter,
        progress_shown=shown,
        attend=lambda file: run.attend(file),
    )
    with raised(), feed as blocks:
        run.work_all(worker, blocks, totals.add, options.jobs)
    return totals


def _said(found: Statistics, options: _StatsOptions) -> str:
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
