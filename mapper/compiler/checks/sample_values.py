"""Plan x samples -> warnings where the values of the samples show what their types do not.

No message holds a value of a sample, except a constant of the mapping in other letters or as another type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from mapper.compiler.checks.check_registry import ERROR, CheckCase, Relation, check, overlapping
from mapper.compiler.checks.sample_shares import RARE, share_of
from mapper.compiler.checks.units import sent_values
from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import text_constant
from mapper.compiler.jmespath.tree import Comparison, Literal, Node
from mapper.compiler.plan.ir import (
    Planned,
    own_steps,
)
from mapper.compiler.plan.planned_steps import written as as_written
from mapper.compiler.schema.source_type import Evidence
from mapper.compiler.schema.target import TargetField
from mapper.compiler.schema.text_shapes import SHAPES, TextShape
from mapper.compiler.syntax.mapping import Mapping as MappingFile
from mapper.compiler.syntax.value_nodes import Constant
from mapper.compiler.yaml.edits import shown
from mapper.compiler.yaml.yaml_facts import Replace
from mapper.runtime.consent_decision import LIMITED, read_answer
from mapper.runtime.operators import equal
from mapper.texts.diagnostic import Diagnostic
from mapper.transforms.consent_signals import google_consent, onetrust, us_privacy
from mapper.transforms.matching import compiled
from mapper.transforms.patterns import TextPattern
from mapper.values.types import Invalid, Json, Seen

_MOST_NAMED = 5


class _Form(NamedTuple):
    """The texts that a normal form reads: their shapes, and the name of the form in a message."""

    shapes: frozenset[TextShape]
    said: str


# Between words; the sign of a number is none.
_SEPARATORS = re.compile(r"(?!^-[0-9])[-_ ]")

_NUMBERS: frozenset[TextShape] = frozenset({"decimal", "digits"})
_FORMS: dict[str, _Form] = {
    "timestamp": _Form(_NUMBERS | {"time"}, "points in time"),
    "decimal": _Form(_NUMBERS, "plain numbers"),
    "number": _Form(_NUMBERS, "plain numbers"),
    "integer": _Form(_NUMBERS, "whole numbers"),
    "email": _Form(frozenset({"digest", "email"}), "email addresses"),
    "ip_address": _Form(frozenset({"ip"}), "IP addresses"),
    "birth_date": _Form(frozenset({"date", "digest", "digits", "local_time", "time"}), "dates"),
}
_SAID: dict[TextShape, str] = {
    "date": "dates without a time of day",
    "local_time": "times without a UTC offset",
    "money": "amounts with a currency, a decimal comma or thousands separators",
    "other_date": "dates that do not begin with the year",
}
_ZONE = "Europe/Berlin"
_TABLE = "say what each of them means: `apply: {lookup: {TEXT: granted, OTHER: denied}}`"
_HINTS: dict[tuple[str, TextShape], str] = {
    ("timestamp", "local_time"): f"say in which zone they are: `apply: {{timestamp: {{zone: {_ZONE}}}}}`",
    ("timestamp", "other_date"): (
        f'say how they are written: `apply: {{timestamp: {{format: "%d/%m/%Y %H:%M", zone: {_ZONE}}}}}`'
    ),
    ("birth_date", "other_date"): 'say how they are written: `apply: {birth_date: {format: "%d/%m/%Y"}}`',
    **{
        (name, "money"): f'say how they are written: `apply: {{{name}: {{point: ".", group: ","}}}}`'
        for name in ("decimal", "number")
    },
}


@check("M607", needs=("samples",), yields_to=(Relation(ERROR, overlapping),))
def values_of_another_shape(case: CheckCase) -> Iterator[Diagnostic]:
    """Texts of the samples that the normal form of their field cannot read."""
    seen: set[int] = set()
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, seen):
            if not own_steps(value) and value.source_type.seen is not None:
                yield from _of_another_shape(field, value, value.source_type.seen)


def _of_another_shape(field: TargetField, value: Planned, seen: Seen) -> Iterator[Diagnostic]:
    name = next((step.transform for step in (field.item or field).form if step.transform in _FORMS), "")
    if not name:
        return
    form = _FORMS[name]
    texts = _texts(seen)
    others = {shape: count for shape, count in texts.items() if shape not in form.shapes}
    if not others or sum(others.values()) * RARE < sum(texts.values()):
        return
    shape = max(others, key=lambda one: (others[one], one))
    said = _SAID.get(shape) if len(others) == 1 else "several forms" if _several(name, texts) else None
    written = shown(value.span)
    share = share_of(sum(others.values()), sum(texts.values()))
    has = f"{coded(written) if written else 'this'} has {said or 'other texts'}"
    message = f"`{field.path}` takes {form.said}, but {has} in {share}"
    hint = _HINTS.get((name, shape)) if len(texts) == len(others) == 1 else _several(name, texts)
    yield Diagnostic("M607", value.span, message, hint, path=field.path)


def _texts(seen: Seen) -> dict[TextShape, int]:
    counted = dict(seen.texts)
    return {shape: counted[shape] for shape in SHAPES if shape != "blank" and shape in counted}


def _several(name: str, texts: Mapping[TextShape, int]) -> str | None:
    if name not in ("timestamp", "birth_date") or len(texts) < 2:
        return None
    return "they are written in several forms: read each as an alternative of `from`, with its own `apply`"


@check("M607", needs=("samples", "consent"), yields_to=(Relation(ERROR, overlapping),))
def answers_of_other_words(case: CheckCase) -> Iterator[Diagnostic]:
    """Values of the samples that consent cannot read, and so takes for denied."""
    consent = case.plan.consent
    for value in () if consent is None else consent.values:
        seen = value.source_type.seen
        if seen is None or not seen.values or own_steps(value) or value.span.text is not case.mapping.text:
            continue
        others = [(one, count) for one, count in seen.values if not _is_read(one)]
        count, total = sum(times for _, times in others), sum(times for _, times in seen.values)
        if others and count * RARE >= total:
            written = shown(value.span)
            message = (
                f"consent is read from a yes or no, but {coded(written) if written else 'this'} has another "
                f"value in {share_of(count, total)}: those events are treated as denied"
            )
            yield Diagnostic("M607", value.span, message, _how_to_read([one for one, _ in others]))


def _is_read(value: Json) -> bool:
    try:
        read_answer(value)
    except Invalid:
        return isinstance(value, str) and value.strip().lower() == LIMITED
    return True


def _how_to_read(values: Sequence[Json]) -> str:
    """The transform that reads all of them, or a table."""
    for step, read in _READERS.items():
        with suppress(Invalid):
            for value in values:
                read(value)
            return f"read it with `apply: {step}`"
    return _TABLE


def _onetrust(value: Json) -> str | None:
    """As `onetrust`, of a text that lists several groups: a single one may be any word."""
    if not isinstance(value, str) or "," not in value:
        raise Invalid("no list")
    return onetrust(value, "C0004")


# What platforms write in few different texts, by the step that reads it.
_READERS: dict[str, Callable[[Json], str | None]] = {
    "us_privacy": us_privacy,
    "google_consent": google_consent,
    "{onetrust: C0004}": _onetrust,
}


@check("M605", "M606", needs=("samples",), yields_to=(Relation(ERROR, overlapping),))
def sections_of_no_sample(case: CheckCase) -> Iterator[Diagnostic]:
    """Values of `is` that no sample has, and samples that no section takes."""
    mapping, match, scope, evidence = case.mapping, case.mapping.match, case.plan.scope, case.evidence
    if match is None or evidence is None:
        return
    seen = infer(match, scope.at, scope.variables, Findings()).seen
    if seen is None or seen.values is None:
        return
    values = [value for value, _ in seen.values]
    constants = [one for section in mapping.sections for one in section.constants or ()]
    absent: list[Constant] = []
    known = [one.value for one in constants]
    for one in constants:
        if any(equal(one.value, value) for value in values):
            continue
        near = _near(one.value, values)
        if near is not None:
            known.append(near)
            yield _misspelt(one, near)
        else:
            absent.append(one)
    patterns = [
        (read, one.node.span)
        for section in mapping.sections
        for one in section.patterns
        if (read := one.read()) is not None
    ]
    known += [value for value in values if any(_describes(one, value) for one, _ in patterns)]
    absent += [
        Constant(one.text, span)
        for one, span in patterns
        if not any(_describes(one, value) for value in values)
    ]
    if evidence.is_enough:
        own = [one for one in absent if one.span.text is mapping.text]
        yield from _absent(own, evidence)
        yield from _left_over(mapping, known, seen, evidence)


def _misspelt(one: Constant, near: Json) -> Diagnostic:
    """The warning for a constant that samples have in another spelling."""
    message = f"the samples have {_described(near)} here, not {_described(one.value)}"
    written = as_written(near)
    return Diagnostic("M605", one.span, message, f"write `{written}`", facts=Replace(one.span, written))


def _describes(pattern: TextPattern, value: Json) -> bool:
    return isinstance(value, str) and bool(compiled(pattern.text, pattern.any_case).describes(value))


def _near(constant: Json, values: Sequence[Json]) -> Json:
    """A value that is written nearly like a constant: in other letters, or as another type."""
    return next((value for value in values if _plain(value) == _plain(constant)), None)


def _plain(value: Json) -> str:
    return _SEPARATORS.sub("", _literal(value).strip().lower())


def _described(value: Json) -> str:
    if isinstance(value, str):
        return f"the string `{value}`"
    return f"the {'boolean' if isinstance(value, bool) else 'number'} `{_literal(value)}`"


def _literal(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _absent(constants: Sequence[Constant], evidence: Evidence) -> Iterator[Diagnostic]:
    if not constants:
        return
    named = ", ".join(f"`{_literal(one.value)}`" for one in constants[:_MOST_NAMED])
    more = len(constants) - _MOST_NAMED
    named += f" and {more} more values of `is`" if more > 0 else ""
    message = f"none of {evidence.said} has {named}"
    yield Diagnostic("M606", constants[0].span, message, "check how the source writes them")


def _left_over(
    mapping: MappingFile, constants: list[Json], seen: Seen, evidence: Evidence
) -> Iterator[Diagnostic]:
    """Say how many samples no section takes, where all sections go by `is` alone."""
    takes_others = mapping.says_otherwise or any(section.constants is None for section in mapping.sections)
    if mapping.match is None or takes_others or mapping.split is not None:
        return
    left = [count for value, count in seen.values or () if not any(equal(value, one) for one in constants)]
    if left:
        count, kinds = sum(left), len(left)
        share, path = share_of(count, evidence.events), coded(mapping.match.text.strip())
        has = "another value" if kinds == 1 else f"{kinds} other values"
        message = f"{path} has {has} in {share}, and no section takes {'it' if kinds == 1 else 'them'}"
        hint = "add a section for them; or write `otherwise: skip`, which says that they are not sent"
        yield Diagnostic("M606", mapping.match.whole, message, hint)


@check("M605", "M606", needs=("samples",), yields_to=(Relation(ERROR, overlapping),))
def comparisons_of_no_sample(case: CheckCase) -> Iterator[Diagnostic]:
    """Constants that a path is compared with, and that no sample has."""
    evidence = case.evidence
    if evidence is None:
        return
    for one in case.record.typed:
        if one.expression.whole.text is not case.mapping.text:
            continue
        for node in one.nodes:
            if isinstance(node, Comparison) and node.operator in ("==", "!="):
                for literal, other in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(literal, Literal):
                        yield from _compared(literal, other, one, evidence)


def _compared(
    literal: Literal, other: Node, one: TypedExpression, evidence: Evidence
) -> Iterator[Diagnostic]:
    seen = one.type(other).seen if id(other) in one.typed.parts else None
    value = literal.value
    if seen is None or not seen.values or not isinstance(value, str | int | float):
        return
    values = [known for known, _ in seen.values]
    if any(equal(value, known) for known in values):
        return
    near, span = _near(value, values), one.expression.span(literal)
    if isinstance(near, str):
        written = text_constant(near)
        facts = in_place(literal, written, one.expression)
        message = f"the samples have {_described(near)} here, not {_described(value)}"
        yield Diagnostic("M605", span, message, f"write {coded(written)}", facts=facts)
    elif evidence.is_enough and near is None:
        message = f"none of {evidence.said} has {_described(value)} in {coded(one.text(other))}"
        yield Diagnostic("M606", span, message, "check how the source writes it")


@check("M606", needs=("samples",), yields_to=(Relation(ERROR, overlapping),))
def lookups_of_no_sample(case: CheckCase) -> Iterator[Diagnostic]:
    """Values of the samples that the table of a `lookup` does not have."""
    told: set[int] = set()
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, told):
            steps, seen = own_steps(value), value.source_type.seen
            if len(steps) != 1 or steps[0].transform.name != "lookup" or seen is None or not seen.values:
                continue
            stated = {parameter.name: one for parameter, one in steps[0].arguments}
            table = stated.get("table")
            others = (stated.get("default"), stated.get("patterns"))
            if not isinstance(table, dict) or any(one is not None for one in others):
                continue
            left = [count for known, count in seen.values if _literal(known) not in table]
            if sum(left) * RARE >= seen.present:
                share = share_of(sum(left), seen.present)
                message = f"the value is not in this table in {share}, so `{field.path}` is left out"
                hint = "add them, or a `default`"
                yield Diagnostic("M606", steps[0].span or value.span, message, hint, path=field.path)
