"""YAML nodes -> the sections and skip rules of a mapping: which events it takes, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.syntax.key_tables import EntriesByKey
from mapper.compiler.syntax.language_keys import EVENT_PATTERN, SECTION
from mapper.compiler.syntax.node_shapes import (
    boolean_of,
    entries_of,
    is_text,
    json_of,
    listed,
    missing,
    text_of,
    wrong_shape,
)
from mapper.compiler.syntax.other_names import means_skip
from mapper.compiler.syntax.syntax_facts import MeantName, WrongShape
from mapper.compiler.syntax.value_nodes import (
    ALL_UNREAD,
    Constant,
    Fields,
    Let,
    Rule,
    read_expression,
    read_fields,
    read_lets,
    read_value,
)
from mapper.compiler.yaml.edits import key_before, quoted, shown
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.quotes import part_in_braces
from mapper.compiler.yaml.yaml_facts import Replace
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.transforms import TRANSFORMS
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.patterns import PatternFault, TextPattern
from mapper.values.frozen import dataclass
from mapper.values.regular_expression import pattern

_OPERATOR = pattern(r"\s(?:==|!=|&&|\|\||>=?|<=?)\s")
_CALL = pattern(r"(\w+)\(.*\)")
# A text in quotes of JMESPath, or in those of a word processor.
_TEXT = pattern(r"'([^'\\]*)'|[\u201c\u2018\u201e]([^\u201c\u201d\u2019]*)[\u201c\u201d\u2019]")


def _doubtful_constant(node: YamlNode, alone: bool) -> Diagnostic | None:
    """The warning for a constant of `is` that reads as an expression; None where it does not.

    alone: it is the only one, and has no `when` beside it.
    """
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        return None
    text = _TEXT.fullmatch(node.text)
    message = f"`{node.text}` is a constant here, but looks like an expression"
    if text is not None:
        word = quoted(text[1] or text[2] or "")
        return Diagnostic("M206", node.span, message, f"write `is: {word}`", facts=Replace(node.span, word))
    call = _CALL.fullmatch(node.text)
    if not _OPERATOR.search(node.text) and not (call and (call[1] in FUNCTIONS or call[1] in TRANSFORMS)):
        return None
    key = key_before("is", node.span) if alone else None
    fact = None if key is None else MeantName(key, "when")
    return Diagnostic("M206", node.span, message, f"write `when: {shown(node.span) or '...'}`", facts=fact)


SECTION_KEYS = ("is", "when", "let", "send", "skip", "payload", "continue")


@dataclass(frozen=True, slots=True)
class SkipRule:
    """Events that are not sent, and why."""

    when: Expression
    because: str
    span: Span


@dataclass(frozen=True, slots=True)
class EventPattern:
    """A pattern of `is`, as it is written."""

    node: ScalarNode
    any_case: bool

    def read(self) -> TextPattern | None:
        """The pattern; None where it is none, which is reported when it is planned."""
        try:
            return read_pattern(self.node.text, self.any_case)
        except PatternFault:
            return None


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of `events`: which events it takes, and what it sends or why it sends nothing.

    constants: what `is` compares with; None without `is`. patterns: those of `is`.
    send: the name of the payload's event; None where the section skips.
    goes_on: `continue`: an event that it takes is taken by later sections as well; goes_on_span: where that
    is written.
    lets: named values for this section.
    is_word: the section is only a word, which `send` holds.
    """

    constants: tuple[Constant, ...] | None
    when: Expression | None
    send: Constant | Rule | None
    because: str
    payload: Fields
    span: Span
    goes_on: bool = False
    is_word: bool = False
    goes_on_span: Span | None = None
    lets: tuple[Let, ...] = ()
    patterns: tuple[EventPattern, ...] = ()


def read_skips(node: YamlNode | None, reading: FileReading) -> tuple[SkipRule, ...]:
    """The rules of `skip`: one, or a list of them; each says when and why."""
    if node is None:
        return ()
    rules = []
    for item in listed(node):
        if not isinstance(item, MapNode):
            reading.say(wrong_shape(item, "a `skip` rule must be a mapping", facts=WrongShape("skip", item)))
            continue
        entries = entries_of(item, "a `skip` rule", ("when", "because"), reading)
        when = read_expression(entries["when"][1], reading) if "when" in entries else None
        because = text_of(entries["because"][1], "`because`", reading) if "because" in entries else ""
        for name, due in (("when", "EXPRESSION"), ("because", "REASON")):
            if name not in entries:
                message, hint = f"this `skip` rule has no `{name}`", f"add `{name}: {due}`"
                missing(item, ("when", "because"), Diagnostic("M021", item.span, message, hint), reading)
        if when is not None and because:
            rules.append(SkipRule(when, because, item.span))
    return tuple(rules)


def read_sections(node: YamlNode | None, empty: Fields, reading: FileReading) -> tuple[Section, ...]:
    """The sections under `events`, in order. empty: the payload of one that writes none."""
    if node is None:
        return ()
    if not isinstance(node, ListNode):
        reading.say(
            wrong_shape(node, "`events` must be a list of sections", facts=WrongShape("sections", node))
        )
        return ()
    sections = [_read_section(item, empty, reading) for item in node.items]
    return tuple(section for section in sections if section is not None)


def _read_section(node: YamlNode, empty: Fields, reading: FileReading) -> Section | None:
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, "a section must be a mapping", facts=WrongShape("section", node)))
        return None
    entries = entries_of(node, "a section", SECTION_KEYS, reading)
    if "is" not in entries and "when" not in entries:
        hint = "add `is: NAME` or `when: EXPRESSION`; to handle all other events, use `otherwise`"
        message = "this section does not say which events it matches"
        missing(node, SECTION_KEYS, Diagnostic("M021", node.span, message, hint), reading)
        return None
    constants: tuple[Constant, ...] | None = None
    patterns: tuple[EventPattern, ...] = ()
    if "is" in entries:
        constants, patterns = _read_is(entries["is"][1], "when" not in entries, reading)
    when = _read_when(entries, node, reading)
    end = _section_end(node, {key: pair[1] for key, pair in entries.items()}, empty, reading)
    if end is None or ("when" in entries and when is None):
        return None
    return replace(end, constants=constants, patterns=patterns, when=when)


def _read_is(
    node: YamlNode, alone: bool, reading: FileReading
) -> tuple[tuple[Constant, ...], tuple[EventPattern, ...]]:
    """The constants of `is`, and its patterns. alone: there is no `when` beside it."""
    constants: list[Constant] = []
    patterns: list[EventPattern] = []
    for item in listed(node):
        if isinstance(item, MapNode):
            patterns += _read_patterns(item, reading)
            continue
        constants.append(Constant(json_of(item), item.span))
        if not isinstance(item, ScalarNode):
            reading.say(wrong_shape(item, "`is` must be a constant, a pattern or a list of them"))
        doubt = _doubtful_constant(item, item is node and alone)
        if doubt is not None:
            reading.say(doubt)
    return tuple(constants), tuple(patterns)


def _read_patterns(node: MapNode, reading: FileReading) -> list[EventPattern]:
    what = "a pattern of `is`"
    entries = entries_of(node, what, EVENT_PATTERN, reading)
    if "pattern" not in entries:
        report = Diagnostic("M021", node.span, f"{what} has no `pattern`", "write `{pattern: 'Product *'}`")
        missing(node, EVENT_PATTERN, report, reading)
        return []
    any_case = "any_case" in entries and boolean_of(entries["any_case"][1], "`any_case`", reading)
    patterns = []
    for one in listed(entries["pattern"][1]):
        if isinstance(one, ScalarNode) and text_of(one, "`pattern`", reading):
            patterns.append(EventPattern(one, any_case))
        elif isinstance(one, MapNode) and (braces := part_in_braces(one)) is not None:
            reading.say(braces)
        elif not isinstance(one, ScalarNode):
            reading.say(wrong_shape(one, "`pattern` must be a pattern or a list of them"))
    return patterns


def _read_when(entries: EntriesByKey, section: YamlNode, reading: FileReading) -> Expression | None:
    """The condition of a section; one for all events is what `otherwise` is for."""
    node = entries["when"][1] if "when" in entries else None
    if isinstance(node, ScalarNode) and node.value is True:
        fact = WrongShape("expression", node, section if isinstance(section, MapNode) else None)
        reading.say(wrong_shape(node, "an expression must be a string", facts=fact))
        return None
    return None if node is None else read_expression(node, reading)


def _section_end(
    node: YamlNode, values: dict[str, YamlNode], empty: Fields, reading: FileReading
) -> Section | None:
    """A section by the half that says what happens: `send` with its payload, or `skip`."""
    if ("send" in values) == ("skip" in values):
        hint = "`send: NAME` sends a payload, `skip: REASON` sends nothing"
        message = "a section needs exactly one of `send` and `skip`"
        missing(node, SECTION_KEYS, Diagnostic("M021", node.span, message, hint), reading)
        return None
    lets = _lets_of(node, values, reading)
    if lets is None:
        return None
    if "skip" in values:
        because = text_of(values["skip"], "`skip`", reading, "write the reason: `skip: REASON`")
        if "payload" in values:
            reading.say(Diagnostic("M020", values["payload"].span, "a section with `skip` sends no payload"))
        if "continue" in values:
            hint = "remove it: later sections do not see a skipped event"
            reading.say(
                Diagnostic("M020", values["continue"].span, "a section with `skip` cannot continue", hint)
            )
        return Section(None, None, None, because, empty, node.span, lets=lets) if because else None
    send = _read_send(values["send"], reading)
    if send is None:
        return None
    strange = isinstance(node, MapNode) and any(key.text not in SECTION_KEYS for key, _ in node.entries)
    # A missing field may be under a key that was meant as `payload`.
    absent = Fields((), empty.span, (ALL_UNREAD,)) if strange else empty
    payload = read_fields(values["payload"], reading, adding=True) if "payload" in values else absent
    goes_on = "continue" in values and boolean_of(values["continue"], "`continue`", reading)
    span = values["continue"].span if goes_on else None
    return Section(None, None, send, "", payload, node.span, goes_on, goes_on_span=span, lets=lets)


def _lets_of(node: YamlNode, values: dict[str, YamlNode], reading: FileReading) -> tuple[Let, ...] | None:
    """The lets of a section; also under a misspelt key or another tool's word, which is reported already."""
    if "let" in values:
        return read_lets(values["let"], reading, node.span)
    strange = node.entries if isinstance(node, MapNode) else ()
    meant = next((one for key, one in strange if _means_let(key.text)), None)
    return () if not isinstance(meant, MapNode) else read_lets(meant, reading, node.span)


def _means_let(key: str) -> bool:
    return key not in SECTION_KEYS and (
        closest(key, SECTION_KEYS) == "let" or key.lower() in SECTION["let"].also
    )


def _read_send(node: YamlNode, reading: FileReading) -> Constant | Rule | None:
    if isinstance(node, MapNode):
        value = read_value(node, reading)
        if value is not None and not isinstance(value, Rule):
            reading.say(wrong_shape(node, "`send` must be a name or a rule", facts=WrongShape("send", node)))
        return value if isinstance(value, Rule) else None
    if is_text(node) and isinstance(node, ScalarNode):
        return Constant(node.text, node.span)
    hint = "for two events of one, give `continue: true` to the section, and write another one below it"
    several = isinstance(node, ListNode) and len(node.items) > 1
    reading.say(wrong_shape(node, "`send` must be a name or a rule", hint if several else None))
    return None


def read_otherwise(node: YamlNode | None, empty: Fields, reading: FileReading) -> Section | None:
    """The section for all other events; None where they are skipped. empty: its payload if it writes none."""
    if node is None or (isinstance(node, ScalarNode) and node.text == "skip"):
        return None
    if not isinstance(node, MapNode):
        if isinstance(node, ScalarNode) and is_text(node) and not means_skip(node.text):
            name = Constant(node.text, node.span)  # what it can mean, the target's names say
            return Section(None, None, name, "", empty, node.span, is_word=True)
        reading.say(
            wrong_shape(node, "`otherwise` must be `skip` or a section", facts=WrongShape("otherwise", node))
        )
        return None
    entries = entries_of(node, "`otherwise`", ("let", "send", "skip", "payload"), reading)
    return _section_end(node, {key: pair[1] for key, pair in entries.items()}, empty, reading)
