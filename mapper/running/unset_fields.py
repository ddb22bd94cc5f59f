"""Fields that no payload of a run had a value for, though a section that sent has a rule for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Any

from mapper.runtime.program import SectionRules
from mapper.values.frozen import dataclass

# In a node that no payload had: its own path; that of a list's elements. Else its fields.
_OWN = ""
_ITEMS = "[]"
# To look for so many names in a value is as quick as to look whether it has any of them.
_FEW = 6
_UnsetTree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnsetField:
    """A target path without a value. places: `file:line` of each rule for it; below: rules below the path."""

    path: str
    places: tuple[str, ...]
    below: int


@dataclass(frozen=True, slots=True)
class SeenPaths:
    """The additions of a part of a run: the sections met, each with a line, and the paths seen of them."""

    met: tuple[tuple[int, int], ...]
    seen: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class FieldWatch:
    """Looks at payloads for the paths that none before them of their section had, and for no others.

    What is left of them is a tree of dicts for each section that was met, which gets smaller with each path
    seen. Many payloads are looked at together, branch by branch of what is left.
    """

    rules: dict[int, SectionRules]
    _left: dict[int, _UnsetTree] = field(default_factory=dict)
    _met: list[tuple[int, int]] = field(default_factory=list)
    _seen: list[tuple[int, str]] = field(default_factory=list)

    def see(self, payloads: Sequence[dict[str, Any]], section: int, line: int) -> None:
        """Payloads that a section made, the first of them of the event on a line."""
        left = self._left.get(section)
        if left is None:
            left = self._meet(section, line)
        if left:
            seen: list[str] = []
            _take_out(left, payloads, seen)
            self._seen += [(section, path) for path in seen]

    def take_seen(self) -> SeenPaths:
        """The paths that were seen since they were last asked for."""
        seen = SeenPaths(tuple(self._met), tuple(self._seen))
        self._met, self._seen = [], []
        return seen

    def _meet(self, section: int, line: int) -> _UnsetTree:
        self._met.append((section, line))
        left = self._left[section] = {}
        for path, _ in self.rules.get(section, ()):
            _node(left, path)[_OWN] = path
        return left


@dataclass(slots=True)
class UnsetFields:
    """The paths that no payload had so far of any section that was met and has a rule for them."""

    rules: dict[int, SectionRules]
    _lines: dict[int, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def add(self, part: SeenPaths) -> None:
        """Add the paths of the next part of a run."""
        for section, line in part.met:
            self._lines.setdefault(section, line)
        self._seen.update(path for _, path in part.seen)

    def fields(self) -> tuple[UnsetField, ...]:
        """The paths that are left, in the order of the rules; of those below one only how many they are."""
        return tuple(
            UnsetField(path, tuple(self._places(path)), sum(1 for _ in _left(node)) - 1)
            for path, node in _topmost(self._tree())
        )

    def first_line(self) -> int:
        """The first line whose event gave a payload without one of them; 0 where none is left."""
        topmost = {path for path, _ in _topmost(self._tree())}
        lines = (
            line
            for section, line in self._lines.items()
            if any(path in topmost for path, _ in self.rules.get(section, ()))
        )
        return min(lines, default=0)

    def _tree(self) -> _UnsetTree:
        tree: _UnsetTree = {}
        for section in self._lines:
            for path, _ in self.rules.get(section, ()):
                if path not in self._seen:
                    _node(tree, path)[_OWN] = path
        return tree

    def _places(self, path: str) -> dict[str, None]:
        """The places of the rules for a path, each once, in the order in which their sections were met."""
        rules = (rule for section in self._lines for rule in self.rules.get(section, ()))
        return {place: None for own, place in rules if own == path}


def _node(tree: _UnsetTree, path: str) -> _UnsetTree:
    """The node of a path, made where there is none."""
    for name in path.replace(_ITEMS, f".{_ITEMS}").split("."):
        tree = tree.setdefault(name, {})
    return tree


def _take_out(tree: _UnsetTree, values: Sequence[dict[str, Any]], seen: list[str]) -> None:
    """Move out of what is not seen what some values have."""
    if len(tree) > _FEW:
        names = tree.keys()
        values = [value for value in values if not names.isdisjoint(value)]
    for name in tuple(tree) if values else ():
        parts = [value[name] for value in values if name in value]
        if parts:
            node = tree[name]
            own = node.pop(_OWN, None)
            if own is not None:
                seen.append(own)
            _take_out_inside(node, parts, seen)
            if not node:
                del tree[name]


def _take_out_inside(node: _UnsetTree, values: Sequence[Any], seen: list[str]) -> None:
    if _ITEMS in node:
        items = [item for value in values if type(value) is list for item in value if type(item) is dict]
        _take_out(node[_ITEMS], items, seen)
        if not node[_ITEMS]:
            del node[_ITEMS]
    if node:
        _take_out(node, [value for value in values if type(value) is dict], seen)


def _topmost(node: _UnsetTree) -> Iterator[tuple[str, _UnsetTree]]:
    for name, below in node.items():
        if name == _OWN:
            continue
        if _OWN in below:
            yield below[_OWN], below
        else:
            yield from _topmost(below)


def _left(node: _UnsetTree) -> Iterator[str]:
    for name, below in node.items():
        if name == _OWN:
            yield below
        else:
            yield from _left(below)
