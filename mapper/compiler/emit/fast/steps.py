"""What is done with a value of the fast form: the author's steps, then what its field asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from mapper.compiler.emit.calls import expected
from mapper.compiler.emit.fast.forms import write_quick
from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.fast.scope import Unfit
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.readable.finish import (
    EMPTY_KINDS,
    LONGEST_LITERAL,
    ONE,
    can_empty,
    checked_kind,
    due_limits,
    fits,
    owned,
    write_limits,
)
from mapper.compiler.inference.truth import CALCULATIONS
from mapper.compiler.plan.planned import Finish, Planned
from mapper.compiler.plan.steps import Step, StepArgument, VariableArgument
from mapper.compiler.schema.target import NO_LIMITS, Limits, TargetField
from mapper.runtime.known_forms import QUICK, QUICK_LISTS, QuickForm
from mapper.transforms import Parameter
from mapper.transforms.web import query_parameter
from mapper.types import UNKNOWN, Json, Type, fit


def quick_form(planned: Planned) -> QuickForm | None:
    """The function that does all that a field asks of its value, blank ones included."""
    finish = planned.finish
    if finish is None:
        return None
    if any(step.reads for step in finish.steps):
        return None
    key = tuple(step.describe() for step in finish.steps)
    if finish.kind == "one":
        return QUICK.get(key)
    once = [step.describe() for step in finish.list_steps] == ["unique"]
    return QUICK_LISTS.get(key) if finish.kind == "each" and finish.elements_due and once else None


def nothing_at_sight(planned: Planned, atom: str) -> str:
    """The Python test that a text has nothing in it that the author's first step looks for; "" of others."""
    for step in planned.steps[:1]:
        if step.transform.function is query_parameter:
            ((_, name),) = step.arguments
            if isinstance(name, str):
                return " and ".join(f"{literal(part)} not in {atom}" for part in (name, "%", "+"))
    return ""


def write_form(planned: Planned, out: str, point: Point) -> None:
    """The author's steps, and what the field asks for, on a value that is None where it is absent."""
    finish = planned.finish
    _write_chain(planned.steps, planned.source_type, False, out, point)
    if finish is None:
        return
    quick = quick_form(planned)
    if quick is not None:
        write_quick(quick, out, out, point)
    elif finish.kind == "one":
        _write_chain(finish.steps, ONE, True, out, point)
    elif finish.kind == "each":
        _write_each(finish, out, point)
    elif finish.kind == "any":
        point.write(f"{out} = None if {out} is None else {point.use('copied')}({out})")
    else:
        raise Unfit
    write_checks(planned, out, point)


def _write_chain(steps: tuple[Step, ...], value: Type, single: bool, out: str, point: Point) -> None:
    """A value through steps, each where there is still one. single: it is one value, and a list is none."""
    may_empty = any(map(can_empty, steps))
    for step in steps:
        direct = single or step.transform.whole or (value.known and "array" not in value.kinds)
        may_empty = may_empty or not direct
        with point.block(f"if {out} is not None:") as inside:
            _write_step(step, direct, out, inside)
        value = step.result(value)
    if value.kinds & EMPTY_KINDS and may_empty:
        point.write_absent(out)


def _write_step(step: Step, direct: bool, out: str, point: Point) -> None:
    """A step; a variable that is null ends it, unless its parameter takes null."""
    due = [point.variable(one.name) for parameter, one in _read_by(step) if not parameter.nullable]
    if not due:
        point.write(f"{out} = {_call(step, direct, out, point)}")
        return
    with point.block(f"if {' or '.join(f'{name} is None' for name in due)}:") as inside:
        if step.transform.name in CALCULATIONS:
            inside.give_up()
        else:
            inside.write(f"{out} = None")
    with point.block("else:") as inside:
        inside.write(f"{out} = {_call(step, direct, out, inside)}")


def _read_by(step: Step) -> Iterator[tuple[Parameter, VariableArgument]]:
    """The parameters of a step that are given a variable."""
    for parameter, argument in step.arguments:
        for part in argument if isinstance(argument, list) else [argument]:
            if isinstance(part, VariableArgument):
                yield parameter, part


def _call(step: Step, direct: bool, out: str, point: Point) -> str:
    name = point.use(step.transform.function.__name__)
    arguments = []
    for parameter, argument in step.arguments:
        parts = argument if parameter.variadic and isinstance(argument, list) else [argument]
        texts = [_argument(step, parameter, part, point) for part in parts]
        arguments += texts if parameter.variadic else [f"{parameter.name}={texts[0]}"]
    if step.transform.noting:
        arguments.append(f"remarks={point.noting()}")
    if step.spares_digests:
        name, arguments = point.use("unless_digest"), [name, *arguments]
    if direct:
        return f"{name}({', '.join([out, *arguments])})"
    each = f"{point.use('on_few')}({', '.join([out, name, *arguments])})"
    return f"{each} if type({out}) is list else {name}({', '.join([out, *arguments])})"


def _argument(step: Step, parameter: Parameter, argument: StepArgument, point: Point) -> str:
    """A variable, checked where it may hold what the step does not take, or a constant.

    A constant that is long stands at the head of the module. Raises Unfit for a variable that the careful
    form would count, since it may be large.
    """
    writing = point.writing
    if not isinstance(argument, VariableArgument):
        value = cast("Json", argument)
        text = literal(value)
        return text if len(text) <= LONGEST_LITERAL else writing.module.table(parameter.name, value)
    if parameter.grows and argument.name in writing.large:
        raise Unfit
    local = point.variable(argument.name)
    if fit(writing.type_of(argument.name), parameter.type) == "always":
        return local
    who = f"`{parameter.name}` of `{step.transform.name}`"
    return expected(writing.module, local, parameter.type, who, parameter.nullable)


def _write_each(finish: Finish, out: str, point: Point) -> None:
    """Every element of a list through the steps; a single value is a list of one."""
    item = finish.field.item
    if finish.elements_due and item is not None:
        if item.is_object:
            raise Unfit
        made, element = point.local("made"), point.local("element")
        with point.block(f"if {out} is not None:") as around:
            around.write(f"{made} = []")
            few = f"{around.use('few')}({out})"
            with around.block(f"for {element} in {few} if type({out}) is list else [{out}]:") as inside:
                with inside.block(f"if {inside.use('absent')}({element}):"):
                    inside.write("continue")
                _write_element(finish, item, element, inside)
                with inside.block(f"if {element} is not None:"):
                    inside.write(f"{made}.append({element})")
            around.write(f"{out} = {made} or None")
    _write_chain(finish.list_steps, UNKNOWN, True, out, point)


def _write_element(finish: Finish, item: TargetField, element: str, point: Point) -> None:
    _write_chain(finish.steps, ONE, True, element, point)
    _write_fit(finish.steps, item, finish.limits, element, point)


def write_checks(planned: Planned, out: str, point: Point, *, there: bool = False) -> None:
    """What a field asks for that its steps do not see to by themselves. there: the value is not None."""
    finish = planned.finish
    assert finish is not None
    if finish.kind == "each" and due_limits((), finish.list_limits) != NO_LIMITS:
        with point.block(f"if {out} is not None:"):
            limits = due_limits((), finish.list_limits)
            write_limits(limits, out, frozenset({"array"}), point.function, point.writing)
    elif finish.kind == "one":
        _write_fit(finish.steps, finish.field, finish.limits, out, point, there)


def _write_fit(
    steps: tuple[Step, ...], field: TargetField, limits: Limits, out: str, point: Point, there: bool = False
) -> None:
    """The checks of a value behind the steps of its form; one that the event may hold too is copied."""
    limits = due_limits(steps, limits)
    kept = owned(out, field.type, point.writing)
    if fits(steps, field.type) and kept == out:
        broken = _broken(limits, field, out, point)
        if broken is not None:
            if broken:
                test = " or ".join(broken)
                with point.block(f"if {test}:" if there else f"if {out} is not None and ({test}):"):
                    point.give_up()
            return
    with point.block(f"if {out} is not None:"):
        if not fits(steps, field.type):
            point.write(checked_kind(out, field.type, point.writing))
        write_limits(limits, out, field.type.kinds, point.function, point.writing)
        if kept != out:
            point.write(f"{out} = {kept}")


def _broken(limits: Limits, field: TargetField, out: str, point: Point) -> list[str] | None:
    """Python tests that limits are broken; None where they need the careful form's own checks."""
    if limits.pattern is not None or limits.max_items is not None or limits.min_items is not None:
        return None
    tests: list[str] = []
    if limits.enum is not None:
        if field.type.kinds != {"string"}:
            return None
        tests.append(f"{out} not in {point.writing.module.table('allowed', list(limits.enum))}")
    lengths = [(limits.max_length, ">"), (limits.min_length, "<")]
    ranges = _ranges(limits, out, field.type.kinds == {"integer"})
    stated = [f"len({out}) {sign} {limit}" for limit, sign in lengths if limit is not None]
    if stated and field.type.kinds != {"string"}:
        return None
    if ranges and not field.type.kinds <= {"integer", "number"}:
        return None
    return tests + stated + ranges


# Python compares integers of one digit, which has 30 bits, in a third of the time. Nobody counts beyond.
_DIGIT = 2**30 - 1
_64_BITS = (-(2**63), 2**63 - 1)


def _ranges(limits: Limits, out: str, whole: bool) -> list[str]:
    """Python tests that a number is out of its ranges. whole: it is an integer."""
    found = []
    least, most = limits.minimum, limits.maximum
    closed = (-_DIGIT, _DIGIT) if whole and (least, most) == _64_BITS else (least, most)
    for (least, most), sign in ((closed, "<="), ((limits.above, limits.below), "<")):
        below = "" if least is None else f"{literal(least)} {sign} "
        above = "" if most is None else f" {sign} {literal(most)}"
        if below or above:
            found.append(f"not {below}{out}{above}")
    return found
