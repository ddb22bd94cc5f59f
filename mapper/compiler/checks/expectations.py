"""MappingTest x Target -> diagnostics: what a test gives or expects that no event or payload can have."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from mapper.compiler.checks.check_facts import ExpectedConstant, NotHashed
from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.plan.expected_payload import digest_in, hashed_node, is_hashed
from mapper.compiler.plan.fit import is_path
from mapper.compiler.plan.plan_facts import UnknownField, UnknownName
from mapper.compiler.plan.scope import META
from mapper.compiler.schema.compared_names import letters_of
from mapper.compiler.schema.target import Target, TargetField
from mapper.compiler.syntax.language_keys import ENDS
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.mapping_test_nodes import EndKind, ExpectedEnd, MappingTest, WrittenPath
from mapper.compiler.syntax.node_shapes import is_text
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
)
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span
from mapper.values.regular_expression import pattern
from mapper.values.types import Invalid, Json, Kind, Type, constant, fit, kind_of

# What a skip is, by `Skip.kind`.
_KINDS: dict[type, Kind] = {MapNode: "object", ListNode: "array"}
_SKIP_KINDS = ("unmapped", "skip", "consent")
_DIGEST = pattern(r"[0-9a-f]{64}")


@check("M501", "M502", "M504")
def expected_payloads(case: CheckCase) -> Iterator[Diagnostic]:
    """Fields and values that tests expect and no payload can have."""
    for test in case.mapping.tests:
        for end in _ends(test, "payload"):
            yield from _check(end.node, case.target.root)


@check("M501", needs=("whole",))
def expected_ends(case: CheckCase) -> Iterator[Diagnostic]:
    """Names of events, reasons to skip and paths that tests expect and no event has."""
    names = _names_sent(case.mapping)
    reasons = _reasons(case.mapping)
    for test in case.mapping.tests:
        for end in _ends(test, "payload"):
            yield from _check_name(end.node, names, case.target)
        for end in _ends(test, "skip"):
            yield from _check_skip(end, test, reasons)
        yield from _check_paths(test, case)


@check("M506")
def names_of_tests(case: CheckCase) -> Iterator[Diagnostic]:
    """Tests with the name of another one: what fails is told by its name."""
    first: dict[str, Span] = {}
    names = {test.name for test in case.mapping.tests}
    for test in case.mapping.tests:
        if test.name_span is None or not test.name:
            continue
        other = first.setdefault(test.name, test.name_span)
        if other is test.name_span:
            continue
        name = next(one for number in count(2) if (one := f"{test.name} {number}") not in names)
        names.add(name)
        message = f"another test has the name {coded(test.name)}"
        hint, related = f"write another name, such as {coded(name)}", ((other, "the other one"),)
        fact = MeantName(test.name_span, name)
        yield Diagnostic("M506", test.name_span, message, hint, related=related, facts=fact)


@check("M125")
def given_meta(case: CheckCase) -> Iterator[Diagnostic]:
    """Attributes of `$meta` that tests give and no source of events does."""
    for test in case.mapping.tests:
        if test.meta_node is not None:
            yield from _check_meta(test.meta_node, META, "$meta")


def _check_meta(node: MapNode, type: Type, owner: str) -> Iterator[Diagnostic]:
    known = dict(type.fields or ())
    for key, value in node.entries:
        if type.lower_names and key.text != key.text.lower():
            message = f"the names in `{owner}` have no capital letters, and `{key.text}` has"
            yield Diagnostic("M125", key.span, message, facts=MeantName(key.span, key.text.lower()))
        elif type.closed and key.text not in known:
            message = f"`{owner}` has no attribute `{key.text}`"
            yield Diagnostic("M125", key.span, message, facts=UnknownName(key.text, tuple(known), key.span))
        elif key.text in known and isinstance(value, MapNode):
            yield from _check_meta(value, known[key.text], f"{owner}.{key.text}")


def _ends(test: MappingTest, kind: EndKind) -> Iterator[ExpectedEnd]:
    ends = () if test.expected is None else test.expected.ends
    return (end for end in ends if end.kind == kind)


def _names_sent(mapping: Mapping) -> list[str] | None:
    """The names that the sections send; None where an event itself may say one."""
    each = [_names_of(section.send) for section in mapping.all_sections if section.send is not None]
    known = [names for names in each if names is not None]
    return [name for names in known for name in names] if len(known) == len(each) else None


def _names_of(value: Value) -> list[str] | None:
    match value:
        case Constant():
            return [str(value.value)]
        case Rule():
            is_sure = not value.steps and (value.default is None or isinstance(value.source, Constant))
            return _names_of(value.source) if is_sure else None
        case Case():
            each = [_names_of(arm.then) for arm in value.arms]
            known = [names for names in each if names is not None]
            return [name for names in known for name in names] if len(known) == len(each) else None
        case Expression() | Fields() | Elements() | FirstOf() | Each() | Zip():
            return None


def _check_name(node: YamlNode, names: list[str] | None, target: Target) -> Iterator[Diagnostic]:
    """An event's name that no section sends."""
    if names is None or target.event_names is None or not isinstance(node, MapNode):
        return
    for key, value in node.entries:
        if key.text != target.event_names.field or not isinstance(value, ScalarNode):
            continue
        # Where a standard name is expected, it is the section's that is misspelt.
        if value.text in names or value.text in target.event_names.standard:
            continue
        plainly = letters_of(value.text)
        meant = [ours for other, ours in target.event_names.also if other == plainly and ours in names]
        near = next(iter(meant), None) or closest(value.text, names)
        if near is None:
            continue
        message = f"no section sends `{value.text}`"
        yield Diagnostic("M501", value.span, message, facts=MeantName(value.span, near))


def _reasons(mapping: Mapping) -> list[str]:
    """The reasons that a skip can have: its kind, or what a rule says."""
    reasons = [rule.because for rule in mapping.skips] + [one.because for one in mapping.sections]
    if mapping.otherwise is not None:
        reasons.append(mapping.otherwise.because)
    return [*_SKIP_KINDS, *(reason for reason in reasons if reason)]


def _check_skip(end: ExpectedEnd, test: MappingTest, known: list[str]) -> Iterator[Diagnostic]:
    """A reason that no skipped event has: neither a kind, nor what a rule says, nor the event's own name."""
    expected = str(end.value)
    if not expected or expected in known or _holds(test.given, expected):
        return
    near = closest(expected, known)
    if near is not None:
        span = end.node.span
        message = f"no event is skipped with the reason `{expected}`"
        yield Diagnostic("M501", span, message, facts=MeantName(span, near))


def _check_paths(test: MappingTest, case: CheckCase) -> Iterator[Diagnostic]:
    """Paths under `reject` and `notes` at which nothing is ever noted."""
    named = [] if test.expected is None else [*(test.expected.notes or ())]
    for end in _ends(test, "reject"):
        nodes = end.node.items if isinstance(end.node, ListNode) else ()
        texts = (one for one in nodes if isinstance(one, ScalarNode) and is_text(one))
        named += [WrittenPath(one.text, one.span) for one in texts]
    if not named:
        return
    places = {place.path for place in case.plan.places}
    for one in named:
        if one.path and one.path not in places and case.target.find(one.path) is None:
            known = (*sorted(places), *(field.path for field in case.target.root.walk() if field.path))
            message = f"no value is ever noted at `{one.path}`"
            yield Diagnostic("M501", one.span, message, facts=UnknownName(one.path, known, one.span))


def _holds(event: Json, text: str) -> bool:
    """Whether a text occurs anywhere in an event, as the name that no section matches would."""
    if isinstance(event, dict):
        return any(_holds(one, text) for one in event.values())
    if isinstance(event, list):
        return any(_holds(one, text) for one in event)
    return event == text


def _check_kind(node: ScalarNode, field: TargetField) -> Iterator[Diagnostic]:
    """A constant of a kind that the field never has: a number where it is text, one value for a list."""
    if node.value is None:
        return
    if is_hashed(field) and not (isinstance(node.value, str) and _DIGEST.fullmatch(node.value)):
        message = f"`{field.path}` is hashed in a payload, and never equals this value"
        yield Diagnostic("M502", node.span, message, path=field.path, facts=ExpectedConstant(node, field))
    elif fit(constant(node.value), field.type) == "never":
        due = field.type.describe()
        message = f"`{field.path}` is {due} in a payload, and never equals {kind_of(node.value)}"
        fact = ExpectedConstant(node, field)
        yield Diagnostic("M501", node.span, message, path=field.path, facts=fact)


def _check_shape(node: MapNode | ListNode, field: TargetField) -> Iterator[Diagnostic]:
    """An object or a list where the field has one value, or the other one."""
    hint = "write the value under the key `hash`: `{hash: VALUE}`" if is_hashed(field) else None
    message = f"`{field.path}` is {field.type.describe()} in a payload, and never {_KINDS[type(node)]}"
    yield Diagnostic("M501", node.span, message, hint, path=field.path)


def _check_hash(whole: Span, hashed: YamlNode, field: TargetField) -> Iterator[Diagnostic]:
    """A digest of a value that a field does not hash, or cannot take."""
    if not is_hashed(field):
        message = f"`{field.path}` is not hashed: expect the value itself"
        yield Diagnostic("M504", whole, message, path=field.path, facts=NotHashed(hashed, field))
        return
    try:
        digest_in(hashed, field)
    except Invalid as invalid:
        message = f"`{field.path}` has no digest of this value: {invalid.reason}"
        hint = "write a value that the field accepts; an invalid value is left out: expect null"
        yield Diagnostic("M504", hashed.span, message, hint, path=field.path)


def _check(node: YamlNode, field: TargetField) -> Iterator[Diagnostic]:
    hashed = hashed_node(node, field)
    if hashed is not None:
        yield from _check_hash(node.span, hashed, field)
        return
    if isinstance(node, ListNode) and field.item is not None:
        for item in node.items:
            yield from _check(item, field.item)
    if isinstance(node, ScalarNode):
        yield from _check_kind(node, field)
    elif field.type.known and not field.type.kinds & {_KINDS[type(node)]}:
        yield from _check_shape(node, field)
    if not isinstance(node, MapNode) or not field.is_object:
        return
    for key, value in node.entries:
        child = field.field(key.text)
        if child is not None:
            yield from _check(value, child)
        elif not field.path and key.text in ENDS:
            message = f"`{key.text}` cannot be combined with fields of a payload"
            yield Diagnostic("M501", key.span, message, f"write `{{{key.text}: ...}}` alone")
        elif field.closed:
            known = tuple(one.name for one in field.fields) + (() if field.path else tuple(ENDS))
            where = f"`{field.path}`" if field.path else "a payload"
            message = f"{where} never has a field `{key.text}`"
            fact: object = UnknownName(key.text, known, key.span)
            hint = "write its fields directly under `expect`" if key.text == "payload" else None
            if is_path(field, key.text):
                fact = UnknownField(key.text, key.span, field, None, None, value=value.span)
            yield Diagnostic("M501", key.span, message, hint, facts=None if hint else fact)
