"""The work of `mapper init`: drafts, copies or imports a first mapping, and writes it."""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import mapper
from mapper import authoring
from mapper.cli.command import only_target
from mapper.cli.feed import open_feed
from mapper.cli.messages import mention, tell
from mapper.cli.output import open_whole, refuse_same_file
from mapper.cli.report import to_json
from mapper.cli.run_summary import number
from mapper.cli.terminal import pad, visible, width
from mapper.feeds import SourceEvent, events_of
from mapper.project.folders import project_root, yaml_files
from mapper.texts.diagnostic import closest
from mapper.values.safe_text import NOTHING, SafeError, SafeText

if TYPE_CHECKING:
    from mapper.authoring import ImportedMapping, ReadyMapping
    from mapper.cli.init_options import InitOptions

_FOLDER = "mappings"


def write_first_mapping(options: InitOptions) -> None:
    """Draft, copy or import a mapping, or list the ready ones, as a call asks."""
    if options.tool is not None or options.exact:
        _import(options)
    elif options.listed:
        _show_list()
    elif options.like is not None:
        _copy(_ready(options.like), options.output, options.force)
    else:
        _draft(options)


def _draft(options: InitOptions) -> None:
    """Draft a mapping of the events of some files, and write it with the schema of its source."""
    from mapper.workbench.draft import draft_name

    files = options.events
    name = draft_name(options.name or ("draft" if files[0] == "-" else Path(files[0]).name.partition(".")[0]))
    to_stdout = options.output == "-"
    file = Path(_FOLDER, f"{name}.yaml") if options.output is None or to_stdout else Path(options.output)
    source = f"{name}/events"
    counts = Counter[str]()
    target = _target(options.target, file)
    events = _events(options, counts)
    first = next(events, None)
    if first is None:
        broken = number(counts["broken"], "broken line")
        raise SafeError(
            SafeText("no event found; {}", broken) if counts["broken"] else SafeText("no event found")
        )
    made = authoring.draft(chain([first], events), name=name, target=target, beside=file)
    if counts["broken"]:
        tell(SafeText("{} passed over, of {}", number(counts["broken"], "broken line"), _counted(counts)))
    if to_stdout:
        click.echo(made.without_source, nl=False)
        return
    schema = _root(file) / "schemas" / f"{source}.json"
    for one in files:
        refuse_same_file(one, one, str(file), str(schema))
    write_files([(file, made.mapping), (schema, to_json(made.source))], options.force, "--name or -o")
    guessed = len(made.guesses) - sum(one.todo for one in made.guesses)
    parts = (number(guessed, "field"), number(made.todos, "place"))
    mention(SafeText("{} guessed from samples, {} to decide", *parts))
    say_next(f"mapper check {shlex.quote(str(file))}")


def _import(options: InitOptions) -> None:
    """Write the mapping that an exported destination comes to, and say how exact it is."""
    if options.tool is None or len(options.events) != 1:
        raise click.UsageError("give one exported FILE: `mapper init --from segment destination.json`")
    from mapper.workbench.draft import draft_name

    (source,) = options.events
    name = draft_name(options.name or ("segment" if source == "-" else Path(source).name.partition(".")[0]))
    to_stdout = options.output == "-"
    file = Path(_FOLDER, f"{name}.yaml") if options.output is None or to_stdout else Path(options.output)
    with click.open_file(source, "rb") as read:
        content = read.read()
    made = authoring.import_segment(content, name=name, target=_target(options.target, file), beside=file)
    if to_stdout:
        click.echo(made.mapping, nl=False)
    else:
        refuse_same_file(source, source, str(file))
        write_files([(file, made.mapping)], options.force, "--name or -o")
    mention(_exactness(made))
    if not to_stdout:
        say_next(f"mapper check {shlex.quote(str(file))}")
    click.get_current_context().exit(int(options.exact and not made.is_exact))


def _exactness(made: ImportedMapping) -> SafeText:
    """The number of rules that give the same as in Segment, and the lines of the others."""
    parts = [SafeText("{} exact", made.exact)]
    for lines, what in ((made.nearly, SafeText("nearly")), (made.todos, SafeText("to do"))):
        if lines:
            numbers = SafeText.joined(", ", [SafeText("{}", one) for one in lines])
            plural = NOTHING if len(lines) == 1 else SafeText("s")
            parts.append(SafeText("{} {} (line{} {})", len(lines), what, plural, numbers))
    off = SafeText(", {} turned off", made.disabled) if made.disabled else NOTHING
    counted = (number(made.sections, "section"), off, number(made.rules, "rule"))
    return SafeText("{}{}, {}: {}", *counted, SafeText.joined(", ", parts))


def _target(name: str | None, file: Path) -> str:
    """The name of the target that payloads are of."""
    name = name or only_target(None)
    known = mapper.schema_names(beside=file)
    if name not in known:
        near = closest(name, known)
        raise click.UsageError(f"there is no schema {name}" + (f"; did you mean {near}?" if near else ""))
    return name


def _counted(counts: Counter[str]) -> SafeText:
    return number(counts["events"] + counts["broken"], "line")


def _events(options: InitOptions, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """The events of some files, counted."""
    for file in options.events:
        with open_feed(
            file, options.input_format, delimiter=options.delimiter, progress_shown=True
        ) as blocks:
            for block in blocks:
                for one in events_of(block):
                    if isinstance(one, SourceEvent):
                        counts["events"] += 1
                        yield one.event
                    else:
                        counts["broken"] += 1


def _root(file: Path) -> Path:
    """The folder of the project that a mapping will be in, as a person would write it."""
    folder = Path(os.path.abspath(file)).parent
    found = project_root(folder)
    if found is None:
        found = Path.cwd() if folder.is_relative_to(Path.cwd()) else folder
    return Path(os.path.relpath(found)) if found.is_relative_to(Path.cwd()) else found


def _show_list() -> None:
    ready = authoring.ready_mappings()
    column = max((width(one.name) for one in ready), default=0)
    for one in ready:
        click.echo(f"{pad(one.name, column)}  {visible(one.about)}")


def _ready(name: str) -> ReadyMapping:
    known = {one.name: one for one in authoring.ready_mappings()}
    if name not in known:
        begun = [one for one in known if one.startswith(name.lower())] if name else []
        near = " or ".join(begun) or closest(name.lower(), list(known))
        hint = f"did you mean {near}?" if near else "`mapper init --list` shows them"
        raise click.UsageError(f"there is no ready mapping {name}; {hint}")
    return known[name]


def _copy(ready: ReadyMapping, output: str | None, force: bool) -> None:
    """Write a ready mapping and the files that it extends, or its own text to stdout."""
    (own, text), *bases = ready.files
    if output == "-":
        click.echo(text, nl=False)
        for name, _ in bases:
            tell(SafeText("it extends {}, which `-o FILE` also writes", SafeText.known(name)))
        return
    file = Path(_FOLDER, own) if output is None else Path(output)
    files = []
    for name, base in bases:
        found = None if force else _base_there(file, name, base)
        if found is None:
            files.append((file.parent / name, base))
            continue
        path = Path(os.path.relpath(found, file.parent)).as_posix()
        text = re.sub(rf"(?m)(?<=^extends: ){re.escape(name)}$", path.replace("\\", r"\\"), text)
        mention(SafeText("it extends {}, which is there already", SafeText.known(visible(str(found)))))
    write_files([(file, text), *files], force)
    say_next(f"mapper check {shlex.quote(str(file))}")


def _base_there(file: Path, name: str, text: str) -> Path | None:
    """A base of a ready mapping that the project has already, also one that was changed since it was written.

    file: the mapping that is written; name: the path of the base from there. None where several could be it.
    """
    own = file.parent / name
    if _holds(own, text):
        return None  # nothing of it will be written
    if os.path.lexists(own):
        return own if _is_partial(own) else None
    ours = [one.resolve() for one in authoring.own_mappings()]
    named = [
        one
        for one in yaml_files(_root(file))
        if one.name == own.name
        and _is_partial(one)
        and not any(one.resolve().is_relative_to(f) for f in ours)
    ]
    same = [one for one in named if _holds(one, text)] or named
    return same[0] if len(same) == 1 else None


def _is_partial(file: Path) -> bool:
    """Whether a file is a mapping that is only to be extended."""
    with suppress(OSError, ValueError):
        return authoring.analyse_file(file).is_base
    return False


def write_files(files: Iterable[tuple[Path, str]], force: bool, other: str = "-o") -> None:
    """Write all of some files or, where one exists that would change, none. other: what would name others.

    The first one names the others, and is written last: if that ends early, nothing names a missing file.
    """
    wanted = [*files]
    changed = [(file, text) for file, text in wanted if not _holds(file, text)]
    if not changed:
        for file, _ in wanted:
            mention(SafeText("already there with the same content: {}", SafeText.known(visible(str(file)))))
    taken = [file for file, _ in changed if os.path.lexists(file)]
    if taken and not force:
        names = ", ".join(visible(str(file)) for file in taken)
        raise click.UsageError(
            f"{names} exists; write to another file with {other}, or overwrite with --force"
        )
    for file, text in reversed(changed):
        file.parent.mkdir(parents=True, exist_ok=True)
        with open_whole(str(file)) as written:
            written.file.write(text.encode())
            written.is_whole = True
    for file, _ in changed:
        mention(SafeText("wrote {}", SafeText.known(visible(str(file)))))


def _holds(file: Path, text: str) -> bool:
    try:
        return file.is_file() and file.read_text(encoding="utf-8") == text
    except ValueError:
        return False


def say_next(line: str) -> None:
    """Say which command comes next."""
    mention(SafeText("next: {}", SafeText.known(visible(line))))
