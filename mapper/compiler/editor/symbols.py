"""YAML nodes of a mapping -> Symbols: its variables, functions, fields, sections and tests, for an editor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from mapper.compiler.syntax.language_keys import RULE
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

SymbolKind: TypeAlias = Literal["key", "variable", "function", "field", "section", "test"]
# The keys of a section that say what it is for, and what it does, the clearest first.
_TAKES = ("is", "when", "name")
_DOES = ("send", "skip", "continue")
_OF_MAPPINGS: dict[str, SymbolKind] = {"let": "variable", "functions": "function", "bases": "test"}
_OF_LISTS: dict[str, SymbolKind] = {"events": "section", "tests": "test"}
_LONGEST_DETAIL = 60


@dataclass(frozen=True, slots=True)
class Symbol:
    """A part of a mapping. detail: what it is or does, in short. name_span: its name, within `span`."""

    name: str
    kind: SymbolKind
    detail: str
    span: Span
    name_span: Span
    inner: tuple[Symbol, ...] = ()


def symbols(root: YamlNode) -> tuple[Symbol, ...]:
    """The top keys of a mapping, with what is in each."""
    if not isinstance(root, MapNode):
        return ()
    return tuple(_keyed(key, value, "key", tuple(_inner(key.text, value))) for key, value in root.entries)


def _inner(name: str, value: YamlNode) -> Iterator[Symbol]:
    """The parts of the value of a top key."""
    if name == "payload":
        yield from _below(value)
    elif name in _OF_MAPPINGS and isinstance(value, MapNode):
        yield from (_keyed(key, inner, _OF_MAPPINGS[name]) for key, inner in value.entries)
    elif name in _OF_LISTS and isinstance(value, ListNode):
        yield from (_element(one, _OF_LISTS[name]) for one in value.items if isinstance(one, MapNode))


def _fields(value: MapNode) -> Iterator[Symbol]:
    """The fields of an object of the payload."""
    for key, inner in value.entries:
        is_object = isinstance(inner, MapNode) and all(one.text not in RULE for one, _ in inner.entries)
        yield _keyed(key, inner, "field", _below(inner) if is_object else ())


def _below(value: YamlNode) -> tuple[Symbol, ...]:
    """The fields of a value, if it has any."""
    return tuple(_fields(value)) if isinstance(value, MapNode) else ()


def _element(node: MapNode, kind: SymbolKind) -> Symbol:
    """A section or a test, by what it takes or its name."""
    entries = {key.text: (key, value) for key, value in node.entries}
    named = next((entries[key] for key in _TAKES if key in entries), None)
    does = next((f"{key}: {_text(entries[key][1])}" for key in _DOES if key in entries), "")
    below = _below(entries["payload"][1]) if "payload" in entries else ()
    if named is None:
        return Symbol(kind, kind, does, node.span, node.span, below)
    return Symbol(_text(named[1]) or kind, kind, does, node.span, named[1].span, below)


def _keyed(key: ScalarNode, value: YamlNode, kind: SymbolKind, inner: tuple[Symbol, ...] = ()) -> Symbol:
    # What is not written at all is where its key ends.
    end = max(key.span.end, value.span.end)
    whole = key.span.text.span(key.span.start, end)
    return Symbol(key.text or '""', kind, "" if inner else _text(value), whole, key.span, inner)


def _text(node: YamlNode) -> str:
    """The text of a value, in one line."""
    span = node.span
    line = node.text if isinstance(node, ScalarNode) else span.text.content[span.start : span.end]
    line = " ".join(line[: 4 * _LONGEST_DETAIL].split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[: _LONGEST_DETAIL - 1]}…"
