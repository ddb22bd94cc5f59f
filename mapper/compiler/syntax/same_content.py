"""Two texts of mappings -> whether they say the same."""

from __future__ import annotations

from mapper.compiler.findings import Findings
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.named_text import Text


def same_content(one: Text, other: Text) -> bool:
    """Whether two mappings say the same: layout, quotes, comments and the order of keys aside."""
    first, second = (read_yaml(text, Findings()) for text in (one, other))
    return first is not None and second is not None and json_of(first) == json_of(second)
