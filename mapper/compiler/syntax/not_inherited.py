"""Nodes of a mapping with `inherit: false` -> the parts that it does not inherit; and a mapping without them.

A part is taken away where it would be written. No other module reads such a node.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import replace
from typing import TypeAlias

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.key_tables import strange_key
from mapper.compiler.syntax.language_keys import INHERIT, WHOLE_KEYS
from mapper.compiler.syntax.mapping_parts import PARTS, compared
from mapper.compiler.syntax.node_shapes import json_of, listed
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

_WORD = next(iter(INHERIT))
# The lists of a mapping whose parts are known by what they say, and the keys that say it.
_LISTS = {key: kind.said_by for key, kind in PARTS.items() if kind.said_by}
_NAMED = PARTS.keys() - _LISTS.keys()
_PATH = "payload"


@dataclass(frozen=True, slots=True)
class NotInherited:
    """A part that a mapping does not inherit.

    key: the key of the mapping that it is under; part: which of its parts, () for all. path: of a field, and
    the reason of a rule of `skip`. name: as messages have it; span: of what names it. takes: the condition of
    a section, as `is view and when paid`.
    """

    key: str
    part: tuple[Hashable, ...]
    path: str
    name: str
    span: Span
    takes: str = ""


_Kept: TypeAlias = tuple[YamlNode | None, list[NotInherited]]


def read_not_inherited(root: MapNode, reading: FileReading) -> tuple[MapNode, tuple[NotInherited, ...]]:
    """The root of a mapping without what it takes away, and that."""
    if "inher" not in root.source.text.content:  # hardly any mapping has it, also misspelt
        return root, ()
    entries: list[tuple[ScalarNode, YamlNode]] = []
    found: list[NotInherited] = []
    for key, value in root.entries:
        kept, not_inherited = _read(key, value, reading)
        found += not_inherited
        if kept is not None:
            entries.append((key, kept))
    return replace(root, entries=tuple(entries)), tuple(found)


def _read(key: ScalarNode, node: YamlNode, reading: FileReading) -> _Kept:
    if key.text in WHOLE_KEYS and isinstance(node, MapNode):
        return _of_whole(key, node, reading)
    if key.text in _NAMED and isinstance(node, MapNode):
        return _of_fields(key.text, node, (), reading)
    if key.text == _PATH and isinstance(node, MapNode):
        return _of_fields(key.text, node, (), reading)
    if key.text in _LISTS:
        return _of_list(key.text, node, reading)
    return node, []


def _of_whole(key: ScalarNode, node: MapNode, reading: FileReading) -> _Kept:
    """`consent: {inherit: false}`, alone or beside what the mapping says itself."""
    if not _is_not_inherited(node, reading):
        return node, []
    others = tuple([entry for entry in node.entries if not _means_inherit(*entry)])
    kept = replace(node, entries=others) if others or node.unread else None
    return kept, [NotInherited(key.text, (), "", f"`{key.text}`", key.span)]


def _of_fields(owner: str, node: MapNode, within: tuple[str, ...], reading: FileReading) -> _Kept:
    """The names of lets, functions and tables, or fields of a payload at any depth."""
    entries: list[tuple[ScalarNode, YamlNode]] = []
    found: list[NotInherited] = []
    for key, value in node.entries:
        name = key.text.partition("(")[0].strip() if owner == "functions" else key.text
        path = (*within, name)
        if not isinstance(value, MapNode):
            entries.append((key, value))
            continue
        if _is_not_inherited(value, reading):
            _alone(value, (), reading)
            dotted = ".".join(path)
            shown = f"`{dotted}` under `{owner}`"
            found.append(NotInherited(owner, path, dotted, shown, key.at(0, len(name))))
            continue
        kept: YamlNode | None = value
        if owner == _PATH:
            kept, inner = _of_fields(owner, value, path, reading)
            found += inner
        if kept is not None:
            entries.append((key, kept))
    if not found:
        return node, []
    return (replace(node, entries=tuple(entries)) if entries or node.unread else None), found


def _of_list(owner: str, node: YamlNode, reading: FileReading) -> _Kept:
    """The rules of `skip` by their reasons, and sections by what they match."""
    kept: list[YamlNode] = []
    found: list[NotInherited] = []
    for item in listed(node):
        if not isinstance(item, MapNode) or not _is_not_inherited(item, reading):
            kept.append(item)
            continue
        _alone(item, _LISTS[owner], reading)
        said = {key.text: value for key, value in item.entries if key.text in _LISTS[owner]}
        if not said:
            hint = f"name it as it is written there: `{{{_LISTS[owner][0]}: ..., {_WORD}: false}}`"
            message = f"nothing says which part of `{owner}` is not inherited"
            reading.say(Diagnostic("M021", item.span, message, hint))
            continue
        part = tuple(
            [compared(map(json_of, listed(said[key]))) if key in said else None for key in _LISTS[owner]]
        )
        shown = ", ".join(f"`{name}: {_shown(value)}`" for name, value in said.items())
        named = next(iter(said.values()))
        takes = " and ".join(f"{name} {', '.join(map(_shown, listed(said[name])))}" for name in said)
        found.append(NotInherited(owner, part, _shown(named), shown, named.span, takes))
    if len(kept) == len(listed(node)):
        return node, []
    is_left = kept and isinstance(node, ListNode)
    return (replace(node, items=tuple(kept)) if is_left and isinstance(node, ListNode) else None), found


def _is_not_inherited(node: MapNode, reading: FileReading) -> bool:
    """Whether a node says `inherit`; a value other than `false`, and another spelling, is reported."""
    entry = next((entry for entry in node.entries if _means_inherit(*entry)), None)
    if entry is None:
        return False
    key, said = entry
    if key.text != _WORD:
        fact = MeantName(key.span, _WORD)
        reading.say(Diagnostic("M020", key.span, strange_key(key.text, "an inherited part"), facts=fact))
    elif not (isinstance(said, ScalarNode) and said.value is False):
        message = f"`{_WORD}` can only be `false`"
        hint = "remove this entry: a mapping inherits all that it does not say itself"
        reading.say(Diagnostic("M022", said.span, message, hint))
    return True


def _means_inherit(key: ScalarNode, value: YamlNode) -> bool:
    is_false = isinstance(value, ScalarNode) and value.value is False
    return key.text == _WORD or (is_false and closest(key.text, (_WORD,)) is not None)


def _alone(node: MapNode, known: tuple[str, ...], reading: FileReading) -> None:
    """Report what is written beside `inherit: false` and has no effect."""
    for key, value in node.entries:
        if key.text not in known and not _means_inherit(key, value):
            message = f"`{key.text}` has no effect beside `{_WORD}: false`"
            hint = "remove it; to write another one instead, leave `inherit` out"
            reading.say(Diagnostic("M020", key.span, message, hint))


def _shown(node: YamlNode) -> str:
    return node.text if isinstance(node, ScalarNode) else json.dumps(json_of(node), ensure_ascii=False)
