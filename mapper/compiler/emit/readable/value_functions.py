"""Functions that work out values: objects field by field, rules, alternatives, arms, loops, lets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mapper.compiler.emit.context import EVENT, ITEM, EmitContext, Holder, Subject, needs_said
from mapper.compiler.emit.module import identifier, literal
from mapper.compiler.emit.notes import may_note, value_may_note
from mapper.compiler.emit.readable.body import Body, find_repeated, fresh_lets, kept_of
from mapper.compiler.emit.readable.finish import write_finish, write_steps
from mapper.compiler.emit.requirements import write_having, write_having_group
from mapper.compiler.emit.step_calls import Chain
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import (
    FREE_TEMPLATE,
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedField,
    PlannedLet,
    PlannedList,
    PlannedObject,
    Zipped,
    children,
    template_size,
)
from mapper.compiler.plan.planned_functions import PlannedFunction
from mapper.compiler.schema.target_requirements import Requirement
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.texts.named_text import Span


def write_lets(context: EmitContext) -> None:
    """A function for each let; `frame.let` runs it when it is first read."""
    find_repeated(context)
    context.name_lets()
    for function in context.plan.functions:
        _write_function(function, context)
    for let in context.plan.lets:
        _write_let(let, EVENT, context)


def _write_function(function: PlannedFunction, context: EmitContext) -> None:
    """A function of the mapping; `frame.call` runs it with what it is given."""
    text = context.module.function(context.own_functions[function.name], *EVENT.parameters, named=True)
    body = Body(text, EVENT, context)
    body.comment("", function.value.span)
    context.parameters = frozenset(function.parameters)
    _write_rule(function.name, function.value, body)
    context.parameters = frozenset()


def _write_let(let: PlannedLet, subject: Subject, context: EmitContext) -> None:
    function = context.module.function(context.lets[let.name], *subject.parameters, named=True)
    body, name = Body(function, subject, context), written_variable(let.name)
    body.comment(f"${name}", let.value.span)
    _write_rule(name, let.value, body)


def write_build(built: PlannedObject, body: Body) -> str:
    """Statements that put an object together in a local; its name.

    Constants and defaults alone make no object: `said` turns true with the first value of the event, or with
    a constant that is there by a condition on it.
    """
    name = "made" if built.path else "payload"
    body.write(f"{name} = {{}}")
    said = "said" if needs_said(built) else ""
    if said:
        body.write("said = False")
    beside: list[tuple[PlannedField, str]] = []
    for entry in body.context.in_order_of_needs(built):
        own = said
        if body.context.siblings_of(entry):
            own = body.function.local(f"{entry.name}_said") if said else ""
            beside.append((entry, own))
        if own != said:
            body.write(f"{own} = False", entry.value.span)
        _write_needing(entry, Holder(name, own), body)
    for entry, own in beside:
        _write_siblings(entry, Holder(name, own), body)
    return name


def _write_siblings(entry: PlannedField, holder: Holder, body: Body) -> None:
    """Take a field away where one beside it, that it makes no sense without, is not there."""
    span, said = entry.value.span, holder.said
    for sibling in body.context.siblings_of(entry):
        with body.block(f"if {literal(sibling)} not in {holder.name}:", span):
            rest = [str(entry.place), literal(sibling), str(entry.required)]
            body.write(f"frame.left_alone({', '.join([holder.name, literal(entry.name), *rest])})", span)
            if said:
                body.write(f"{said} = False", span)
    if said:
        body.write(f"said = {said} or said", span)


def _write_needing(entry: PlannedField, holder: Holder, body: Body) -> None:
    """A field, unless one that it makes no sense without is invalid; that one comes before it."""
    needed = body.context.needs.get(body.context.path_of(entry))
    if needed is None:
        write_entry(entry, holder, body)
        return
    span = entry.value.span
    with body.block(f"if {literal(needed)} in frame.failed:", span):
        body.write(f"frame.left_out({entry.place}, {literal(needed)}, {entry.required})", span)
    with body.block("else:", span):
        write_entry(entry, holder, body)


def _write_builder(built: PlannedObject, subject: Subject, context: EmitContext) -> str:
    """The function that gives an object, or None where nothing of the event is in it."""
    key = _object_key(built, subject)
    if key not in context.functions:
        body = Body.new(built.path or "object", subject, context)
        context.functions[key] = body.function.name
        name = write_build(built, body)
        if built.checks:
            with body.block("if not said:" if needs_said(built) else f"if not {name}:"):
                body.write("return None")
            _write_checks(built.checks, name, body)
            body.write(f"return {name}")
        else:
            there = f"{name} if said else None" if needs_said(built) else f"{name} or None"
            body.write(f"return {there}")
    return context.functions[key]


def _write_checks(checks: tuple[Requirement, ...], name: str, body: Body) -> None:
    """Raise Invalid where the object in a local has not what the target asks of it."""
    module = body.context.module
    for check in checks:
        if len(check.groups) == 1:
            for needed in check.groups[0]:
                write_having(name, needed, body.function, module)
        else:
            write_having_group(name, check, body.function, module)


def write_entry(entry: PlannedField, holder: Holder, body: Body) -> None:
    """A field, unless a condition of its own does not hold; without a required one nothing is sent."""
    span = entry.value.span
    if entry.when is None:
        _write_field(entry, holder, body)
        return
    condition = write_condition(f"{entry.name}_when", entry.when, entry.place, body.subject, body.context)
    test = body.asked(f"{condition}({body.subject.call})", "when", entry.place, entry.when)
    with body.block(f"if {test}:", span):
        _write_field(entry, holder, body)
    if entry.required:
        with body.block("else:", span):
            body.write(f"frame.refuse({entry.place})", span)


def _write_field(entry: PlannedField, holder: Holder, body: Body) -> None:
    """One line that puts a field into its object; the frame knows what an absent or invalid value means."""
    span, name, said = entry.value.span, literal(entry.name), holder.said
    if isinstance(entry.value.source, Fixed):
        body.write(f"{holder.field(entry)} = {literal(entry.value.source.value)}", span)
        if said and entry.when is not None:
            body.write(f"{said} = True", span)
        return
    worker = write_value_function(entry.name, entry.value, body.subject, body.context)
    verb = "required" if entry.required else "refusal" if entry.refusal else "optional"
    default = ""
    if entry.default is not None and verb == "refusal":
        default = f", default={literal(entry.default.value)}"
    elif entry.default is not None:
        default = f", required={entry.required}, default={literal(entry.default.value)}"
        verb = "defaulted"
    arguments = ", ".join([holder.name, name, str(entry.place), worker, *body.subject.values])
    call = _marked(f"frame.{verb}({arguments}{default})", entry, holder, body)
    body.write(f"{said} = {call} or {said}" if said else call, span)


def _marked(call: str, entry: PlannedField, holder: Holder, body: Body) -> str:
    """The call that puts a field into its object; of an object that has no default its own fields count."""
    marks, span = body.context.marks, entry.value.span
    point = body.point("rule", entry.place, "", span)
    if entry.default is not None:
        return marks.filled(call, point, span, f"{literal(entry.name)} in {holder.name}")
    return call if isinstance(entry.value.source, PlannedObject) else marks.held(call, point)


def condition_key(expression: Expression, subject: Subject) -> tuple[object, ...]:
    """The key of a condition's function in `EmitContext.functions`."""
    return "condition", id(expression), subject.at


def write_condition(
    stem: str, expression: Expression, place: int, subject: Subject, context: EmitContext
) -> str:
    """The function that says whether a condition holds; an error in it is noted, and it does not hold."""
    key = condition_key(expression, subject)
    if key in context.functions:
        return context.functions[key]
    stem = f"{stem}_holds" if stem == "skip" else stem
    body = Body.new(stem, subject, context)
    context.functions[key] = body.function.name
    if may_note(expression, context.noting):
        asked = Body.new(f"{stem}_asked", subject, context)
        arguments = ", ".join([str(place), asked.function.name, *subject.values])
        body.write(f"return frame.hushed({arguments})", expression.whole)
        _write_condition(expression, place, asked)
    else:
        _write_condition(expression, place, body)
    return context.functions[key]


def _write_condition(expression: Expression, place: int, body: Body) -> None:
    """The statements of a condition's function."""
    falsy, span = body.use("falsy"), expression.whole
    body.comment("condition", span)
    if not expression.may_fail and not body.pays(expression, None):
        body.write(f"return not {falsy}({body.read(expression, None)})", span)
        return
    with body.block("try:", span):
        body.write(f"return not {falsy}({body.read(expression, None)})", span)
    with body.block("except Invalid as invalid:", span):
        body.use("Invalid")
        body.write(f"frame.invalid({place}, invalid)", span)
        body.write("return False", span)


def value_key(planned: Planned, subject: Subject) -> tuple[object, ...]:
    """The key of a value's function in `EmitContext.functions`."""
    if isinstance(planned.source, PlannedObject) and planned.alone:
        return _object_key(planned.source, subject)
    conditions = id(planned.when), id(planned.default)
    return "value", id(planned.source), id(planned.finish), id(planned.steps), subject.at, *conditions


def _object_key(built: PlannedObject, subject: Subject) -> tuple[object, ...]:
    return "object", id(built), subject.at


def write_value_function(stem: str, planned: Planned, subject: Subject, context: EmitContext) -> str:
    """The function that gives a value (None: absent) or raises Invalid."""
    if isinstance(planned.source, PlannedObject) and planned.alone:
        return _write_builder(planned.source, subject, context)
    key = value_key(planned, subject)
    if key in context.functions:
        return context.functions[key]
    path = context.plan.places[planned.place].path
    stem = identifier(path) if identifier(path).endswith(identifier(stem)) else f"{path}_{stem}"
    body = Body.new(stem, subject, context)
    context.functions[key] = body.function.name
    body.comment(path, planned.span)
    _write_rule(stem, planned, body)
    return body.function.name


def _call_of(stem: str, planned: Planned, body: Body) -> str:
    function = write_value_function(stem, planned, body.subject, body.context)
    return f"{function}({body.subject.call})"


def _write_rule(stem: str, planned: Planned, body: Body) -> None:
    """The statements of a value's function, its condition before it and its default after it."""
    if planned.when is not None:
        condition = write_condition(f"{stem}_when", planned.when, planned.place, body.subject, body.context)
        test = body.asked(f"{condition}({body.subject.call})", "when", planned.place, planned.when)
        with body.block(f"if not {test}:", planned.span):
            body.write("return None", planned.span)
    if planned.default is None:
        _write_body(planned, body)
        return
    inner = _call_of(f"{stem}_value", replace(planned, when=None, default=None), body)
    body.write(f"value = {inner}", planned.span)
    point = body.point("default", planned.place, "", planned.span)
    default = body.context.marks.passed(literal(planned.default.value), point)
    body.write(f"return {default} if value is None else value", planned.span)


def _write_body(planned: Planned, body: Body) -> None:
    """The statements of a value's function, to its `return`."""
    match planned.source:
        case Fixed() as fixed:
            body.write(f"return {literal(fixed.value)}", planned.span)
        case First() as first:
            _write_first(first, planned, body)
        case Choice() as choice:
            _write_choice(choice, planned, body)
        case PlannedObject() as built:
            builder = _write_builder(built, body.subject, body.context)
            body.write(f"return {builder}({body.subject.call})", planned.span)
        case PlannedList() as listed:
            _write_list(listed, planned, body)
            _write_end(planned, "value", body)
        case Loop() as loop:
            _write_loop(loop, planned, body)
            _write_end(planned, "value", body)
        case Zipped() as zipped:
            _write_zipped(zipped, planned, body)
        case Expression() as expression:
            _write_expression(expression, planned, body)


def _write_expression(expression: Expression, planned: Planned, body: Body) -> None:
    atom = body.read(expression, kept_of(planned, body.context))
    if not planned.steps and planned.finish is None:
        _write_absent_or(atom, planned, body)
        return
    atom = body.in_name(atom, planned.span)
    nothing = "None"
    if id(expression) in body.context.expecting:
        nothing = f"{body.use('not_looked_up')}(frame.note_texts)"
    with body.block(f"if {body.use('absent')}({atom}):", planned.span):
        body.write(f"return {nothing}", planned.span)
    _write_end(planned, atom, body)


def _write_absent_or(atom: str, planned: Planned, body: Body) -> None:
    atom = body.in_name(atom, planned.span)
    body.write(f"return None if {body.use('absent')}({atom}) else {atom}", planned.span)


def _write_end(planned: Planned, name: str, body: Body) -> None:
    again = body.subject is not EVENT
    name = write_steps(Chain.of(planned.steps, planned.source_type), name, planned.span, body, again)
    write_finish(planned, name, body, again)


def _write_first(first: First, planned: Planned, body: Body) -> None:
    *others, last = first.alternatives
    risky = not first.strict and any(_may_fail(one, body) for one in others)
    if risky:
        body.write("failed = None", planned.span)
    for number, alternative in enumerate(others):
        _write_alternative(alternative, number, body, strict=first.strict)
    plain = None if risky else _plain_expression(last, body)
    if plain is not None:
        _write_absent_or(body.read(plain), last, body)
        return
    call = _call_of_alternative(last, len(others), body)
    if not risky:
        body.write(f"return {call}", last.span)
        return
    body.write(f"value = {call}", last.span)
    with body.block("if value is None and failed is not None:", planned.span):
        body.write("raise failed", planned.span)
    body.write("return value", planned.span)


def _call_of_alternative(alternative: Planned, number: int, body: Body) -> str:
    point = body.point("alternative", alternative.place, f"from[{number}]", alternative.span)
    return body.context.marks.given(_call_of("first", alternative, body), point)


def _write_alternative(alternative: Planned, number: int, body: Body, *, strict: bool) -> None:
    """Return an alternative that is there and valid; an invalid one is noted, and in `failed`.

    strict: an invalid one is that of the whole.
    """
    span = alternative.span
    plain = _plain_expression(alternative, body)
    if plain is not None:
        atom = body.in_name(body.read(plain), span)
        with body.block(f"if not {body.use('absent')}({atom}):", span):
            body.write(f"return {atom}", span)
        return
    call = _call_of_alternative(alternative, number, body)
    if strict:
        body.write(f"value = {call}", span)
        with body.block("if value is not None:", span):
            body.write("return value", span)
        return
    with body.block("try:", span):
        body.write(f"value = {call}", span)
    with body.block("except Invalid as invalid:", span):
        body.use("Invalid")
        body.write(f"failed = frame.invalid({alternative.place}, invalid)", span)
    with body.block("else:", span), body.block("if value is not None:", span):
        body.write("return value", span)


def _plain_expression(planned: Planned, body: Body) -> Expression | None:
    """The expression that a value is, if it is no more than that and reading it cannot fail.

    Where marks are wanted it has a function of its own, as every other one.
    """
    source = planned.source
    plain = (
        not body.context.marks.wanted
        and planned.bare
        and isinstance(source, Expression)
        and not _may_fail(planned, body)
    )
    return source if plain and isinstance(source, Expression) else None


def _write_choice(choice: Choice, planned: Planned, body: Body) -> None:
    marks = body.context.marks
    for number, (when, then) in enumerate(choice.arms):
        span, name = (then.span, "else") if when is None else (when.whole, "when")
        point = body.point("arm", then.place, f"case[{number}].{name}", span)
        call = _call_of("then", then, body)
        if when is None:
            call = marks.passed(call, point)
            body.write(f"return {call}", then.span)
            return
        condition = write_condition("case_when", when, planned.place, body.subject, body.context)
        with body.block(f"if {marks.held(f'{condition}({body.subject.call})', point)}:", when.whole):
            body.write(f"return {call}", then.span)
    body.write("return None", planned.span)


def _write_list(listed: PlannedList, planned: Planned, body: Body) -> None:
    """A list written out, in `value`; invalid elements are absent, and noted."""
    body.write("value = []", planned.span)
    body.write("failed = None", planned.span)
    for number, item in enumerate(listed.items):
        point = body.point("rule", item.place, f"[{number}]", item.span)
        call = body.context.marks.given(_call_of("element", item, body), point)
        _write_element(call, planned.place, item.span, planned.keeps_places, body)
    _write_list_end(planned, body)


def _write_loop(loop: Loop, planned: Planned, body: Body) -> None:
    """One element for each element of a list, in `value`."""
    body.context.looped.add(id(loop.items.source))
    body.write(f"items = {_call_of('list', loop.items, body)}", planned.span)
    with body.block("if items is None:", planned.span):
        body.write("return None", planned.span)
    body.write(f"items = {body.use('elements_of')}(items)", planned.span)
    aside = value_may_note(loop.items, body.context.noting)
    if aside:
        body.write("said = frame.set_aside()", planned.span)
    size = template_size(loop.item)
    if size > FREE_TEMPLATE:
        body.write(f"frame.budget.make(len(items), {size})", planned.span)
    body.write("value = []", planned.span)
    body.write("failed = None", planned.span)
    with at_element(loop, body.context):
        kept = ""
        if loop.where is not None:
            condition = write_condition("where", loop.where, planned.place, ITEM, body.context)
            kept = body.asked(f"{condition}({ITEM.call})", "where", planned.place, loop.where)
        call = f"{write_value_function('item', loop.item, ITEM, body.context)}({ITEM.call})"
    listed = body.context.marks.entered("items", [let.name for let in loop.lets])
    with body.block(f"for index, item in enumerate({listed}):", planned.span):
        if loop.lets:
            names = body.context.module.table("lets", [let.name for let in loop.lets])
            body.write(f"frame.enter({names}, item, index)", planned.span)
        if kept:
            with body.block(f"if not {kept}:", planned.span):
                body.write("continue", planned.span)
        _write_element(call, loop.item.place, planned.span, planned.keeps_places, body)
    if aside:
        body.write("frame.take_back(said)", planned.span)
    _write_list_end(planned, body)


@contextmanager
def at_element(loop: Loop, context: EmitContext) -> Iterator[None]:
    """Write the code within for an element of a loop, whose lets have functions."""
    around, context.fresh = context.fresh, fresh_lets(loop, context)
    for let in loop.lets:
        if let.name not in context.lets:
            context.name_let(let)
            _write_let(let, ITEM, context)
    yield
    context.fresh = around


def _write_element(call: str, place: int, span: Span, keep: bool, body: Body) -> None:
    """Put what a call gives into the list in `value`, if it is there; an invalid element is noted.

    keep: an absent or invalid one keeps its place, as null.
    """
    with body.block("try:", span):
        body.write(f"element = {call}", span)
    with body.block("except Invalid as invalid:", span):
        body.use("Invalid")
        body.write(f"failed = frame.invalid({place}, invalid)", span)
        if keep:
            body.write("element = None", span)
    if keep:
        body.write("value.append(element)", span)
        return
    with body.block("else:", span), body.block("if element is not None:", span):
        body.write("value.append(element)", span)


def _write_list_end(planned: Planned, body: Body) -> None:
    """Write the end of a list in which nothing is left: the last Invalid of its elements, or null."""
    if planned.keeps_places:
        body.write(f"value = {body.use('placed')}(value)", planned.span)
    with body.block("if failed is not None and not value:", planned.span):
        body.write("raise failed", planned.span)
    with body.block("if not value:", planned.span):
        body.write("return None", planned.span)


def _write_zipped(zipped: Zipped, planned: Planned, body: Body) -> None:
    """The lists by name, then an object for each place in them."""
    body.write("lists = {}", planned.span)
    for name, one in zipped.lists:
        call = body.context.marks.given(
            _call_of(name, one, body), body.point("rule", one.place, name, one.span)
        )
        body.write(f"lists[{literal(name)}] = {call}", one.span)
    body.write(f"return {body.use('zip_lists')}(lists)", planned.span)


def _may_fail(planned: Planned, body: Body) -> bool:
    """Whether working a value out can raise Invalid."""
    if planned.steps or planned.finish is not None:
        return True
    match planned.source:
        case Fixed():
            return False
        case Expression() as expression:
            return expression.may_fail or body.pays(expression)
        case First() | Choice():
            return any(_may_fail(one, body) for one in children(planned))
        case Loop() | Zipped() | PlannedObject() | PlannedList():
            return True
