"""The outcome of an event -> the edits of a test that make it expect that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mapper.compiler.findings import Findings
from mapper.compiler.syntax.mapping_test_nodes import Expectation
from mapper.compiler.yaml.line_breaks import narrowed
from mapper.compiler.yaml.nodes import ListNode, MapNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.compiler.yaml.value_edits import (
    entries_edit,
    entry_edit,
    node_at,
    value_edit,
    writing_of,
)
from mapper.texts.diagnostic import Edit
from mapper.texts.fixing import edited
from mapper.texts.named_text import Span, Text, line_start
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class Change:
    """A value that the payload of an outcome of a number has at the end of some names and places."""

    number: int
    keys: tuple[str | int, ...]
    value: Json


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The edits of a test in the text that holds its expectation."""

    text: Text
    edits: tuple[Edit, ...]


def rewrite_values(expected: Expectation, changes: Iterable[Change]) -> Rewrite:
    """Put these values where a test expects others; values that it does not name are added."""
    edits: list[Edit] = []
    writing = writing_of(expected.node)
    added: dict[tuple[int, tuple[str | int, ...]], dict[str, Json]] = {}
    for change in changes:
        node = node_at(expected.ends[change.number].node, change.keys)
        if node is not None:
            edits.append(value_edit(node, change.value, writing))
        else:
            added.setdefault((change.number, change.keys[:-1]), {})[str(change.keys[-1])] = change.value
    for (number, keys), entries in added.items():
        parent = node_at(expected.ends[number].node, keys)
        if isinstance(parent, MapNode):
            edits.append(entries_edit(parent, entries, writing))
    return Rewrite(expected.node.span.text, tuple(edits))


def rewrite_end(expected: Expectation, number: int, end: Json) -> Rewrite:
    """Put another end in place of one that a test expects."""
    if not expected.several:
        return rewrite_ends(expected, [end])
    edit = replace(
        value_edit(expected.ends[number].node, end, writing_of(expected.node)),
        span=expected.ends[number].whole,
    )
    return Rewrite(expected.node.span.text, (edit,))


def rewrite_ends(expected: Expectation, ends: Sequence[Json]) -> Rewrite:
    """Put other ends in place of all that a test expects."""
    value: Json = ends[0] if len(ends) == 1 else [*ends]
    if expected.key is None:
        edit = Edit(expected.node.span, _page(value).rstrip("\n"))
    else:
        edit = entry_edit(expected.key, expected.node, "expect", value)
    return Rewrite(expected.node.span.text, (edit,))


def rewrite_notes(expected: Expectation, paths: Sequence[Json]) -> Rewrite:
    """The rewrite that names other noted paths."""
    node = expected.notes_node
    edits = () if node is None else (value_edit(node, [*paths], writing_of(expected.node)),)
    return Rewrite(expected.node.span.text, edits)


def rewritten(text: Text, rewrites: Iterable[Rewrite]) -> str | None:
    """A text after the edits of several tests; None where they contradict each other through an alias."""
    kept: list[Edit] = []
    for edit in (edit for one in rewrites for edit in one.edits):
        if any(edit.span == one.span and edit.replacement == one.replacement for one in kept):
            continue
        if any(edit.span.start < one.span.end and one.span.start < edit.span.end for one in kept):
            return None
        kept.append(edit)
    new = edited(text.content, kept)
    return new if text.name.endswith(".json") else narrowed(text, new)


def added_test(text: Text, lines: Sequence[str]) -> Edit:
    """The edit that puts a test after those of a mapping. lines: of its YAML, the first after its dash.

    A list of tests in brackets is left where it is: the mapping then has two, which its check reports.
    """
    root = read_yaml(text, Findings())
    entries = root.entries if isinstance(root, MapNode) else ()
    node = next((value for key, value in entries if key.text == "tests"), None)
    content = text.content
    if isinstance(node, ListNode) and node.items and content[node.start] == "-":
        depth = node.start - line_start(content, node.start)
        at = _after_line(content, node.items[-1].span.end)
        return _lines_at(text, at, [_dashed(place, line, depth) for place, line in enumerate(lines)])
    if isinstance(node, ListNode) and not node.items:
        span = Span(text, node.start, node.end)
        return Edit(span, "\n" + "\n".join(_dashed(place, line, 2) for place, line in enumerate(lines)))
    written = ["", "tests:", *(_dashed(place, line, 2) for place, line in enumerate(lines))]
    return _lines_at(text, len(content), written)


def _dashed(place: int, line: str, depth: int) -> str:
    return " " * depth + ("  " if place else "- ") + line


def _after_line(content: str, at: int) -> int:
    """The end of the line that contains the text up to a place."""
    end = content.find("\n", max(at - 1, 0))
    return len(content) if end < 0 else end + 1


def _lines_at(text: Text, at: int, lines: Sequence[str]) -> Edit:
    """Lines put in at the start of a line, or after a last line without an end."""
    begins = "" if at == 0 or text.content[at - 1] == "\n" else "\n"
    return Edit(Span(text, at, at), begins + "".join(f"{line}\n" for line in lines))


def new_expectation(ends: Sequence[Json]) -> str:
    """The text of a file beside a fixture that has none yet."""
    return _page(ends[0] if len(ends) == 1 else [*ends])


def _page(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
