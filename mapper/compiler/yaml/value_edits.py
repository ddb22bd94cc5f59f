"""A node and a JSON value -> the edits that write the value there; the author's other lines stay as they are.

In a text that is JSON, what is written is JSON too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mapper.compiler.yaml.edits import in_flow, in_single_quotes, indentation
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, children, every
from mapper.texts.diagnostic import Edit
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
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


@dataclass(frozen=True, slots=True)
class Writing:
    """How values are written. quote: where one is needed; always: around words too. blocks: no braces."""

    is_json: bool = False
    quote: str = '"'
    always: bool = False
    blocks: bool = False


def writing_of(node: YamlNode) -> Writing:
    """How the values in a node are written, for others beside them."""
    if _is_json(node.span):
        return Writing(is_json=True)
    within = every(node)
    texts = [one for one in within if isinstance(one, ScalarNode) and isinstance(one.value, str)]
    styles = [one.style for one in texts]
    words = {one.style for one in texts if _is_word(one.text)}
    groups = [one for one in within[1:] if not isinstance(one, ScalarNode) and children(one)]
    return Writing(
        quote="'" if styles.count("single") > styles.count("double") else '"',
        always=bool(words) and "plain" not in words,
        blocks=bool(groups) and not any(map(_in_braces, groups)),
    )


def value_edit(node: YamlNode, value: Json, writing: Writing) -> Edit:
    """A value in place of a node; on lines of its own where the node is, and with the quotes of the node."""
    if isinstance(node, ScalarNode) and node.style in ("single", "double") and not writing.is_json:
        writing = replace(writing, quote="'" if node.style == "single" else '"', always=True)
    if isinstance(node, ScalarNode) or _in_braces(node) or not value or not isinstance(value, dict | list):
        return Edit(node.span, flow_text(value, writing))
    return Edit(node.span, "\n".join(_lines(value, node.span.column - 1, writing)).lstrip())


def entries_edit(node: MapNode, entries: Mapping[str, Json], writing: Writing) -> Edit:
    """Entries put in after those of a mapping."""
    span = node.span
    written = [flow_text({name: value}, writing)[1:-1] for name, value in entries.items()]
    if not node.entries:
        return Edit(span, f"{{{', '.join(written)}}}")
    last = node.entries[-1][1].span.end
    if _in_braces(node):
        return Edit(Span(span.text, last, last), "".join(f", {one}" for one in written))
    end = _line_end(span.text.content, last)
    lines = _lines(dict(entries), span.column - 1, writing)
    return Edit(Span(span.text, end, end), "".join(f"\n{one}" for one in lines))


def entry_edit(key: ScalarNode, node: YamlNode, name: str, value: Json) -> Edit:
    """Another entry in place of one of a mapping; an object or list on lines of its own if that is needed."""
    whole, writing = key.span.to(node.span), writing_of(node)
    depth = indentation(key.span)
    if depth is None or in_flow(node.span) or not isinstance(value, dict | list):
        return Edit(whole, f"{name}: {flow_text(value, writing)}")
    return Edit(whole, "\n".join(_entry(f"{depth}{name}:", value, len(depth), writing)).lstrip())


def _entry(head: str, value: Json, depth: int, writing: Writing) -> Iterator[str]:
    """A value after its name or dash: in that line, or, if it is too long, its own entries in lines below."""
    line = f"{head} {flow_text(value, writing)}"
    if not isinstance(value, dict | list) or not value or (len(line) <= _WIDTH and not writing.blocks):
        yield line
        return
    lines = _lines(value, depth + 2, writing)
    if head.endswith("-"):
        yield f"{head} {next(lines).lstrip()}"
    else:
        yield head
    yield from lines


def _lines(value: dict[str, Json] | list[Json], depth: int, writing: Writing) -> Iterator[str]:
    blanks = " " * depth
    if isinstance(value, list):
        for one in value:
            yield from _entry(f"{blanks}-", one, depth, writing)
        return
    for name, one in value.items():
        yield from _entry(f"{blanks}{_name(name, writing)}:", one, depth, writing)


def _in_braces(node: YamlNode) -> bool:
    return node.span.text.content[node.start : node.start + 1] in ("{", "[")


_AS_USUAL = Writing()


def flow_text(value: Json, writing: Writing = _AS_USUAL) -> str:
    """A value as YAML in one line, or as JSON."""
    if isinstance(value, dict):
        entries = (f"{_name(name, writing)}: {flow_text(one, writing)}" for name, one in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow_text(one, writing) for one in value)}]"
    return _text(value, writing) if isinstance(value, str) else json.dumps(value)


def _name(text: str, writing: Writing) -> str:
    return _text(text, replace(writing, always=False))


def _text(text: str, writing: Writing) -> str:
    if _is_word(text) and not (writing.is_json or writing.always):
        return text
    if writing.quote == "'" and text.isprintable() and not _UNSEEN.search(text):
        return in_single_quotes(text)
    written = json.dumps(text, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", written)


def _is_word(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS


def _is_json(span: Span) -> bool:
    return span.text.name.endswith(".json")


def _line_end(content: str, at: int) -> int:
    ends = [end for end in (content.find("\n", at), content.find("\r", at)) if end >= 0]
    return min(ends, default=len(content))
