"""YAML nodes -> the keys of `intake.yaml` with their values, each read by its row; or diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mapper.compiler.schema.target import letters_of
from mapper.compiler.syntax.shapes import node_kind
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic, closest
from mapper.intake.forms import ScalarForm, Wrong
from mapper.intake.keys import (
    AT_MOST_ONE,
    ENTRY,
    ONE_OF,
    OWNERS,
    AnyNames,
    IntakeKey,
    OneOrMore,
    OneWord,
    SenderName,
    TableOf,
    TablesOf,
    called,
)
from mapper.text import Span, Text

# A longer text in place of a word is not shown again.
_LONGEST_WORD = 40
Senders: TypeAlias = Mapping[str, MapNode]


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key of a table, and its value; None where a diagnostic says what is wrong with it."""

    key: ScalarNode
    node: YamlNode
    value: Any


@dataclass(frozen=True, slots=True)
class KeyTable:
    """The keys of one owner that are written, or that its sender has.

    span: of the key that leads here, where what is missing is reported. is_doubtful: a key in it could not be
    read, so nothing is missing.
    """

    owner: str
    span: Span
    held: Mapping[str, HeldKey]
    is_doubtful: bool = False

    def __contains__(self, name: str) -> bool:
        return name in self.held

    def value(self, name: str) -> Any:
        """The value of a key; None where there is none, or none that can be read."""
        return self.held[name].value if name in self.held else None

    def place(self, name: str) -> Span:
        """The value of a key, or what leads to the table where it is not there."""
        return self.held[name].node.span if name in self.held else self.span

    def is_unread(self, name: str) -> bool:
        """Whether a key is there, or may be meant by another one, and its value is not known."""
        return (name in self.held and self.held[name].value is None) or (
            name not in self.held and self.is_doubtful
        )


@dataclass(slots=True)
class TableReader:
    """Reads the tables of a file. hidden: what must not be shown, since it may be a secret."""

    file: Text
    found: list[Diagnostic]
    senders: Senders
    hidden: list[Span] = field(default_factory=list)

    def read(self, node: YamlNode, owner: str, span: Span, *, is_sure: bool = True) -> KeyTable | None:
        """The table of an owner; None where the node is none. span: of the key that leads to it.

        is_sure: what it lacks is missing, and is not in a key that could not be read.
        """
        if not isinstance(node, MapNode):
            self._wrong_kind(node, f"{called(owner)} must be a table", _such_as(_example_of(owner)))
            return None
        table = OWNERS[owner]
        held: dict[str, HeldKey] = {}
        is_doubtful = (
            not is_sure or bool(node.unread) or any(key.text not in table for key, _ in node.entries)
        )
        for key, value in node.entries:
            if key.text not in table:
                self._report_unknown(key, owner)
                continue
            shape = table[key.text].shape
            if isinstance(shape, TableOf) and key.span.text is not self.file:
                # What a sender's table lacks is missing in the entry.
                made: Any = self.read(value, shape.owner, span, is_sure=not is_doubtful)
            else:
                made = self._value(key, value, table[key.text])
            held[key.text] = HeldKey(key, value, made)
        read = KeyTable(owner, span, held, is_doubtful)
        self._needed(read, table)
        return read

    def _needed(self, read: KeyTable, table: Mapping[str, IntakeKey]) -> None:
        for name, row in table.items():
            if row.needed and name not in read and not read.is_doubtful:
                written = f"{name}: {row.example}"
                is_here = (
                    read.owner not in ENTRY or read.span.text.content[slice(*_ends(read.span))] == read.owner
                )
                hint = f"add `{written}`" if is_here else f"add `{read.owner}: {{{written}}}`"
                message = f"{called(read.owner)} needs `{name}`"
                self.found.append(Diagnostic("M702", read.span, message, hint))
        some = [name for name in AT_MOST_ONE.get(read.owner, ()) if name in read]
        if len(some) > 1:
            both = " and ".join(f"`{name}`" for name in some)
            span = read.held[some[-1]].key.span
            message = f"{called(read.owner)} has {both}, and only one of them counts"
            self.found.append(Diagnostic("M709", span, message, "remove one of them"))
        one_of = ONE_OF.get(read.owner, ())
        if one_of and not some and not read.is_doubtful:
            names = " or ".join(f"`{name}`" for name in one_of)
            hint = f"add e.g. `{one_of[0]}: {table[one_of[0]].example}`"
            self.found.append(Diagnostic("M702", read.span, f"{called(read.owner)} needs {names}", hint))

    def _value(self, key: ScalarNode, node: YamlNode, row: IntakeKey) -> Any:
        """What a value is by its row; None, and a diagnostic, where it is something else."""
        match row.shape:
            case ScalarForm() as form:
                return self._scalar(node, key.text, form, row)
            case OneWord(words):
                return self._word(node, key.text, words)
            case OneOrMore(form):
                return self._several(node, key.text, form, row)
            case TableOf("entries"):
                return node  # read one by one, each with what its sender has
            case TableOf(owner):
                return self.read(node, owner, key.span)
            case TablesOf(owner):
                items = node.items if isinstance(node, ListNode) else (node,)
                read = [self.read(one, owner, one.span) for one in items]
                return None if None in read else tuple(read)
            case AnyNames() as names:
                return self._names(node, key, names, row)
            case SenderName():
                return self._sender(node, key.text)

    def _scalar(self, node: YamlNode, name: str, form: ScalarForm, row: IntakeKey) -> Any:
        is_right = isinstance(node, ScalarNode) and type(node.value) in form.kinds
        if not isinstance(node, ScalarNode) or not is_right or (node.value == "" and str in form.kinds):
            self.hidden += [node.span] if form.is_secret else []
            self._wrong_kind(node, f"`{name}` must be {form.due}", _such_as(row.example))
            return None
        try:
            return form.read(node.value)
        except Wrong as wrong:
            self.hidden += [node.span] if form.is_secret else []
            self.found.append(Diagnostic(wrong.code, node.span, wrong.message, wrong.hint))
            return None

    def _several(self, node: YamlNode, name: str, form: ScalarForm, row: IntakeKey) -> Any:
        if not isinstance(node, ListNode):
            only = self._scalar(node, name, form, row)
            return None if only is None else (only,)
        if not node.items and not node.partial:
            self._wrong_kind(node, f"`{name}` must have at least one element", _such_as(row.example))
            return None
        items = [self._scalar(one, name, form, row) for one in node.items]
        return None if None in items or node.partial else tuple(items)

    def _word(self, node: YamlNode, name: str, words: tuple[tuple[str, str], ...]) -> str | None:
        known = [word for word, _ in words]
        if isinstance(node, ScalarNode) and node.text in known:
            return node.text
        due = f"`{name}` must be {' or '.join(f'`{word}`' for word in known)}"
        if not isinstance(node, ScalarNode) or node.value is None or len(node.text) > _LONGEST_WORD:
            self._wrong_kind(node, due, _such_as(known[0]))
            return None
        letters = letters_of(node.text)
        meant = next((word for word, also in words if letters in (letters_of(word), *also.split())), None)
        meant = meant or closest(node.text, known)
        hint = f"did you mean `{meant}`?" if meant else f"write e.g. `{known[0]}`"
        self.found.append(Diagnostic("M704", node.span, f"{due}, not `{node.text}`", hint))
        return None

    def _sender(self, node: YamlNode, name: str) -> str | None:
        if isinstance(node, ScalarNode) and node.text in self.senders:
            return node.text
        known = ", ".join(self.senders)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.text:
            self._wrong_kind(node, f"`{name}` must be the name of a sender", f"write one of {known}")
            return None
        letters = letters_of(node.text)
        meant = next((one for one in self.senders if letters_of(one) == letters), None)
        meant = meant or closest(node.text, self.senders)
        other = f"known are {known}; for another, write `sign` or `token`"
        hint = f"did you mean `{meant}`?" if meant else other
        self.found.append(Diagnostic("M704", node.span, f"no sender `{node.text}` is known", hint))
        return None

    def _names(self, node: YamlNode, key: ScalarNode, names: AnyNames, row: IntakeKey) -> Any:
        if not isinstance(node, MapNode) or not (node.entries or node.unread):
            self._wrong_kind(node, f"`{key.text}` must be a table of names and values", _such_as(row.example))
            return None
        read: list[tuple[str, Any]] = []
        for name, value in node.entries:
            if names.owner and isinstance(value, MapNode):
                made: Any = self.read(value, names.owner, name.span)
            else:
                made = self._scalar(value, name.text, names.form, row)
            read.append((name.text.lower() if names.lower else name.text, made))
        return None if any(made is None for _, made in read) else tuple(read)

    def _wrong_kind(self, node: YamlNode, due: str, hint: str) -> None:
        is_empty = isinstance(node, ScalarNode) and node.value is None
        message = f"the value is empty; {due}" if is_empty else f"{due}, not {node_kind(node)}"
        self.found.append(Diagnostic("M703", node.span, message, hint))

    def _report_unknown(self, key: ScalarNode, owner: str) -> None:
        message = f"`{key.text}` is not a key of {called(owner)}"
        self.found.append(Diagnostic("M701", key.span, message, _meant(key.text, owner)))


def _such_as(example: str) -> str:
    return f"write e.g. `{example}`"


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _example_of(owner: str) -> str:
    table = OWNERS[owner]
    shown = [name for name in table if table[name].needed] or [*table][:1]
    return f"{{{', '.join(f'{name}: {table[name].example}' for name in shown)}}}"


def _meant(name: str, owner: str) -> str:
    """What the author of an unknown key most likely meant."""
    table, letters = OWNERS[owner], letters_of(name)
    for known, row in table.items():
        if letters == letters_of(known) or letters in row.also.split():
            return f"did you mean `{known}`?"
    below = [one for one in _below(owner) if name in OWNERS[one]]
    if below:
        return f"write it under `{below[0]}`: `{below[0]}: {{{name}: {OWNERS[below[0]][name].example}}}`"
    near = closest(name, table)
    if near:
        return f"did you mean `{near}`?"
    if owner not in ("entry", "intake") and name in ENTRY:
        return f"`{name}` is a key of the entry: write it next to `{owner}`"
    return f"its keys are {', '.join(f'`{one}`' for one in table)}"


def _below(owner: str) -> Iterable[str]:
    """The owners of the tables in a table."""
    return [row.shape.owner for row in OWNERS[owner].values() if isinstance(row.shape, TableOf | TablesOf)]


def merged(own: MapNode, senders: MapNode, owner: str) -> MapNode:
    """An entry with what its sender has beside what it writes itself, table by table."""
    written = {key.text: (key, value) for key, value in own.entries}
    group = AT_MOST_ONE.get(owner, ())
    replaced = {*group} if any(name in written for name in group) else set()
    entries = []
    for key, value in senders.entries:
        shape = OWNERS[owner][key.text].shape
        if key.text not in written:
            entries += [] if key.text in replaced or key.text in own.unread else [(key, value)]
            continue
        ours, theirs = written.pop(key.text)
        if (
            isinstance(theirs, MapNode)
            and isinstance(value, MapNode)
            and isinstance(shape, TableOf | AnyNames)
        ):
            inner = shape.owner if isinstance(shape, TableOf) else ""
            theirs = merged(theirs, value, inner) if inner else _joined(theirs, value)
        entries.append((ours, theirs))
    return MapNode(own.source, own.start, own.end, (*entries, *written.values()), own.unread)


def _joined(own: MapNode, senders: MapNode) -> MapNode:
    """A table of any names with those of the sender that are not written."""
    written = {key.text for key, _ in own.entries}
    more = [entry for entry in senders.entries if entry[0].text not in written]
    return MapNode(own.source, own.start, own.end, (*more, *own.entries), own.unread)
