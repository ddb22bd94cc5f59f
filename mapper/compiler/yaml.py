"""YAML text -> nodes with exact spans. The only module that imports yaml.

Nodes are built from the parser's events, so that limits hold before anything is built and nothing of
YAML 1.1's typing, tags or merging takes place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import yaml

from mapper.compiler.characters import without_forbidden
from mapper.compiler.mended import Mended, as_it_stands
from mapper.compiler.node import ListNode, MapNode, Node, ScalarNode
from mapper.compiler.scalar import Constant, Style, Unreadable, resolve
from mapper.compiler.syntax import Mend, Trouble, cut_short, explain, explain_tag
from mapper.diagnostic import Diagnostic
from mapper.text import Text

__all__ = ["ListNode", "MapNode", "Node", "ScalarNode", "read_yaml"]

# Far above any mapping a person writes, far below what makes a machine slow.
MAX_BYTES = 256 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_SCALAR = 16 * 1024
# Each mistake of syntax costs one more reading of the file.
MAX_MISTAKES = 12
# The top-level key below which anchors and aliases may stand.
ANCHORS_UNDER = "tests"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STYLES: dict[str | None, Style] = {
    **{None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
}
_QUOTES = frozenset("'\"`([{")


class _Refused(Exception):
    """The file goes over a limit; nothing more of it is read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Broken(Exception):
    """What YAML read is not what the author wrote; the file is read again with the mend."""

    def __init__(self, mend: Mend) -> None:
        super().__init__(mend.diagnostic.message)
        self.mend = mend


@dataclass(slots=True)
class _Reading:
    """One reading of a source.

    anchors: node and number of nodes of each; None where anchors may not stand.
    end: where the last value that was read ends. flow: how many flow collections are open.
    """

    source: Mended
    events: Iterator[Any]
    found: list[Diagnostic] = field(default_factory=list)
    nodes: int = 0
    end: int = 0
    flow: int = 0
    anchors: dict[str, tuple[Node | None, int]] | None = None
    refused_anchors: set[str] = field(default_factory=set)

    def report(self, code: str, start: int, end: int, message: str, hint: str | None = None) -> None:
        """Append a diagnostic of a place in the source."""
        self.found.append(Diagnostic(code, self.source.span(start, end), message, hint))


def read_yaml(text: Text, found: list[Diagnostic]) -> Node | None:
    """The root node of a YAML text; None where it is empty or cannot be read.

    What could not be read is left out of the nodes, and marked there, so that nobody reports it as missing.
    """
    if len(text.content) > MAX_BYTES or len(text.content.encode(errors="replace")) > MAX_BYTES:
        found.append(Diagnostic("M009", text.span(0, 0), f"the file is larger than {MAX_BYTES // 1024} KiB"))
        return None
    source = without_forbidden(as_it_stands(text), found)
    unread: list[str] = []
    for _ in range(MAX_MISTAKES):
        reading = _Reading(source, iter(()))
        try:
            node = _read(reading)
        except _Refused as refused:
            found += (*reading.found, refused.diagnostic)
            return None
        except _Broken as broken:
            found.append(broken.mend.diagnostic)
            source = broken.mend.source
            unread += broken.mend.unread
        else:
            found += reading.found
            return replace(node, unread=(*node.unread, *unread)) if isinstance(node, MapNode) else node
    return None


def _read(reading: _Reading, loader: Any = None) -> Node | None:
    reading.events = yaml.parse(reading.source.content, Loader=loader or _LOADER)
    try:
        return _document(reading)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.index if error.problem_mark else reading.end
        context = error.context_mark.index if error.context_mark else None
        if "nesting" in (error.problem or ""):
            _refuse(reading, at, f"the nesting is deeper than {MAX_DEPTH}")
        trouble = Trouble(error.problem or "", at, context, reading.flow > 0)
        raise _Broken(explain(reading.source, trouble)) from None
    except ValueError:  # the pure parser's, of an escape that is no character
        at_escape = reading.source.content.find("\\U", reading.end)
        raise _Broken(explain(reading.source, Trouble("escape", at_escape, None, reading.flow > 0))) from None


def _document(reading: _Reading) -> Node | None:
    node: Node | None = None
    documents = 0
    for event in reading.events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if event.tags:
                start = event.start_mark.index
                reading.report("M006", start, start, "tags are not part of the mapping language", _NO_TAGS)
            if documents > 1:
                start = event.start_mark.index
                reading.report("M008", start, start + 3, "a second document begins here", _ONE_DOCUMENT)
                return node
        elif isinstance(event, yaml.NodeEvent):
            node = _node(reading, event, 1)
    return node


_NO_TAGS = "take it away; the type of a value follows from how it is written"
_ONE_DOCUMENT = "a mapping is one document; put the other one into a file of its own"


def _refuse(reading: _Reading, at: int, message: str) -> NoReturn:
    raise _Refused(Diagnostic("M009", reading.source.span(at, at), message))


def _node(reading: _Reading, event: Any, depth: int) -> Node | None:
    """The node that begins with an event; None where a diagnostic says why it cannot be used."""
    start = event.start_mark.index
    before = reading.nodes
    reading.nodes += 1
    if reading.nodes > MAX_NODES:
        _refuse(reading, start, f"the file has more than {MAX_NODES:,} nodes")
    if depth > MAX_DEPTH:
        _refuse(reading, start, f"the nesting is deeper than {MAX_DEPTH}")
    if isinstance(event, yaml.AliasEvent):
        return _alias(reading, event, depth)
    tagged = event.tag is not None and _tag(reading, start)
    node: Node | None
    if isinstance(event, yaml.ScalarEvent):
        node = _scalar(reading, event)
    elif isinstance(event, yaml.MappingStartEvent):
        node = _map(reading, event, depth)
    else:
        node = _list(reading, event, depth)
    if event.anchor is not None:
        _anchor(reading, event, node, reading.nodes - before)
    return None if tagged else node


def _tag(reading: _Reading, start: int) -> bool:
    mend = explain_tag(reading.source, start, reading.flow > 0)
    if mend:
        raise _Broken(mend)
    end = _word_end(reading.source.content, start)
    reading.report("M006", start, end, "tags are not part of the mapping language", _NO_TAGS)
    return True


def _word_end(content: str, start: int) -> int:
    end = start
    while end < len(content) and content[end] not in " \t\r\n,[]{}":
        end += 1
    return end


def _anchor(reading: _Reading, event: Any, node: Node | None, nodes: int) -> None:
    if reading.anchors is not None:
        reading.anchors[event.anchor] = (node, nodes)
        return
    start = event.start_mark.index
    reading.refused_anchors.add(event.anchor)
    message = f"anchors may only stand under `{ANCHORS_UNDER}`"
    reading.report("M007", start, _word_end(reading.source.content, start), message, _USE_LET)


_USE_LET = "name the value under `let` and use it as `$name`; quote an expression that begins with `&` or `*`"


def _alias(reading: _Reading, event: Any, depth: int) -> Node | None:
    start, end = event.start_mark.index, event.end_mark.index
    reading.end = end
    if reading.anchors is None:
        if event.anchor not in reading.refused_anchors:
            message = f"aliases may only stand under `{ANCHORS_UNDER}`"
            reading.report("M007", start, end, message, _USE_LET)
        return None
    if event.anchor not in reading.anchors:
        reading.report(
            "M007", start, end, f"no anchor `&{event.anchor}` stands above", "define it before it is used"
        )
        return None
    node, nodes = reading.anchors[event.anchor]
    reading.nodes += nodes - 1
    if reading.nodes > MAX_NODES:
        _refuse(reading, start, f"with its aliases the file has more than {MAX_NODES:,} nodes")
    if node and depth + _height(node) - 1 > MAX_DEPTH:
        _refuse(reading, start, f"with its aliases the nesting is deeper than {MAX_DEPTH}")
    return node


def _height(node: Node) -> int:
    """Levels below and with a node. Its nodes, aliases included, are already counted, so this ends soon."""
    if isinstance(node, MapNode):
        return 1 + max((_height(value) for _, value in node.entries), default=0)
    if isinstance(node, ListNode):
        return 1 + max(map(_height, node.items), default=0)
    return 1


def _scalar(reading: _Reading, event: Any) -> ScalarNode | None:
    text: str = event.value
    start, end = event.start_mark.index, event.end_mark.index
    style = _STYLES[event.style]
    reading.end = end
    if event.anchor is not None or event.tag is not None:
        start = _behind_properties(reading.source.content, start, end)
    if len(text) > MAX_SCALAR:
        _refuse(reading, start, f"this text is longer than {MAX_SCALAR // 1024} KiB")
    value: Constant = text
    if style == "plain":
        if not _QUOTES.isdisjoint(text) and reading.anchors is None:
            mend = cut_short(reading.source, start, end, reading.flow > 0)
            if mend:
                raise _Broken(mend)
        try:
            value = resolve(text)
        except Unreadable as reason:
            reading.report(reason.code, start, end, reason.reason, "write it in quotes if it is a text")
            return None
    elif style in ("literal", "folded"):
        end = start + len(reading.source.content[start:end].rstrip())
    return ScalarNode(reading.source, start, end, value, text, style)


def _behind_properties(content: str, start: int, end: int) -> int:
    while start < end and content[start] in "&! \t\r\n":
        start = _word_end(content, start) if content[start] in "&!" else start + 1
    return start


def _list(reading: _Reading, event: Any, depth: int) -> ListNode:
    items: list[Node] = []
    partial = False
    reading.flow += bool(event.flow_style)
    for item in reading.events:
        if isinstance(item, yaml.SequenceEndEvent):
            break
        node = _node(reading, item, depth + 1)
        if node is None:
            partial = True
        else:
            items.append(node)
    return ListNode(_collection(reading, event, item), tuple(items), partial)


def _collection(reading: _Reading, first: Any, last: Any) -> Any:
    """The span of a flow collection with its brackets, or of a block from its start to its last value."""
    if first.flow_style:
        reading.flow -= 1
        reading.end = last.end_mark.index
    return reading.source.span(first.start_mark.index, reading.end)


def _map(reading: _Reading, event: Any, depth: int) -> MapNode:
    entries: dict[str, tuple[ScalarNode, Node]] = {}
    unread: list[str] = []
    keys: dict[str, ScalarNode] = {}
    reading.flow += bool(event.flow_style)
    for first in reading.events:
        if isinstance(first, yaml.MappingEndEvent):
            break
        key = _key(reading, first, depth, keys)
        opened = depth == 1 and key is not None and key.text == ANCHORS_UNDER
        reading.anchors = {} if opened else reading.anchors
        value = _value(reading, depth, merge=key is not None and key.text == "<<" and key.style == "plain")
        reading.anchors = None if opened else reading.anchors
        if key is None:
            continue
        if value is None:
            unread.append(key.text)
        elif key.text not in entries:
            entries[key.text] = (key, value)
    return MapNode(_collection(reading, event, first), tuple(entries.values()), tuple(unread))


def _value(reading: _Reading, depth: int, merge: bool) -> Node | None:
    """The value of a key. A merge key is reported at the key; its value says nothing more."""
    reported = len(reading.found)
    value = _node(reading, next(reading.events), depth + 1)
    if merge:
        del reading.found[reported:]
        return None
    return value


def _key(reading: _Reading, event: Any, depth: int, keys: dict[str, ScalarNode]) -> ScalarNode | None:
    start = event.start_mark.index
    reported = len(reading.found)
    node = _node(reading, event, depth + 1)
    if not isinstance(node, ScalarNode):
        if len(reading.found) == reported:
            reading.report(
                "M012", start, reading.end, "a key must be a text", "write one word before the colon"
            )
        return None
    if node.start == node.end:
        reading.report(
            "M012", start, start + 1, "a key is missing before this", "write one word before the colon"
        )
        return None
    if node.text == "<<" and node.style == "plain":
        reading.report(
            "M013", node.start, node.end, "merge keys are not part of the mapping language", _NO_MERGE
        )
    elif node.text in keys:
        related = ((keys[node.text].span, "first here"),)
        message = f"`{node.text}` stands twice in this mapping"
        reading.found.append(
            Diagnostic("M002", node.span, message, "take one of the two away", related=related)
        )
    else:
        keys[node.text] = node
    return node


_NO_MERGE = "write the keys out"
