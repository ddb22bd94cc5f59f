"""A sample -> the event as a tree: each part with what it feeds, and where it is in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import mapper
from mapper import Analysis, Text
from mapper.analysis import event_path
from mapper.masking import MASK, mask
from mapper.playground.about import SampleText
from mapper.playground.json_places import Keys, json_places
from mapper.playground.shown_value import shown_leaf
from mapper.types import Json

# What names an attribute; any other key may be a value itself: an address, a number.
_ATTRIBUTE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ .:/-]{0,60}")
_LONGEST_MASKED = 40
_MOST_NODES = 5_000


@dataclass(frozen=True, slots=True)
class EventTree:
    """The parts of an event in preorder: their keys, and the paths by which traces name them.

    shown_paths: how the page calls each path, where a key in it may be a person's value.
    """

    sample: SampleText
    parts: tuple[tuple[Keys, Json], ...]
    paths: tuple[str, ...]
    shown_paths: Mapping[str, str]

    def shown_path(self, path: str) -> str:
        """A path of a trace as the page has it."""
        return self.shown_paths.get(path, path)


@dataclass(frozen=True, slots=True)
class EventUse:
    """What is known of an event's parts. feeds: ids of payload nodes by path; asked: paths that decided."""

    feeds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()


def event_tree(sample: SampleText, event: Json, *, reveal: bool) -> EventTree:
    """The tree of an event; unless `reveal`, names that may be a person's value are masked."""
    parts = tuple(_walked(event, ()))
    paths = tuple(event_path(keys) for keys, _ in parts)
    hidden: dict[str, str] = {}
    if not reveal:
        names: dict[str, str] = {}
        for (keys, _), path in zip(parts, paths, strict=True):
            if any(not _is_attribute(key) for key in keys):
                hidden[path] = event_path(_named(key, names) for key in keys)
    return EventTree(sample, parts, paths, hidden)


def _walked(value: Json, keys: Keys) -> Iterator[tuple[Keys, Json]]:
    waiting: list[tuple[Keys, Json]] = [(keys, value)]
    count = 0
    while waiting and count < _MOST_NODES:
        keys, value = waiting.pop()
        count += 1
        yield keys, value
        inner: list[tuple[Keys, Json]] = []
        if isinstance(value, dict):
            inner = [((*keys, name), one) for name, one in value.items()]
        elif isinstance(value, list):
            inner = [((*keys, at), one) for at, one in enumerate(value)]
        waiting += reversed(inner)


def _is_attribute(key: str | int) -> bool:
    return isinstance(key, int) or _ATTRIBUTE.fullmatch(key) is not None


def _named(key: str | int, names: dict[str, str]) -> str | int:
    """A name that can be shown in place of one that may be a value."""
    if isinstance(key, int) or _is_attribute(key):
        return key
    return names.setdefault(key, f"{MASK}{len(names) + 1}")


def event_nodes(
    tree: EventTree, use: EventUse, analysis: Analysis, hide: Callable[[Json], Json] | None
) -> list[dict[str, Any]]:
    """The nodes of the page's tree. hide: what masks texts that were read of a person; None to reveal all."""
    is_personal = _is_personal(tree, analysis) if hide is not None else lambda keys: False
    places = json_places(tree.sample.text)
    units = Text("", tree.sample.text).utf16.units
    nodes = []
    for (keys, value), path in zip(tree.parts, tree.paths, strict=True):
        start, end = places.get(keys, (-1, -1))
        kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "leaf"
        shown = None
        if kind == "leaf":
            masked = value if hide is None else mask(value) if is_personal(keys) else hide(value)
            shown = shown_leaf(masked, reveal=hide is None)
        told = tree.shown_path(path)
        nodes.append(
            {
                "path": told,
                "key": _key(keys, told),
                "depth": len(keys),
                "kind": kind,
                "shown": shown,
                "feeds": list(use.feeds.get(path, ())),
                "asked": path in use.asked,
                "from": start if start < 0 else units(start),
                "to": end if end < 0 else units(end),
            }
        )
    return nodes


def _key(keys: Keys, path: str) -> str:
    """The last name of a path, as it is shown."""
    if not keys:
        return ""
    last = keys[-1]
    if isinstance(last, int) or _is_attribute(last):
        return str(last)
    return path.rpartition(".")[2].strip('"')


def _is_personal(tree: EventTree, analysis: Analysis) -> Callable[[Keys], bool]:
    """Whether a part may be a person's: its source says so, or its name, or it looks like that."""
    looks = _looks_personal(tree.sample.text)
    known: dict[tuple[str, ...], bool] = {}

    def is_personal(keys: Keys) -> bool:
        names = tuple(key for key in keys if isinstance(key, str))
        if names not in known:
            known[names] = names in looks or analysis.may_be_personal(names)
        return known[names] or any(not _is_attribute(key) for key in keys)

    return is_personal


@lru_cache(maxsize=256)
def _looks_personal(text: str) -> frozenset[tuple[str, ...]]:
    """The attributes of an event whose values look like a person's."""
    event = SampleText("", text).event
    schema = mapper.source_schema([event or {}])
    found: set[tuple[str, ...]] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), schema)]
    while waiting:
        names, part = waiting.pop()
        if not isinstance(part, dict):
            continue
        if part.get("x-personal") and names:
            found.add(names)
        waiting += [((*names, name), one) for name, one in part.get("properties", {}).items()]
        several = [*part.get("anyOf", ()), *part.get("oneOf", ()), part.get("items")]
        waiting += [(names, one) for one in several]
    return frozenset(found)
