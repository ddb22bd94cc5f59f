"""YAML nodes x offset -> Location: the key or value that is written there, and the keys that lead to it."""

from __future__ import annotations

from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.values.frozen import dataclass
from mapper.values.types import JsonPath


@dataclass(frozen=True, slots=True)
class Location:
    """A scalar of a YAML text that an offset is in.

    path: the keys and places in lists that lead to it; of a key, it is the last one. value: of a key, what it
    has; else None.
    """

    path: JsonPath
    node: ScalarNode
    value: YamlNode | None = None


def location_at(root: YamlNode, offset: int) -> Location | None:
    """The key or value that is written at an offset; None outside of all."""
    node, path = root, list[str | int]()
    if not _holds(node, offset):
        return None
    while True:
        match node:
            case ScalarNode():
                return Location(tuple(path), node)
            case ListNode(items=items):
                inner = next(((at, one) for at, one in enumerate(items) if _holds(one, offset)), None)
                if inner is None:
                    return None
                path.append(inner[0])
                node = inner[1]
            case MapNode(entries=entries):
                entry = next((one for one in entries if any(_holds(part, offset) for part in one)), None)
                if entry is None:
                    return None
                key, value = entry
                path.append(key.text)
                if _holds(key, offset):
                    return Location(tuple(path), key, value)
                node = value


def _holds(node: YamlNode, offset: int) -> bool:
    span = node.span
    return span.start <= offset <= span.end
