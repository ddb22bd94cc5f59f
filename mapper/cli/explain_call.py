"""The work of `mapper explain`: the text that says where values come from, or what a code means."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

import mapper
from mapper import CODES
from mapper.authoring import analyse_file, explain_word
from mapper.cli.command import here, tell_shadows
from mapper.cli.explain_effective import effective_json, effective_text
from mapper.cli.explain_event_text import decisions_text, event_text
from mapper.cli.explain_text import code_text, mapping_text, outcome_json, outcome_text, plain_of, table_json
from mapper.cli.feed import feed_name, open_feed
from mapper.cli.meanings_text import meanings_text
from mapper.cli.missing_mapping import missing_mapping
from mapper.cli.program_argument import load_program, tell_errors
from mapper.cli.received_at import say_received
from mapper.cli.report import coverage_line, to_json
from mapper.cli.terminal import may_colour, visible, visible_lines
from mapper.codes import difference, example, page_of
from mapper.feeds import Broken, SourceEvent, format_of, is_blank
from mapper.feeds.block import fed
from mapper.project.folders import MAPPING_SUFFIXES
from mapper.running.blocks import meta_of
from mapper.running.counts import ShownNames
from mapper.texts.diagnostic import closest
from mapper.version import diagnostic_pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mapper.cli.explain_options import ExplainOptions
    from mapper.feeds.block import Placed


_NARROWEST, _WIDE = 80, 140


def explain(options: ExplainOptions) -> str:
    """The explanation of a mapping, an event or a code; exits with 1 where the mapping has errors."""
    subject = options.subject
    if subject.upper() in CODES and not Path(subject).exists():
        return _code_page(subject.upper(), options.form)
    if not Path(subject).exists() and Path(subject).suffix not in MAPPING_SUFFIXES:
        return _word(options)
    if not Path(subject).is_file():
        raise click.UsageError(missing_mapping(subject))
    if options.code:
        if options.event is not None:
            raise click.UsageError("--code prints the code of a mapping and takes no EVENT")
        return _text_of(options.code, load_program(subject, options.schemas), subject)
    tell_shadows([subject], options.schemas)
    if options.effective and options.event is not None:
        raise click.UsageError("--effective prints a mapping and takes no EVENT")
    try:
        if options.effective:
            return _effective(options)
        return _mapping(options) if options.event is None else _event(options, options.event)
    except mapper.CompileError as error:
        tell_errors(error)
        click.get_current_context().exit(1)


def _word(options: ExplainOptions) -> str:
    """The meanings of a word. Raises UsageError for one that has none, with the one that was likely meant."""
    word = options.subject
    for given, name in (
        (options.event, "EVENT"),
        (options.code, "--code"),
        (options.effective, "--effective"),
    ):
        if given:
            raise click.UsageError(f"{word} is a word of mappings and takes no {name}")
    found, near = explain_word(word, schemas=options.schemas, beside=here())
    if found and options.form == "json":
        return to_json({"word": word, "meanings": list(map(asdict, found))})
    if found:
        return meanings_text(found)
    if len(Path(word).parts) > 1:
        raise click.UsageError(missing_mapping(word))
    near = closest(word.upper(), CODES) or near
    hint = f"; did you mean {near}?" if near else ""
    raise click.UsageError(f"{word} is neither a mapping file, a code, nor a word of mappings{hint}")


def _text_of(form: str, program: mapper.Program, path: str) -> str:
    """The generated Python of one of its forms."""
    text = {"fast": program.fast_text, "typed": program.typed_text}.get(form, program.code.text)
    if not text:
        raise click.UsageError(f"{path} has no {form} form; docs/speed.md says which mappings do")
    return text


def _code_page(name: str, form: str) -> str:
    """The page of a code: what it means, what `check` says of an example, and how to fix that."""
    from mapper.cli.code_example import said

    code, shown = CODES[name], example(name)
    if form == "json":
        mappings = {"wrong": shown.wrong, "right": shown.right, "said": said(shown, code.found_by)}
        told = {"severity": code.severity, "title": code.title, "why": code.why, "fix": code.fix}
        return to_json({"code": name, **told, "example": mappings})
    page = page_of(name, diagnostic_pages())
    told_of_page = f"\nThis page on the web: {page}\n" if page else ""
    return code_text(name, code, said(shown, code.found_by), visible_lines(difference(shown))) + told_of_page


def _mapping(options: ExplainOptions) -> str:
    path, schemas = options.subject, options.schemas
    tables, covered = mapper.explain_mapping(path, schemas=schemas), mapper.coverage(path, schemas=schemas)
    if options.form == "json":
        sections = [table_json(table, traced=False) for table in tables]
        return to_json({"mapping": path, "sections": sections, "coverage": list(map(asdict, covered))})
    return f"{mapping_text(path, tables, _columns())}\n{coverage_line(path, covered)}\n"


def _effective(options: ExplainOptions) -> str:
    found = analyse_file(options.subject, schemas=options.schemas).effective
    if options.form == "json":
        return to_json(effective_json(options.subject, found))
    return effective_text(options.subject, found, colour=may_colour(sys.stdout))


def _event(options: ExplainOptions, event: str) -> str:
    from mapper.workbench.explanation import explain_event

    path, received, reveal = options.subject, options.received_at, options.reveal
    say_received(received)
    fed = _read_event(event)
    meta = meta_of(fed.line, options.meta, {} if received is None else received.meta)
    found = explain_event(path, fed.event, meta, reveal=reveal, schemas=options.schemas)
    names = ShownNames(frozenset(found.names), reveal)
    if options.form == "json":
        sections = [table_json(table, traced=True) for table in found.tables]
        outcomes = [outcome_json(outcome, names) for outcome in found.outcomes]
        decisions = [list(map(plain_of, part)) for part in found.decisions]
        return to_json({"mapping": path, "outcomes": outcomes, "decisions": decisions, "sections": sections})
    outcomes_said = "".join(outcome_text(outcome, names) for outcome in found.outcomes)
    said = [outcomes_said, *(decisions_text(one, _columns(), reveal) for one in found.decisions if one)]
    return "\n".join([*said, *(event_text(table, _columns()) for table in found.tables)])


def _read_event(event: str) -> SourceEvent:
    """The first event of a file, or the one of a line, which is any of its lines: `events.ndjson:17`."""
    path, line = event, None
    if event != "-" and not Path(event).exists():
        path, _, number = event.rpartition(":")
        if not (number.isascii() and number.isdigit() and Path(path).is_file()):
            raise click.UsageError(f"there is no file {event}")
        line = int(number)
    with open_feed(path, None, progress_shown=True) as blocks:
        placed = (one for block in blocks for one in block.texts() if not is_blank(one[1]))
        found, beside = (
            (next(placed, None), 0) if line is None else _last_begun(placed, line, format_of(path) == "har")
        )
    if found is None:
        raise click.UsageError(f"there is no event in {feed_name(event)}")
    if beside:
        told = f"{feed_name(path)}:{found[0]} has {beside + 1:,} events, and this is the first"
        hint = "`jq . FILE` writes each event on lines of its own"
        click.echo(visible(f"mapper: {told}; {hint}"), err=True)
    read = fed(*found)
    if isinstance(read, SourceEvent):
        return read
    click.echo(visible(f"mapper: {feed_name(path)}:{read.line}: {read.reason}"), err=True)
    click.get_current_context().exit(1)


def _last_begun(placed: Iterable[Placed], line: int, is_cut: bool) -> tuple[Placed | None, int]:
    """The text that a line is of, the first of those that begin on one line, and how many others there are.

    is_cut: its end is not known.
    """
    found: Placed | None = None
    beside = 0
    for one in placed:
        if one[0] > line:
            break
        beside += 1
        if found is None or one[0] > found[0]:
            found, beside = one, 0
    if found is None or isinstance(found[1], Broken):
        is_there = found is not None and (is_cut or found[0] == line)
    else:
        is_there = is_cut or found[0] + found[1].count(b"\n") >= line
    return (found, beside) if is_there else (None, 0)


def _columns() -> int:
    """The width of the terminal; wider where the output is no terminal."""
    if not sys.stdout.isatty():
        return _WIDE
    return max(shutil.get_terminal_size().columns, _NARROWEST)
