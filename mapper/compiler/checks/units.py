"""Amounts and moments -> warnings where the name or the source schema of what is read says another unit.

A name is only a hint: a step that can change the unit, a condition or a function around it silences it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from mapper.compiler.checks.facts import SmallUnits
from mapper.compiler.checks.mistaken_attributes import PlainRead, plain_reads
from mapper.compiler.checks.registry import CheckCase, check
from mapper.compiler.inference.origins import paths_of, value_paths
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Path
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
)
from mapper.compiler.plan.functions import PlannedFunction
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
    parts,
    written_steps,
)
from mapper.compiler.schema.target import TargetField
from mapper.compiler.yaml.edits import shown
from mapper.diagnostic import Diagnostic
from mapper.frozen import dataclass

_AMOUNT, _MOMENT = "decimal", "timestamp"
# Transforms that leave the unit of a number as it is, or of each in a list or text.
_KEEPING = frozenset(
    {
        "add",
        "decimal",
        "first",
        "integer",
        "last",
        "null_if",
        "remove",
        "replace",
        "round",
        "round_money",
        "split",
        "subtract",
        "text",
        "total",
        "trim",
        "truncate",
        "unique",
    }
)
# JMESPath's own functions that do.
_KEEPING_FUNCTIONS = frozenset(
    {
        "abs",
        "avg",
        "ceil",
        "floor",
        "max",
        "min",
        "reverse",
        "sort",
        "sum",
        "to_array",
        "to_number",
        "to_string",
    }
)
# Those that have the value of any argument.
_OF_ANY = frozenset({"add", "not_null", "subtract"})
SMALL_UNITS: dict[str, int] = {
    "cent": 100,
    "cents": 100,
    "centimes": 100,
    "micros": 1_000_000,
    "pence": 100,
}
# Names that say nothing of a unit: the one above them does.
_PLAIN = frozenset({"amount", "price", "sum", "total", "value"})
_MINOR = ("minor", "minor_units", "minor_unit")
# Payment services give these in minor units, and all that an object of the second names holds.
_MINOR_NAMES = frozenset({"amount_subtotal", "amount_total", "unit_amount", "unit_amount_decimal"})
_MINOR_HOLDERS = frozenset({"total_details"})
_CONVERTING = "minor_units"
_SPANS = frozenset({"duration", "elapsed", "ttl", "uptime"})
_SPAN_UNITS = frozenset({"hours", "millis", "milliseconds", "minutes", "ms", "s", "sec", "seconds", "secs"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PATH = re.compile(r"[$\w.]+")
_NEVER_A_MOMENT = {"date": "a date without a time of day", "time": "a time of day", "duration": "a duration"}


_End: TypeAlias = Field | Variable | Current


@dataclass(frozen=True, slots=True)
class _Body:
    """What the body of a function gives in the same unit: of its parameters too."""

    parameters: tuple[str, ...]
    ends: tuple[_End, ...]

    def number_of(self, end: _End) -> int | None:
        """Which parameter an end is, from 0; None of another one."""
        name = end.name if isinstance(end, Variable) else ""
        return self.parameters.index(name) if name in self.parameters else None


_NO_BODY = _Body((), ())


@dataclass(frozen=True, slots=True)
class _Reading:
    """What values are of: lets, and functions, whose bodies may end in their parameters."""

    lets: Mapping[str, Planned]
    bodies: dict[str, _Body]

    def ends(self, value: Planned) -> Iterator[Field]:
        """The ends of the paths that a value is, through lets and functions.

        None where anything makes other units of them.
        """
        seen: set[str] = set()
        waiting = [self._ends(value)]
        while waiting:
            for node in waiting.pop():
                if isinstance(node, Field):
                    yield node
                elif isinstance(node, Variable) and node.name in self.lets and node.name not in seen:
                    seen.add(node.name)
                    waiting.append(self._ends(self.lets[node.name]))

    def add(self, function: PlannedFunction) -> None:
        """Add a function, after those that it calls."""
        ends = {one.name if isinstance(one, Variable) else id(one): one for one in self._ends(function.value)}
        self.bodies[function.name] = _Body(function.parameters, tuple(ends.values()))

    def _ends(self, value: Planned) -> Iterator[_End]:
        """The fields and variables that a value is."""
        if value.when is not None:
            return
        for step in reversed(own_steps(value)):
            if step.own is not None:
                body = self.bodies.get(step.transform.name, _NO_BODY)
                yield from (one for one in body.ends if isinstance(one, Field))
                is_kept = any(body.number_of(one) == 0 for one in body.ends)
            else:
                is_kept = step.transform.name in _KEEPING
            if not is_kept:
                return
        for part in parts(value):
            if part.role == "alternative":
                yield from self._ends(part.value)
        if isinstance(value.source, Expression):
            yield from self._plain(value.source.root)

    def _plain(self, node: Node) -> Iterator[_End]:
        """The fields and variables whose value an expression gives in the same unit."""
        match node:
            case Field() | Variable() | Current():
                yield node
            case Then(left=left, right=right):
                for one in self._plain(right):
                    yield from self._plain(left) if isinstance(one, Current) else (one,)
            case Call():
                for argument in _of_the_same_unit(node):
                    yield from self._plain(argument)
            case OwnCall():
                body = self.bodies.get(node.name, _NO_BODY)
                for one in body.ends:
                    number = body.number_of(one)
                    yield from (one,) if number is None else self._plain(node.arguments[number])
            case Or(left=left, right=right):
                yield from self._plain(left)
                yield from self._plain(right)
            case Index(base=base) | Slice(base=base) | Flatten(base=base):
                yield from self._plain(base)
            case Projection(base=base, right=right):
                yield from self._plain(base if isinstance(right, Current) else right)
            case Literal() | ObjectValues() | Filter() | MultiList() | MultiHash() | Reference():
                return
            case And() | Not() | Comparison():
                return


@check("M312", "M430", "M431")
def other_units(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts in cents and the like that go into fields of whole units, and times that are none."""
    seen: set[int] = set()
    reading = _Reading(case.lets, {})
    for function in case.plan.functions:
        reading.add(function)
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, seen):
            forms = {step.transform for step in field.form}
            if _AMOUNT in forms:
                yield from _check_amount(field, value, sending.payload, reading)
            elif _MOMENT in forms:
                yield from _check_moment(field, value, reading)


@check("M430")
def amounts_beside_converted_ones(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts sent as they are, of an object of which another one is converted from minor units."""
    converted = _converted(case)
    for one in plain_reads(case) if converted else ():
        steps = {step.transform for step in one.field.form}
        is_element = one.site.scope.origins != WHOLE_EVENT
        beside = converted.get(one.path[:-1]) or (converted.get(one.path[:-2]) if is_element else None)
        if beside is None or _AMOUNT not in steps or _is_named_small(one):
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
    fields = (node for node in one.expression.walk() if isinstance(node, Field))
    return any(_small_parts(node)[0] is not None for node in fields if node.end == one.read.end)


def _converted(case: CheckCase) -> dict[Path, tuple[Path, str | None]]:
    """The objects of which an attribute is converted from minor units: the attribute, and its currency."""
    found: dict[Path, tuple[Path, str | None]] = {}
    labels = case.plan.labels
    for rule, _, site in case.record.rules:
        step = next((one for one in rule.steps if one.transform == _CONVERTING), None)
        if step is not None:
            variables = step.variables
            for path in value_paths(rule.source, site.scope.origins, labels):
                _add(found, path, f"${variables[0]}" if variables else None)
    for expression, scope in case.record.read:
        for call in expression.walk():
            if isinstance(call, Call) and call.name == _CONVERTING and len(call.arguments) == 2:
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
    if is_named and (names[-1] in _MINOR_NAMES or _unit_of(names[-1], "".join(names[:-1])) is None):
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
    field: TargetField, value: Planned, payload: PlannedObject, reading: _Reading
) -> Iterator[Diagnostic]:
    for node in reading.ends(value):
        parts, name = _small_parts(node)
        if parts is None:
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


def _small_parts(node: Field) -> tuple[int | None, str]:
    """How many of what a name says make a whole unit: 0 if the currency says so, None if it names no unit.

    With the name: that of the field, or the one above it where that says nothing.
    """
    name = node.name
    above = node.base.name if isinstance(node.base, Field) else ""
    if name in _MINOR_NAMES or above in _MINOR_HOLDERS:
        return 0, name
    return _unit_of(name, above), above if name.lower() in _PLAIN and above else name


def _unit_of(name: str, above: str) -> int | None:
    """How many of what a name says make a whole unit, by itself or by the one above it."""
    if name.lower() in _PLAIN and above:
        name = above
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in SMALL_UNITS:
        return SMALL_UNITS[words[-1]] if words else None
    is_minor = "_".join(words).endswith(_MINOR) and words[-1] in ("minor", "unit", "units")
    return 0 if is_minor else None


def _check_moment(field: TargetField, value: Planned, reading: _Reading) -> Iterator[Diagnostic]:
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
    for node in reading.ends(value):
        name = node.name
        words = [word.lower() for word in _WORDS.findall(name)]
        if len(words) > 1 and words[-1] in _SPAN_UNITS:
            words.pop()
        if words and words[-1] in _SPANS:
            message = f"`{field.path}` takes a point in time, but `{name}` looks like a duration"
            hint = "read the attribute that says when it happened"
            yield Diagnostic("M431", value.span, message, hint, path=field.path)
            return


def _of_the_same_unit(call: Call) -> Sequence[Node]:
    """What a call gives a value of, in the same unit."""
    if call.name in _OF_ANY:
        return call.arguments
    if call.name == "map":
        return [one.body for one in call.arguments if isinstance(one, Reference)]
    return call.arguments[:1] if call.name in _KEEPING | _KEEPING_FUNCTIONS else ()
