"""`mapper diff`: how what two versions of a mapping send differs, for a review."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import click

import mapper
from mapper.cli.command import jobs_option, new_command, schemas_option, tell_shadows
from mapper.cli.diff_text import comparison_markdown, comparison_text
from mapper.cli.feed import delimiter_option, format_option, open_feed
from mapper.cli.messages import tell, tell_summary
from mapper.cli.option_types import InputFile
from mapper.cli.options import argument, option, takes
from mapper.cli.program_argument import tell_errors
from mapper.cli.received_at import Received, lacking, received_option, say_received
from mapper.cli.report import to_json
from mapper.cli.run_options import nothing_read
from mapper.cli.signals import raised
from mapper.cli.terminal import visible
from mapper.feeds import Format
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
from mapper.workbench.revision import is_revision

_DIFFERS, _ERROR = 1, 2
_EXAMPLE = """\
mapper diff git:main:mappings/shop.yaml mappings/shop.yaml
mapper diff old.yaml new.yaml events.ndjson
mapper diff old.yaml new.yaml events.ndjson --by event --limit 5
mapper diff git:HEAD~1:mappings/shop.yaml mappings/shop.yaml events.ndjson --format markdown"""


@dataclass(frozen=True, slots=True)
class _DiffOptions:
    """The call of `diff`: what to compare and how."""

    old: str = argument(type=click.Path())
    new: str = argument(type=click.Path())
    events: str | None = argument(required=False, type=InputFile())
    by: Literal["path", "event"] = option(
        "--by",
        type=click.Choice(["path", "event"]),
        default="path",
        show_default=True,
        help="Count the events by what differs, or list the first events that differ.",
    )
    limit: int = option(
        "--limit",
        type=click.IntRange(1, 10_000),
        default=20,
        show_default=True,
        help="Number of lines, or of events with --by event.",
    )
    ignore: tuple[str, ...] = option(
        "--ignore",
        multiple=True,
        metavar="PATH",
        help=(
            "Do not compare PATH and all below it; `outcome` and `plan` work too. Can be given several times."
        ),
    )
    form: Literal["text", "json", "markdown"] = option(
        "--format", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True
    )
    jobs: int = jobs_option()
    received_at: Received | None = received_option()
    input_format: Format | None = format_option()
    delimiter: str | None = delimiter_option()
    schemas: str | None = schemas_option()


@new_command("diff", _EXAMPLE)
@takes(_DiffOptions)
@click.pass_context
def command(ctx: click.Context, options: _DiffOptions) -> None:
    """Compare what two versions of a mapping send, and their rules.

    OLD and NEW are files, or git:REF:path. EVENTS is a file as `mapper run` takes it, or `-`; without it, the
    events of the tests in both versions are compared. Lines marked `!` come first: identity lost, keys
    changed, looser consent, more personal data, events no longer sent. Values of persons are masked. Exits
    with 0 if nothing differs, 1 if something does, 2 on an error.
    """
    tell_shadows([one for one in (options.old, options.new) if not is_revision(one)], options.schemas)
    try:
        with raised(), open_pair(options.old, options.new, options.schemas) as pair:
            _refuse_unknown(options.ignore, pair)
            _tell_replaced(pair)
            found = _compared(pair, options)
    except mapper.CompileError as error:
        tell_errors(error)
        ctx.exit(_ERROR)
    if 0 < found.events == found.broken:
        tell(nothing_read(options.events or "", found.broken))
        ctx.exit(_ERROR)
    sys.stdout.write(_report(found, options))
    for version in (pair.old, pair.new) if options.events is not None else ():
        tell_summary(lacking(options.received_at, version.analysis.program.code, found.events))
    ctx.exit(0 if found.is_same else _DIFFERS)


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


def _compared(pair: VersionPair, options: _DiffOptions) -> MappingComparison:
    meta = {} if options.received_at is None else options.received_at.meta
    shown = options.limit if options.by == "event" else 0
    compared = ComparisonOptions(options.ignore, meta, shown, options.jobs)
    if options.events is None:
        return pair.compare(None, compared)
    say_received(options.received_at)
    feed = open_feed(options.events, options.input_format, delimiter=options.delimiter, progress_shown=True)
    with feed as blocks:
        return pair.compare(blocks, compared)


def _report(found: MappingComparison, options: _DiffOptions) -> str:
    if options.form == "json":
        counts = {"old": options.old, "new": options.new, "same": found.same, "is_same": found.is_same}
        return to_json(counts | asdict(found))
    if options.form == "markdown":
        return comparison_markdown(found, (options.old, options.new), options.limit)
    return comparison_text(found, options.limit, by_event=options.by == "event")
