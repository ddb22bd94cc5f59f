"""Amounts and moments -> warnings where the name or the source schema of what is read says another unit.

A name is only a hint: a step that can change the unit, a condition or a function around it silences it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from mapper.compiler.checks.facts import SmallUnits
from mapper.compiler.checks.mistaken_attributes import PlainRead, plain_reads
from mapper.compiler.checks.registry import ERROR, CheckCase, Relation, check, overlapping
from mapper.compiler.checks.sample_shares import RARE
from mapper.compiler.inference.amount_units import (
    CONVERTING,
    MINOR_NAMES,
    WORDS,
    UnitTurn,
    fault_of,
    is_divided,
    small_parts,
    turn_of,
    turn_of_call,
    unit_of,
)
from mapper.compiler.inference.origins import paths_of, value_paths
from mapper.compiler.jmespath.call_facts import arguments_for, keeps
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
_SPANS = frozenset({"duration", "elapsed", "ttl", "uptime"})
_SPAN_UNITS = frozenset({"hours", "millis", "milliseconds", "minutes", "ms", "s", "sec", "seconds", "secs"})
_PATH = re.compile(r"[$\w.]+")
_NEVER_A_MOMENT = {"date": "a date without a time of day", "time": "a time of day", "duration": "a duration"}


_End: TypeAlias = Field | Variable | Current


class _Strand(NamedTuple):
    """The end of a path that a value is, and how its unit is changed on the way, innermost first."""

    end: _End
    turns: tuple[UnitTurn, ...] = ()

    def then(self, turns: tuple[UnitTurn, ...]) -> _Strand:
        """The same end, with further turns."""
        return _Strand(self.end, (*self.turns, *turns))


@dataclass(frozen=True, slots=True)
class _Body:
    """The ends of the paths that the body of a function is: its parameters too."""

    parameters: tuple[str, ...]
    strands: tuple[_Strand, ...]

    def number_of(self, end: _End) -> int | None:
        """The number of the parameter that an end is, from 0; None of another one."""
        name = end.name if isinstance(end, Variable) else ""
        return self.parameters.index(name) if name in self.parameters else None


_NO_BODY = _Body((), ())


@dataclass(frozen=True, slots=True)
class _Reading:
    """A reading of the units of values: lets, and functions, whose bodies may end in their parameters."""

    lets: Mapping[str, Planned]
    bodies: dict[str, _Body]

    def strands(self, value: Planned) -> Iterator[tuple[Field, tuple[UnitTurn, ...]]]:
        """The ends of the paths that a value is, through lets and functions, each with its turns.

        None where anything else makes another unit of them.
        """
        seen: set[str] = set()
        waiting = [self._strands(value)]
        while waiting:
            for end, turns in waiting.pop():
                if isinstance(end, Field):
                    yield end, turns
                elif isinstance(end, Variable) and end.name in self.lets and end.name not in seen:
                    seen.add(end.name)
                    waiting.append(one.then(turns) for one in self._strands(self.lets[end.name]))

    def ends(self, value: Planned) -> Iterator[Field]:
        """The ends of the paths that a value is in the same unit."""
        return (end for end, turns in self.strands(value) if not turns)

    def add(self, function: PlannedFunction) -> None:
        """Add a function, after those that it calls."""
        strands = {
            (one.end.name if isinstance(one.end, Variable) else id(one.end), one.turns): one
            for one in self._strands(function.value)
        }
        self.bodies[function.name] = _Body(function.parameters, tuple(strands.values()))

    def _strands(self, value: Planned) -> Iterator[_Strand]:
        """The fields and variables that a value is."""
        if value.when is not None:
            return
        outer: tuple[UnitTurn, ...] = ()
        for step in reversed(own_steps(value)):
            turns: tuple[UnitTurn, ...] | None
            if step.own is not None:
                body = self.bodies.get(step.transform.name, _NO_BODY)
                yield from (one.then(outer) for one in body.strands if isinstance(one.end, Field))
                turns = next((one.turns for one in body.strands if body.number_of(one.end) == 0), None)
            else:
                constants = [one for _, one in step.arguments if isinstance(one, int | float | str)]
                turn = turn_of(step.transform.name, constants[0] if constants else None)
                turns = (turn,) if turn else () if "unit" in step.transform.keeps else None
            if turns is None:
                return
            outer = (*turns, *outer)
        for part in parts(value):
            if part.role == "alternative":
                yield from (one.then(outer) for one in self._strands(part.value))
        if isinstance(value.source, Expression):
            yield from (one.then(outer) for one in self._plain(value.source.root))

    def _plain(self, node: Node) -> Iterator[_Strand]:
        """The fields and variables whose value an expression gives, but for its unit."""
        match node:
            case Field() | Variable() | Current():
                yield _Strand(node)
            case Then(left=left, right=right):
                for one in self._plain(right):
                    if isinstance(one.end, Current):
                        yield from (inner.then(one.turns) for inner in self._plain(left))
                    else:
                        yield one
            case Call():
                yield from self._of_call(node)
            case OwnCall():
                body = self.bodies.get(node.name, _NO_BODY)
                for one in body.strands:
                    number = body.number_of(one.end)
                    given = (_Strand(one.end),) if number is None else self._plain(node.arguments[number])
                    yield from (inner.then(one.turns) for inner in given)
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

    def _of_call(self, call: Call) -> Iterator[_Strand]:
        turned = turn_of_call(call)
        if turned is not None:
            turn, argument = turned
            yield from (one.then((turn,)) for one in self._plain(argument))
        for _, argument in arguments_for(call, "value") if "unit" in keeps(call.name) else ():
            yield from self._plain(argument)


@check("M312", "M430", "M431")
def other_units(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts in cents and the like that go into fields of whole units, and times that are none."""
    seen: set[int] = set()
    reading = _reading_of(case)
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, seen):
            forms = {step.transform for step in field.form}
            if _AMOUNT in forms:
                yield from _check_amount(field, value, sending.payload, reading)
            elif _MOMENT in forms:
                yield from _check_moment(field, value, reading)


@check("M608", needs=("samples",), yields_to=(Relation(ERROR, overlapping), Relation("M430", overlapping)))
def amounts_in_small_units(case: CheckCase) -> Iterator[Diagnostic]:
    """Amounts that are 100 times what the amounts beside them add up to."""
    told: set[int] = set()
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, told):
            seen, forms = value.source_type.seen, {step.transform for step in field.form}
            if seen is None or not seen.hundredfold or own_steps(value) or "decimal" not in forms:
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
    reading = _reading_of(case)
    decimals = {
        node
        for one in case.record.typed
        for node, type_ in one.typed.parts.items()
        if type_.seen is not None and 0 < type_.seen.present <= type_.seen.fractions * RARE
    }
    for sending in case.sendings:
        for field, value in sent_values(sending.payload, told):
            ends = (end for end, turns in reading.strands(value) if is_divided(end, turns))
            named = next((end.name for end in ends if id(end) in decimals), "")
            if named and _AMOUNT in {step.transform for step in field.form}:
                message = (
                    f"`{field.path}` takes whole units of the currency, but `{named}`, which is converted "
                    "from minor units, has decimals in the samples"
                )
                yield Diagnostic("M608", value.span, message, "send it as it is", path=field.path)


def _reading_of(case: CheckCase) -> _Reading:
    reading = _Reading(case.lets, {})
    for function in case.plan.functions:
        reading.add(function)
    return reading


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
    return any(small_parts(node)[0] is not None for node in fields if node.end == one.read.end)


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
    field: TargetField, value: Planned, payload: PlannedObject, reading: _Reading
) -> Iterator[Diagnostic]:
    for node, turns in reading.strands(value):
        fault = fault_of(node, turns)
        parts, name = small_parts(node)
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
        words = [word.lower() for word in WORDS.findall(name)]
        if len(words) > 1 and words[-1] in _SPAN_UNITS:
            words.pop()
        if words and words[-1] in _SPANS:
            message = f"`{field.path}` takes a point in time, but `{name}` looks like a duration"
            hint = "read the attribute that says when it happened"
            yield Diagnostic("M431", value.span, message, hint, path=field.path)
            return
