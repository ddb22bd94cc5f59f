"""YAML node -> Consent: how consent is read, and what a payload loses without it."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.language_keys import COMBINED, CONSENT, LIMITED
from mapper.compiler.syntax.node_shapes import (
    choice_of,
    entries_of,
    json_of,
    listed,
    missing,
    text_of,
    unknown_key,
    wrong_shape,
)
from mapper.compiler.syntax.syntax_facts import WrongShape
from mapper.compiler.syntax.value_nodes import Constant, Fields, Value, read_value
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """The source of consent: one value, or several of which all or any must say yes."""

    values: tuple[Value, ...]
    combine: str
    span: Span


Put = tuple[str, Span, Constant]


@dataclass(frozen=True, slots=True)
class Consent:
    """The source of consent and what happens without it.

    answer_grants: the answer says what is granted; else what is denied.
    strip: the paths that are taken away when consent is denied, or `personal`; None: the event is skipped.
    when_limited: `skip`, `set`, or "" where it is not written; limit: what an event is sent with by `set`.
    """

    answer: ConsentAnswer
    answer_grants: bool
    when_missing: str
    strip: tuple[tuple[str, Span], ...] | None
    put: tuple[Put, ...]
    when_limited: str
    limit: tuple[Put, ...]
    span: Span
    missing_span: Span
    limited_entry: tuple[ScalarNode, YamlNode] | None


def read_consent(node: YamlNode, reading: FileReading) -> Consent | None:
    """The consent of a mapping; None (and a diagnostic) where `consent` does not say it all."""
    keys = tuple(CONSENT)
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, "`consent` must be a mapping", facts=WrongShape("consent", node)))
        return None
    entries = entries_of(node, "`consent`", keys, reading)
    given = [name for name in ("granted", "denied") if name in entries]
    if len(given) != 1:
        hint = "write `granted: EXPRESSION` if yes means consent, `denied: EXPRESSION` if yes means refusal"
        message = "`consent` needs exactly one of `granted` and `denied`"
        missing(node, keys, Diagnostic("M021", node.span, message, hint), reading)
    for name, word in (("when_missing", "denied"), ("when_denied", "skip")):
        if name not in entries:
            message, hint = f"`consent` has no `{name}`", f"add `{name}: {word}`"
            missing(node, keys, Diagnostic("M021", node.span, message, hint), reading)
    if len(given) != 1 or "when_missing" not in entries or "when_denied" not in entries:
        return None
    answer = _read_answer(given[0], node, entries[given[0]][1], reading)
    strip, put = _read_denied(entries["when_denied"][1], reading)
    words = CONSENT["when_missing"].words
    when_missing = choice_of(entries["when_missing"][1], "`when_missing`", words, reading)
    limited = entries.get("when_limited")
    when_limited, limit = _read_limited(limited[1], reading) if limited is not None else ("", ())
    if limited is None and len(entries) < len(node.entries):
        when_limited = "skip"  # a key that is not known may be meant so
    if answer is None:
        return None
    return Consent(
        answer,
        given[0] == "granted",
        when_missing,
        strip,
        put,
        when_limited,
        limit,
        node.span,
        entries["when_missing"][0].span,
        limited,
    )


def _read_answer(name: str, among: MapNode, node: YamlNode, reading: FileReading) -> ConsentAnswer | None:
    if isinstance(node, MapNode) and len(node.entries) == 1 and node.entries[0][0].text in ("all", "any"):
        combine, values_node = node.entries[0]
        values = [read_value(item, reading) for item in listed(values_node)]
        kept = tuple(value for value in values if value is not None)
        return ConsentAnswer(kept, combine.text, node.span) if kept else None
    if isinstance(node, ListNode):  # a list of two refusals would be read as one value, and as no answer
        reading.say(wrong_shape(node, f"`{name}` is one value", facts=WrongShape("answer", node, among)))
        return None
    value = read_value(node, reading)
    if isinstance(value, Fields) and isinstance(node, MapNode):  # an object answers nothing
        for key, _ in node.entries:
            reading.say(unknown_key(key, "an answer", COMBINED, node))
        return None
    return None if value is None else ConsentAnswer((value,), "all", node.span)


def _read_denied(
    node: YamlNode, reading: FileReading
) -> tuple[tuple[tuple[str, Span], ...] | None, tuple[Put, ...]]:
    if not isinstance(node, MapNode):
        if not isinstance(node, ScalarNode) or node.text != "skip":
            due, fact = "`when_denied` must be `skip`, or a mapping with `strip`", WrongShape("denied", node)
            hint = "write `when_denied: skip`; `{strip: [PATH, ...]}` sends the event without these fields"
            reading.say(wrong_shape(node, due, hint, fact))
        return None, ()
    entries = entries_of(node, "`when_denied`", ("strip", "set"), reading)
    if "strip" not in entries:
        if entries or not node.entries:
            hint = "write `when_denied: skip`, or add `strip: [PATH, ...]` with the fields to remove"
            message = "`when_denied` needs `skip` or `strip`"
            missing(node, ("strip", "set"), Diagnostic("M021", node.span, message, hint), reading)
        return None, ()
    paths = [
        (text_of(item, "a path under `strip`", reading), item.span) for item in listed(entries["strip"][1])
    ]
    strip = tuple((path, span) for path, span in paths if path)
    return strip, _read_put(entries["set"][1], reading) if "set" in entries else ()


def _read_limited(node: YamlNode, reading: FileReading) -> tuple[str, tuple[Put, ...]]:
    if not isinstance(node, MapNode):
        if not isinstance(node, ScalarNode) or node.text != "skip":
            due, fact = "`when_limited` must be `skip`, or a mapping with `set`", WrongShape("denied", node)
            hint = "write `when_limited: skip`; `{set: {PATH: CONSTANT}}` sends the event with this flag"
            reading.say(wrong_shape(node, due, hint, fact))
        return "skip", ()
    entries = entries_of(node, "`when_limited`", tuple(LIMITED), reading)
    if "set" not in entries:
        hint = "write `when_limited: skip`, or add `set: {PATH: CONSTANT}` with the flag of such events"
        message = "`when_limited` needs `skip` or `set`"
        missing(node, tuple(LIMITED), Diagnostic("M021", node.span, message, hint), reading)
        return "skip", ()
    put = _read_put(entries["set"][1], reading)
    if not put and isinstance(entries["set"][1], MapNode):
        hint = "write `set: {PATH: CONSTANT}`, or `when_limited: skip`"
        reading.say(Diagnostic("M021", entries["set"][1].span, "`set` has no constants", hint))
    return "set", put


def _read_put(node: YamlNode, reading: FileReading) -> tuple[Put, ...]:
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, "`set` must be a mapping of paths to constants"))
        return ()
    return tuple(_puts(node, ""))


def _puts(node: MapNode, within: str) -> Iterator[Put]:
    """The constants of a mapping, by their paths; objects in it are merged into those of the payload."""
    for key, value in node.entries:
        path = f"{within}{key.text}"
        if isinstance(value, MapNode) and value.entries:
            yield from _puts(value, f"{path}.")
        else:
            yield path, key.span, Constant(json_of(value), value.span)
