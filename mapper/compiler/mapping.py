"""YAML text -> Mapping: what an author wrote, in shape, before it meets a target."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mapper.compiler.case import Case, read_tests
from mapper.compiler.consent import Consent, read_consent
from mapper.compiler.expression import Expression
from mapper.compiler.shape import (
    choice_of,
    entries_of,
    is_text,
    json_of,
    listed,
    missing,
    text_of,
    wrong_shape,
)
from mapper.compiler.value import (
    ALL_UNREAD,
    Constant,
    Fields,
    Rule,
    Value,
    read_expression,
    read_fields,
    read_value,
)
from mapper.compiler.yaml import ListNode, MapNode, Node, ScalarNode, read_yaml
from mapper.diagnostic import Diagnostic
from mapper.text import Span, Text

LANGUAGE_VERSION = 1
# A chain of lets is worked out one within the other, and Python calls no deeper than about 1,000.
MOST_LETS = 200
RESERVED_VARIABLES = ("event", "index", "whole", "meta")
MAPPING_KEYS = (
    "name",
    "version",
    "target",
    "source",
    "normal_forms",
    "let",
    "skip",
    "consent",
    "payload",
    "match",
    "events",
    "otherwise",
    "tests",
)
SECTION_KEYS = ("is", "when", "send", "skip", "payload")


@dataclass(frozen=True, slots=True)
class Named:
    """A name that the author wrote, with its place; a target's also has the profile."""

    name: str
    span: Span
    profile: str | None = None
    profile_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Let:
    """A named value; None where a diagnostic stands in its place."""

    name: str
    value: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class SkipRule:
    """Events that are not sent, and why."""

    when: Expression
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of `events`: which events it takes, and what it sends or why it sends nothing.

    constants: what `is` compares with; None without `is`.
    send: the name of the payload's event; None where the section skips.
    """

    constants: tuple[Constant, ...] | None
    when: Expression | None
    send: Constant | Rule | None
    because: str
    payload: Fields
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file as its author wrote it; `lets_unread`: a diagnostic stands in place of its lets."""

    text: Text
    name: str
    target: Named | None
    source: Named | None
    explicit_forms: bool
    lets: tuple[Let, ...]
    lets_unread: bool
    skips: tuple[SkipRule, ...]
    consent: Consent | None
    payload: Fields
    match: Expression | None
    sections: tuple[Section, ...]
    otherwise: Section | None
    tests: tuple[Case, ...]
    span: Span


def read_mapping(text: Text, found: list[Diagnostic]) -> Mapping | None:
    """The mapping a YAML text writes down; None where the text is no mapping at all."""
    node = read_yaml(text, found)
    if not isinstance(node, MapNode):
        if not found:
            start = text.span(0, min(len(text.content), 1))
            found.append(Diagnostic("M022", node.span if node else start, "a mapping file is a YAML mapping"))
        return None
    whole = _head(node)
    entries = entries_of(node, "a mapping", MAPPING_KEYS, found)
    values = {key: value for key, (_, value) in entries.items()}
    empty = Fields((), whole)
    _check_version(values.get("version"), node, found)
    if "events" not in values and "otherwise" not in values:
        message = "nothing is ever sent: there is neither `events` nor `otherwise`"
        missing(
            node, MAPPING_KEYS, message, found, "add `otherwise: {send: NAME}`, or sections under `events`"
        )
    return Mapping(
        text=text,
        name=text_of(values["name"], "`name`", found) if "name" in values else "",
        target=_read_target(values.get("target"), node, found),
        source=_read_source(values.get("source"), found),
        explicit_forms="normal_forms" in values
        and choice_of(values["normal_forms"], "`normal_forms`", ("automatic", "explicit"), found)
        == "explicit",
        lets=_read_lets(values.get("let"), found),
        lets_unread="let" in node.unread or _too_many(values.get("let")),
        skips=_read_skips(values.get("skip"), found),
        consent=read_consent(values["consent"], found) if "consent" in values else None,
        payload=read_fields(values["payload"], found) if "payload" in values else _no_payload(node, empty),
        match=read_expression(values["match"], found) if "match" in values else None,
        sections=_read_sections(values.get("events"), empty, found),
        otherwise=_read_otherwise(values.get("otherwise"), empty, found),
        tests=read_tests(values.get("tests"), found),
        span=whole,
    )


def _head(node: MapNode) -> Span:
    """The first key: where a mistake of the whole file is shown."""
    return node.entries[0][0].span if node.entries else node.span


def _no_payload(node: MapNode, empty: Fields) -> Fields:
    """No fields; of a payload that stands there unread, none is known to be missing."""
    return replace(empty, unread=(ALL_UNREAD,)) if "payload" in node.unread else empty


def _check_version(node: Node | None, mapping: MapNode, found: list[Diagnostic]) -> None:
    if node is None:
        hint = f"add `version: {LANGUAGE_VERSION}`"
        missing(mapping, MAPPING_KEYS, "the mapping does not say its `version`", found, hint, _head(mapping))
    elif not isinstance(node, ScalarNode) or type(node.value) is not int or node.value != LANGUAGE_VERSION:
        found.append(
            Diagnostic("M022", node.span, f"`version` is {LANGUAGE_VERSION}, the version of the language")
        )


def _read_target(node: Node | None, mapping: MapNode, found: list[Diagnostic]) -> Named | None:
    if node is None:
        hint = "add `target:` with the name of a schema below `schemas/`"
        missing(mapping, MAPPING_KEYS, "the mapping does not say its `target`", found, hint, _head(mapping))
        return None
    if not isinstance(node, MapNode):
        name = text_of(node, "`target`", found)
        return Named(name, node.span) if name else None
    entries = entries_of(node, "`target`", ("schema", "profile"), found)
    if "schema" not in entries:
        missing(node, ("schema", "profile"), "`target` does not say its `schema`", found)
        return None
    schema = entries["schema"][1]
    name = text_of(schema, "`schema`", found)
    if not name:
        return None
    if "profile" not in entries:
        return Named(name, schema.span)
    profile = entries["profile"][1]
    return Named(name, schema.span, text_of(profile, "`profile`", found) or None, profile.span)


def _read_source(node: Node | None, found: list[Diagnostic]) -> Named | None:
    if node is None:
        return None
    name = text_of(node, "`source`", found)
    return Named(name, node.span) if name else None


def _too_many(node: Node | None) -> bool:
    return isinstance(node, MapNode) and len(node.entries) > MOST_LETS


def _read_lets(node: Node | None, found: list[Diagnostic]) -> tuple[Let, ...]:
    if node is None:
        return ()
    if not isinstance(node, MapNode):
        wrong_shape(node, "`let` is a mapping of names to values", found)
        return ()
    lets = []
    if len(node.entries) > MOST_LETS:
        message = f"{len(node.entries)} lets are too many: the most are {MOST_LETS}"
        found.append(Diagnostic("M022", node.entries[MOST_LETS][0].span, message))
        return ()
    for key, value_node in node.entries:
        if key.text in RESERVED_VARIABLES:
            found.append(Diagnostic("M026", key.span, f"`${key.text}` is a variable of the language already"))
            continue
        if not key.text.isidentifier() or not key.text.isascii():
            hint = "letters, digits and `_`, not beginning with a digit"
            found.append(Diagnostic("M026", key.span, f"`{key.text}` cannot be read as `$name`", hint))
            continue
        lets.append(Let(key.text, read_value(value_node, found), key.span))
    lets += [Let(name, None, node.span) for name in node.unread]
    return tuple(lets)


def _read_skips(node: Node | None, found: list[Diagnostic]) -> tuple[SkipRule, ...]:
    if node is None:
        return ()
    rules = []
    for item in listed(node):
        entries = entries_of(item, "a `skip` rule", ("when", "because"), found)
        when = read_expression(entries["when"][1], found) if "when" in entries else None
        because = text_of(entries["because"][1], "`because`", found) if "because" in entries else ""
        for name in ("when", "because"):
            if entries and name not in entries:
                missing(item, ("when", "because"), f"this `skip` rule has no `{name}`", found)
        if when is not None and because:
            rules.append(SkipRule(when, because, item.span))
    return tuple(rules)


def _read_sections(node: Node | None, empty: Fields, found: list[Diagnostic]) -> tuple[Section, ...]:
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        wrong_shape(node, "`events` is a list of sections", found)
        return ()
    sections = [_read_section(item, empty, found) for item in node.items]
    return tuple(section for section in sections if section is not None)


def _read_section(node: Node, empty: Fields, found: list[Diagnostic]) -> Section | None:
    entries = entries_of(node, "a section", SECTION_KEYS, found)
    if not entries:
        return None
    if "is" not in entries and "when" not in entries:
        hint = "add `is: NAME` or `when: EXPRESSION`; what all other events do stands in `otherwise`"
        missing(node, SECTION_KEYS, "this section does not say which events it takes", found, hint)
        return None
    constants = None
    if "is" in entries:
        constants = tuple(Constant(json_of(item), item.span) for item in listed(entries["is"][1]))
        for item in listed(entries["is"][1]):
            if not isinstance(item, ScalarNode):
                wrong_shape(item, "`is` is a constant or a list of constants", found)
    when = read_expression(entries["when"][1], found) if "when" in entries else None
    if "when" in entries and when is None:
        return None
    return _section_end(node, constants, when, {key: pair[1] for key, pair in entries.items()}, empty, found)


def _section_end(
    node: Node,
    constants: tuple[Constant, ...] | None,
    when: Expression | None,
    values: dict[str, Node],
    empty: Fields,
    found: list[Diagnostic],
) -> Section | None:
    """The half of a section that says what happens: `send` with its payload, or `skip`."""
    if ("send" in values) == ("skip" in values):
        hint = "`send: NAME` sends a payload, `skip: REASON` sends none"
        missing(node, SECTION_KEYS, "a section has one of `send` and `skip`", found, hint)
        return None
    if "skip" in values:
        because = text_of(values["skip"], "`skip`", found)
        if "payload" in values:
            found.append(Diagnostic("M020", values["payload"].span, "a section that skips sends no payload"))
        return Section(constants, when, None, because, empty, node.span) if because else None
    send = _read_send(values["send"], found)
    if send is None:
        return None
    payload = read_fields(values["payload"], found) if "payload" in values else empty
    return Section(constants, when, send, "", payload, node.span)


def _read_send(node: Node, found: list[Diagnostic]) -> Constant | Rule | None:
    if isinstance(node, MapNode):
        value = read_value(node, found)
        if isinstance(value, Fields):
            wrong_shape(node, "`send` is a name or a rule", found)
        return value if isinstance(value, Rule) else None
    if is_text(node) and isinstance(node, ScalarNode):
        return Constant(node.text, node.span)
    wrong_shape(node, "`send` is a name or a rule", found)
    return None


def _read_otherwise(node: Node | None, empty: Fields, found: list[Diagnostic]) -> Section | None:
    if node is None or (isinstance(node, ScalarNode) and node.text == "skip"):
        return None
    if not isinstance(node, MapNode):
        name = node.text if isinstance(node, ScalarNode) and is_text(node) else "NAME"
        wrong_shape(node, "`otherwise` is `skip` or a section", found, f"write `otherwise: {{send: {name}}}`")
        return None
    entries = entries_of(node, "`otherwise`", ("send", "skip", "payload"), found)
    if not entries:
        return None
    return _section_end(node, None, None, {key: pair[1] for key, pair in entries.items()}, empty, found)
