"""Mapping with all that it inherits -> the same as one file without `extends`, each line with its place."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mapper.compiler.explain.effective_text import YamlLine, lines_of, node_of
from mapper.compiler.explain.overrides import Overrides, TakenAway, overrides
from mapper.compiler.findings import Findings
from mapper.compiler.syntax.language_keys import INHERIT
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.value_nodes import Constant, Each, Fields, Value, list_rule, written_span
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, every
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_Entry = tuple[ScalarNode, YamlNode]
# What a file that extends others says for itself alone, before and after what it inherits.
_HEAD = ("name", "version", "target", "source", "normal_forms", "partial")
_TAIL = ("fixtures",)
_NOT_INHERITED = frozenset(INHERIT)


@dataclass(frozen=True, slots=True)
class EffectiveLine:
    """A line of the effective mapping.

    text: YAML. path: the keys that lead there, `payload.custom_data.value`. span: of the key or the item that
    it is written as; None of a key such as `let`, whose parts are from several files, and of a text's further
    lines. replaced: the inherited parts that this one is in place of, the nearest first.
    """

    text: str
    path: str
    span: Span | None
    replaced: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class EffectiveMapping:
    """A mapping with all that it inherits. files: its own and those it extends, by priority."""

    files: tuple[str, ...]
    lines: tuple[EffectiveLine, ...]
    taken_away: tuple[TakenAway, ...]

    @property
    def text(self) -> str:
        """The mapping as one file without `extends`, in the folder of the mapping."""
        return "".join(f"{one.text}\n" for one in self.lines)


def effective(mapping: Mapping) -> EffectiveMapping:
    """The effective mapping of one that has no errors."""
    merging = _Merging(mapping)
    lines = (_line(one, merging.overrides) for one in lines_of(tuple(merging.entries())))
    files = tuple([one.text.name for one in mapping.order])
    return EffectiveMapping(files, tuple(lines), merging.overrides.taken_away)


def _line(line: YamlLine, found: Overrides) -> EffectiveLine:
    replaced = () if line.span is None else found.of(line.span)
    return EffectiveLine(line.text, line.path, line.span, replaced)


class _Merging:
    """The nodes of a mapping's files, found by the places that its parts have."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.overrides = overrides(mapping)
        self.roots = {one.text.name: read_yaml(one.text, Findings()) for one in mapping.order}
        nodes = [node for root in self.roots.values() if root is not None for node in every(root)]
        self.nodes = {_place(node.span): node for node in nodes}
        entries = [entry for node in nodes if isinstance(node, MapNode) for entry in node.entries]
        self.keys = {_place(entry[0].span)[:2]: entry for entry in entries}

    def _node(self, span: Span) -> YamlNode:
        return self.nodes[_place(span)]

    def _entry(self, key: Span) -> _Entry:
        return self.keys[_place(key)[:2]]

    def entries(self) -> Iterator[_Entry]:
        """The keys of the whole mapping."""
        mapping = self.mapping
        yield from self._own(_HEAD)
        lacking = {one.name for one in mapping.expects} - {let.name for let in mapping.lets}
        if mapping.partial and lacking:
            named = {one.name: self._node(one.span) for one in mapping.expects if one.name in lacking}
            yield self._key("expects"), self._list(named.values())
        lets = [self._entry(let.span) for let in mapping.lets if let.within is None]
        yield from self._map("let", lets)
        yield from self._map("functions", [self._entry(one.name_span) for one in mapping.functions])
        yield from self._map("tables", [self._table(one.form.span, one.written) for one in mapping.tables])
        yield from self._whole("split")
        yield from self._items("skip", (self._node(one.span) for one in mapping.skips))
        yield from self._whole("consent")
        yield from self._map("payload", self._fields(mapping.payload))
        yield from self._whole("match")
        yield from self._items("events", self._sections())
        yield from self._whole("otherwise")
        yield from self._tests()
        yield from self._own(_TAIL)

    def _own(self, names: Iterable[str]) -> Iterator[_Entry]:
        root = self.roots[self.mapping.text.name]
        for name in names:
            yield from (one for one in getattr(root, "entries", ()) if one[0].text == name)

    def _key(self, name: str) -> ScalarNode:
        """A key that is written in none of the files, or in several."""
        root = self.roots[self.mapping.text.name]
        assert root is not None
        return ScalarNode(root.source, 0, 0, name, name, "plain")

    def _list(self, items: Iterable[YamlNode]) -> ListNode:
        return ListNode(self._key("").source, 0, 0, tuple(items))

    def _map(self, name: str, entries: Iterable[_Entry]) -> Iterator[_Entry]:
        made = tuple(entries)
        if made:
            yield self._key(name), MapNode(self._key("").source, 0, 0, made)

    def _items(self, name: str, items: Iterable[YamlNode]) -> Iterator[_Entry]:
        made = tuple(items)
        if made:
            yield self._key(name), self._list(made)

    def _whole(self, name: str) -> Iterator[_Entry]:
        span = self.overrides.wholes.get(name)
        if span is None:
            return
        key, node = self._entry(span)
        if isinstance(node, MapNode):
            kept = tuple([one for one in node.entries if one[0].text not in _NOT_INHERITED])
            node = replace(node, entries=kept)
        yield key, node

    def _table(self, span: Span, written: str) -> _Entry:
        """A table, whose path is from the folder of the mapping."""
        key, node = self._entry(span)
        there, here = posixpath.dirname(span.text.name), posixpath.dirname(self.mapping.text.name)
        if not isinstance(node, MapNode) or posixpath.normpath(there) == posixpath.normpath(here):
            return key, node
        path = posixpath.relpath(posixpath.join(there or ".", written), here or ".")
        moved = [
            (one, replace(value, text=path, value=path) if one.text == "file" else value)
            for one, value in node.entries
            if isinstance(value, ScalarNode)
        ]
        return key, replace(node, entries=tuple(moved))

    def _fields(self, fields: Fields) -> list[_Entry]:
        return [self._field(span, value) for _, span, value in fields.entries]

    def _field(self, span: Span, value: Value) -> _Entry:
        key, node = self._entry(span)
        if isinstance(value, Fields):
            source = node if isinstance(node, MapNode) else MapNode(key.source, key.start, key.end, ())
            return key, replace(source, entries=tuple(self._fields(value)))
        each = list_rule(value)
        return key, (node if each is None else self._list_rule(written_span(value), each))

    def _list_rule(self, span: Span, each: Each) -> YamlNode:
        """The list rule at a span with what other files add to it."""
        node = self._node(span)
        if not isinstance(node, MapNode) or all(one.is_within(span) for one in _pieces(each)):
            return node
        entries: list[_Entry] = []
        added: dict[str, _Entry] = {}
        if each.lets:
            added["let"] = next(iter(self._map("let", [self._entry(let.span) for let in each.lets])))
        if each.where is not None:
            added["where"] = self._around(each.where.whole)
        item = [one for one in node.entries if one[0].text == "item"]
        if isinstance(each.item, Fields):
            key = item[0][0] if item else self._key("item")
            added["item"] = key, MapNode(key.source, key.start, key.end, tuple(self._fields(each.item)))
        else:
            added["item"] = self._around(written_span(each.item))
        for key, value in node.entries:
            entries.append(added.pop(key.text, (key, value)))
        return replace(node, entries=(*entries, *added.values()))

    def _around(self, span: Span) -> _Entry:
        """The entry whose value begins at a span, or around it."""
        found = [
            one
            for (name, _), one in self.keys.items()
            if name == span.text.name and one[1].span.start <= span.start <= one[1].span.end
        ]
        return max(found, key=lambda one: one[1].span.start)

    def _sections(self) -> Iterator[YamlNode]:
        gone = {id(section): constants for section, constants in self.overrides.sections}
        for section in self.mapping.sections:
            node = self._node(section.span)
            left = self._less(section, node, gone.get(id(section), ()))
            if left is not None:
                yield left

    def _less(self, section: Section, node: YamlNode, gone: tuple[Constant, ...]) -> YamlNode | None:
        """A section without constants of `is` that an earlier one takes; None where nothing is left."""
        if not gone:
            return node
        if len(gone) == len(section.constants or ()) and not section.patterns:
            return None
        assert isinstance(node, MapNode)
        spans = {one.span for one in gone}
        entries = [
            (key, replace(value, items=tuple([item for item in value.items if item.span not in spans])))
            if key.text == "is" and isinstance(value, ListNode)
            else (key, value)
            for key, value in node.entries
        ]
        return replace(node, entries=tuple(entries))

    def _tests(self) -> Iterator[_Entry]:
        """The tests, with the events that those of this file share; the others have theirs written out."""
        tests = [one for one in self.mapping.tests if one.key_span is not None]
        written_out = any("base" in one.given for one in tests)
        if not written_out:
            yield from self._own(("bases",))
        own = self.mapping.text.name
        made = []
        for one in tests:
            node = self._node(one.place)
            if isinstance(node, MapNode) and (written_out or one.place.text.name != own):
                entries = [(key, _given(key, value, one.given)) for key, value in node.entries]
                node = replace(node, entries=tuple(entries))
            made.append(node)
        yield from self._items("tests", made)


def _place(span: Span) -> tuple[str, int, int]:
    return span.text.name, span.start, span.end


def _given(key: ScalarNode, value: YamlNode, event: dict[str, Json]) -> YamlNode:
    """The whole event of a test where it is written over a shared one."""
    has_base = isinstance(value, MapNode) and any(one.text == "base" for one, _ in value.entries)
    return node_of(event, key) if key.text == "given" and has_base else value


def _pieces(each: Each) -> Iterator[Span]:
    """The places of what can be added to a list rule."""
    yield from (let.span for let in each.lets)
    if each.where is not None:
        yield each.where.whole
    yield from _written(each.item)


def _written(value: Value) -> Iterator[Span]:
    if isinstance(value, Fields):
        for _, span, below in value.entries:
            yield span
            yield from _written(below)
    else:
        yield written_span(value)
        each = list_rule(value)
        yield from () if each is None else _pieces(each)
