"""A field's limits on its value in the fast form; the form that most values have is told without a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import cast

from mapper.compiler.emit.fast.point import FastPoint, Unfit
from mapper.compiler.emit.limit_checks import (
    LIST_KINDS,
    broken_tests,
    checked_kind,
    due_limits,
    fits,
    owned,
    write_limits,
)
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.step_calls import (
    ONE,
    Chain,
    checked_variable,
    prepared_step,
    python_types,
    step_call,
    variables_of,
)
from mapper.compiler.jmespath.call_facts import CALCULATIONS
from mapper.compiler.plan.ir import Finish, Planned
from mapper.compiler.plan.own_steps import OwnStep
from mapper.compiler.plan.planned_steps import Step, StepArgument, VariableArgument
from mapper.compiler.schema.target import NO_LIMITS
from mapper.runtime.known_forms import (
    NOTING,
    QUICK,
    QUICK_LISTS,
    QuickForm,
    country_digests,
    gender_digests,
    quick_boolean,
    quick_count,
    quick_currency,
    quick_id,
    quick_integer,
    quick_language,
    quick_text,
    quick_trimmed,
    quick_trimmed_id,
    quick_url,
    state_digests,
)
from mapper.transforms import Parameter
from mapper.transforms.web import query_parameter
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Json, fit


@dataclass(frozen=True, slots=True)
class Plain:
    """The test for the most usual values of a form, and their result; Python over a local, `{0}`.

    names: those of the runtime in both. may_empty: an empty text comes of it where there is no value.
    """

    test: str
    value: str
    names: tuple[str, ...] = ()
    may_empty: bool = False

    def use(self, atom: str, point: FastPoint) -> tuple[str, str]:
        """The test and the value of a local."""
        for name in self.names:
            point.use(name)
        return self.test.format(atom), self.value.format(atom)


# No placeholder, by its first character, and without white space or an unfilled template.
_IS_ID = "type({0}) is str and {0} and {0}.isascii() and {0}[0] not in ODD_STARTS and '{{{{' not in {0}"

# `https://` and a host.
_IS_URL = (
    "type({0}) is str and {0}.isascii() and {0}.startswith('https://') and len({0}) > 8"
    " and {0}[8] not in NO_HOST"
)

PLAIN: dict[QuickForm, Plain] = {
    quick_url: Plain(_IS_URL, "{0}.strip(ASCII_EDGE)", ("ASCII_EDGE", "NO_HOST")),
    quick_id: Plain(_IS_ID, "{0}", ("ODD_STARTS",)),
    quick_trimmed_id: Plain(_IS_ID, "{0}.strip(ASCII_EDGE)", ("ODD_STARTS", "ASCII_EDGE")),
    quick_trimmed: Plain(
        "type({0}) is str and {0}.isascii()", "{0}.strip(ASCII_EDGE)", ("ASCII_EDGE",), True
    ),
    quick_text: Plain("type({0}) is str and {0}.isascii() and not {0}.isspace()", "{0}", may_empty=True),
    quick_count: Plain("type({0}) is int and {0} >= 0", "{0}"),
    quick_integer: Plain("type({0}) is int", "{0}"),
    quick_boolean: Plain("type({0}) is bool", "{0}"),
    quick_currency: Plain("type({0}) is str and {0} in MINOR_UNITS", "{0}", ("MINOR_UNITS",)),
    quick_language: Plain("type({0}) is str and {0} in LANGUAGES", "LANGUAGES[{0}]", ("LANGUAGES",)),
    gender_digests: Plain("type({0}) is str and {0} in GENDERS", "[GENDERS[{0}]]", ("GENDERS",)),
    state_digests: Plain("type({0}) is str and {0} in STATES", "[STATES[{0}]]", ("STATES",)),
    country_digests: Plain("type({0}) is str and {0} in COUNTRIES", "[COUNTRIES[{0}]]", ("COUNTRIES",)),
}
# The same of texts out of JSON, in which there is no half character.
PLAIN_DECODED: dict[QuickForm, Plain] = PLAIN | {
    quick_trimmed: Plain(
        "type({0}) is str", "{0}.strip(ASCII_EDGE if {0}.isascii() else EDGE)", ("ASCII_EDGE", "EDGE"), True
    ),
    quick_text: Plain("type({0}) is str and not {0}.isspace()", "{0}", may_empty=True),
}

_IS_ASCII = "type({0}) is str and {0}.isascii()"
# Steps without arguments, likewise.
PLAIN_STEPS: dict[str, Plain] = {
    "trim": Plain(_IS_ASCII, "{0}.strip(ASCII_EDGE) or None", ("ASCII_EDGE",)),
    "lowercase": Plain(_IS_ASCII, "{0}.lower()"),
    "uppercase": Plain(_IS_ASCII, "{0}.upper()"),
}


def plain_of(quick: QuickForm, point: FastPoint) -> Plain | None:
    """The test for the most usual values of a form here, if there is one."""
    return (PLAIN if point.shared.typed is None else PLAIN_DECODED).get(quick)


def quick_call(quick: QuickForm, atom: str, point: FastPoint) -> str:
    """The call of a quick form."""
    more = f", {point.noting()}" if quick in NOTING else ""
    return f"{point.use(quick.__name__)}({atom}{more})"


def write_quick(quick: QuickForm, atom: str, out: str, point: FastPoint) -> None:
    """Leave what a quick form makes of a local, which may be None, in another."""
    otherwise = f"None if {atom} is None else {quick_call(quick, atom, point)}"
    plain = plain_of(quick, point)
    if plain is None:
        point.write(f"{out} = {otherwise}")
        return
    test, value = plain.use(atom, point)
    with point.block(f"if {test}:"):
        point.write(f"{out} = {f'{value} or None' if plain.may_empty else value}")
    with point.block("else:"):
        point.write(f"{out} = {otherwise}")


@dataclass(frozen=True, slots=True)
class Putting:
    """The statements that go on with a value in the local `out`.

    check: writes the checks of it, where it is not None; put: writes where a value goes; absent: writes what
    is done where there is none, if anything is.
    """

    out: str
    check: Callable[[FastPoint], None]
    put: Callable[[str, FastPoint], None]
    absent: Callable[[FastPoint], None] | None = None

    def write(self, test: str, point: FastPoint) -> None:
        """Go on with a value that is there if a test holds."""
        with point.block(f"if {test}:") as inside:
            self.check(inside)
            self.put(self.out, inside)
        if self.absent is not None:
            with point.block("else:") as inside:
                self.absent(inside)


def write_quick_put(quick: QuickForm, atom: str, putting: Putting, point: FastPoint) -> None:
    """Go on with what a quick form makes of a local, which may be None."""
    plain, out = plain_of(quick, point), putting.out
    if plain is not None:
        _write_plain_put(plain, atom, putting, point)
    if putting.absent is None:
        with point.block(f"{'if' if plain is None else 'elif'} {atom} is not None:") as inside:
            inside.write(f"{out} = {quick_call(quick, atom, inside)}")
            putting.write(f"{out} is not None", inside)
        return
    with nullcontext(point) if plain is None else point.block("else:") as inside:
        inside.write(f"{out} = None if {atom} is None else {quick_call(quick, atom, inside)}")
        putting.write(f"{out} is not None", inside)


def _write_plain_put(plain: Plain, atom: str, putting: Putting, point: FastPoint) -> None:
    test, value = plain.use(atom, point)
    with point.block(f"if {test}:") as inside:
        if plain.may_empty:
            inside.write(f"{putting.out} = {value}")
            putting.write(putting.out, inside)
            return
        start = len(inside.function.lines)
        putting.check(inside)
        if len(inside.function.lines) > start:
            inside.function.insert(start, f"{putting.out} = {value}")
            value = putting.out
        putting.put(value, inside)


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


def write_form(planned: Planned, out: str, point: FastPoint) -> None:
    """The author's steps, and what the field asks for, on a value that is None where it is absent."""
    finish = planned.finish
    _write_chain(Chain.of(planned.steps, planned.source_type), out, point)
    if finish is None:
        return
    quick = quick_form(planned)
    if quick is not None:
        write_quick(quick, out, out, point)
    elif finish.kind == "one":
        _write_chain(Chain.of(finish.steps, ONE, single=True), out, point)
    elif finish.kind == "each":
        _write_each(finish, out, point)
    elif finish.kind == "any":
        point.write(f"{out} = None if {out} is None else {point.use('copied')}({out})")
    else:
        raise Unfit
    write_checks(planned, out, point)


def _write_chain(chain: Chain, out: str, point: FastPoint) -> None:
    """A value through steps, each where there is still one."""
    for step, whole in chain.runs:
        with point.block(f"if {out} is not None:") as inside:
            _write_step(step, whole, out, inside)
    if chain.may_empty:
        point.write_absent(out)


def _write_step(step: Step, whole: bool, out: str, point: FastPoint) -> None:
    """A step; a variable that is null ends it, unless its parameter takes null."""
    if step.own is not None:
        if not whole:
            with point.block(f"if type({out}) is list:") as inside:
                inside.give_up()
        point.write(f"{out} = {_own_call(step, step.own, out, point)}")
        return
    due = [point.variable(one.name) for parameter, one in variables_of(step) if not parameter.nullable]
    if not due:
        _write_call(step, whole, out, point)
        return
    with point.block(f"if {' or '.join(f'{name} is None' for name in due)}:") as inside:
        if step.transform.name in CALCULATIONS:
            inside.give_up()
        else:
            inside.write(f"{out} = None")
    with point.block("else:") as inside:
        inside.write(f"{out} = {_call(step, whole, out, inside)}")


def _write_call(step: Step, whole: bool, out: str, point: FastPoint) -> None:
    """A step of constants alone."""
    call = f"{out} = {_call(step, whole, out, point)}"
    plain = None if step.arguments or step.spares_digests else PLAIN_STEPS.get(step.transform.name)
    if plain is None:
        point.write(call)
        return
    test, value = plain.use(out, point)
    with point.block(f"if {test}:"):
        point.write(f"{out} = {value}")
    with point.block("else:"):
        point.write(call)


def _own_call(step: Step, own: OwnStep, out: str, point: FastPoint) -> str:
    """A function of the mapping as a step. Unfit where it is given for many elements what may be large."""
    given = {parameter.name: argument for parameter, argument in step.arguments}
    atoms = [out]
    for name in own.function.parameters[1:]:
        argument = given.get(name)
        if not isinstance(argument, VariableArgument):
            atoms.append(literal(cast("Json", argument)))
            continue
        if len(point.levels) > 1 and argument.name in point.context.large - point.levels[-1].fresh:
            raise Unfit
        atoms.append(point.variable(argument.name))
    return point.shared.write_own_call(own.function, atoms, point)


def _call(step: Step, whole: bool, out: str, point: FastPoint) -> str:
    def write(parameter: Parameter, arguments: Sequence[StepArgument]) -> list[str]:
        return [_argument(step, parameter, one, point) for one in arguments]

    note_texts = point.noting() if step.transform.noting else ""
    prepared = prepared_step(step, point.context.module)
    if prepared and whole:
        return f"{prepared}({out})"
    call = step_call(step, write, note_texts, point.context.module)
    one = f"{prepared}({out})" if prepared else call.on(out)
    return one if whole else f"{call.by(point.use('on_few'), out)} if type({out}) is list else {one}"


def _argument(step: Step, parameter: Parameter, argument: StepArgument, point: FastPoint) -> str:
    """A constant or a variable; Unfit for one that the careful form would count, since it may be large."""
    context = point.context
    if not isinstance(argument, VariableArgument):
        return context.module.argument(parameter.name, cast("Json", argument))
    if parameter.grows and argument.name in context.large:
        raise Unfit
    known, local = context.type_of(argument.name), point.variable(argument.name)
    types = [one.__name__ for one in python_types(parameter.type)]
    if parameter.may_lack and types and fit(known, parameter.type) != "always":
        with point.block(f"if {local} is not None and type({local}) not in ({', '.join(types)},):") as inside:
            inside.give_up()  # it counts as absent, and is noted
        return local
    return checked_variable(step, parameter, local, known, context.module)


def _write_each(finish: Finish, out: str, point: FastPoint) -> None:
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
                _write_chain(Chain.of(finish.steps, ONE, single=True), element, inside)
                _write_fit(replace(finish, field=item), element, inside)
                with inside.block(f"if {element} is not None:"):
                    inside.write(f"{made}.append({element})")
            around.write(f"{out} = {made} or None")
    _write_chain(Chain.of(finish.list_steps, UNKNOWN, single=True), out, point)


def write_checks(planned: Planned, out: str, point: FastPoint, *, there: bool = False) -> None:
    """Write the checks of a field that its steps do not make by themselves. there: the value is not None."""
    finish = planned.finish
    assert finish is not None
    if finish.kind == "each":
        limits = due_limits((), finish.list_limits)
        if limits != NO_LIMITS:
            with point.block(f"if {out} is not None:"):
                write_limits(limits, out, LIST_KINDS, point.function, point.context.module)
    elif finish.kind == "one":
        _write_fit(finish, out, point, there=there)


def _write_fit(finish: Finish, out: str, point: FastPoint, *, there: bool = False) -> None:
    """The checks of one value after the steps of its form; one that the event may hold too is copied."""
    steps, wanted, module = finish.steps, finish.field.type, point.context.module
    limits = due_limits(steps, finish.limits)
    kept = owned(out, wanted, module)
    if fits(steps, wanted) and kept == out:
        broken = broken_tests(limits, out, wanted.kinds, module)
        if broken is not None:
            if broken:
                test = " or ".join(broken)
                with point.block(f"if {test}:" if there else f"if {out} is not None and ({test}):"):
                    point.give_up()
            return
    with point.block(f"if {out} is not None:"):
        if not fits(steps, wanted):
            point.write(checked_kind(out, wanted, module))
        write_limits(limits, out, wanted.kinds, point.function, module)
        if kept != out:
            point.write(f"{out} = {kept}")
