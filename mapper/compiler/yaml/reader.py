"""YAML text -> nodes with exact spans. The only module that imports yaml.

Nodes are built from the parser's events, so that limits hold before anything is built and nothing of
YAML 1.1's typing, tags or merging takes place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field, replace
from typing import Any, NoReturn

import yaml
from yaml import AliasEvent, DocumentStartEvent, MappingEndEvent, MappingStartEvent, ScalarEvent

from mapper.compiler.findings import Findings, TooMany
from mapper.compiler.yaml.errors import (
    NO_MERGING,
    NO_TAGS,
    Trouble,
    duplicate_key,
    explain,
    half_character,
    is_separating_tab,
    of_a_version,
    unreadable,
)
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode, height
from mapper.compiler.yaml.parser_input import ParserInput, parser_input
from mapper.compiler.yaml.quotes import (
    begins_filter_or_slice,
    ended_early,
    filter_or_slice,
    has_pattern_in_comment,
    is_pattern_in_comment,
    key_of_pattern,
    negation,
    pattern_in_comment,
    whole_expression,
)
from mapper.compiler.yaml.repair import YamlRepair
from mapper.compiler.yaml.scalars import OPENING, STYLES, WORDS, Unreadable, is_plain_text, scalar_value
from mapper.compiler.yaml.yaml_facts import BracesAsKey, Tag
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from mapper.values.frozen import dataclass

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff"
_ANY = re.compile(f"[{_BIDI}{_INVISIBLE}]")
_RUN = re.compile(f"(?P<bidi>[{_BIDI}]+)|[{_INVISIBLE}]+")
_SEVERAL = 10


def _without_forbidden(source: ParserInput, found: Findings) -> ParserInput:
    """The source without such characters, of which the first few are reported."""
    if not _ANY.search(source.content):
        return source
    matches = list(_RUN.finditer(source.content))
    for match in matches[:_SEVERAL]:
        names = " ".join(dict.fromkeys(f"U+{ord(character):04X}" for character in match[0][:_SEVERAL]))
        span = source.span(*match.span())
        if match["bidi"]:
            message = (
                f"{names} changes the direction of the surrounding text, so the text "
                "looks different from what it is"
            )
            found.say(
                Diagnostic("M010", span, message, hint="remove it, or write it as an escape in double quotes")
            )
        else:
            message = f"the character {names} is invisible and not allowed here"
            found.say(
                Diagnostic("M011", span, message, hint="remove it, or write it as an escape in double quotes")
            )
    return source.replaced((*match.span(), "") for match in matches)


# Far above any mapping a person writes, far below what makes a machine slow.
MAX_BYTES = 256 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_SCALAR = 16 * 1024
# Each mistake of syntax costs one more reading of the file.
MAX_MISTAKES = 12
MAX_TABS = 50
# A closer look reads a line by character; a hostile file would ask for thousands of them.
MAX_LOOKS = 100
# The top-level key below which anchors and aliases are allowed.
ANCHORS_UNDER = "tests"
_MERGE = "<<"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORD = re.compile(r"[^\s,\[\]{}]+")
_NOT_COUNTED = -1
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_USE_LET = "define the value under `let` and use it as `$name`, or quote an expression that begins with it"


class _Refused(Exception):
    """The file goes over a limit; nothing more of it is read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Broken(Exception):
    """A mismatch of YAML's reading and the author's text; the file is read again with the repair."""

    def __init__(self, repair: YamlRepair) -> None:
        super().__init__(repair.diagnostic.message)
        self.repair = repair


@dataclass(slots=True)
class _Reading:
    """One reading of a source.

    next_event: gives the events of the parser, one after the other.
    anchors: node and number of nodes of each; None where anchors are not allowed.
    end: where the last value that was read ends. last: the last scalar.
    flow: how many flow collections are open. flow_start: where the outermost of them begins.
    looks: how often a closer look was taken at what may be an expression without quotes.
    commented: whether any comment may be the rest of a pattern.
    """

    source: ParserInput
    next_event: Callable[[], Any]
    found: Findings
    nodes: int = 0
    end: int = 0
    last: tuple[int, int] = (0, 0)
    flow: int = 0
    flow_start: int = 0
    looks: int = 0
    commented: bool = False
    anchors: dict[str, tuple[YamlNode | None, int]] | None = None
    refused_anchors: set[str] = field(default_factory=set)

    def report(self, code: str, start: int, end: int, message: str, said: object) -> None:
        """Append a diagnostic of a place in the source. said: its hint, or what is known of the place."""
        span = self.source.span(start, end)
        hint, facts = (said, None) if isinstance(said, str) else (None, said)
        self.found.say(Diagnostic(code, span, message, hint, facts=facts))

    def refuse(self, at: int, message: str) -> NoReturn:
        """Stop here: the file goes over a limit."""
        raise _Refused(Diagnostic("M009", self.source.span(at, at), message))


def read_yaml(text: Text, found: Findings) -> YamlNode | None:
    """The root node of a YAML text; None where it is empty or cannot be read.

    What could not be read is left out of the nodes, and marked there, so that nobody reports it as missing.
    """
    return _read_with(_LOADER, text, found)


def _read_with(loader: Any, text: Text, found: Findings) -> YamlNode | None:
    if len(text.content) > MAX_BYTES or len(text.content.encode(errors="replace")) > MAX_BYTES:
        found.say(Diagnostic("M009", text.span(0, 0), f"the file is larger than {MAX_BYTES // 1024} KiB"))
        return None
    source = _without_forbidden(parser_input(text), found)
    unread: list[str] = []
    mistakes = tabs = 0
    while mistakes < MAX_MISTAKES:
        reading = _Reading(source, loader(source.content).get_event, found.apart())
        reading.commented = has_pattern_in_comment(source.content)
        try:
            node = _document(reading)
        except TooMany:
            found.say_all(reading.found)
            return None
        except _Refused as refused:
            found.say_all((*reading.found, refused.diagnostic))
            return None
        except (_Broken, yaml.MarkedYAMLError, ValueError) as error:
            tab = _tab(source, error)
            if tab is not None and tabs < MAX_TABS:
                source = source.blanked(tab, tab + 1)
                tabs += 1
                continue
            mistakes += 1
            repair = error.repair if isinstance(error, _Broken) else _explained(reading, error)
            found.say(repair.diagnostic)
            source = repair.source
            unread += repair.unread
        else:
            found.say_all(reading.found)
            return replace(node, unread=(*node.unread, *unread)) if isinstance(node, MapNode) else node
    return None


def _tab(source: ParserInput, error: Exception) -> int | None:
    """A tab that is as good as a space to YAML, but not to the pure parser."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return mark.index if mark is not None and is_separating_tab(source.content, mark.index) else None


def _explained(reading: _Reading, error: Exception) -> YamlRepair:
    """The mistake that made the parser fail."""
    if not isinstance(error, yaml.MarkedYAMLError):  # the pure parser's, of `\\U` with too large a number
        return explain(reading.source, Trouble("escape", reading.source.content.find("\\U", reading.end)))
    mark, begun = error.problem_mark, error.context_mark
    at = reading.end if mark is None else mark.index
    context = None if begun is None else begun.index
    if "nesting" in (error.problem or ""):  # the fast parser's own limit
        diagnostic = Diagnostic("M009", reading.source.span(at, at), _TOO_DEEP)
        return YamlRepair(diagnostic, reading.source.blanked(0, len(reading.source.content)))
    flow = reading.flow_start if reading.flow else None
    return explain(reading.source, Trouble(error.problem or "", at, context, flow, reading.last))


def _document(reading: _Reading) -> YamlNode | None:
    node: YamlNode | None = None
    documents = 0
    while (event := reading.next_event()) is not None:
        start = event.start_mark.index
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if event.tags:
                reading.report("M006", start, start, NO_TAGS, Tag(""))
            if event.version is not None and event.version != (1, 2):
                reading.found.say_all(of_a_version(reading.source, start))
            if documents > 1:
                hint = "a file holds one mapping; move the other one to its own file"
                reading.report("M008", start, start + 3, "a second document starts here", hint)
                return node
        elif isinstance(event, yaml.NodeEvent):
            node = _node(reading, event, 1)
    return node


def _node(reading: _Reading, event: Any, depth: int) -> YamlNode | None:
    """The node that begins with an event; None where a diagnostic says why it cannot be used."""
    reading.nodes += 1
    if reading.nodes > MAX_NODES:
        reading.refuse(event.start_mark.index, f"the file has more than {MAX_NODES:,} nodes")
    if depth > MAX_DEPTH:
        reading.refuse(event.start_mark.index, _TOO_DEEP)
    kind = type(event)
    if kind is AliasEvent:
        return _alias(reading, event, depth)
    if event.anchor is not None or event.tag is not None:
        return _with_properties(reading, event, depth)
    if kind is ScalarEvent:
        return _scalar(reading, event, event.start_mark.index)
    return _map(reading, event, depth) if kind is MappingStartEvent else _list(reading, event, depth)


def _with_properties(reading: _Reading, event: Any, depth: int) -> YamlNode | None:
    """A node after an anchor or a tag."""
    start, before = event.start_mark.index, reading.nodes - 1
    content = reading.source.content
    if event.tag is not None:
        _break(reading, negation, start, reading.flow > 0)
        word = _word(content, start)
        reading.report("M006", *word, NO_TAGS, Tag(content[slice(*word)]))
    node: YamlNode | None
    end: int = event.end_mark.index
    if type(event) is ScalarEvent:
        properties = _PROPERTIES.match(content, start, end)
        node = _scalar(reading, event, properties.end() if properties else end)
    else:
        node = (_map if type(event) is MappingStartEvent else _list)(reading, event, depth)
    if reading.anchors is None and event.anchor is not None:
        reading.refused_anchors.add(event.anchor)
        message = f"anchors are allowed only under `{ANCHORS_UNDER}`"
        reading.report("M007", *_word(content, start), message, _USE_LET)
    elif reading.anchors is not None and event.anchor is not None:
        reading.anchors[event.anchor] = (node, reading.nodes - before)
    return None if event.tag is not None else node


def _break(reading: _Reading, look: Callable[..., YamlRepair | None], *where: Any) -> None:
    """Stop and read again if the text is an expression that needs quotes."""
    reading.looks += 1
    repair = look(reading.source, *where) if reading.looks <= MAX_LOOKS else None
    if repair:
        raise _Broken(repair)


def _word(content: str, start: int) -> tuple[int, int]:
    match = _WORD.match(content, start)
    return start, match.end() if match else start


def _alias(reading: _Reading, event: Any, depth: int) -> YamlNode | None:
    start, end = event.start_mark.index, event.end_mark.index
    reading.end = end
    if reading.anchors is None:
        if event.anchor not in reading.refused_anchors:
            message = f"aliases are allowed only under `{ANCHORS_UNDER}`"
            reading.report("M007", start, end, message, _USE_LET)
        return None
    if event.anchor not in reading.anchors:
        message = f"no anchor `&{event.anchor}` is defined above"
        reading.report("M007", start, end, message, "define it before you use it")
        return None
    node, nodes = reading.anchors[event.anchor]
    reading.nodes += nodes - 1
    if reading.nodes > MAX_NODES:
        reading.refuse(start, f"with its aliases the file has more than {MAX_NODES:,} nodes")
    if node and depth + height(node) - 1 > MAX_DEPTH:
        reading.refuse(start, f"with its aliases the file is nested deeper than {MAX_DEPTH} levels")
    return node


def _scalar(reading: _Reading, event: Any, start: int) -> ScalarNode | None:
    text: str = event.value
    end: int = event.end_mark.index
    reading.end = end
    reading.last = (start, end)
    if event.style:
        return _odd_scalar(reading, event, start)
    if reading.commented and is_pattern_in_comment(reading.source.content, end):
        _break(reading, pattern_in_comment, start, end, reading.flow > 0)
    # A name or a path, as most are.
    if len(text) <= MAX_SCALAR and ((text.isidentifier() and text not in WORDS) or is_plain_text(text)):
        return ScalarNode(reading.source, start, end, text, text, "plain")
    return _odd_scalar(reading, event, start)


def _odd_scalar(reading: _Reading, event: Any, start: int) -> ScalarNode | None:
    """A scalar in quotes, of several words, or one that may be no text."""
    text, end = event.value, reading.end
    style = STYLES[event.style]
    if len(text) > MAX_SCALAR:
        reading.refuse(start, f"this string is longer than {MAX_SCALAR // 1024} KiB")
    source = reading.source
    if style != "plain":
        if style == "double":
            half = half_character(source, start, end)
            if half:
                raise _Broken(half)
        elif style != "single":
            end = reading.end = start + len(source.content[start:end].rstrip())
        return ScalarNode(source, start, end, text, text, style)
    reason = None if OPENING.isdisjoint(text) else ended_early(source.content, start, end, reading.flow > 0)
    if reason:
        _break(reading, whole_expression, start, end, reading.flow > 0, reason)
    try:
        return ScalarNode(source, start, end, scalar_value(text), text, style)
    except Unreadable as reason:
        reading.found.say(unreadable(reason.code, reason.reason, source.span(start, end)))
        return None


def _list(reading: _Reading, event: Any, depth: int) -> ListNode:
    items: list[YamlNode] = []
    partial = False
    start = _open(reading, event) if event.flow_style else event.start_mark.index
    if event.flow_style and begins_filter_or_slice(reading.source.content, start):
        _break(reading, filter_or_slice, start, reading.flow > 1)
    while type(item := reading.next_event()) is not yaml.SequenceEndEvent:
        node = _node(reading, item, depth + 1)
        if node is None:
            partial = True
        else:
            items.append(node)
    end = _close(reading, item) if event.flow_style else reading.end
    return ListNode(reading.source, start, end, tuple(items), partial)


def _open(reading: _Reading, event: Any) -> int:
    """The start of a collection in brackets."""
    start: int = event.start_mark.index
    reading.flow_start = reading.flow_start if reading.flow else start
    reading.flow += 1
    return start


def _close(reading: _Reading, closed: Any) -> int:
    """The end of a collection in brackets; one without brackets ends after its last value."""
    reading.flow -= 1
    if closed.end_mark.index > closed.start_mark.index:
        reading.end = closed.end_mark.index
    return reading.end


def _map(reading: _Reading, event: Any, depth: int) -> MapNode:
    entries: dict[str, tuple[ScalarNode, YamlNode]] = {}
    unread: list[str] = []
    start = _open(reading, event) if event.flow_style else event.start_mark.index
    next_event, found = reading.next_event, reading.found
    while type(first := next_event()) is not MappingEndEvent:
        # Most keys are scalars, and of one that is no node a diagnostic says why: nothing is to be counted.
        reported = _NOT_COUNTED if type(first) is ScalarEvent else len(found)
        node = _node(reading, first, depth + 1)
        if isinstance(node, ScalarNode) and node.start < node.end and node.text != _MERGE:
            key: ScalarNode | None = node
        else:
            key = _odd_key(reading, first, node, reported)
        text = "" if key is None else key.text
        special = text == _MERGE or (depth == 1 and text == ANCHORS_UNDER)
        value = _special(reading, depth, text) if special else _node(reading, next_event(), depth + 1)
        if key is None:
            unread.append("")
        elif text in entries:
            found.say(duplicate_key(key, entries[text], value))
        elif value is None:
            unread.append(text)
        else:
            entries[text] = (key, value)
    end = _close(reading, first) if event.flow_style else reading.end
    return MapNode(reading.source, start, end, tuple(entries.values()), tuple(unread))


def _special(reading: _Reading, depth: int, key: str) -> YamlNode | None:
    """The value of a key below which anchors are allowed, or of a merge key."""
    event = reading.next_event()
    if key == ANCHORS_UNDER:
        reading.anchors = {}
        value = _node(reading, event, depth + 1)
        reading.anchors = None
        return value
    reported = len(reading.found)
    _node(reading, event, depth + 1)
    reading.found.replace(reported, ())
    return None


def _odd_key(reading: _Reading, event: Any, node: YamlNode | None, reported: int) -> ScalarNode | None:
    """A node that may be no key. reported: how much was reported before it was read, of a scalar nothing."""
    if not isinstance(node, ScalarNode):
        if len(reading.found) == reported:
            start = event.start_mark.index
            _break(reading, key_of_pattern, start, reading.end, reading.flow_start if reading.flow else None)
            inner = reading.source.content[start : reading.end].strip("{} ")
            braces = isinstance(node, MapNode) and reading.flow and inner
            said = BracesAsKey(inner) if braces else _ONE_WORD
            reading.report("M012", start, reading.end, "a key must be a string", said)
        return None
    if node.start == node.end:
        start = event.start_mark.index
        reading.report("M012", start, start + 1, "a key is missing before this", _ONE_WORD)
        return None
    if node.text == _MERGE:
        reading.report("M013", node.start, node.end, *NO_MERGING)
    return node


_ONE_WORD = "write one word before the colon"
