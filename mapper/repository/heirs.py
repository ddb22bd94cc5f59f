"""A file to extend -> the mappings that extend it, by a look at the files of its project alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mapper.compiler.findings import most_mistakes
from mapper.compiler.syntax.inheritance_order import reached
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.project.folders import project_root, yaml_files
from mapper.project.project import read_text
from mapper.texts.named_text import Text

_PARTIAL = re.compile(r"""(?:^|[{,][ \t]*)["']?partial["']?[ \t]*:[ \t]*true\b""", re.MULTILINE)
_EXTENDS = re.compile(r"""(?:^|[{,][ \t]*)["']?extends["']?[ \t]*:""", re.MULTILINE)


class _Extending(NamedTuple):
    """A file that extends others, by their real paths."""

    path: str
    is_partial: bool
    bases: frozenset[str]


def is_partial(text: Text) -> bool:
    """Whether a text is only to be extended, by its keys."""
    return bool(_PARTIAL.search(text.content))


def heirs(file: str | Path) -> list[str]:
    """The real paths of the mappings of its project that extend a file, also by way of others."""
    real = os.path.realpath(file)
    root = project_root(Path(real).parent) or Path(real).parent
    extending = [*_extending(root)]
    extended = {one.path: one.bases for one in extending}
    return sorted(one.path for one in extending if not one.is_partial and real in reached(one.path, extended))


def _extending(root: Path) -> Iterator[_Extending]:
    for path in yaml_files(root):
        with suppress(OSError):
            text = read_text(path)
            if _EXTENDS.search(text.content):
                real = os.path.realpath(path)
                beside = os.path.dirname(path)
                bases = (os.path.realpath(os.path.join(beside, name)) for name in _named(text))
                yield _Extending(real, is_partial(text), frozenset(bases))


def _named(text: Text) -> Iterator[str]:
    """The files that a text names under `extends`."""
    with most_mistakes(text) as found:
        node = read_yaml(text, found)
    for key, value in node.entries if isinstance(node, MapNode) else ():
        if key.text == "extends":
            items = value.items if isinstance(value, ListNode) else (value,)
            yield from (one.text for one in items if isinstance(one, ScalarNode))
