"""Text -> a diagnostic where it is a file of another kind than a mapping or intake: events, a table, prose.

Nothing of such a file is shown or quoted: its lines may hold anything, personal values too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Set

from mapper.compiler.syntax.language_keys import MAPPING
from mapper.compiler.yaml.parser_input import BYTE_ORDER_MARK
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text, line_start
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file in YAML.

    keys: of its root, which files of other kinds hardly have. start: how it begins. has_paths: its author may
    also write paths there, as `/orders`. of_events: of the keys, those that events in JSON often have too.
    """

    noun: str
    keys: frozenset[str]
    start: str
    of_events: frozenset[str] = frozenset()
    has_paths: bool = False


MAPPING_FILE = FileKind(
    "a mapping",
    frozenset(MAPPING.keys() - {"name", "source"}),
    "`version: 1` and `target: ...`",
    of_events=frozenset({"consent", "events", "payload", "tests", "version"}),
)
_SPACE = pattern(rf"(?:[\s{BYTE_ORDER_MARK}]|#[^\r\n]*|---(?=\s|\Z)|%(?:YAML|TAG)[^\r\n]*)*")
_FIRST_LINE = pattern(r"[^\r\n]*")
# Keys at the beginnings of lines, or where an object in braces has them; with the blanks before them.
_WORD = r"[\"']?([^\s\"':#{}\[\],]+)[\"']?"
_IN_LINES = pattern(rf"(?:^{BYTE_ORDER_MARK}?|\n|\r)([ \t]*){_WORD}[ \t]*:(?!\S)")
_IN_BRACES = pattern(rf"[{{,]()\s*{_WORD}\s*:")
_SHOWN = 40


def other_file(text: Text, kind: FileKind = MAPPING_FILE) -> Diagnostic | None:
    """A diagnostic that says what a text is instead; None where it is blank, or may be of its kind."""
    content = text.content
    if not content.strip(f" \t\r\n{BYTE_ORDER_MARK}"):
        return None
    start = _after_space(content, 0)
    is_json = content[start : start + 1] in ("{", "[")
    what = _in_brackets(content, start, kind) if is_json else _in_lines(content, start, kind)
    if what is None:
        return None
    line = _FIRST_LINE.match(content, start)
    shown = text.span(start, line.end() if line else start)
    return Diagnostic("M040", shown, f"this is {what}, not {kind.noun}", _hint(text, what, kind))


_EVENTS = ("a list of events", "a file of events", "an event")
_SCHEMA = "a JSON Schema"
_OTHER = "another kind of file"


def _in_brackets(content: str, start: int, kind: FileKind) -> str | None:
    """The name of a text that begins with a bracket or brace, if it is not of a kind."""
    try:
        value, end = json.JSONDecoder().raw_decode(content, start)
    except (ValueError, RecursionError):
        known = {key for _, key in _keys(_IN_BRACES, content, kind)}
        return None if content[start] == "{" and _is_of(known, kind) else _OTHER
    after = _after_space(content, end)
    what = _of_json(value, content[after : after + 1] == "{", kind)
    return _OTHER if what is not None and content[after : after + 1] not in ("", "{") else what


def _of_json(value: Json, more: bool, kind: FileKind) -> str | None:
    if not isinstance(value, dict):
        return _EVENTS[0]
    if is_json_schema(value):
        return _SCHEMA
    if _is_of(value.keys() & kind.keys, kind):
        return None
    return _EVENTS[1] if more else _EVENTS[2]


def is_json_schema(value: Json) -> bool:
    """Whether a value is a JSON Schema of an object, and no event."""
    if not isinstance(value, dict):
        return False
    return "$schema" in value or (value.get("type") == "object" and isinstance(value.get("properties"), dict))


def _is_of(known: Set[str], kind: FileKind) -> bool:
    """Whether an object with these keys of a kind is of that kind."""
    return len(known) > 1 and not known <= kind.of_events


def _in_lines(content: str, start: int, kind: FileKind) -> str | None:
    """The name of a text that is no JSON; one of the kind has a key of its own as far left as its first."""
    left = content[line_start(content, start) : start].strip(BYTE_ORDER_MARK)
    return None if any(before == left for before, _ in _keys(_IN_LINES, content, kind)) else _OTHER


def _keys(form: re.Pattern[str], content: str, kind: FileKind) -> Iterator[tuple[str, str]]:
    """The keys of a kind in a text, with the blanks before them."""
    for found in form.finditer(content):
        if found[2] in kind.keys or (kind.has_paths and found[2].startswith("/")):
            yield found[1], found[2]


def _hint(text: Text, what: str, kind: FileKind) -> str:
    name = re.split(r"[/\\]", text.name)[-1]
    name = name if len(name) <= _SHOWN else "FILE"
    if what == _SCHEMA:
        return "put a schema under `schemas/`; a mapping names it as its `target` or `source`"
    if what in _EVENTS:
        return (
            f"a mapping is a YAML file; to map events, run `mapper run MAPPING {name}`; to check one against "
            f"them, `mapper check MAPPING --events {name}`"
        )
    return f"{kind.noun} starts with {kind.start}; pass events to `mapper run`, or to `check --events`"


def _after_space(content: str, at: int) -> int:
    match = _SPACE.match(content, at)
    return match.end() if match else at
