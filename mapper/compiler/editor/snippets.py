"""A key, or a place in a list -> the text with blanks to fill in that an editor puts there: `${1:name}`."""

from __future__ import annotations

import re

from mapper.compiler.schema.target import TargetField
from mapper.values.types import JsonPath

_OF_KEYS = {
    "case": "case:\n  - {when: ${1:condition}, then: ${2:attribute}}\n  - {else: ${3:attribute}}",
    "from": "from: [${1:attribute}, ${2:attribute}]",
    "split": "split: ${1:list}[].merge($event, @)",
}
_LOOKUP = "{lookup: {table: {${1:from}: ${2:to}}}}"
_NAMED = {
    "events": ("section", "A section: which events it takes, and what is sent of them."),
    "tests": ("test", "A test: an event, and the payload that must come out."),
}
_BODIES = {
    "events": "when: ${1:condition}\nsend: ${2:custom}\npayload:\n  ${3:event_id}: ${4:id}",
    "tests": 'name: ${1:an order}\ngiven: {${2:id: "1"}}\nexpect: {${3:event_id: "1"}}',
}
_BLANK = re.compile(r"\$\{\d:([^{}]*)\}")
_NO_CONDITION = "is: ${1:name}"


def of_key(key: str, field: TargetField | None) -> str:
    """The snippet of a key with its value; "" where the key alone is enough. field: the one it makes."""
    if key != "each":
        return _OF_KEYS.get(key, "")
    inner = None if field is None else field.item
    named = next((one.name for one in inner.fields), "") if inner is not None else ""
    item = f"item:\n  ${{2:{named}}}: ${{3:attribute}}" if named else "item: ${2:attribute}"
    return f"each: ${{1:list}}\n{item}"


def of_step(name: str) -> str:
    """The snippet of a step with its argument; "" where it has none of its own."""
    return _LOOKUP if name == "lookup" else ""


def whole_call(begun: str, first: str, last: str) -> str:
    """The snippet of a call with a blank for its arguments. begun: up to them. first, last: around it."""
    return f"{first}{begun}${{1:}}){last}"


def of_item(path: JsonPath, *, has_match: bool) -> tuple[str, str, str] | None:
    """The name, the snippet and the meaning of a section or a test: after a dash or where the list begins."""
    if not path or path[0] not in _NAMED or len(path) > 2:
        return None
    name, meaning = _NAMED[str(path[0])]
    body = _BODIES[str(path[0])]
    if has_match:
        body = body.replace("when: ${1:condition}", _NO_CONDITION)
    return name, body if len(path) == 2 else "- " + body.replace("\n", "\n  "), meaning


def filled(snippet: str) -> str:
    """A snippet with its own words in its blanks."""
    return _BLANK.sub(r"\1", snippet)
