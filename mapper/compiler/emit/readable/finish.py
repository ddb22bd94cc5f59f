"""Statements that take a value through its steps and make it fit its field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from mapper.compiler.emit.context import EVENT, EmitContext
from mapper.compiler.emit.limit_checks import LIST_KINDS, checked_kind, due_limits, fits, owned, write_limits
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.readable.body import Body
from mapper.compiler.emit.requirements import write_having, write_having_group
from mapper.compiler.emit.step_calls import (
    ONE,
    Chain,
    StepCall,
    argument_name,
    checked_variable,
    step_call,
)
from mapper.compiler.jmespath.call_facts import CALCULATIONS
from mapper.compiler.plan.ir import Finish, Planned
from mapper.compiler.plan.own_steps import OwnStep
from mapper.compiler.plan.planned_steps import Step, StepArgument, VariableArgument, form_steps
from mapper.compiler.schema.target import NO_LIMITS, Limits, TargetField
from mapper.texts.named_text import Span
from mapper.transforms import Parameter
from mapper.transforms.weight import FREE_CHARACTERS
from mapper.values.types import UNKNOWN, Json


def write_steps(chain: Chain, name: str, span: Span | None, body: Body, again: bool = True) -> str:
    """The value in the local `name` through the steps; the local that holds it then.

    again: they may be taken for each element of a list.

    There is an early `return None` wherever a step can give nothing.
    """
    for step, whole in chain.runs:
        call = _call(step, body, again)
        text = call.on(name) if whole else call.by(body.use("on_each"), name)
        name = "value"
        body.write(f"value = {text}", step.span or span)
        if "null" in step.transform.gives.kinds or step.reads:
            with body.block("if value is None:", step.span or span):
                body.write("return None", step.span or span)
    if chain.may_empty:
        with body.block(f"if {body.use('absent')}(value):", span):
            body.write("return None", span)
    return name


def _call(step: Step, body: Body, again: bool) -> StepCall:
    """The call of a step, after the statements for its arguments. again: of each element of a list."""

    def write(parameter: Parameter, arguments: Sequence[StepArgument]) -> list[str]:
        texts = [_argument(one, parameter, step, body) for one in arguments]
        for argument, text in zip(arguments, texts, strict=True):
            if _is_read_again(argument, parameter, again, body.context):
                body.write(f"frame.budget.spend_all({text})", step.span)
        return texts

    if step.own is not None:
        return _own_call(step, step.own, write, body.context)
    call = step_call(step, write, "frame.note_texts", body.context.module)
    return body.context.marks.found_by(call, step)


def _own_call(
    step: Step,
    own: OwnStep,
    write: Callable[[Parameter, Sequence[StepArgument]], list[str]],
    context: EmitContext,
) -> StepCall:
    """The call of a function of the mapping, whose value is its first parameter."""
    stated = {parameter.name: write(parameter, [argument])[0] for parameter, argument in step.arguments}
    first, *others = own.function.parameters
    given = ", ".join([f"{literal(name)}: {stated.get(name)}" for name in others])
    call = StepCall("frame.step", (context.own_functions[own.function.name], literal(first), f"{{{given}}}"))
    if step.spares_digests:
        return StepCall(context.module.use("unless_digest"), (call.function, *call.arguments))
    return call


def _is_read_again(argument: StepArgument, parameter: Parameter, again: bool, context: EmitContext) -> bool:
    """Whether an argument may be large, and is read for each of many elements or events."""
    if not parameter.grows:
        return False
    if not isinstance(argument, VariableArgument):
        again = again or bool(context.parameters)
        return again and type(argument) is str and len(argument) > FREE_CHARACTERS
    if argument.name in context.parameters:
        return False
    return argument.name in (context.large if again else context.repeated)


def _argument(argument: StepArgument, parameter: Parameter, step: Step, body: Body) -> str:
    """Python for one argument; a variable that is null ends the step, unless the parameter takes null."""
    context = body.context
    if not isinstance(argument, VariableArgument):
        return context.module.argument(parameter.name, cast("Json", argument))
    name = body.function.local(parameter.name)
    if parameter.may_lack:
        with body.block("try:", step.span):
            _write_argument(argument, parameter, name, step, body)
        with body.block(f"except {body.use('Invalid')}:", step.span):
            said = f"frame.note_texts, {literal(argument_name(step, parameter))}"
            body.write(f"{name} = {body.use('lacking_argument')}({said})", step.span)
        return name
    _write_argument(argument, parameter, name, step, body)
    return name


def _write_argument(
    argument: VariableArgument, parameter: Parameter, name: str, step: Step, body: Body
) -> None:
    """Read a variable into a local, and check that the step takes it."""
    context = body.context
    body.write(f"{name} = {context.variables[argument.name]}", step.span)
    if not parameter.nullable:
        # The value that the step acts on is there.
        calculates = step.transform.name in CALCULATIONS
        nothing = f"{body.use('lost')}(frame.note_texts, 0)" if calculates else "None"
        with body.block(f"if {name} is None:", step.span):
            body.write(f"return {nothing}", step.span)
    check = checked_variable(step, parameter, name, context.type_of(argument.name), context.module)
    if check != name:
        body.write(check, step.span)


def write_finish(planned: Planned, name: str, body: Body, again: bool) -> None:
    """The last statements of a value's function: what its field asks of the local `name`, then `return`.

    again: they may be taken for each element of a list.
    """
    finish, span = planned.finish, planned.span
    if finish is None:
        body.function.end(name, span)
    elif finish.kind == "any":
        body.write(f"return {body.use('copied')}({name})", span)
    elif finish.kind == "one":
        body.write(f"return {_write_chain(finish, name, body, again)}", span)
    elif finish.kind == "object":
        body.write(f"return {_write_shape(finish.field, planned.place, body.context)}({name}, frame)", span)
    else:
        _write_list_finish(finish, name, planned.place, span, body)


def _write_list_finish(finish: Finish, name: str, place: int, span: Span | None, body: Body) -> None:
    item = finish.field.item
    if finish.elements_due and item is not None:
        worker = _element_function(finish, item, place, body.context)
        body.write(f"value = {body.use('elements')}({name}, frame, {place}, {worker})", span)
        name = "value"
        with body.block("if value is None:", span):
            body.write("return None", span)
    for step in finish.list_steps:
        body.write(f"value = {_call(step, body, again=True).on(name)}", span)
        name = "value"
    limits = due_limits((), finish.list_limits)
    write_limits(limits, name, LIST_KINDS, body.function, body.context.module)
    body.function.end(name, span)


def _body(stem: str, context: EmitContext) -> Body:
    """The body of a new function `(value, frame)`, which nothing else of the event is read in."""
    return Body(context.module.function(stem, "value", "frame"), EVENT, context)


def _element_function(finish: Finish, item: TargetField, place: int, context: EmitContext) -> str:
    """The function that brings one element into its form."""
    if not item.is_object:
        return _chain_function(finish.steps, finish.limits, item, context)
    shape = _write_shape(item, place, context)
    if not finish.steps:
        return shape
    body = _body(f"{item.path}_element", context)
    name = write_steps(Chain.of(finish.steps, UNKNOWN), "value", None, body)
    body.write(f"return {shape}({name}, frame)")
    return body.function.name


def _write_chain(finish: Finish, name: str, body: Body, again: bool) -> str:
    """Python that brings the local `name` into a form, by a transform or by a function for all of it."""
    steps, field, module = finish.steps, finish.field, body.context.module
    limits = due_limits(steps, finish.limits)
    if not steps and limits == NO_LIMITS:
        return owned(checked_kind(name, field.type, module), field.type, module)
    if len(steps) == 1 and limits == NO_LIMITS and not steps[0].reads and fits(steps, field.type):
        return _call(steps[0], body, again).on(name)
    return f"{_chain_function(steps, limits, field, body.context, again)}({name}, frame)"


def _chain_function(
    steps: tuple[Step, ...], limits: Limits, field: TargetField, context: EmitContext, again: bool = True
) -> str:
    """A function `(value, frame)` for a form; fields of the same form share it."""
    key = (
        "chain",
        tuple((step.transform.name, repr(step.arguments), step.spares_digests) for step in steps),
        limits,
        field.type.kinds,
        again and any(step.reads for step in steps),
        tuple(step.span for step in steps) if context.marks.wanted else (),
    )
    if key in context.functions:
        return context.functions[key]
    stem = "_".join(step.transform.name for step in steps) or f"checked_{'_'.join(sorted(field.type.kinds))}"
    body, module = _body(stem, context), context.module
    context.functions[key] = body.function.name
    name = write_steps(Chain.of(steps, ONE, single=True), "value", None, body, again)
    if not fits(steps, field.type):
        body.write(checked_kind(name, field.type, module))
    write_limits(due_limits(steps, limits), name, field.type.kinds, body.function, module)
    own = owned(name, field.type, module)
    if own == name:
        body.function.end(name)
    else:
        body.write(f"return {own}")
    return body.function.name


def _write_shape(field: TargetField, place: int, context: EmitContext) -> str:
    """The function that puts an object together from what its field knows of it."""
    key = ("shape", field.path, place)
    if key in context.functions:
        return context.functions[key]
    body = _body(f"{field.path}_shape", context)
    context.functions[key] = body.function.name
    body.write(f"{body.use('of_kind')}(value, 'object')")
    body.write("made = {}")
    for child in field.fields:
        with body.block(f"if {literal(child.name)} in value:"):
            worker = _part_function(child, place, context)
            given = f"value, made, {literal(child.name)}, frame, {place}, {worker}"
            body.write(f"{body.use('shape_part')}({given})")
    known = context.module.table("known", [child.name for child in field.fields])
    body.write(f"{body.use('strange')}(value, {known}, frame, {place})")
    if any(child.required for child in field.fields) or field.checks:
        with body.block(f"if {body.use('hollow')}(value):"):
            body.write("return None")
    for child in field.fields:
        if child.required:
            write_having("made", child.name, body.function, context.module)
    for check in field.checks:
        if len(check.groups) > 1:
            write_having_group("made", check, body.function, context.module)
    body.write(f"return {body.use('whole')}(made, value)")
    return body.function.name


def _part_function(child: TargetField, place: int, context: EmitContext) -> str:
    if child.is_object:
        return _write_shape(child, place, context)
    if child.item is None:
        return _chain_function(form_steps(child.form), child.limits, child, context)
    item = child.item
    steps = () if item.is_object else form_steps(item.form)
    finish = Finish(child, "each", steps, item.limits, form_steps(child.form), child.limits)
    body = _body(f"{child.path}_list", context)
    _write_list_finish(finish, "value", place, None, body)
    return body.function.name
