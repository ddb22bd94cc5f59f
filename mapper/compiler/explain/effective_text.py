"""YAML nodes of several files -> one YAML text, line by line, each with the place where it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from mapper.compiler.yaml.edits import quoted
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, every
from mapper.compiler.yaml.scalars import Unreadable, scalar_value
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_LONGEST = 100
_STEP = "  "


@dataclass(frozen=True, slots=True)
class YamlLine:
    """A line of YAML. path: the keys that lead there. span: of its key or item, None where it has none."""

    text: str
    path: str
    span: Span | None


def lines_of(entries: Iterable[tuple[ScalarNode, YamlNode]]) -> Iterator[YamlLine]:
    """The lines of a mapping with these entries."""
    for key, value in entries:
        yield from _entry(key, value, "", "")


def node_of(value: Json, at: ScalarNode) -> YamlNode:
    """A value as a node that is written where another one is."""
    if isinstance(value, dict):
        entries = [(_made(name, at), node_of(one, at)) for name, one in value.items()]
        return MapNode(at.source, at.start, at.end, tuple(entries))
    if isinstance(value, list):
        return ListNode(at.source, at.start, at.end, tuple([node_of(one, at) for one in value]))
    if isinstance(value, str):
        return _made(value, at)
    return ScalarNode(at.source, at.start, at.end, value, json.dumps(value), "plain")


def _made(text: str, at: ScalarNode) -> ScalarNode:
    return ScalarNode(at.source, at.start, at.end, text, text, "double")


def _entry(key: ScalarNode, value: YamlNode, within: str, indent: str) -> Iterator[YamlLine]:
    path = f"{within}.{key.text}" if within else key.text
    yield from _valued(f"{indent}{_scalar(key)}:", value, path, (indent, _place(key)))


def _valued(head: str, value: YamlNode, path: str, at: tuple[str, Span | None]) -> Iterator[YamlLine]:
    """The lines of a value after its key. at: the indentation of the key, and its place."""
    indent, span = at
    if isinstance(value, ScalarNode) and _is_text_of_lines(value):
        yield YamlLine(f"{head} |-", path, span)
        yield from (YamlLine(f"{indent}{_STEP}{one}".rstrip(), path, None) for one in value.text.split("\n"))
        return
    short = _short(value)
    if short is not None and (isinstance(value, ScalarNode) or len(head) + 1 + len(short) <= _LONGEST):
        yield YamlLine(f"{head} {short}", path, span)
        return
    yield YamlLine(head, path, span)
    if isinstance(value, MapNode):
        for key, one in value.entries:
            yield from _entry(key, one, path, indent + _STEP)
    elif isinstance(value, ListNode):
        for number, one in enumerate(value.items):
            yield from _item(one, f"{path}[{number}]", indent + _STEP)


def _item(value: YamlNode, path: str, indent: str) -> Iterator[YamlLine]:
    """The lines of an element of a list."""
    short = _short(value)
    if short is not None and (isinstance(value, ScalarNode) or len(indent) + 2 + len(short) <= _LONGEST):
        yield YamlLine(f"{indent}- {short}", path, _place(value))
    elif isinstance(value, MapNode):
        lines = [line for key, one in value.entries for line in _entry(key, one, path, indent + _STEP)]
        first, *rest = lines
        span = _place(value) or first.span
        yield YamlLine(f"{indent}- {first.text[len(indent) + len(_STEP) :]}", first.path, span)
        yield from rest
    else:
        yield from _valued(f"{indent}-", value, path, (indent, _place(value)))


def _place(node: YamlNode) -> Span | None:
    """The place of a node; None of one that is written nowhere."""
    return node.span if node.end > node.start else None


def _short(value: YamlNode) -> str | None:
    """A value in one line, if it is written so, in one file; what is in one line already stays there."""
    if isinstance(value, ScalarNode):
        return _scalar(value)
    nodes = every(value)
    if len(nodes) == 1:
        return "{}" if isinstance(value, MapNode) else "[]"
    keys = [key for one in nodes if isinstance(one, MapNode) for key, _ in one.entries]
    spans = [one.span for one in (*nodes, *keys)]
    first = spans[0]
    is_one = all(one.text is first.text and one.line == first.line for one in spans)
    return _flow(value) if is_one and first.end > first.start and _is_on_one_line(first) else None


def _is_on_one_line(span: Span) -> bool:
    return "\n" not in span.text.content[span.start : span.end].rstrip()


def _flow(value: YamlNode) -> str:
    match value:
        case ScalarNode():
            return _scalar(value)
        case ListNode():
            return f"[{', '.join(map(_flow, value.items))}]"
        case MapNode():
            return "{" + ", ".join(f"{_scalar(key)}: {_flow(one)}" for key, one in value.entries) + "}"


def _is_text_of_lines(node: ScalarNode) -> bool:
    """Whether a text is best read as lines of a block."""
    lines = node.text.split("\n")
    return (
        isinstance(node.value, str)
        and len(lines) > 1
        and all(one.isprintable() and one == one.rstrip() for one in lines)
        and not lines[0].startswith((" ", "#"))
        and bool(lines[0] and lines[-1])
    )


def _scalar(node: ScalarNode) -> str:
    """A scalar in one line, in quotes where YAML needs them."""
    if not isinstance(node.value, str):
        return "null" if node.value is None else node.text
    if not node.text.isprintable():
        return f'"{"".join(map(_escaped, node.text))}"'
    try:
        is_text = isinstance(scalar_value(node.text), str)
    except (Unreadable, IndexError):
        is_text = False
    return quoted(node.text) if is_text else json.dumps(node.text, ensure_ascii=False)


def _escaped(char: str) -> str:
    if char.isprintable():
        return f"\\{char}" if char in '"\\' else char
    return json.dumps(char)[1:-1] if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
