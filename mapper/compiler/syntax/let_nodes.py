"""The nodes under `let` -> names with the nodes of their values; what a name of a variable may be.

A variable of a list rule or of a section has, once the mapping is read, a name that no other one in it has:
`id~1`. What people read is `$id`.
"""

from __future__ import annotations

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.tokens import is_plain_name
from mapper.compiler.syntax.language_keys import VARIABLES
from mapper.compiler.syntax.node_shapes import wrong_shape
from mapper.compiler.syntax.syntax_facts import BadName, UnnamedList
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic

# A chain of lets is worked out one within the other, and Python calls no deeper than about 1,000.
MOST_LETS = 200
RESERVED_VARIABLES = tuple(VARIABLES)
_NUMBERED = "~"


def numbered_name(name: str, number: int) -> str:
    """The name in the whole mapping of a variable of a list rule or of a section."""
    return f"{name}{_NUMBERED}{number}"


def written_variable(name: str) -> str:
    """The name of a variable as its author wrote it."""
    return name.partition(_NUMBERED)[0]


def is_numbered(name: str) -> bool:
    """Whether a variable is one of a list rule or of a section."""
    return _NUMBERED in name


def named_nodes(node: YamlNode, reading: FileReading) -> list[tuple[ScalarNode, YamlNode]] | None:
    """The names under `let`: the keys that can be read as `$name`, each with the node of its value.

    None, and a diagnostic, where it is no mapping or has too many names.
    """
    if not isinstance(node, MapNode):
        message = "`let` must be a mapping of names to values"
        hint = "write `name: value`, without dashes"
        reading.say(wrong_shape(node, message, hint, UnnamedList("let", node)))
        return None
    if len(node.entries) > MOST_LETS:
        message = f"there are {len(node.entries)} variables under `let`; the limit is {MOST_LETS}"
        reading.say(Diagnostic("M022", node.entries[MOST_LETS][0].span, message))
        return None
    return [(key, value) for key, value in node.entries if is_name_of_variable(key, reading)]


def is_name_of_variable(key: ScalarNode, reading: FileReading) -> bool:
    """Whether what a key names can be read as `$name`; else a diagnostic says why not."""
    if key.text in RESERVED_VARIABLES:
        message = f"`${key.text}` is a built-in variable"
        hint = f"choose another name, such as `the_{key.text}`"
        reading.say(Diagnostic("M026", key.span, message, hint))
        return False
    if not is_plain_name(key.text):
        message, fact = f"`{key.text}` cannot be read as `$name`", BadName(key.text, RESERVED_VARIABLES)
        reading.say(Diagnostic("M026", key.span, message, facts=fact))
        return False
    return True
