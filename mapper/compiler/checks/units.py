"""Amounts and moments -> warnings where the name or the source schema of what is read says another unit.

A name is only a hint: a step that can change the unit, a condition or a function around it silences it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.check_facts import SmallUnits
from mapper.compiler.checks.check_registry import ERROR, CheckCase, Relation, check, overlapping
from mapper.compiler.checks.mistaken_attributes import PlainRead, plain_reads
from mapper.compiler.checks.sample_shares import RARE
from mapper.compiler.inference.amount_units import (
    MINOR_NAMES,
    WORDS,
    fault_of,
    is_divided,
    small_parts,
    unit_of,
)
from mapper.compiler.inference.personal_origins import paths_of, sources_of, value_paths
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Path
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import (
    Call,
    Field,
)
from mapper.compiler.jmespath.unit_turns import CONVERTING, UnitTurn
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
    own_steps,
    written_steps,
)
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.edits import shown
from mapper.texts.diagnostic import Diagnostic

_AMOUNTS = frozenset({"decimal", "number"})
_MOMENT = "timestamp"
_SPANS = frozenset({"duration", "elapsed", "ttl", "uptime"})
_SPAN_UNITS = frozenset({"hours", "millis", "milliseconds", "minutes", "ms", "s", "sec", "seconds", "secs"})
_PATH = re.compile(r"[$\w.]+")
_NEVER_A_MOMENT = {"date": "a date without a time of day", "time": "a time of day", "duration": "a duration"}


class _Amounts:
    """Where the values that are sent come from, with how their units change on the way."""

    def __init__(self, case: CheckCase) -> None:
        self.labels = case.plan.labels
        self.sites = {id(expression): (expression, site) for expression, site in case.record.sent}

    def strands(self, value: Planned) -> Iterator[tuple[Path, tuple[UnitTurn, ...]]]:
        """The paths whose values a value is, each with the changes of its unit.

        None where anything else makes another unit of them.
        """
        if id(value.source) not in self.sites:
            return
        expression, site = self.sites[id(value.source)]
        for origin, _ in sources_of(expression, site.scope.origins, self.labels, site.tail):
            if "unit" in origin.kept and not origin.keys:
                yield origin.path, origin.turns

    def paths(self, value: Planned) -> Iterator[Path]:
        """The paths whose values a value is in the same unit."""
        return (path for path, turns in self.strands(value) if path and not turns)


@check("M312", "M430", "M431")
def other_units(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts in cents and the like that go into fields of whole units, and times that are none."""
    seen: set[int] = set()
    amounts = _Amounts(case)
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, seen):
            forms = {step.transform for step in field.form}
            if not _AMOUNTS.isdisjoint(forms):
                yield from _check_amount(field, value, sending.payload, amounts)
            elif _MOMENT in forms:
                yield from _check_moment(field, value, amounts)


@check("M608", needs=("samples",), yields_to=(Relation(ERROR, overlapping), Relation("M430", overlapping)))
def amounts_in_small_units(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts that are 100 times what the amounts beside them add up to."""
    told: set[int] = set()
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, told):
            seen, forms = value.source_type.seen, {step.transform for step in field.form}
            if seen is None or not seen.hundredfold or own_steps(value) or _AMOUNTS.isdisjoint(forms):
                continue
            written = shown(value.span)
            message = (
                f"`{field.path}` takes whole units of the currency, but in {seen.hundredfold:,} samples "
                f"{coded(written) if written else 'this'} is 100 times what the amounts beside it add up to"
            )
            currency = currency_of(sending.payload, "[]" in field.path)
            fact = SmallUnits(value.span, 100, currency, isinstance(value.source, Expression))
            yield Diagnostic("M608", value.span, message, path=field.path, facts=fact)


@check("M608", needs=("samples",), yields_to=(Relation(ERROR, overlapping), Relation("M430", overlapping)))
def amounts_with_decimals(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts that are converted from minor units, and that samples have with decimals."""
    told: set[int] = set()
    amounts = _Amounts(case)
    decimals = set(_with_decimals(case))
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, told):
            divided = (path for path, turns in amounts.strands(value) if path and is_divided(path, turns))
            named = next((path[-1] for path in divided if path in decimals), "")
            if named and not _AMOUNTS.isdisjoint(step.transform for step in field.form):
                message = (
                    f"`{field.path}` takes whole units of the currency, but `{named}`, which is converted "
                    "from minor units, has decimals in the samples"
                )
                yield Diagnostic("M608", value.span, message, "send it as it is", path=field.path)


def _with_decimals(case: CheckCase) -> Iterator[Path]:
    """The paths at which samples have numbers with decimals, of those that expressions read."""
    typed = {id(one.expression): one.typed.parts for one in case.record.typed}
    for expression, scope in case.record.read:
        parts = typed.get(id(expression), {})
        seen = {
            (node.start, node.end): parts[id(node)].seen
            for node in expression.nodes_of(Field)
            if id(node) in parts
        }
        for read in expression.reads():
            found = seen.get((read.start, read.end))
            if found is not None and 0 < found.present <= found.fractions * RARE:
                yield from paths_of(read, scope.origins, case.plan.labels)


@check("M430")
def amounts_beside_converted_ones(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts sent as they are, of an object of which another one is converted from minor units."""
    converted = _converted(case)
    for one in plain_reads(case) if converted else ():
        steps = {step.transform for step in one.field.form}
        is_element = one.site.scope.origins != WHOLE_EVENT
        beside = converted.get(one.path[:-1]) or (converted.get(one.path[:-2]) if is_element else None)
        if beside is None or _AMOUNTS.isdisjoint(steps) or _is_named_small(one):
            continue
        (path, currency), written = beside, coded(one.written)
        how = f"beside `{'.'.join(path)}`, which is converted from minor units"
        if path == one.path:
            how = "here, and converted from minor units elsewhere"
        message = f"`{one.field.path}` takes whole units, but {written} is sent as is {how}"
        is_alone = not one.site.tail and one.span == one.expression.whole
        fact = SmallUnits(one.expression.whole, 0, currency, is_alone)
        yield Diagnostic("M430", one.expression.whole, message, path=one.field.path, facts=fact)


def _is_named_small(one: PlainRead) -> bool:
    return small_parts(one.path)[0] is not None


def _converted(case: CheckCase) -> dict[Path, tuple[Path, str | None]]:
    """The objects of which an attribute is converted from minor units: the attribute, and its currency."""
    found: dict[Path, tuple[Path, str | None]] = {}
    labels = case.plan.labels
    for rule, _, site in case.record.rules:
        step = next((one for one in rule.steps if one.transform == CONVERTING), None)
        if step is not None:
            variables = step.variables
            for path in value_paths(rule.source, site.scope.origins, labels):
                _add(found, path, f"${variables[0]}" if variables else None)
    for expression, scope in case.record.read:
        for call in expression.walk():
            if isinstance(call, Call) and call.name == CONVERTING and len(call.arguments) == 2:
                value, currency = call.arguments
                written = expression.text[currency.start : currency.end]
                for read in expression.reads():
                    if value.start <= read.start and read.end <= value.end:
                        for path in paths_of(read, scope.origins, labels):
                            _add(found, path, written)
    return found


def _add(found: dict[Path, tuple[Path, str | None]], path: Path, currency: str | None) -> None:
    """Add an amount that is converted; one whose name says its unit says nothing of those beside it."""
    names = (*path[-2:],)
    is_named = bool(path) and path[0][:1] != "$"  # else it is of what is given to a function
    if is_named and (names[-1] in MINOR_NAMES or unit_of(names[-1], "".join(names[:-1])) is None):
        found.setdefault(path[:-1], (path, currency))


def sent_values(planned: PlannedObject, seen: set[int]) -> Iterator[tuple[TargetField, Planned]]:
    """The values of the fields that are no objects, less those that depend on a condition.

    seen: the identities of values that other sections have too; each is told once.
    """
    for entry in planned.entries:
        if entry.when is None and id(entry.value) not in seen:
            seen.add(id(entry.value))
            yield from _leaves_of(entry.value, seen)


def _leaves_of(value: Planned, seen: set[int]) -> Iterator[tuple[TargetField, Planned]]:
    if value.when is not None:
        return
    match value.source:
        case PlannedObject() as source:
            yield from sent_values(source, seen)
        case First(alternatives=alternatives):
            for one in alternatives:
                yield from _leaves_of(one, seen)
        case Loop(items=Planned(source=Zipped(lists=lists)), item=Planned(source=PlannedObject() as item)):
            fields = {field.name: field for field, _ in sent_values(item, seen)}
            yield from ((fields[name], one) for name, one in lists if name in fields)
        case Loop(item=item):
            yield from _leaves_of(item, seen)
        case PlannedList(items=items):
            for one in items:
                yield from _leaves_of(one, seen)
        case Expression():
            if value.finish is not None:
                yield value.finish.field, value
        case Fixed() | Zipped() | Choice():  # what holds for one arm may not for another
            return


def _check_amount(
    field: TargetField, value: Planned, payload: PlannedObject, amounts: _Amounts
) -> Iterator[Diagnostic]:
    for at, turns in amounts.strands(value):
        fault = fault_of(at, turns)
        parts, name = small_parts(at)
        if fault is not None:
            message = f"`{field.path}` takes whole units of the currency, but {fault.said.format(name)}"
            yield Diagnostic("M430", value.span, message, fault.hint, path=field.path)
            return
        if parts is None or turns:
            continue
        message = f"`{field.path}` takes whole units of the currency, but `{name}` looks like minor units"
        is_alone = isinstance(value.source, Expression) and not written_steps(value)
        currency = currency_of(payload, "[]" in field.path)
        fact = SmallUnits(value.span, parts, currency, is_alone and value.finish is not None)
        yield Diagnostic("M430", value.span, message, path=field.path, facts=fact)
        return


def currency_of(payload: PlannedObject, within: bool) -> str | None:
    """The expression of a payload's own currency, where that is a path; within: as an element reads it."""
    for field, value in sent_values(payload, set()):
        if "currency" in {step.transform for step in field.form} and "[]" not in field.path:
            path = shown(value.span)
            if not isinstance(value.source, Expression) or path is None or not _PATH.fullmatch(path):
                return None
            return f"$event.{path}" if within and not path.startswith("$") else path
    return None


def _check_moment(field: TargetField, value: Planned, amounts: _Amounts) -> Iterator[Diagnostic]:
    if written_steps(value):
        return
    format = value.source_type.format if value.source_type.known else ""
    if format in _NEVER_A_MOMENT:
        message = (
            f"`{field.path}` takes a point in time, but by the source schema this is "
            f"{_NEVER_A_MOMENT[format]}"
        )
        hint = (
            "read another attribute, or add the missing part: `apply: {timestamp: {format: ..., zone: ...}}`"
        )
        yield Diagnostic("M312", value.span, message, hint, path=field.path)
        return
    for at in amounts.paths(value):
        name = at[-1]
        words = [word.lower() for word in WORDS.findall(name)]
        if len(words) > 1 and words[-1] in _SPAN_UNITS:
            words.pop()
        if words and words[-1] in _SPANS:
            message = f"`{field.path}` takes a point in time, but `{name}` looks like a duration"
            hint = "read the attribute that says when it happened"
            yield Diagnostic("M431", value.span, message, hint, path=field.path)
            return
