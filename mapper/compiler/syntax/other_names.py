"""Other tools' names of keys, words, transforms and functions -> the names here.

The names are declared on what they mean: on the rows of `language_keys.py`, on transforms and on functions.
"""

from __future__ import annotations

import re

from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.syntax.language_keys import NEEDLESS, OWNERS, SAID_OTHERWISE, SKIP_WORD
from mapper.compiler.yaml.nodes import MapNode, YamlNode
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS, Transform

_KEYS = {
    owner: {word: name for name, key in table.items() for word in key.also} for owner, table in OWNERS.items()
}
_STEPS = {word: one.name for one in TRANSFORMS.values() for word in one.also.words.split()}
_CALLS = {
    **_STEPS,
    **{word: one.name for one in TRANSFORMS.values() for word in one.also.calls.split()},
    **{word: one.name for one in FUNCTIONS.values() for word in one.also},
}
_VARIABLE = re.compile(r"\$(\w+)")
_SIGNATURE = re.compile(r"\w+\s*\(.*\)", re.ASCII)
_NO_KEYS = frozenset(word for words in (*NEEDLESS.values(), *SAID_OTHERWISE.values()) for word in words)


def meant_key(owner: str, name: str) -> str | None:
    """The key that other tools call so, of what `owner` names in messages: `a rule`."""
    return _KEYS.get(owner, {}).get(letters_of(name))


def key_by_value(node: YamlNode | None) -> str | None:
    """The key of a mapping file whose value it is: names with parameters, files, what `$name` reads."""
    if not isinstance(node, MapNode) or not node.entries:
        return None
    if all(_SIGNATURE.fullmatch(key.text) for key, _ in node.entries):
        return "functions"
    if all("file" in _keys(value) for _, value in node.entries):
        return "tables"
    read = set(_VARIABLE.findall(node.span.text.content))
    return "let" if any(key.text.removeprefix("$") in read for key, _ in node.entries) else None


def _keys(node: YamlNode) -> list[str]:
    return [key.text for key, _ in node.entries] if isinstance(node, MapNode) else []


def meant_transform(name: str) -> str | None:
    """The transform that has a name here, or in other tools."""
    return TRANSFORMS[name].name if name in TRANSFORMS else _STEPS.get(letters_of(name))


def meant_argument(transform: Transform, name: str) -> str | None:
    """The argument of a transform that other tools call so."""
    word = letters_of(name)
    return next((one.name for one in transform.parameters if word in one.also.split()), None)


def meant_function(name: str) -> str | None:
    """The function or transform that other languages call so."""
    return _CALLS.get(letters_of(name))


def means_skip(word: str) -> bool:
    """Whether a word says in another tool that nothing is sent."""
    return letters_of(word) in SKIP_WORD[1]


def is_foreign(name: str) -> bool:
    """Whether a name among what reads as fields is most likely a key of a rule in another tool."""
    word = letters_of(name)
    return meant_transform(name) is not None or word in _KEYS["a rule"] or word in _NO_KEYS


def is_kind(name: str) -> bool:
    """Whether a name is that of a kind of value, as `currency`: likelier a field than the transform."""
    transform = TRANSFORMS.get(name)
    return transform is not None and not transform.parameters and transform.gives.format == name
