"""YAML nodes -> the keys, texts and lists that are expected, or a diagnostic."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.reading import FileReading
from mapper.compiler.syntax.facts import UnknownKey, WrongShape, WrongWord
from mapper.compiler.syntax.keys import BOOLEANS
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms import TRANSFORMS
from mapper.values.types import Json

# A longer text in place of a word is not shown again.
_LONGEST_WORD = 40

EntriesByKey = dict[str, tuple[ScalarNode, YamlNode]]


def entries_of(node: YamlNode, what: str, keys: Iterable[str], reading: FileReading) -> EntriesByKey:
    """The entries of a mapping by key; unknown keys are reported and left out.

    `what` names the thing in messages: "a section", "`consent`".
    """
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, f"{what} must be a mapping"))
        return {}
    known = tuple(keys)
    entries: EntriesByKey = {}
    for key, value in node.entries:
        if key.text in known:
            entries[key.text] = (key, value)
        else:
            reading.say(unknown_key(key, what, known, node))
    return entries


def unknown_key(key: ScalarNode, what: str, known: Iterable[str], among: MapNode) -> Diagnostic:
    """The diagnostic of a key that `what` does not have; `among` are all entries."""
    value = next((value.span for other, value in among.entries if other is key), None)
    beside = tuple(other.text for other, _ in among.entries if other is not key)
    steps = next((node for other, node in among.entries if other.text == "apply"), None)
    fact = UnknownKey(what, tuple(known), key.text, key.span, value, beside, steps)
    return Diagnostic("M020", key.span, f"`{key.text}` is not a key of {what}", facts=fact)


def missing(node: YamlNode, known: Iterable[str], report: Diagnostic, reading: FileReading) -> None:
    """Report a key that is not there, unless a diagnostic of a key beside it says why already.

    That is so where a key is misspelt (it is none of `known`), or its value could not be read.
    """
    if isinstance(node, MapNode) and not node.unread and all(key.text in known for key, _ in node.entries):
        reading.say(report)


def wrong_shape(node: YamlNode, due: str, hint: str | None = None, facts: object = None) -> Diagnostic:
    """The diagnostic of a node that is something else than `due` names."""
    if isinstance(node, ScalarNode) and node.value is None and node.style == "plain":
        return Diagnostic("M023", node.span, f"the value is empty; {due}", hint, facts=facts)
    return Diagnostic("M022", node.span, f"{due}, not {node_kind(node)}", hint, facts=facts)


def node_kind(node: YamlNode) -> str:
    """The kind of a node, in an author's words: `a list`, `a number`."""
    if isinstance(node, MapNode):
        return "a mapping"
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node.value, str):
        return "a text" if node.text.strip() else "an empty string"
    if isinstance(node.value, bool):
        return "a boolean"
    return "nothing" if node.value is None else "a number"


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
    is_word = isinstance(node, ScalarNode) and node.value is not None
    if isinstance(node, ScalarNode) and is_word and 0 < len(node.text.strip()) <= _LONGEST_WORD:
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
