"""A sample -> the event as a tree: each part with what it feeds, and where it is in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mapper import authoring
from mapper.analysis import event_path
from mapper.authoring import Analysis, Text
from mapper.masking import MASK, looks_personal, mask
from mapper.playground.json_places import Keys, json_places
from mapper.playground.question import SampleText
from mapper.playground.shown_value import shown_leaf
from mapper.values.types import Json
from mapper.workbench.explanation import distinctive_texts

# What names an attribute; any other key may be a value itself: an address, a number.
_ATTRIBUTE = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ .:/-]{0,60}")
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
    """The uses of an event's parts. feeds: ids of payload nodes by path; asked: paths that decided."""

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
            if any(not is_attribute(key) for key in keys):
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


def is_attribute(key: str | int) -> bool:
    """Whether a key names an attribute; any other may be a value itself."""
    return isinstance(key, int) or _ATTRIBUTE.fullmatch(key) is not None


def _named(key: str | int, names: dict[str, str]) -> str | int:
    """A name that can be shown in place of one that may be a value."""
    if isinstance(key, int) or is_attribute(key):
        return key
    return names.setdefault(key, f"{MASK}{len(names) + 1}")


def event_nodes(
    tree: EventTree, use: EventUse, analysis: Analysis, hide: Callable[[Json], Json] | None
) -> list[dict[str, Any]]:
    """The nodes of the page's tree. hide: what masks texts that were read of a person; None to reveal all."""
    is_personal = personal_parts(tree, analysis) if hide is not None else lambda keys, value: False
    places = json_places(tree.sample.text)
    units = Text("", tree.sample.text).utf16.units
    nodes = []
    used = _used(tree, use)
    for (keys, value), path in zip(tree.parts, tree.paths, strict=True):
        start, end = places.get(keys, (-1, -1))
        kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "leaf"
        shown = None
        if kind == "leaf":
            masked = value if hide is None else mask(value) if is_personal(keys, value) else hide(value)
            shown = shown_leaf(masked, reveal=hide is None)
        shown_path = tree.shown_path(path)
        nodes.append(
            {
                "path": shown_path,
                "key": _key(keys, shown_path),
                "depth": len(keys),
                "kind": kind,
                "shown": shown,
                "feeds": list(used[keys][0]),
                "asked": used[keys][1],
                "from": start if start < 0 else units(start),
                "to": end if end < 0 else units(end),
            }
        )
    return nodes


def personal_leaves(tree: EventTree, analysis: Analysis) -> Iterator[str]:
    """The texts of attributes that may be a person's, of those that do not occur in others by chance."""
    is_personal = personal_parts(tree, analysis)
    for keys, value in tree.parts:
        if not isinstance(value, list) and is_personal(keys, value):
            yield from distinctive_texts(value)


def masked_event(tree: EventTree, analysis: Analysis, hide: Callable[[Json], Json]) -> Json:
    """The event as it may be shown to anybody."""
    is_personal = personal_parts(tree, analysis)
    names: dict[str, str] = {}

    def masked(value: Json, keys: Keys) -> Json:
        if isinstance(value, dict):
            inside = ((str(_named(name, names)), masked(one, (*keys, name))) for name, one in value.items())
            return dict(inside)
        if isinstance(value, list):
            return [masked(one, (*keys, at)) for at, one in enumerate(value)]
        return mask(value) if is_personal(keys, value) else hide(value)

    return masked(tree.parts[0][1], ())


def _key(keys: Keys, path: str) -> str:
    """The last name of a path, as it is shown."""
    if not keys:
        return ""
    last = keys[-1]
    if isinstance(last, int) or is_attribute(last):
        return str(last)
    return path.rpartition(".")[2].strip('"')


def _used(tree: EventTree, use: EventUse) -> dict[Keys, tuple[dict[str, None], bool]]:
    """The nodes that each part feeds, and whether it was asked: a read of a list reads all in it."""
    found: dict[Keys, tuple[dict[str, None], bool]] = {}
    for (keys, _), path in zip(tree.parts, tree.paths, strict=True):
        around, is_asked = found[keys[:-1]] if keys else ({}, False)
        own = use.feeds.get(path, ())
        found[keys] = {**around, **dict.fromkeys(own)} if own else around, is_asked or path in use.asked
    return found


def personal_parts(tree: EventTree, analysis: Analysis) -> Callable[[Keys, Json], bool]:
    """Whether a part may be a person's: its source says so, or its name, or it looks like that."""
    known: dict[tuple[str, ...], bool] = {}

    def is_personal(keys: Keys, value: Json) -> bool:
        names = tuple(key for key in keys if isinstance(key, str))
        if names not in known:
            known[names] = not all(map(is_attribute, names)) or analysis.may_be_personal(names)
        return known[names] or looks_personal(value)

    return is_personal


@lru_cache(maxsize=256)
def schema_of_sample(text: str) -> dict[str, Any]:
    """The schema of the source of one sample, with what was seen in it."""
    event = SampleText("", text).event
    return authoring.source_schema([event or {}])
