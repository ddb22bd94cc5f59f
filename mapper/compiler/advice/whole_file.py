"""The text that a diagnostic is in -> the root of its YAML, for advisers that look around a place."""

from __future__ import annotations

from functools import lru_cache

from mapper.compiler.yaml.nodes import YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.text import Text


# A mapping and a file that it extends: to read one again for each diagnostic in it would take minutes.
@lru_cache(maxsize=2)
def root_of(text: Text) -> YamlNode | None:
    """The root node of a text; None where it is empty or cannot be read."""
    return read_yaml(text, [])
