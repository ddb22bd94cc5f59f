"""YAML node -> Value: the right side of a field: expression, constant, rule, fields or elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.syntax.across import read_across
from mapper.compiler.syntax.language_keys import ADDED_KEYS, INHERIT, RULE, SOURCE_KEYS
from mapper.compiler.syntax.let_nodes import named_nodes
from mapper.compiler.syntax.mixed_keys import (
    is_decimal_comma,
    is_postcode,
    report_bare_keys,
    report_choice,
    report_entries,
    report_glued_field,
    report_item,
    report_mix,
    report_sources,
)
from mapper.compiler.syntax.node_shapes import (
    boolean_of,
    choice_of,
    entries_of,
    json_of,
    listed,
    missing,
    text_of,
    unknown_key,
    wrong_shape,
)
from mapper.compiler.syntax.other_names import is_foreign, is_kind
from mapper.compiler.syntax.syntax_facts import DecimalComma, MeantName, WrongShape
from mapper.compiler.syntax.template_node import read_template
from mapper.compiler.syntax.written_steps import WrittenStep, read_steps
from mapper.compiler.yaml.edits import shown, with_quotes
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.nodes import every as every_node
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json

# In `Fields.unread`: nothing is known of the fields, since a diagnostic replaces all of them.
ALL_UNREAD = "*"
# So much of what is still to be decided is shown again.
_LONGEST_TODO = 200
# What other tools call `case`.
_CASES = frozenset({"arms", "branches", "cases", "choose", "cond", "conditional", "conditions", "rules"})
TODO = "todo"
RULE_KEYS = (*SOURCE_KEYS, *ADDED_KEYS, "apply", "default", "when", "required", "personal", TODO)


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is the same for every event."""

    value: Json
    span: Span


@dataclass(frozen=True, slots=True)
class FirstOf:
    """`from`: alternatives of which the first present and valid one wins."""

    alternatives: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of `case`; `when` is None for `else`."""

    when: Expression | None
    then: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """`case`: the first arm that holds decides."""

    arms: tuple[Arm, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """A named value; None if a diagnostic replaces it.

    within: the list rule or the section that alone can read it; None of one for the whole mapping.
    """

    name: str
    value: Value | None
    span: Span
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """`each`: one element for each element of a list. lets: named values of an element."""

    items: Value
    where: Expression | None
    item: Value
    span: Span
    lets: tuple[Let, ...] = ()


@dataclass(frozen=True, slots=True)
class Zip:
    """`zip`: one object for each place in lists that are equally long, with a field from each of them."""

    lists: Fields
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """A value and what happens to it; `span` is the whole rule, `personal_allowed` the place of `allowed`.

    required: the key and its `true`, where that is written.
    """

    source: RuleSource
    steps: tuple[WrittenStep, ...]
    default: Constant | None
    when: Expression | None
    required: tuple[Span, Span] | None
    personal_allowed: Span | None
    span: Span


@dataclass(frozen=True, slots=True)
class Addition:
    """An addition of a field's rule to an inherited `each`: `item`, `where` or `let` without a source.

    key: the first of these. span: the whole rule.
    """

    item: Value | None
    where: Expression | None
    key: Span
    span: Span
    lets: tuple[Let, ...] = ()


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of an object, in the author's order; `unread` ones have a diagnostic in place of a value.

    additions: fields whose rules add to inherited ones, in a payload; `extend` puts whole rules there.
    """

    entries: tuple[tuple[str, Span, Value], ...]
    span: Span
    unread: tuple[str, ...] = ()
    additions: tuple[tuple[str, Span, Addition], ...] = ()

    def get(self, name: str) -> Value | None:
        """The value of a field, if there is one."""
        return next((value for key, _, value in self.entries if key == name), None)


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of an array, written out."""

    items: tuple[Value, ...]
    span: Span


# What a rule takes its value from.
RuleSource: TypeAlias = Constant | FirstOf | Case | Each | Zip
Value: TypeAlias = Expression | Rule | Fields | Elements | RuleSource

Role: TypeAlias = Literal[
    "when",
    "source",
    "default",
    "alternative",
    "arm",
    "items",
    "let",
    "where",
    "item",
    "list",
    "field",
    "element",
]


class ValuePart(NamedTuple):
    """A value within another one. role: what it is to that; name, span: of a field or a `let`, its key."""

    role: Role
    value: Value
    name: str = ""
    span: Span | None = None


def written_span(value: Value) -> Span:
    """All of a value as it is written."""
    return value.whole if isinstance(value, Expression) else value.span


def list_rule(value: Value | None) -> Each | None:
    """The list rule that a value is; None where it is another one."""
    return value.source if isinstance(value, Rule) and isinstance(value.source, Each) else None


def parts(value: Value) -> tuple[ValuePart, ...]:
    """The parts of a value, in the order in which lets are read: conditions before what they ask for."""
    made = _PARTS.get(type(value))
    return made(value) if made else ()


def children(value: Value) -> tuple[Value, ...]:
    """The values directly within a value."""
    return tuple([part.value for part in parts(value)])


def every(root: Value) -> list[Value]:
    """A value and all that is within it, parents first."""
    found: list[Value] = []
    waiting = [root]
    while waiting:
        value = waiting.pop()
        found.append(value)
        waiting.extend(reversed(children(value)))
    return found


def _of_rule(rule: Rule) -> tuple[ValuePart, ...]:
    when = () if rule.when is None else (ValuePart("when", rule.when),)
    default = () if rule.default is None else (ValuePart("default", rule.default),)
    return (*when, ValuePart("source", rule.source), *default)


def _of_case(case: Case) -> tuple[ValuePart, ...]:
    whens = [ValuePart("when", arm.when) for arm in case.arms if arm.when is not None]
    return (*whens, *[ValuePart("arm", arm.then) for arm in case.arms])


def _of_each(each: Each) -> tuple[ValuePart, ...]:
    lets = [ValuePart("let", let.value, let.name, let.span) for let in each.lets if let.value is not None]
    where = () if each.where is None else (ValuePart("where", each.where),)
    return (ValuePart("items", each.items), *lets, *where, ValuePart("item", each.item))


# By type, since values are walked often and a `match` tries one case after the other.
_PARTS: dict[type, Callable[[Any], tuple[ValuePart, ...]]] = {
    Rule: _of_rule,
    FirstOf: lambda value: tuple([ValuePart("alternative", one) for one in value.alternatives]),
    Case: _of_case,
    Each: _of_each,
    Zip: lambda value: (ValuePart("list", value.lists),),
    Fields: lambda value: tuple([ValuePart("field", one, name, span) for name, span, one in value.entries]),
    Elements: lambda value: tuple([ValuePart("element", one) for one in value.items]),
}


def read_value(node: YamlNode, reading: FileReading, *, adding: bool = False) -> Value | None:
    """The value a node says; None (and a diagnostic) where it says none.

    adding: it is in a payload, where a rule for a field may add to an inherited one.
    """
    if isinstance(node, MapNode):
        return _read_mapping(node, reading, adding=adding)
    if isinstance(node, ListNode):
        items = [read_value(item, reading) for item in node.items]
        return Elements(tuple(item for item in items if item is not None), node.span)
    if isinstance(node.value, str):
        return read_expression(node, reading)
    if node.value is None:
        reading.say(wrong_shape(node, "a value is expected", "`{const: null}` removes an inherited field"))
        return None
    return Constant(node.value, node.span)


def read_expression(node: YamlNode, reading: FileReading) -> Expression | None:
    """The JMESPath expression that a text is; None, and a diagnostic, for another node or `{todo: ...}`."""
    if isinstance(node, MapNode) and [key.text for key, _ in node.entries] == [TODO]:
        _report_todo(node, "an expression", reading)
        return None
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        reading.say(wrong_shape(node, "an expression must be a string", facts=WrongShape("expression", node)))
        return None
    return reading.expression(node.text, node.at, node.style)


def read_fields(node: YamlNode, reading: FileReading, *, adding: bool = False) -> Fields:
    """The fields of an object; none (and a diagnostic) where the node is no mapping.

    adding: as for a value.
    """
    if not isinstance(node, MapNode):
        reading.say(wrong_shape(node, "fields must be a mapping", facts=WrongShape("fields", node)))
        return Fields((), node.span, (ALL_UNREAD,))
    entries, additions, unread = [], [], list(node.unread)
    for key, value_node in node.entries:
        if is_decimal_comma(key):
            reading.say(wrong_shape(value_node, "a value is expected", facts=DecimalComma(key)))
            continue
        if report_glued_field(node, key, value_node, reading):
            unread.append(key.text.partition(":")[0])
            continue
        value: Value | Addition | None
        if adding and isinstance(value_node, MapNode) and _is_addition(value_node):
            value = _read_addition(value_node, reading)
        else:
            value = read_value(value_node, reading, adding=adding)
        if value is None:
            unread.append(key.text)
        elif isinstance(value, Addition):
            additions.append((key.text, key.span, value))
        else:
            entries.append((key.text, key.span, value))
    return Fields(tuple(entries), node.span, tuple(unread), tuple(additions))


def _is_addition(node: MapNode) -> bool:
    """Whether a rule has nothing but what it adds to the rule that is inherited."""
    return bool(node.entries) and not node.unread and all(key.text in ADDED_KEYS for key, _ in node.entries)


def _read_addition(node: MapNode, reading: FileReading) -> Addition | None:
    values = {key.text: value for key, value in node.entries}
    item = read_value(values["item"], reading) if "item" in values else None
    where = read_expression(values["where"], reading) if "where" in values else None
    lets = read_lets(values.get("let"), reading, node.span)
    if lets is None or ("item" in values and item is None) or ("where" in values and where is None):
        return None
    return Addition(item, where, node.entries[0][0].span, node.span, lets)


def read_lets(
    node: YamlNode | None, reading: FileReading, within: Span | None = None
) -> tuple[Let, ...] | None:
    """The lets under `let`: of the whole mapping, or of what is `within` a list rule or a section.

    None where a diagnostic replaces all of it.
    """
    named = [] if node is None else named_nodes(node, reading)
    if named is None:
        return None
    lets = [Let(key.text, read_value(one, reading), key.span, within) for key, one in named]
    if isinstance(node, MapNode):
        names = {let.name for let in lets}
        meant = {key.text[1:]: key.span for key, _ in node.entries if key.text.startswith("$")}
        lets += [Let(name, None, span, within) for name, span in meant.items() if name not in names]
        lets += [Let(name, None, node.span, within) for name in node.unread]
    return tuple(lets)


def _read_mapping(node: MapNode, reading: FileReading, *, adding: bool) -> Value | None:
    keys = [key for key, _ in node.entries]
    rule_keys = [key for key in keys if key.text in RULE_KEYS]
    if rule_keys and len(rule_keys) == len(keys):  # no key is strange: a rule, or two in one
        if any(key.text == TODO for key in keys):
            _report_todo(node, "a value", reading)
            return None
        rule = _read_rule(node, [key for key in keys if key.text in SOURCE_KEYS], reading)
        return None if node.unread else rule
    if _report_inherit(keys, reading) or report_bare_keys(node, RULE_KEYS, reading):
        return None
    if report_choice(node, reading):
        return None
    if rule_keys and is_postcode(node, RULE_KEYS):
        return read_fields(node, reading, adding=adding)
    if _means_case(node) or _means_template(node):
        reading.say(unknown_key(keys[0], "a rule", RULE_KEYS, node))
        return None
    if not rule_keys:
        # A `zip` beside fields is one of them, a postcode.
        unread = not node.entries or any(name in RULE_KEYS and name != "zip" for name in node.unread)
        return None if node.unread and unread else read_fields(node, reading, adding=adding)
    strange = [key for key in keys if key.text not in RULE_KEYS]
    sources = [key for key in keys if key.text in SOURCE_KEYS]
    foreign = [key for key in strange if is_foreign(key.text) and not is_kind(key.text)]
    if strange and not sources and not foreign:
        report_mix(strange, rule_keys[0], reading)
        return None
    if sources and strange and sources[0].text == "each" and all(key.text != "item" for key in keys):
        report_item(node, strange, reading)
        return None
    if sources and report_entries(node, strange, reading):
        return None
    for key in foreign if foreign and not sources else strange:
        reading.say(unknown_key(key, "a rule", RULE_KEYS, node))
    if strange and not sources:
        return None
    rule = _read_rule(node, sources, reading)
    return None if strange or node.unread else rule  # a diagnostic replaces a part of it


def _report_inherit(keys: list[ScalarNode], reading: FileReading) -> bool:
    """Report `{inherit: false}` where nothing is inherited from a file, if it is that."""
    if [key.text for key in keys] != [*INHERIT]:
        return False
    message = f"`{keys[0].text}` takes a field of an extended file's common `payload` away, not this value"
    reading.say(Diagnostic("M020", keys[0].span, message, "`{const: null}` is a rule without a value"))
    return True


def _report_todo(node: MapNode, due: str, reading: FileReading) -> None:
    """Report what is still to be decided, in the author's words. due: what it is to be replaced with."""
    value = next(value for key, value in node.entries if key.text == TODO)
    said = text_of(value, f"`{TODO}`", reading, "write what is still to be decided")
    shown = said if len(said) <= _LONGEST_TODO else f"{said[:_LONGEST_TODO]}..."
    message = f"still to be decided: {shown}" if said else "still to be decided"
    reading.say(Diagnostic("M153", node.span, message, f"replace it with {due}"))


def _means_case(node: MapNode) -> bool:
    """Whether a mapping of one strange key holds arms: its key was meant as `case`."""
    (key, arms), *others = node.entries or ((None, None),)
    if key is None or others or key.text in RULE_KEYS or not isinstance(arms, ListNode):
        return False
    is_near = closest(key.text, ("case",)) is not None or key.text.lower() in _CASES or is_foreign(key.text)
    return is_near and all(
        isinstance(arm, MapNode) and any(k.text == "then" for k, _ in arm.entries) for arm in arms.items[:1]
    )


def _means_template(node: MapNode) -> bool:
    """Whether the one strange key of a mapping is nearly `template`, or another tool's word for it."""
    (key, value), *others = node.entries or ((None, None),)
    if key is None or others or key.text in RULE_KEYS or not isinstance(value, ScalarNode):
        return False
    is_near = closest(key.text, ("template",)) is not None or key.text.lower() in RULE["template"].also
    return is_near and "{" in value.text and "}" in value.text


def _read_rule(node: MapNode, sources: list[ScalarNode], reading: FileReading) -> Rule | None:
    if len(sources) != 1:
        report_sources(node, sources, reading)
        return None
    entries = {key.text: (key, value) for key, value in node.entries if key.text in RULE_KEYS}
    source = _read_source(sources[0], node, entries, reading)
    steps = read_steps(entries["apply"][1], reading) if "apply" in entries else ()
    constants = [entries[key][1] for key in ("const", "default") if key in entries]
    if source is None or steps is None or not all(map(_is_whole, constants)):
        return None
    return Rule(
        source=source,
        steps=steps,
        default=_read_constant(entries["default"][1]) if "default" in entries else None,
        when=read_expression(entries["when"][1], reading) if "when" in entries else None,
        required=_read_required(entries["required"], reading) if "required" in entries else None,
        personal_allowed=entries["personal"][1].span
        if "personal" in entries
        and choice_of(entries["personal"][1], "`personal`", RULE["personal"].words, reading)
        else None,
        span=node.span,
    )


def _read_required(entry: tuple[ScalarNode, YamlNode], reading: FileReading) -> tuple[Span, Span] | None:
    key, stated = entry
    return (key.span, stated.span) if boolean_of(stated, "`required`", reading) else None


def _is_whole(node: YamlNode) -> bool:
    """Whether all of a constant could be read."""
    return not any(
        (isinstance(one, ListNode) and one.partial) or (isinstance(one, MapNode) and one.unread)
        for one in every_node(node)
    )


def _read_source(
    key: ScalarNode, rule: MapNode, entries: dict[str, tuple[ScalarNode, YamlNode]], reading: FileReading
) -> RuleSource | None:
    node = entries[key.text][1]
    if key.text != "each":
        for name in ADDED_KEYS:
            if name in entries:
                stray = entries[name][0]
                hint = "add `each: LIST`"
                if name == "let":
                    hint += ", or move it to the `let` of the section or of the mapping"
                message = f"`{name}` has no effect without `each`"
                fact = MeantName(key.span, "each") if name == "item" and key.text == "from" else None
                hint = f"{_as_each(node.span)}, not `from`" if fact else hint
                reading.say(Diagnostic("M020", stray.span, message, hint, facts=fact))
        if "let" in entries:
            return None
    if key.text == "const":
        return _read_constant(node)
    if key.text == "from":
        return _read_alternatives(node, reading)
    if key.text in _READ_AS_CALLS:
        made = _READ_AS_CALLS[key.text](node, reading)
        return None if made is None else FirstOf((made,), node.span)
    if key.text == "case":
        return _read_case(node, reading)
    if key.text == "zip":
        return _read_zip(node, reading)
    return _read_each(key, rule, entries, reading)


# Sources that are calls of functions, whose arguments are at their own places.
_READ_AS_CALLS = {"across": read_across, "template": read_template}


def _as_each(value: Span) -> str:
    """The words for a list that belongs under `each`."""
    written = shown(with_quotes(value) or value)
    return f"write `each: {written}`" if written else "write `each`"


def _read_constant(node: YamlNode) -> Constant:
    return Constant(json_of(node), node.span)


def _read_alternatives(node: YamlNode, reading: FileReading) -> FirstOf | None:
    if isinstance(node, ListNode) and not node.items:
        reading.say(wrong_shape(node, "`from` must be a value or a list of alternatives"))
        return None
    values = [read_value(item, reading) for item in listed(node)]
    kept = tuple(value for value in values if value is not None)
    return FirstOf(kept, node.span) if kept else None


def _read_case(node: YamlNode, reading: FileReading) -> Case | None:
    if not isinstance(node, ListNode) or not node.items:
        fact = WrongShape("arms", node) if isinstance(node, MapNode) else None
        reading.say(
            wrong_shape(node, "`case` must be a list of `{when: EXPRESSION, then: VALUE}`", facts=fact)
        )
        return None
    arms = [_read_arm(item, item is node.items[-1], reading) for item in node.items]
    kept = tuple(arm for arm in arms if arm is not None)
    return Case(kept, node.span) if len(kept) == len(arms) else None


def _read_arm(node: YamlNode, last: bool, reading: FileReading) -> Arm | None:
    entries = entries_of(node, "an arm of `case`", ("when", "then", "else"), reading)
    if "else" in entries and last and len(entries) == 1:
        otherwise = read_value(entries["else"][1], reading)
        return None if otherwise is None else Arm(None, otherwise, node.span)
    if "else" in entries:
        hint = "`else` must be the last arm, with no other key: `- else: VALUE`"
        reading.say(Diagnostic("M022", entries["else"][0].span, "`else` is in the wrong place", hint))
        return None
    for name in ("when", "then"):
        if name not in entries:
            report = Diagnostic("M021", node.span, f"this arm of `case` has no `{name}`")
            missing(node, ("when", "then", "else"), report, reading)
    if "when" not in entries or "then" not in entries:
        return None
    when, then = read_expression(entries["when"][1], reading), read_value(entries["then"][1], reading)
    return None if when is None or then is None else Arm(when, then, node.span)


def _read_each(
    key: ScalarNode, rule: MapNode, entries: dict[str, tuple[ScalarNode, YamlNode]], reading: FileReading
) -> Each | None:
    node = entries[key.text][1]
    items = read_value(node, reading)
    where = read_expression(entries["where"][1], reading) if "where" in entries else None
    if "item" not in entries:
        hint = "add `item`: a value, or the fields of an object, for each element"
        report = Diagnostic("M021", key.span, "`each` without `item` gives no elements", hint)
        missing(rule, RULE_KEYS, report, reading)
        return None
    lets = read_lets(entries["let"][1] if "let" in entries else None, reading, rule.span)
    item = read_value(entries["item"][1], reading)
    if items is None or item is None or lets is None:
        return None
    return Each(items, where, item, node.span, lets)


def _read_zip(node: YamlNode, reading: FileReading) -> Zip | None:
    if not isinstance(node, MapNode) or not (node.entries or node.unread):
        reading.say(
            wrong_shape(node, "`zip` must be a mapping of fields to lists", "write `zip: {FIELD: LIST, ...}`")
        )
        return None
    lists = read_fields(node, reading)
    return Zip(lists, node.span) if lists.entries else None
