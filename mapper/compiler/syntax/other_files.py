"""A file that is no mapping but an event, events or a schema -> one Diagnostic that says so."""

from __future__ import annotations

import json
import re

from mapper.compiler.yaml.parser_input import BYTE_ORDER_MARK
from mapper.diagnostic import Diagnostic
from mapper.pattern import pattern
from mapper.text import Text
from mapper.types import Json

# Keys of which a mapping in JSON has some, and an event hardly two.
_OF_MAPPINGS = frozenset(
    {
        "version",
        "target",
        "payload",
        "match",
        "events",
        "otherwise",
        "let",
        "skip",
        "consent",
        "tests",
        "extends",
    }
)
_SPACE = pattern(rf"(?:[\s{BYTE_ORDER_MARK}]|#[^\r\n]*)*")
_FIRST_LINE = pattern(r"[^\r\n]*")
_SHOWN = 40


def find_stranger(text: Text) -> Diagnostic | None:
    """What the file is, if it is no mapping; None where it may be one."""
    content = text.content
    start = _behind_space(content, 0)
    if content[start : start + 1] not in ("{", "["):
        return None
    try:
        value, end = json.JSONDecoder().raw_decode(content, start)
    except (ValueError, RecursionError):
        return None
    behind = _behind_space(content, end)
    what = _what(value, content[behind : behind + 1] == "{")
    if what is None or (content[behind:] and content[behind] != "{"):
        return None
    line = _FIRST_LINE.match(content, start)
    shown = text.span(start, min(end, line.end() if line else end))
    return Diagnostic("M040", shown, f"this is {what}, not a mapping", _hint(text, what))


def _what(value: Json, more: bool) -> str | None:
    if isinstance(value, list):
        return "a list of events"
    if not isinstance(value, dict):
        return None
    if "$schema" in value or (value.get("type") == "object" and isinstance(value.get("properties"), dict)):
        return "a JSON Schema"
    if len(_OF_MAPPINGS & value.keys()) > 1:
        return None
    return "a file of events" if more else "an event"


def _hint(text: Text, what: str) -> str:
    name = re.split(r"[/\\]", text.name)[-1]
    name = name if len(name) <= _SHOWN else "FILE"
    if what == "a JSON Schema":
        return "put a schema under `schemas/`; a mapping names it as its `target` or `source`"
    return f"a mapping is a YAML file; to map events, run `mapper run MAPPING {name}`"


def _behind_space(content: str, at: int) -> int:
    match = _SPACE.match(content, at)
    return match.end() if match else at
