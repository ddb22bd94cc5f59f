"""Text of `intake.yaml` -> Intake, with all that is wrong in it and with how it uses its mappings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mapper.analysis import Analysis, analyse_file
from mapper.compiler.findings import most_mistakes
from mapper.compiler.syntax.key_tables import strange_shape
from mapper.compiler.syntax.other_files import MAPPING_FILE, FileKind, other_file
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.compiling import advised
from mapper.intake.entries import entry_of
from mapper.intake.entry import Entry, Intake
from mapper.intake.entry_keys import INTAKE
from mapper.intake.entry_nodes import KeyTable, TableReader, merged
from mapper.intake.entry_rules import entry_mistakes, path_mistakes
from mapper.intake.senders import sender_entries
from mapper.project.mapping_files import is_intake, mapping_files
from mapper.project.project import read_text
from mapper.texts.diagnostic import Diagnostic, closest, has_errors, in_order
from mapper.texts.named_text import Span, Text

_LANGUAGE = "the mapping language"
_HINTS = {
    "M006": "remove it; a secret is named by its variable: `$NAME`",
    "M007": "write the value out; what several entries share is what their `sender` has",
    "M013": "write the keys out",
}
# Of these `$meta` only a browser's requests have the visitor's.
_OF_VISITORS = {"client_ip": "address", "user_agent": "browser", "cookies": "cookies"}
_OF_MAPPINGS = frozenset({"target", "payload", "events", "otherwise"})
_INTAKE_FILE = FileKind(
    "an intake",
    _OF_MAPPINGS | {"version", "entries"},
    "`version: 1` and `entries:`",
    has_paths=True,
    of_events=MAPPING_FILE.of_events,
)
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class NamedMapping:
    """A mapping that an entry names. path: of the entry; file: from where the command runs; table: of it."""

    path: str
    file: str
    span: Span
    table: KeyTable


@dataclass(frozen=True, slots=True)
class CheckedIntake:
    """A file once it was read and checked. intake: None where it has errors of its own.

    unfit: by their paths, the entries whose mapping cannot be theirs, and the first error that says so.
    """

    intake: Intake | None
    found: tuple[Diagnostic, ...]
    unfit: Mapping[str, Diagnostic] = field(default_factory=dict)


def load_intake(path: str | Path, schemas: str | Path | None = None) -> CheckedIntake:
    """A file of entries, checked with the mappings it names. Raises OSError where it cannot be read."""
    return check_intake(read_text(path), schemas)


def intake_mistakes(text: Text, schemas: str | None) -> tuple[Diagnostic, ...]:
    """All that is wrong with an intake."""
    return check_intake(text, schemas).found


def check_intake(text: Text, schemas: str | Path | None = None) -> CheckedIntake:
    """All that is wrong with an intake. What is wrong within its mappings is said by a check of those."""
    entries: list[tuple[ScalarNode, KeyTable]] = []
    is_sound, unfit = False, dict[str, Diagnostic]()
    with most_mistakes(text) as found:
        reader = TableReader(text, found, sender_entries())
        entries += _entries(reader)
        analyses: dict[str, Analysis | None] = {}
        is_sound = not has_errors(found)
        for one in _named(text, entries):
            if one.file not in analyses:
                analyses[one.file] = _analysis(one.file, schemas)
            of_mapping = list(_of_mapping(one, analyses[one.file]))
            if has_errors(of_mapping):
                unfit[one.path] = of_mapping[0]
            found.say_all(of_mapping)
    said = tuple(_without(reader.hidden, in_order(advised(list(map(_in_our_words, found))))))
    if not is_sound:
        return CheckedIntake(None, said)
    intake = Intake(text.name, tuple(entry_of(key.text, table) for key, table in entries))
    return CheckedIntake(intake, said, unfit)


def named_mappings(text: Text) -> tuple[str, ...]:
    """The mapping files that the entries of a text name, from where the command runs, each once."""
    entries: list[tuple[ScalarNode, KeyTable]] = []
    with most_mistakes(text) as found:
        entries += _entries(TableReader(text, found, sender_entries()))
    files = dict.fromkeys(one.file for one in _named(text, entries))
    return tuple(file for file in files if os.path.isfile(file))


def mapping_path(intake: Intake, entry: Entry) -> str:
    """The mapping file of an entry, from where the command runs."""
    return _beside(intake.name, entry.mapping)


def _beside(name: str, written: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(name), written))


def _entries(reader: TableReader) -> Iterator[tuple[ScalarNode, KeyTable]]:
    """The entries that can be read, and what is wrong with all of them."""
    root = _root(reader)
    if root is None:
        return
    head = _head(root) if isinstance(root, MapNode) else root.span
    paths = _paths_at_top(root) if isinstance(root, MapNode) else []
    if paths:
        hint = "write `version: 1` and `entries:`, and the paths below, two spaces deeper"
        reader.found.say(
            Diagnostic("M701", paths[0].span, f"the path `{paths[0].text}` is outside of `entries`", hint)
        )
        return
    key = _mapping_key(root) if isinstance(root, MapNode) else None
    if key is not None:
        entry = f"/shop: {{mapping: {os.path.basename(reader.file.name)}, token: {{value: $SHOP_TOKEN}}}}"
        hint = f"in another file, write `version: 1` and `entries: {{{entry}}}`"
        message = f"`{key.text}` is a key of a mapping, not of an intake"
        reader.found.say(Diagnostic("M701", key.span, message, hint))
        return
    table = reader.read(root, "intake", head)
    node = None if table is None else table.value("entries")
    if table is None or node is None:
        return
    if not isinstance(node, MapNode) or not (node.entries or node.unread):
        due = "`entries` must be a table of paths"
        message = strange_shape(node, due)
        reader.found.say(Diagnostic("M703", node.span, message, f"write e.g. `{INTAKE['entries'].example}`"))
        return
    yield from _each(reader, node)


def _head(root: MapNode) -> Span:
    """The first key, where what the whole file lacks is reported."""
    return root.entries[0][0].span if root.entries else root.source.span(0, 0)


def _root(reader: TableReader) -> YamlNode | None:
    """The content of a file; None (and a diagnostic) where it is empty, or no intake at all."""
    other = other_file(reader.file, _INTAKE_FILE)
    if other is not None:
        reader.found.say(other)
        return None
    root = read_yaml(reader.file, reader.found)
    if root is None and not reader.found:
        hint = f"write `version: 1` and `entries: {INTAKE['entries'].example}`"
        reader.found.say(Diagnostic("M702", reader.file.span(0, 0), "the file is empty", hint))
    return root


def _paths_at_top(root: MapNode) -> list[ScalarNode]:
    return [key for key, _ in root.entries if key.text.startswith("/")]


def _mapping_key(root: MapNode) -> ScalarNode | None:
    """The first key that says that the file is a mapping, where nothing says that it is an intake."""
    if any(key.text == "entries" for key, _ in root.entries):
        return None
    return next((key for key, _ in root.entries if key.text in _OF_MAPPINGS), None)


def _each(reader: TableReader, node: MapNode) -> Iterator[tuple[ScalarNode, KeyTable]]:
    paths: dict[str, Span] = {}
    for key, value in node.entries:
        reader.found.say_all(path_mistakes(key, paths))
        paths.setdefault(key.text.lower(), key.span)
        table = reader.read(_with_sender(reader, value), "entry", key.span)
        if table is not None:
            reader.found.say_all(entry_mistakes(key, table))
            yield key, table


def _with_sender(reader: TableReader, value: object) -> MapNode:
    """An entry with what its sender has."""
    if isinstance(value, MapNode):
        named = next((inner for key, inner in value.entries if key.text == "sender"), None)
        if isinstance(named, ScalarNode) and named.text in reader.senders:
            return merged(value, reader.senders[named.text], "entry")
    return value  # type: ignore[return-value]  # what is no table is reported by who reads it


def _named(text: Text, entries: Iterable[tuple[ScalarNode, KeyTable]]) -> Iterator[NamedMapping]:
    for key, table in entries:
        written = table.value("mapping")
        if written is not None:
            yield NamedMapping(key.text, _beside(text.name, written), table.place("mapping"), table)


def _analysis(file: str, schemas: str | Path | None) -> Analysis | None:
    """The analysis of a mapping file; None where it cannot be read."""
    try:
        return analyse_file(file, schemas=schemas)
    except OSError:
        return None


def _of_mapping(named: NamedMapping, analysis: Analysis | None) -> Iterator[Diagnostic]:
    """The diagnostics of the mapping of an entry for that entry."""
    if analysis is None:
        yield _unreadable(named)
    elif is_intake(analysis.text):
        message, hint = f"`{named.file}` is an intake, not a mapping", "name a mapping file"
        yield Diagnostic("M711", named.span, message, hint)
    elif analysis.is_partial:
        message = f"`{named.file}` is partial: it sends nothing on its own"
        yield Diagnostic("M711", named.span, message, "name a mapping that `extends` it")
    else:
        yield from _of_meta(named, analysis)


def _unreadable(named: NamedMapping) -> Diagnostic:
    if os.path.isdir(named.file):
        return Diagnostic("M711", named.span, f"`{named.file}` is a folder", "name a mapping file in it")
    folder = os.path.dirname(named.file) or "."
    here = os.path.dirname(named.span.text.name) or "."
    near_by = next((one for one in (folder, here) if os.path.isdir(one)), None)
    files = () if near_by is None else mapping_files([near_by]).files[:_MOST_FILES]
    stems = {os.path.splitext(os.path.basename(one))[0]: one for one in reversed(files)}
    stem = os.path.splitext(os.path.basename(named.file))[0]
    near = closest(stem, stems) or next((one for one in stems if one.startswith(f"{stem}-")), None)
    hint = (
        f"did you mean `{os.path.relpath(stems[near], here)}`?" if near else "paths are relative to this file"
    )
    what = "cannot be read" if os.path.exists(named.file) else "does not exist"
    return Diagnostic("M711", named.span, f"the mapping `{named.file}` {what}", hint)


def _of_meta(named: NamedMapping, analysis: Analysis) -> Iterator[Diagnostic]:
    """Parts of `$meta` that the mapping reads and requests of the entry do not have, each once."""
    told: set[tuple[str, ...]] = set()
    for path, span in analysis.host_reads:
        said = _never_there(path, named.table)
        if said is None or path[:2] in told:
            continue
        told.add(path[:2])
        message, hint = said
        yield Diagnostic("M710", named.span, message, hint, related=((span, "it is read here"),))


def _never_there(path: tuple[str, ...], table: KeyTable) -> tuple[str, str] | None:
    """The reason that a part of `$meta` is absent from all requests of an entry, and what to do."""
    if table.is_doubtful:
        return None
    name = path[0]
    if name in _OF_VISITORS and "cors" not in table:
        message = f"`$meta.{name}` is absent here: the request is the sender's, not a visitor's"
        return message, f"read the visitor's {_OF_VISITORS[name]} from the event, where the sender puts it"
    key = {"headers": "keep_headers", "query": "keep_query", "cookies": "cookies"}.get(name)
    if key is None or len(path) < 2 or table.is_unread(key):
        return None
    kept: tuple[str, ...] = table.value(key) or ()
    if path[1] in kept or path[1] == "*":
        return None
    near = closest(path[1], kept)
    hint = (
        f"did you mean `{near}`?" if near else f"add it to `{key}`: `{key}: [{', '.join((*kept, path[1]))}]`"
    )
    return f"`$meta.{name}.{path[1]}` is absent here: the entry does not keep it", hint


def _in_our_words(found: Diagnostic) -> Diagnostic:
    """A diagnostic of YAML as it is said of an intake."""
    if found.code not in _HINTS:
        return found
    message = found.message.replace(_LANGUAGE, "this language")
    return replace(found, message=message, hint=_HINTS[found.code], facts=None)


def _without(hidden: list[Span], found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The diagnostics over a text that does not show what may be secrets."""
    if not hidden:
        yield from found
        return
    text = hidden[0].text
    content = text.content
    for span in hidden:
        masked = re.sub(r"[^\r\n]", "*", content[span.start : span.end])
        content = f"{content[: span.start]}{masked}{content[span.end :]}"
    shown = Text(text.name, content)
    for one in found:
        if one.span.text is text:
            related = tuple(
                (Span(shown, span.start, span.end) if span.text is text else span, why)
                for span, why in one.related
            )
            one = replace(one, span=Span(shown, one.span.start, one.span.end), related=related)
        yield one
