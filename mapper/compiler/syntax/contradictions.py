"""Mapping and the files it extends -> the keys for which two of these files say different things.

Such a key is taken from one file as a whole, so the choice between the two has to be made in the mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import normpath
from typing import TypeAlias

from mapper.compiler.syntax.mapping import WHOLE_KEYS, Mapping
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.yaml.nodes import YamlNode
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span

# By file, those that it extends, each with the place where it names it.
Extended: TypeAlias = dict[str, dict[str, Span]]


def contradictions(mapping: Mapping, bases: Sequence[Mapping], extended: Extended) -> Iterator[Diagnostic]:
    """The diagnostic for each such key. bases: all files, the one that has priority first."""
    own = {key for key, _ in mapping.wholes}
    for key in WHOLE_KEYS:
        if key in own:
            continue
        rivals = _rivals(key, bases, extended)
        other = next((one for one in rivals[1:] if json_of(one[1]) != json_of(rivals[0][1])), None)
        if other is not None:
            yield _contradiction(key, rivals[0], other, _place(mapping, rivals[0][0], extended))


def _rivals(key: str, bases: Sequence[Mapping], extended: Extended) -> list[tuple[str, YamlNode]]:
    """The files that say a key, with its value, less those that one with priority extends, and so changes."""
    rivals: list[tuple[str, YamlNode]] = []
    changed: set[str] = set()
    for base in bases:
        for node in (node for name, node in base.wholes if name == key):
            if base.text.name not in changed:
                rivals.append((base.text.name, node))
            changed |= _reached(base.text.name, extended)
    return rivals


def _contradiction(
    key: str, first: tuple[str, YamlNode], other: tuple[str, YamlNode], span: Span
) -> Diagnostic:
    (name, node), (other_name, other_node) = first, other
    message = f"`{other_name}` and `{name}` give different `{key}`, and this mapping has none of its own"
    related = ((other_node.span, "one of them"), (node.span, "the other"))
    return Diagnostic("M035", span, message, f"write `{key}` in this mapping", related=related)


def _place(mapping: Mapping, name: str, extended: Extended) -> Span:
    """The span where a mapping names a file, or one that extends it."""
    direct = extended[normpath(mapping.text.name)]
    return next(span for base, span in direct.items() if name == base or name in _reached(base, extended))


def _reached(name: str, extended: Extended) -> set[str]:
    """The files that one extends, directly or not."""
    reached: set[str] = set()
    waiting = [*extended.get(name, ())]
    while waiting:
        base = waiting.pop()
        if base not in reached:
            reached.add(base)
            waiting += extended.get(base, ())
    return reached
