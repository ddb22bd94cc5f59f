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
from mapper.cli.command import tell_shadows
from mapper.cli.explain_event_text import decisions_text, event_text
from mapper.cli.explain_text import code_text, mapping_text, outcome_json, outcome_text, plain_of, table_json
from mapper.cli.feed import feed_name, open_feed
from mapper.cli.program_argument import load_program, tell_errors
from mapper.cli.received_at import say_received
from mapper.cli.report import coverage_line, to_json
from mapper.cli.terminal import visible, visible_lines
from mapper.codes import difference, example
from mapper.feeds import SourceEvent, events_of
from mapper.project.folders import MAPPING_SUFFIXES
from mapper.running.blocks import meta_of
from mapper.running.counts import ShownNames
from mapper.texts.diagnostic import closest

if TYPE_CHECKING:
    from mapper.cli.explain_options import ExplainOptions


_NARROWEST, _WIDE = 80, 140


def explain(options: ExplainOptions) -> str:
    """The explanation of a mapping, an event or a code; exits with 1 where the mapping has errors."""
    subject = options.subject
    if subject.upper() in CODES and not Path(subject).exists():
        return _code_page(subject.upper(), options.form)
    if not Path(subject).is_file():
        raise click.UsageError(_not_found(subject))
    if options.code:
        if options.event is not None:
            raise click.UsageError("--code prints the code of a mapping and takes no EVENT")
        return _text_of(options.code, load_program(subject, options.schemas), subject)
    tell_shadows([subject], options.schemas)
    try:
        return _mapping(options) if options.event is None else _event(options, options.event)
    except mapper.CompileError as error:
        tell_errors(error)
        click.get_current_context().exit(1)


def _not_found(subject: str) -> str:
    """The message for a subject that is neither a file nor a code, with the name that was likely meant."""
    path = Path(subject)
    if path.is_dir():
        return f"{subject} is a folder; give one of its mappings"
    if path.suffix or len(path.parts) > 1:
        near = _near_file(path)
        return f"there is no file {subject}" + (f"; did you mean {near}?" if near else "")
    code = closest(subject.upper(), CODES)
    hint = f"; did you mean {code}?" if code else ""
    return f"{subject} is neither a mapping file nor a diagnostic code{hint}"


def _near_file(path: Path) -> Path | None:
    """The mapping in the same folder that was most likely meant."""
    try:
        names = sorted(one.name for one in path.parent.iterdir() if one.suffix in MAPPING_SUFFIXES)
    except OSError:
        return None
    same = [name for name in names if Path(name).stem == path.stem]
    near = same[0] if same else closest(path.name, names)
    return path.with_name(near) if near else None


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
        mappings = {"wrong": shown.wrong, "right": shown.right, "said": said(shown)}
        told = {"severity": code.severity, "title": code.title, "why": code.why, "fix": code.fix}
        return to_json({"code": name, **told, "example": mappings})
    return code_text(name, code, said(shown), visible_lines(difference(shown)))


def _mapping(options: ExplainOptions) -> str:
    path, schemas = options.subject, options.schemas
    tables, covered = mapper.explain_mapping(path, schemas=schemas), mapper.coverage(path, schemas=schemas)
    if options.form == "json":
        sections = [table_json(table, traced=False) for table in tables]
        return to_json({"mapping": path, "sections": sections, "coverage": list(map(asdict, covered))})
    return f"{mapping_text(path, tables, _columns())}\n{coverage_line(path, covered)}\n"


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
    """The first event of a file, or the one of a line: `events.ndjson:17`."""
    path, line = event, -1
    if event != "-" and not Path(event).exists():
        path, _, number = event.rpartition(":")
        if not (number.isascii() and number.isdigit() and Path(path).is_file()):
            raise click.UsageError(f"there is no file {event}")
        line = int(number)
    with open_feed(path, None, progress_shown=True) as blocks:
        for fed in (one for block in blocks for one in events_of(block)):
            if line in (-1, fed.line):
                if isinstance(fed, SourceEvent):
                    return fed
                click.echo(visible(f"mapper: {feed_name(path)}:{fed.line}: {fed.reason}"), err=True)
                click.get_current_context().exit(1)
    raise click.UsageError(f"there is no event in {feed_name(event)}")


def _columns() -> int:
    """The width of the terminal; wider where the output is no terminal."""
    if not sys.stdout.isatty():
        return _WIDE
    return max(shutil.get_terminal_size().columns, _NARROWEST)
