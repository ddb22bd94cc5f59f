"""The work of `mapper overlap`: reads two files of events, reports their overlap, checks the limits."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mapper import Program, authoring
from mapper.cli.command import here, only_target
from mapper.cli.feed import FeedFile, feed_name, open_feed
from mapper.cli.messages import tell, with_hint
from mapper.cli.output import is_one_file, open_whole, refuse_same_file
from mapper.cli.program_argument import load_program
from mapper.cli.report import to_json
from mapper.cli.report.overlap import overlap_json, overlap_markdown, overlap_text
from mapper.cli.run_end import nothing_read
from mapper.cli.signals import raised
from mapper.cli.terminal import visible
from mapper.compiler.schema.json_schema import SchemaError
from mapper.feeds import SourceEvent, format_of, read_events
from mapper.running import Run
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import SafeError, SafeText
from mapper.workbench.overlap.record import NameNumbers, OverlapWords
from mapper.workbench.overlap.sides import SideReading, TwoSides, UnsentLines, overlap_words
from mapper.workbench.overlap.verdict import ClassCounts, Overlap, OverlapLimits, tenths, uncovered
from mapper.workbench.ready_mappings import ready_mappings

if TYPE_CHECKING:
    from mapper.cli.overlap_options import OverlapOptions
    from mapper.feeds import Format

_REQUESTS = ("har", "urls")
_NONE = ClassCounts(0, 0, 0, 0)


def show_overlap(options: OverlapOptions) -> int:
    """Read both sides and report their overlap; the exit status."""
    _refuse(options)
    server = _program(options.server_mapping, options.schemas)
    tag = _program(options.tag_mapping, options.schemas)
    words = _words(options, server or tag)
    tag = tag or _program_of_requests(options, words)
    unsent = _unsent(options.rejects)
    feeds = _feed(options.tag), _feed(options.server)
    with closing(TwoSides(words, _names(options, words, tag, server), feeds)) as sides, raised():
        _read(sides.tag, options.tag, tag, options.tag_format)
        _read(sides.server, options.server, server, None, unsent)
        limits = OverlapLimits(dict(options.fail_under), options.days)
        found, unlike = sides.compare(limits, options.zone, str(options.zone))
        with closing(unlike):
            _refuse_unknown(found, options, words)
            if options.unpaired is not None:
                _write_unpaired(options.unpaired, unlike.lines(sides.names))
    sys.stdout.write(_said(found, options.form))
    sys.stdout.flush()
    beyond = list(_beyond(found, options))
    for line in beyond:
        tell(line)
    return int(bool(beyond))


def _refuse(options: OverlapOptions) -> None:
    """Raise UsageError for options that do not go together."""
    if options.tag == options.server == "-":
        raise click.UsageError("TAG and SERVER cannot both be stdin")
    if is_one_file(options.tag, options.server):
        raise click.UsageError(
            f"TAG and SERVER are one file, {visible(options.tag)}: give the events of both"
        )
    if options.rejects is not None and options.server_mapping is None:
        raise click.UsageError("--rejects has lines of source events: it needs --server-mapping")
    refuse_same_file(options.tag, options.server, options.unpaired)


def _program(mapping: str | Path | None, schemas: str | None) -> Program | None:
    return None if mapping is None else authoring.guarded(load_program(str(mapping), schemas))


def _words(options: OverlapOptions, program: Program | None) -> OverlapWords:
    """How events of the target are compared. Raises UsageError where it does not say."""
    name = options.target or (program.target if program else only_target(options.schemas))
    beside = options.server_mapping or options.tag_mapping or here()
    try:
        return overlap_words(name, schemas=options.schemas, beside=beside)
    except (LookupError, SchemaError, ValueError) as error:
        raise click.UsageError(visible(str(error))) from None


def _program_of_requests(options: OverlapOptions, words: OverlapWords) -> Program | None:
    """The program of the ready mapping for requests of the tag, if TAG has those. Raises UsageError."""
    form = options.tag_format or format_of(options.tag)
    if form not in _REQUESTS:
        return None
    for ready in ready_mappings():
        if ready.name == words.requests:
            return _program(ready.file, options.schemas)
    raise click.UsageError(f"{options.tag} holds requests, not payloads: give --tag-mapping MAPPING")


def _names(options: OverlapOptions, words: OverlapWords, *programs: Program | None) -> NameNumbers:
    """The names that are shown: those of the target, of the mappings and of the call."""
    asked = {name for name, _ in (*options.fail_under, *options.most_twice)}
    mapped = {name for one in programs if one is not None for name in one.code.names}
    return NameNumbers(words.standard | asked | mapped, options.reveal)


def _feed(events: str) -> SafeText:
    return SafeText.known(visible(feed_name(events)))


def _unsent(rejects: str | None) -> UnsentLines:
    """The lines of a file of rejects. Raises SafeError where it holds anything else."""
    unsent = UnsentLines()
    if rejects is None:
        return unsent
    with open(rejects, "rb") as file:
        for one in read_events(FeedFile(file), "ndjson"):
            line = one.event.get("line") if isinstance(one, SourceEvent) else None
            if type(line) is not int or line < 1:
                text = SafeText(
                    "{}:{} has no line of an event: is it of `send --rejects`?", _feed(rejects), one.line
                )
                raise SafeError(text)
            unsent.add(line)
    return unsent


def _read(
    side: SideReading,
    events: str,
    program: Program | None,
    form: Format | None,
    unsent: UnsentLines | None = None,
) -> None:
    """Read a side, through its program if it has one. Raises SafeError where it holds no event."""
    run = None if program is None else Run(program, feed_name(events))
    with open_feed(events, form, progress_shown=True) as blocks:
        if run is None:
            side.read_payloads(blocks)
        else:
            side.read_events(run, blocks, unsent or UnsentLines())
    if not side.events and (lines := side.strange or side.unsent):
        if run is None:
            told = nothing_read(events, lines)
            raise SafeError(_with_urls_hint(told) if form is None and _begins_with_url(events) else told)
        raise SafeError(SafeText("{}: the mapping makes no payload of its events", _feed(events)))


def _begins_with_url(events: str) -> bool:
    """Whether the first line of a file is a URL, as the collected requests of a tag are."""
    if events == "-":
        return False
    with open_feed(events, "urls", progress_shown=False) as blocks:
        first = next((text for block in blocks for _, text in block.texts()), None)
        return isinstance(first, bytes)


def _with_urls_hint(told: SafeText) -> SafeText:
    return with_hint(told, SafeText("its lines are URLs: give them as TAG, with --tag-format urls"))


def _write_unpaired(path: str, lines: Iterator[dict[str, str | int]]) -> None:
    with open_whole(path) as out:
        for line in lines:
            out.file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        out.is_whole = True


def _refuse_unknown(found: Overlap, options: OverlapOptions, words: OverlapWords) -> None:
    """Raise UsageError for a limit of a name that no event and no target has."""
    known = words.standard | {one.name for one in found.names}
    for option, limits in (("--fail-under", options.fail_under), ("--most-twice", options.most_twice)):
        for name, _ in limits:
            if name not in known:
                near = closest(name, known)
                hint = f"; did you mean {near}?" if near else ""
                raise click.UsageError(f"{option}: no event is called {name}{hint}")


def _said(found: Overlap, form: str) -> str:
    if form == "json":
        return to_json(overlap_json(found))
    if form == "md":
        return overlap_markdown(found)
    if form == "html":
        from mapper.cli.report.overlap_page import overlap_page

        return overlap_page(found)
    return overlap_text(found)


def _beyond(found: Overlap, options: OverlapOptions) -> Iterator[SafeText]:
    """The limits that a share is beyond, each in a line; `--fail-under` by the number of the verdict."""
    counts = {one.name: one.counts for one in found.names}
    for (name, percent), is_least in (
        *((one, True) for one in options.fail_under),
        *((one, False) for one in options.most_twice),
    ):
        shown, one = SafeText.known(visible(name)), counts.get(name, _NONE)
        if not one.tag:
            yield SafeText("{}: the tag has no event in the common time, so its share is unknown", shown)
        elif is_least:
            yield from (SafeText("{}: {}", shown, SafeText.known(why)) for why in uncovered(one, percent))
        elif 100 * one.other_id > percent * one.tag:
            share, limit = SafeText.known(tenths(one.other_id, one.tag)), SafeText.known(f"{percent:g} %")
            yield SafeText("{}: counted twice {}, must be at most {}", shown, share, limit)
