"""YAML nodes -> the keys, texts and lists that are expected, or a diagnostic."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.key_tables import (
    EntriesByKey,
    is_empty,
    is_shown,
    is_whole,
    split_entries,
    strange_key,
    strange_shape,
)
from mapper.compiler.syntax.language_keys import BOOLEANS
from mapper.compiler.syntax.syntax_facts import UnknownKey, WrongShape, WrongWord
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS
from mapper.values.types import Json


def entries_of(node: YamlNode, what: str, keys: Iterable[str], reading: FileReading) -> EntriesByKey:
    """The entries of a mapping by key; unknown keys are reported and left out.

    `what` names the thing in messages: "a section", "`consent`".
    """
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, f"{what} must be a mapping"))
        return {}
    known = tuple(keys)
    entries, unknown = split_entries(node, known)
    for key in unknown:
        reading.say(unknown_key(key, what, known, node))
    return entries


def unknown_key(key: ScalarNode, what: str, known: Iterable[str], among: MapNode) -> Diagnostic:
    """The diagnostic of a key that `what` does not have; `among` are all entries."""
    value = next((value.span for other, value in among.entries if other is key), None)
    beside = tuple(other.text for other, _ in among.entries if other is not key)
    steps = next((node for other, node in among.entries if other.text == "apply"), None)
    fact = UnknownKey(what, tuple(known), key.text, key.span, value, beside, steps)
    return Diagnostic("M020", key.span, strange_key(key.text, what), facts=fact)


def missing(node: YamlNode, known: Collection[str], report: Diagnostic, reading: FileReading) -> None:
    """Report a key that is not there, unless a diagnostic of a key beside it says why already."""
    if isinstance(node, MapNode) and is_whole(node, known):
        reading.say(report)


def wrong_shape(node: YamlNode, due: str, hint: str | None = None, facts: object = None) -> Diagnostic:
    """The diagnostic of a node that is something else than `due` names."""
    code = "M023" if is_empty(node) else "M022"
    return Diagnostic(code, node.span, strange_shape(node, due), hint, facts=facts)


def is_text(node: YamlNode) -> bool:
    """Whether a node is text that is not empty."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and bool(node.text.strip())


def text_of(node: YamlNode, what: str, reading: FileReading, hint: str | None = None) -> str:
    """The text of a scalar; "" (and a diagnostic) where it is not text."""
    if isinstance(node, ScalarNode) and is_text(node):
        return node.text
    reading.say(wrong_shape(node, f"{what} must be a string", hint))
    return ""


def choice_of(
    node: YamlNode, what: str, words: tuple[tuple[str, tuple[str, ...]], ...], reading: FileReading
) -> str:
    """One of some words; the first of them, and a diagnostic, for anything else.

    words: each with those that other tools have for it.
    """
    choices = [word for word, _ in words]
    if isinstance(node, ScalarNode) and node.text in choices:
        return node.text
    due = " or ".join(f"`{choice}`" for choice in choices)
    fact = WrongWord(node, words)
    if isinstance(node, ScalarNode) and is_shown(node):
        message = f"{what} is {due}, not `{node.text}`"
        reading.say(Diagnostic("M022", node.span, message, facts=fact))
    else:
        reading.say(wrong_shape(node, f"{what} is {due}", facts=fact))
    return choices[0]


def boolean_of(node: YamlNode, what: str, reading: FileReading) -> bool:
    """A `true` or `false`; False, and a diagnostic, for anything else."""
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return node.value
    reading.say(wrong_shape(node, f"{what} must be `true` or `false`", facts=WrongWord(node, BOOLEANS)))
    return False


def listed(node: YamlNode) -> tuple[YamlNode, ...]:
    """The elements of a list, or the node itself where a list of one is written without brackets."""
    return node.items if isinstance(node, ListNode) else (node,)


def json_of(node: YamlNode) -> Json:
    """The JSON value that a node writes out."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [json_of(item) for item in node.items]
    return {key.text: json_of(value) for key, value in node.entries}


def no_step(node: YamlNode, apply: YamlNode) -> Diagnostic:
    """The diagnostic of an element of `apply` that is no step."""
    due = "a step must be a name, or a name with its arguments: `{substring: {start: 0}}`"
    if isinstance(node, ListNode) and isinstance(apply, ListNode):
        return wrong_shape(node, due, "write the steps in one list")
    if isinstance(node, ScalarNode) and isinstance(node.value, int):
        hint = f"an element of a list is read in an expression, as `split(name, ' ')[{node.text}]`"
        return wrong_shape(node, due, f"{hint}; the step `first` takes the first one")
    names = [key.text for key, _ in node.entries] if isinstance(node, MapNode) else []
    if not names or not all(name in TRANSFORMS for name in names):
        return wrong_shape(node, due)
    beside = apply if isinstance(apply, MapNode) else None
    return wrong_shape(node, "several steps must be a list", facts=WrongShape("steps", node, beside))
