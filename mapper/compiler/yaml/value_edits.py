"""A node and a JSON value -> the edits that write the value there; the author's other lines stay as they are.

In a text that is JSON, what is written is JSON too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from mapper.compiler.yaml.edits import in_flow, indentation
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Edit
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern
from mapper.values.types import Json

# What YAML reads as the text that it is, wherever it is.
_PLAIN = pattern(r"[A-Za-z][A-Za-z0-9_.@+-]*")
_WORDS = frozenset({"true", "false", "null"})
_UNSEEN = pattern("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_WIDTH = 100


def node_at(node: YamlNode, keys: Sequence[str | int]) -> YamlNode | None:
    """The node at the end of some names and places; None where there is none."""
    for key in keys:
        found: YamlNode | None = None
        if isinstance(node, MapNode):
            found = next((value for name, value in node.entries if name.text == key), None)
        elif isinstance(node, ListNode) and isinstance(key, int) and key < len(node.items):
            found = node.items[key]
        if found is None:
            return None
        node = found
    return node


def value_edit(node: YamlNode, value: Json) -> Edit:
    """A value in place of a node."""
    return Edit(node.span, flow_text(value, is_json=_is_json(node.span)))


def entries_edit(node: MapNode, entries: Mapping[str, Json]) -> Edit:
    """Entries put in after those of a mapping."""
    is_json, span = _is_json(node.span), node.span
    written = [
        f"{_text(name, is_json)}: {flow_text(value, is_json=is_json)}" for name, value in entries.items()
    ]
    if not node.entries:
        return Edit(span, f"{{{', '.join(written)}}}")
    last = node.entries[-1][1].span.end
    if span.text.content[span.start : span.start + 1] == "{":
        return Edit(Span(span.text, last, last), "".join(f", {one}" for one in written))
    depth = span.column - 1
    end = _line_end(span.text.content, last)
    return Edit(Span(span.text, end, end), "".join(f"\n{' ' * depth}{one}" for one in written))


def entry_edit(key: ScalarNode, node: YamlNode, name: str, value: Json) -> Edit:
    """Another entry in place of one of a mapping; an object on lines of its own where there is room."""
    whole = key.span.to(node.span)
    depth = indentation(key.span)
    if depth is None or in_flow(node.span) or not isinstance(value, dict):
        flow = flow_text(value, is_json=_is_json(whole))
        return Edit(whole, f"{name}: {flow}")
    return Edit(whole, "\n".join(_block(name, value, len(depth))).lstrip())


def _block(name: str, value: Json, depth: int) -> Iterator[str]:
    """An entry in one line, or, if it is too long, each of its own entries in lines below it."""
    line = f"{' ' * depth}{_text(name, False)}: {flow_text(value)}"
    if not isinstance(value, dict) or not value or len(line) <= _WIDTH:
        yield line
        return
    yield f"{' ' * depth}{_text(name, False)}:"
    for inner, part in value.items():
        yield from _block(inner, part, depth + 2)


def flow_text(value: Json, *, is_json: bool = False) -> str:
    """A value as YAML in one line, or as JSON."""
    if isinstance(value, dict):
        entries = (
            f"{_text(name, is_json)}: {flow_text(one, is_json=is_json)}" for name, one in value.items()
        )
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow_text(one, is_json=is_json) for one in value)}]"
    return _text(value, is_json) if isinstance(value, str) else json.dumps(value)


def _text(text: str, is_json: bool) -> str:
    if not is_json and _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    written = json.dumps(text, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", written)


def _is_json(span: Span) -> bool:
    return span.text.name.endswith(".json")


def _line_end(content: str, at: int) -> int:
    ends = [end for end in (content.find("\n", at), content.find("\r", at)) if end >= 0]
    return min(ends, default=len(content))
