"""Statements that take a value through its steps and make it fit its field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from mapper.compiler.emit.calls import expected
from mapper.compiler.emit.context import Writing
from mapper.compiler.emit.module import Function, literal
from mapper.compiler.inference.truth import CALCULATIONS
from mapper.compiler.plan.planned import Finish, Planned
from mapper.compiler.plan.steps import Step, StepArgument, VariableArgument, form_steps
from mapper.compiler.schema.target import NO_LIMITS, Limits, TargetField
from mapper.text import Span
from mapper.transforms import Parameter
from mapper.transforms.weight import FREE_CHARACTERS
from mapper.types import UNKNOWN, Json, Kind, Type, fit

# Lookup tables of more characters than this stand at the head of the module, not in the call.
LONGEST_LITERAL = 60
# Of these kinds a value can be there and as good as none: blank text, a list or object with nothing in it.
EMPTY_KINDS = frozenset({"string", "array", "object"})
_NUMBER_KINDS: frozenset[Kind] = frozenset({"integer", "number"})
_TEXT_KINDS: frozenset[Kind] = frozenset({"string"})
_LIST_KINDS: frozenset[Kind] = frozenset({"array"})
_TYPES = {_NUMBER_KINDS: "(int, float)", _TEXT_KINDS: "(str,)", _LIST_KINDS: "(list,)"}
# What comes to a form of one value.
ONE = Type(UNKNOWN.kinds - {"array"})


def write_steps(
    steps: tuple[Step, ...],
    value: Type,
    name: str,
    span: Span | None,
    function: Function,
    writing: Writing,
    single: bool = False,
    again: bool = True,
) -> str:
    """The value in the local `name` through the steps; the local that holds it then.

    single: it is one value, and a list is none. again: they may be taken for each element of a list.

    There is an early `return None` wherever a step can give nothing.
    """
    may_empty = any(map(can_empty, steps))
    for step in steps:
        direct = single or step.transform.whole or (value.known and "array" not in value.kinds)
        may_empty = may_empty or not direct
        call = _call(step, direct, name, function, writing, again)
        name = "value"
        function.write(f"value = {call}", step.span or span)
        value = step.result(value)
        if "null" in step.transform.gives.kinds or step.reads:
            with function.block("if value is None:", step.span or span):
                function.write("return None", step.span or span)
    if value.kinds & EMPTY_KINDS and may_empty:
        with function.block(f"if {writing.module.use('absent')}(value):", span):
            function.write("return None", span)
    return name


def can_empty(step: Step) -> bool:
    """Whether a step can make a value that is there and as good as none; such a text is null already."""
    gives = step.transform.gives
    return not gives.format and not (gives.kinds <= {"string", "null"} and "null" in gives.kinds)


def _call(
    step: Step, direct: bool, value: str, function: Function, writing: Writing, again: bool = True
) -> str:
    """Python that runs a step on the local `value`. again: it may be run for each element of a list."""
    name = writing.module.use(step.transform.function.__name__)
    arguments: list[str] = []
    for parameter, argument in step.arguments:
        if parameter.variadic:
            parts = argument if isinstance(argument, list) else [argument]
            texts = [_argument(part, parameter, step, function, writing) for part in parts]
            arguments += texts
        else:
            parts = [argument]
            texts = [_argument(argument, parameter, step, function, writing)]
            arguments.append(f"{parameter.name}={texts[0]}")
        for part, text in zip(parts, texts, strict=True):
            if _is_read_again(part, parameter, again, writing):
                function.write(f"frame.budget.spend_all({text})", step.span)
    if step.transform.noting:
        arguments.append("remarks=frame.remarks")
    if step.spares_digests:
        name, arguments = writing.module.use("unless_digest"), [name, *arguments]
    if direct:
        return f"{name}({', '.join([value, *arguments])})"
    return f"{writing.module.use('on_each')}({', '.join([value, name, *arguments])})"


def _is_read_again(argument: StepArgument, parameter: Parameter, again: bool, writing: Writing) -> bool:
    """Whether an argument may be large, and is read for each of many elements or events."""
    if not parameter.grows:
        return False
    if not isinstance(argument, VariableArgument):
        return again and type(argument) is str and len(argument) > FREE_CHARACTERS
    return argument.name in (writing.large if again else writing.repeated)


def _argument(
    argument: StepArgument,
    parameter: Parameter,
    step: Step,
    function: Function,
    writing: Writing,
) -> str:
    """Python for one argument; a variable that is null ends the step, unless the parameter takes null.

    A step is handed only what it takes: that is checked where the variable may hold something else.
    """
    if not isinstance(argument, VariableArgument):
        return _constant(parameter.name, cast("Json", argument), writing)
    name = function.local(parameter.name)
    function.write(f"{name} = {writing.variables[argument.name]}", step.span)
    if not parameter.nullable:
        with function.block(f"if {name} is None:", step.span):
            if step.transform.name in CALCULATIONS:
                # The value that the step acts on is there.
                function.write(f"return {writing.module.use('lost')}(frame.remarks, 0)", step.span)
            else:
                function.write("return None", step.span)
    if fit(writing.type_of(argument.name), parameter.type) != "always":
        who = f"`{parameter.name}` of `{step.transform.name}`"
        check = expected(writing.module, name, parameter.type, who, parameter.nullable)
        if check != name:
            function.write(check, step.span)
    return name


def _constant(stem: str, value: Json, writing: Writing) -> str:
    text = literal(value)
    return text if len(text) <= LONGEST_LITERAL else writing.module.table(stem, value)


def write_finish(planned: Planned, name: str, function: Function, writing: Writing, again: bool) -> None:
    """The last statements of a value's function: what its field asks of the local `name`, then `return`.

    again: they may be taken for each element of a list.
    """
    finish, span = planned.finish, planned.span
    if finish is None:
        function.end(name, span)
    elif finish.kind == "any":
        function.write(f"return {writing.module.use('copied')}({name})", span)
    elif finish.kind == "one":
        chain = _write_chain(finish, name, function, writing, again)
        function.write(f"return {chain}", span)
    elif finish.kind == "object":
        shape = _write_shape(finish.field, planned.place, writing)
        function.write(f"return {shape}({name}, frame)", span)
    else:
        _write_list_finish(finish, name, planned.place, span, function, writing)


def _write_list_finish(
    finish: Finish,
    name: str,
    place: int,
    span: Span | None,
    function: Function,
    writing: Writing,
) -> None:
    item = finish.field.item
    if finish.elements_due and item is not None:
        worker = _element_function(finish, item, place, writing)
        elements = writing.module.use("elements")
        function.write(f"value = {elements}({name}, frame, {place}, {worker})", span)
        name = "value"
        with function.block("if value is None:", span):
            function.write("return None", span)
    for step in finish.list_steps:
        function.write(f"value = {_call(step, True, name, function, writing)}", span)
        name = "value"
    write_limits(due_limits((), finish.list_limits), name, frozenset({"array"}), function, writing)
    function.end(name, span)


def _element_function(finish: Finish, item: TargetField, place: int, writing: Writing) -> str:
    """The function that brings one element into its form."""
    if not item.is_object:
        return _chain_function(finish.steps, finish.limits, item, writing)
    shape = _write_shape(item, place, writing)
    if not finish.steps:
        return shape
    function = writing.module.function(f"{item.path}_element", "value", "frame")
    name = write_steps(finish.steps, UNKNOWN, "value", None, function, writing)
    function.write(f"return {shape}({name}, frame)")
    return function.name


def _write_chain(finish: Finish, name: str, function: Function, writing: Writing, again: bool) -> str:
    """Python that brings the local `name` into a form, by a transform or by a function for all of it."""
    steps, field = finish.steps, finish.field
    limits = due_limits(steps, finish.limits)
    if not steps and limits == NO_LIMITS:
        return owned(checked_kind(name, field.type, writing), field.type, writing)
    if len(steps) == 1 and limits == NO_LIMITS and not steps[0].reads and fits(steps, field.type):
        return _call(steps[0], True, name, function, writing, again)
    return f"{_chain_function(steps, limits, field, writing, again)}({name}, frame)"


def _chain_function(
    steps: tuple[Step, ...],
    limits: Limits,
    field: TargetField,
    writing: Writing,
    again: bool = True,
) -> str:
    """A function `(value, frame)` for a form; fields of the same form share it."""
    key = (
        "chain",
        tuple((step.transform.name, repr(step.arguments), step.spares_digests) for step in steps),
        limits,
        field.type.kinds,
        again and any(step.reads for step in steps),
    )
    if key in writing.functions:
        return writing.functions[key]
    stem = "_".join(step.transform.name for step in steps) or f"checked_{'_'.join(sorted(field.type.kinds))}"
    function = writing.module.function(stem, "value", "frame")
    writing.functions[key] = function.name
    name = write_steps(steps, ONE, "value", None, function, writing, single=True, again=again)
    if not fits(steps, field.type):
        function.write(checked_kind(name, field.type, writing))
    write_limits(due_limits(steps, limits), name, field.type.kinds, function, writing)
    own = owned(name, field.type, writing)
    if own == name:
        function.end(name)
    else:
        function.write(f"return {own}")
    return function.name


def fits(steps: tuple[Step, ...], wanted: Type) -> bool:
    """Whether what some steps give is always of a field's type."""
    value = ONE
    for step in steps:
        value = step.result(value)
    return not wanted.known or fit(value, wanted) == "always"


def checked_kind(name: str, wanted: Type, writing: Writing) -> str:
    """Python that gives a local, or raises where it is of none of a field's kinds."""
    if not wanted.known:
        return name
    kinds = wanted.kinds - ({"integer"} if "number" in wanted.kinds else set())
    return f"{writing.module.use('of_kind')}({', '.join([name, *map(literal, sorted(kinds))])})"


def owned(text: str, kind: Type, writing: Writing) -> str:
    """Python for a value of a type, copied where it may be a list or object of the event."""
    return f"{writing.module.use('copied')}({text})" if kind.kinds & {"array", "object"} else text


def due_limits(steps: tuple[Step, ...], limits: Limits) -> Limits:
    """The limits that the steps do not keep by themselves; no value that is there is shorter than 1."""
    pattern = limits.pattern
    kept = [step.transform.pattern for step in steps if not step.transform.passing][-1:]
    if pattern is not None and kept == [pattern]:
        pattern = None
    fewest, shortest = limits.min_items, limits.min_length
    return replace(
        limits,
        pattern=pattern,
        min_items=None if fewest is None or fewest <= 1 else fewest,
        min_length=None if shortest is None or shortest <= 1 else shortest,
    )


def write_limits(
    limits: Limits, name: str, kinds: frozenset[Kind], function: Function, writing: Writing
) -> None:
    """Checks of the local `name`, each where it is of a kind that the limit speaks of."""
    if limits.enum is not None:
        table = writing.module.table("allowed", list(limits.enum))
        function.write(f"{writing.module.use('one_of')}({name}, {table})")
    for spoken_of, check, arguments in _checks(limits):
        call = f"{writing.module.use(check)}({', '.join([name, *arguments])})"
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
        yield _LIST_KINDS, "counted", [str(limits.min_items), str(limits.max_items)]


def _write_shape(field: TargetField, place: int, writing: Writing) -> str:
    """The function that puts an object together from what its field knows of it."""
    key = ("shape", field.path, place)
    if key in writing.functions:
        return writing.functions[key]
    function = writing.module.function(f"{field.path}_shape", "value", "frame")
    writing.functions[key] = function.name
    use = writing.module.use
    function.write(f"{use('of_kind')}(value, 'object')")
    function.write("made = {}")
    for child in field.fields:
        with function.block(f"if {literal(child.name)} in value:"):
            worker = _part_function(child, place, writing)
            function.write(
                f"{use('shape_part')}(value, made, {literal(child.name)}, frame, {place}, {worker})"
            )
    known = writing.module.table("known", [child.name for child in field.fields])
    function.write(f"{use('strange')}(value, {known}, frame, {place})")
    if any(child.required for child in field.fields) or field.checks:
        with function.block(f"if {use('hollow')}(value):"):
            function.write("return None")
    for child in field.fields:
        if child.required:
            function.write(f"{use('having')}(made, {literal(child.name)})")
    for check in field.checks:
        if len(check.groups) > 1:
            groups = writing.module.table("groups", [list(group) for group in check.groups])
            function.write(f"{use('having_group')}(made, {groups}, {literal(check.describe())})")
    function.write(f"return {use('whole')}(made, value)")
    return function.name


def _part_function(child: TargetField, place: int, writing: Writing) -> str:
    if child.is_object:
        return _write_shape(child, place, writing)
    if child.item is None:
        return _chain_function(form_steps(child.form), child.limits, child, writing)
    item = child.item
    steps = () if item.is_object else form_steps(item.form)
    finish = Finish(child, "each", steps, item.limits, form_steps(child.form), child.limits)
    function = writing.module.function(f"{child.path}_list", "value", "frame")
    _write_list_finish(finish, "value", place, None, function, writing)
    return function.name
