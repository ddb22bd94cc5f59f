"""The mappings of two versions -> pairs: of equal paths, and those that were renamed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

from mapper.texts.named_text import Text

# As git has it: a file with half of its lines is the same one.
_ALIKE = 0.5
_NAME = re.compile(r"""^["']?name["']?[ \t]*:[ \t]*([^\s#][^\n#]{0,200})""", re.MULTILINE)


class MappingPair(NamedTuple):
    """A mapping by its paths in two versions; "" where a version does not have it."""

    old: str
    new: str


def paired(old: Mapping[str, Text], new: Mapping[str, Text]) -> list[MappingPair]:
    """Each mapping of two versions once: by its path, by its content, by its name, by its lines."""
    pairs = [MappingPair(path, path) for path in new if path in old]
    gone = {path: text.content for path, text in old.items() if path not in new}
    come = {path: text.content for path, text in new.items() if path not in old}
    for same in (lambda content: content, _name):
        pairs += _taken(gone, come, same)
    pairs += _alike(gone, come)
    pairs += [MappingPair(path, "") for path in gone]
    pairs += [MappingPair("", path) for path in come]
    return sorted(pairs, key=lambda pair: pair.new or pair.old)


def _name(content: str) -> str:
    found = _NAME.search(content)
    return "" if found is None else found[1].strip().strip("\"'")


def _taken(gone: dict[str, str], come: dict[str, str], part: Callable[[str], Hashable]) -> list[MappingPair]:
    """Pairs for which `part` is equal and that of no other one; they are taken out of both."""
    sides = [Counter(map(part, side.values())) for side in (gone, come)]
    by_part = {part(content): path for path, content in come.items()}
    pairs = []
    for path, content in [*gone.items()]:
        own = part(content)
        if own and sides[0][own] == sides[1][own] == 1:
            pairs.append(MappingPair(path, by_part[own]))
            del gone[path], come[by_part[own]]
    return pairs


def _alike(gone: dict[str, str], come: dict[str, str]) -> list[MappingPair]:
    """Pairs that share most of their lines, the most alike first; they are taken out of both."""
    lines = {path: Counter(content.splitlines()) for path, content in (*gone.items(), *come.items())}
    shares = sorted(
        ((_share(lines[path], lines[other]), path, other) for path in gone for other in come), reverse=True
    )
    pairs = []
    for share, path, other in shares:
        if share >= _ALIKE and path in gone and other in come:
            pairs.append(MappingPair(path, other))
            del gone[path], come[other]
    return pairs


def _share(old: Counter[str], new: Counter[str]) -> float:
    """The share of the longer text's lines that the other one has too."""
    return (old & new).total() / max(old.total(), new.total(), 1)
