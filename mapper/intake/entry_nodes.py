"""YAML nodes -> the keys of `intake.yaml` with their values, each read by its row; or diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mapper.compiler.findings import Findings
from mapper.compiler.syntax.key_tables import (
    is_shown,
    is_whole,
    meant_word,
    split_entries,
    strange_key,
    strange_shape,
)
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.intake.entry_keys import (
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
from mapper.intake.scalar_forms import ScalarForm, Wrong
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span, Text

_SENDER = "sender"
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

    def writes(self, name: str) -> bool:
        """Whether the file itself has a key, and not its sender."""
        return name in self.held and self.held[name].key.span.text is self.span.text

    def value(self, name: str) -> Any:
        """The value of a key; None where there is none, or none that can be read."""
        return self.held[name].value if name in self.held else None

    def place(self, name: str) -> Span:
        """The value of a key; what leads to the table where the file does not write it."""
        span = self.held[name].node.span if name in self.held else self.span
        return span if span.text is self.span.text else self.span

    def key_place(self, name: str) -> Span:
        """The place of the key itself; see `place`."""
        span = self.held[name].key.span if name in self.held else self.span
        return span if span.text is self.span.text else self.span

    def is_unread(self, name: str) -> bool:
        """Whether a key is there, or may be meant by another one, and its value is not known."""
        return (name in self.held and self.held[name].value is None) or (
            name not in self.held and self.is_doubtful
        )


@dataclass(slots=True)
class TableReader:
    """Reads the tables of a file. hidden: what must not be shown, since it may be a secret."""

    file: Text
    found: Findings
    senders: Senders
    hidden: list[Span] = field(default_factory=list)

    def read(self, node: YamlNode, owner: str, span: Span, *, is_sure: bool = True) -> KeyTable | None:
        """The table of an owner; None where the node is none. span: of the key that leads to it.

        is_sure: what it lacks is missing, and is not what a sender has whose name could not be read.
        """
        if not isinstance(node, MapNode):
            self._wrong_kind(node, f"{called(owner)} must be a table", _such_as(_example_of(owner)))
            return None
        table = OWNERS[owner]
        # A key that is misspelt is read as the one that is meant: what is wrong below it is said too.
        entries, unknown = split_entries(node, table, lambda name: _meant_key(name, owner))
        for key in unknown:
            message = strange_key(key.text, called(owner))
            self.found.say(Diagnostic("M701", key.span, message, _meant(key.text, owner)))
        is_sure = is_sure and not (owner == "entry" and self._may_have_a_sender(node, unknown))
        is_doubtful = not is_sure or not is_whole(node, table)
        held: dict[str, HeldKey] = {}
        for name, (key, value) in entries.items():
            shape = table[name].shape
            if not isinstance(shape, TableOf) or shape.owner not in OWNERS:
                made = self._value(key, value, table[name])
            elif key.span.text is self.file:
                made = self.read(value, shape.owner, key.span, is_sure=is_sure and name == key.text)
            else:  # what a sender's table lacks is missing in the entry
                made = self.read(value, shape.owner, span, is_sure=not is_doubtful)
            held[name] = HeldKey(key, value, made)
        read = KeyTable(owner, span, held, is_doubtful)
        self._needed(read, table)
        return read

    def _may_have_a_sender(self, node: MapNode, unknown: list[ScalarNode]) -> bool:
        """Whether an entry most likely names a sender, but not one that is known."""
        named = next((value for key, value in node.entries if key.text == _SENDER), None)
        if named is not None:
            return not isinstance(named, ScalarNode) or named.text not in self.senders
        return any(_meant_key(key.text, "entry") == _SENDER for key in unknown)

    def _needed(self, read: KeyTable, table: Mapping[str, IntakeKey]) -> None:
        for name, row in table.items():
            if row.needed and name not in read and not read.is_doubtful:
                written = f"{name}: {row.example}"
                is_inherited = read.owner in ENTRY and read.span.text.content[read.span.start] == "/"
                hint = f"add `{read.owner}: {{{written}}}`" if is_inherited else f"add `{written}`"
                message = f"{called(read.owner)} needs `{name}`"
                self.found.say(Diagnostic("M702", read.span, message, hint))
        some = [name for name in AT_MOST_ONE.get(read.owner, ()) if name in read]
        if len(some) > 1:
            both = " and ".join(f"`{name}`" for name in some)
            span = read.key_place(some[-1])
            message = f"{called(read.owner)} has {both}, and only one of them counts"
            self.found.say(Diagnostic("M709", span, message, "remove one of them"))
        one_of = ONE_OF.get(read.owner, ())
        if one_of and not some and not read.is_doubtful:
            names = " or ".join(f"`{name}`" for name in one_of)
            hint = f"add e.g. `{one_of[0]}: {table[one_of[0]].example}`"
            self.found.say(Diagnostic("M702", read.span, f"{called(read.owner)} needs {names}", hint))

    def _value(self, key: ScalarNode, node: YamlNode, row: IntakeKey) -> Any:
        """The value of a key by its row; None, and a diagnostic, where it is something else."""
        match row.shape:
            case ScalarForm() as form:
                return self._scalar(node, key.text, form, row)
            case OneWord(words):
                return self._word(node, key.text, words)
            case OneOrMore(form):
                return self._several(node, key.text, form, row)
            case TableOf():
                return node  # the entries, read one by one, each with what its sender has
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
            self.found.say(Diagnostic(wrong.code, node.span, wrong.message, wrong.hint))
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
        if not isinstance(node, ScalarNode) or not is_shown(node):
            self._wrong_kind(node, due, _such_as(known[0]))
            return None
        meant = meant_word(node.text, ((word, also.split()) for word, also in words))
        meant = meant or closest(node.text, known)
        hint = f"did you mean `{meant}`?" if meant else f"write e.g. `{known[0]}`"
        self.found.say(Diagnostic("M704", node.span, f"{due}, not `{node.text}`", hint))
        return None

    def _sender(self, node: YamlNode, name: str) -> str | None:
        if isinstance(node, ScalarNode) and node.text in self.senders:
            return node.text
        known = ", ".join(self.senders)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.text:
            self._wrong_kind(node, f"`{name}` must be the name of a sender", f"write one of {known}")
            return None
        meant = meant_word(node.text, ((one, ()) for one in self.senders)) or closest(node.text, self.senders)
        other = f"known are {known}; for another, write `sign` or `token`"
        hint = f"did you mean `{meant}`?" if meant else other
        self.found.say(Diagnostic("M704", node.span, f"no sender `{node.text}` is known", hint))
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
        self.found.say(Diagnostic("M703", node.span, strange_shape(node, due), hint))


def _such_as(example: str) -> str:
    return f"write e.g. `{example}`"


def _example_of(owner: str) -> str:
    table = OWNERS[owner]
    shown = [name for name in table if table[name].needed] or [*table][:1]
    return f"{{{', '.join(f'{name}: {table[name].example}' for name in shown)}}}"


def _meant(name: str, owner: str) -> str:
    """The hint for an unknown key."""
    meant = _meant_key(name, owner)
    if meant is not None:
        return f"did you mean `{meant}`?"
    below = [one for one in _below(owner) if name in OWNERS[one]]
    if below:
        return f"write it under `{below[0]}`: `{below[0]}: {{{name}: {OWNERS[below[0]][name].example}}}`"
    if owner not in ("entry", "intake") and name in ENTRY:
        return f"`{name}` is a key of the entry: write it next to `{owner}`"
    return f"its keys are {', '.join(f'`{one}`' for one in OWNERS[owner])}"


def _meant_key(name: str, owner: str) -> str | None:
    """The key of an owner that an unknown one most likely means."""
    table = OWNERS[owner]
    meant = meant_word(name, ((known, row.also.split()) for known, row in table.items()))
    if meant is not None:
        return meant
    is_elsewhere = any(name in OWNERS[one] for one in _below(owner)) or name in ENTRY
    return None if is_elsewhere else closest(name, table)


def _below(owner: str) -> Iterable[str]:
    """The owners of the tables in a table."""
    shapes = (row.shape for row in OWNERS[owner].values())
    return [one.owner for one in shapes if isinstance(one, TableOf | TablesOf) and one.owner in OWNERS]


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
