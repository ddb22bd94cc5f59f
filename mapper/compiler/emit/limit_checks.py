"""The limits of a field on a value after its steps: its type and its limits, as checks or as tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.emit.module import FunctionText, Module, literal
from mapper.compiler.emit.step_calls import ONE, Chain
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.schema.target import Limits
from mapper.values.types import Kind, Type, fit

LIST_KINDS: frozenset[Kind] = frozenset({"array"})
_NUMBER_KINDS: frozenset[Kind] = frozenset({"integer", "number"})
_TEXT_KINDS: frozenset[Kind] = frozenset({"string"})
_TYPES = {_NUMBER_KINDS: "(int, float)", _TEXT_KINDS: "(str,)", LIST_KINDS: "(list,)"}
# Python compares integers of one digit, which has 30 bits, in a third of the time. Nobody counts beyond.
_DIGIT = 2**30 - 1
_64_BITS = (-(2**63), 2**63 - 1)


def fits(steps: tuple[Step, ...], wanted: Type) -> bool:
    """Whether what some steps give is always of a field's type."""
    return not wanted.known or fit(Chain.of(steps, ONE).gives, wanted) == "always"


def checked_kind(name: str, wanted: Type, module: Module) -> str:
    """Python that gives a local, or raises where it is of none of a field's kinds."""
    if not wanted.known:
        return name
    kinds = wanted.kinds - ({"integer"} if "number" in wanted.kinds else set())
    return f"{module.use('of_kind')}({', '.join([name, *map(literal, sorted(kinds))])})"


def owned(text: str, kind: Type, module: Module) -> str:
    """Python for a value of a type, copied where it may be a list or object of the event."""
    return f"{module.use('copied')}({text})" if kind.kinds & {"array", "object"} else text


def due_limits(steps: tuple[Step, ...], limits: Limits) -> Limits:
    """The limits that the steps do not keep by themselves; no value that is there is shorter than 1."""
    pattern = limits.pattern
    kept = [step.transform.pattern for step in steps if not step.transform.passing][-1:]
    if pattern is not None and kept == [pattern]:
        pattern = None
    fewest, shortest = limits.min_items, limits.min_length
    fewest = None if fewest is None or fewest <= 1 else fewest
    shortest = None if shortest is None or shortest <= 1 else shortest
    if (pattern, fewest, shortest) == (limits.pattern, limits.min_items, limits.min_length):
        return limits
    return replace(limits, pattern=pattern, min_items=fewest, min_length=shortest)


def write_limits(
    limits: Limits, name: str, kinds: frozenset[Kind], function: FunctionText, module: Module
) -> None:
    """Checks of the local `name`, each where it is of a kind that the limit speaks of."""
    if limits.enum is not None:
        table = module.table("allowed", list(limits.enum))
        function.write(f"{module.use('one_of')}({name}, {table})")
    for spoken_of, check, arguments in _checks(limits):
        call = f"{module.use(check)}({', '.join([name, *arguments])})"
        if kinds <= spoken_of:
            function.write(call)
            continue
        with function.block(f"if type({name}) in {_TYPES[spoken_of]}:"):
            function.write(call)


def _checks(limits: Limits) -> Iterator[tuple[frozenset[Kind], str, list[str]]]:
    """The kinds that a limit speaks of, the check of it and its arguments."""
    bounds = {bound: getattr(limits, bound) for bound in ("minimum", "maximum", "above", "below")}
    stated = [f"{bound}={literal(value)}" for bound, value in bounds.items() if value is not None]
    if stated:
        yield _NUMBER_KINDS, "within", stated
    if limits.max_length is not None:
        yield _TEXT_KINDS, "at_most_long", [str(limits.max_length)]
    if limits.min_length is not None:
        yield _TEXT_KINDS, "at_least_long", [str(limits.min_length)]
    if limits.pattern is not None:
        yield _TEXT_KINDS, "matching", [literal(limits.pattern)]
    if limits.max_items is not None or limits.min_items is not None:
        yield LIST_KINDS, "counted", [str(limits.min_items), str(limits.max_items)]


def broken_tests(limits: Limits, name: str, kinds: frozenset[Kind], module: Module) -> list[str] | None:
    """Python tests that the local `name` breaks limits; None where only the checks can tell."""
    if limits.pattern is not None or limits.max_items is not None or limits.min_items is not None:
        return None
    tests: list[str] = []
    if limits.enum is not None:
        if kinds != _TEXT_KINDS:
            return None
        tests.append(f"{name} not in {module.table('allowed', list(limits.enum))}")
    lengths = [(limits.max_length, ">"), (limits.min_length, "<")]
    ranges = _ranges(limits, name, kinds == {"integer"})
    stated = [f"len({name}) {sign} {limit}" for limit, sign in lengths if limit is not None]
    if stated and kinds != _TEXT_KINDS:
        return None
    if ranges and not kinds <= _NUMBER_KINDS:
        return None
    return tests + stated + ranges


def _ranges(limits: Limits, name: str, whole: bool) -> list[str]:
    """Python tests that a number is out of its ranges. whole: it is an integer."""
    found = []
    least, most = limits.minimum, limits.maximum
    closed = (-_DIGIT, _DIGIT) if whole and (least, most) == _64_BITS else (least, most)
    for (least, most), sign in ((closed, "<="), ((limits.above, limits.below), "<")):
        below = "" if least is None else f"{literal(least)} {sign} "
        above = "" if most is None else f" {sign} {literal(most)}"
        if below or above:
            found.append(f"not {below}{name}{above}")
    return found
