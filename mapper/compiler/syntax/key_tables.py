"""YAML nodes against a table of keys or words: which are known, what others mean, and messages about them.

The mapping language and `intake.yaml` read their tables by it; each has its own codes and hints.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode

EntriesByKey = dict[str, tuple[ScalarNode, YamlNode]]
ForeignWords = Iterable[tuple[str, Iterable[str]]]
"""Words, each with those that other tools have for it."""

# A longer text in place of a word is not shown again.
_LONGEST_WORD = 40


def split_entries(
    node: MapNode, known: Container[str], meant: Callable[[str], str | None] = lambda name: None
) -> tuple[EntriesByKey, list[ScalarNode]]:
    """The entries by their keys, and the keys that are not known.

    meant: the key that an unknown one is read as, unless that is written too.
    """
    entries: EntriesByKey = {}
    unknown = [key for key, _ in node.entries if key.text not in known]
    for key, value in node.entries:
        name = key.text if key.text in known else meant(key.text)
        if name is not None and (name == key.text or name not in entries):
            entries[name] = (key, value)
    return entries, unknown


def is_whole(node: MapNode, known: Container[str]) -> bool:
    """Whether a key that is not there is missing.

    It may be there where one is misspelt, or the value of one could not be read; a diagnostic says so.
    """
    return not node.unread and all(key.text in known for key, _ in node.entries)


def meant_word(text: str, words: ForeignWords) -> str | None:
    """The word that other tools write so."""
    letters = letters_of(text)
    return next((word for word, also in words if letters in (letters_of(word), *also)), None)


def is_shown(node: YamlNode) -> bool:
    """Whether what is in place of a word is shown again: it is not long, and not empty."""
    if not isinstance(node, ScalarNode) or node.value is None:
        return False
    return 0 < len(node.text.strip()) <= _LONGEST_WORD


def strange_key(name: str, owner: str) -> str:
    """The message about a key that is not known. owner: as messages name it: `a rule`."""
    return f"`{name}` is not a key of {owner}"


def is_empty(node: YamlNode) -> bool:
    """Whether there is no value."""
    return isinstance(node, ScalarNode) and node.value is None and node.style == "plain"


def strange_shape(node: YamlNode, due: str) -> str:
    """The message about a node that is something else than `due` names."""
    return f"the value is empty; {due}" if is_empty(node) else f"{due}, not {node_kind(node)}"


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
