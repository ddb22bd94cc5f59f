"""Nodes of a mapping -> a warning for each empty list and mapping that does nothing.

Who writes one most likely means to take away what is inherited, which it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.syntax.mapping_parts import PARTS
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.yaml_facts import Remove
from mapper.texts.diagnostic import Diagnostic

# Lists and mappings, each with the way to take an inherited part of it away, if there is one.
_LISTS = {
    **{key: kind.without for key, kind in PARTS.items() if kind.said_by},
    **dict.fromkeys(("extends", "expects", "tests", "fixtures"), ""),
}
_MAPPINGS = {
    **{key: kind.without for key, kind in PARTS.items() if not kind.said_by},
    "payload": "{FIELD: {inherit: false}}",
    "bases": "",
}
_OF_SECTIONS = ("let", "payload")


def empty_parts(root: MapNode) -> Iterator[Diagnostic]:
    """The warnings for the keys of a mapping, those of its sections, and the objects of its payload."""
    entries = {key.text: value for key, value in root.entries}
    extends = "extends" in entries and not _is_empty(entries["extends"])
    for key, value in root.entries:
        known = _MAPPINGS if isinstance(value, MapNode) else _LISTS
        if key.text in known and _is_empty(value):
            yield _empty(key, value, known[key.text] if extends else "")
    yield from _in_payload(entries.get("payload"), extends)
    events = entries.get("events")
    for section in events.items if isinstance(events, ListNode) else ():
        for key, value in section.entries if isinstance(section, MapNode) else ():
            if key.text in _OF_SECTIONS and isinstance(value, MapNode) and _is_empty(value):
                yield _empty(key, value, "")
            elif key.text == "payload":
                yield from _in_payload(value, False)


def _in_payload(node: YamlNode | None, extends: bool) -> Iterator[Diagnostic]:
    """The empty objects of a payload that is written out."""
    for key, value in node.entries if isinstance(node, MapNode) else ():
        if isinstance(value, MapNode) and _is_empty(value):
            yield _empty(key, value, "{inherit: false}" if extends else "")
        elif isinstance(value, MapNode) and not any(one.text in _RULES for one, _ in value.entries):
            yield from _in_payload(value, extends)


# Keys with values of an author's own, which are no fields.
_RULES = ("const", "default", "apply", "zip", "item", "case")


def _is_empty(node: YamlNode) -> bool:
    if isinstance(node, ListNode):
        return not node.items and not node.partial
    return isinstance(node, MapNode) and not node.entries and not node.unread


def _empty(key: ScalarNode, value: YamlNode, instead: str) -> Diagnostic:
    kind = "list" if isinstance(value, ListNode) else "mapping"
    message = f"`{key.text}` is an empty {kind}, which does nothing"
    hint = f"to take an inherited part away, write `{key.text}: {instead}`" if instead else "remove it"
    return Diagnostic(
        "M038", key.span.to(value.span), message, hint, facts=Remove("entry", key.span, value.span)
    )
