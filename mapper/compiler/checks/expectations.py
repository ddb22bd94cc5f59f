"""MappingTest x Target -> diagnostics: what a test expects that no payload can ever have."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.facts import ExpectedConstant, MeantName
from mapper.compiler.checks.registry import CheckCase, check
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.facts import UnknownName
from mapper.compiler.schema.target import Target, TargetField, letters_of
from mapper.compiler.syntax.mapping import Mapping, MappingTest
from mapper.compiler.syntax.values import Case, Constant, Each, Elements, Fields, FirstOf, Rule, Value, Zip
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic, closest
from mapper.types import Json, constant, fit, kind_of

# What a skip is, by `Skip.kind`.
_SKIP_KINDS = ("unmapped", "skip", "consent")


@check("M501")
def expected_payloads(case: CheckCase) -> Iterator[Diagnostic]:
    """Fields and values that tests expect and no payload can have."""
    for test in case.mapping.tests:
        for node in test.expect_nodes:
            yield from _check(node, case.target.root)


@check("M501", needs=("whole",))
def expected_ends(case: CheckCase) -> Iterator[Diagnostic]:
    """Names of events and reasons to skip that tests expect and no event has."""
    names = _names_sent(case.mapping)
    for test in case.mapping.tests:
        for node in test.expect_nodes:
            yield from _check_name(node, names, case.target)
        yield from _check_skip(test, case.mapping)


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


def _check_name(node: MapNode, names: list[str] | None, target: Target) -> Iterator[Diagnostic]:
    """An event's name that no section sends."""
    if names is None or target.event_names is None:
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


def _check_skip(test: MappingTest, mapping: Mapping) -> Iterator[Diagnostic]:
    """A reason that no skipped event has: neither a kind, nor what a rule says, nor the event's own name."""
    expected, span = test.expect_skip, test.skip_span
    reasons = [rule.because for rule in mapping.skips] + [one.because for one in mapping.sections]
    if mapping.otherwise is not None:
        reasons.append(mapping.otherwise.because)
    known = [*_SKIP_KINDS, *(reason for reason in reasons if reason)]
    if not expected or span is None or expected in known or _holds(test.given, expected):
        return
    near = closest(expected, known)
    if near is not None:
        message = f"no event is skipped with the reason `{expected}`"
        yield Diagnostic("M501", span, message, facts=MeantName(span, near))


def _holds(event: Json, text: str) -> bool:
    """Whether a text stands anywhere in an event: as the name by which none of the sections takes it."""
    if isinstance(event, dict):
        return any(_holds(one, text) for one in event.values())
    if isinstance(event, list):
        return any(_holds(one, text) for one in event)
    return event == text


def _check_kind(node: ScalarNode, field: TargetField) -> Iterator[Diagnostic]:
    """A constant of a kind that the field never has: a number where it is text, one value for a list."""
    if node.value is None or fit(constant(node.value), field.type) != "never":
        return
    due = field.type.describe()
    message = f"`{field.path}` is {due} in a payload, and never equals {kind_of(node.value)}"
    fact = ExpectedConstant(node, field)
    yield Diagnostic("M501", node.span, message, path=field.path, facts=fact)


def _check(node: YamlNode, field: TargetField) -> Iterator[Diagnostic]:
    if isinstance(node, ListNode) and field.item is not None:
        for item in node.items:
            yield from _check(item, field.item)
    if isinstance(node, ScalarNode):
        yield from _check_kind(node, field)
    if not isinstance(node, MapNode) or not field.is_object:
        return
    for key, value in node.entries:
        child = field.field(key.text)
        if child is not None:
            yield from _check(value, child)
        elif field.closed:
            known = tuple(one.name for one in field.fields)
            where = f"`{field.path}`" if field.path else "a payload"
            message = f"{where} never has a field `{key.text}`"
            yield Diagnostic("M501", key.span, message, facts=UnknownName(key.text, known, key.span))
