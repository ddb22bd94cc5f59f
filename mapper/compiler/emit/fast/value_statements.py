"""Values of the fast form: statements in a row that leave a value in a local, None where it is absent.

Whatever is not as it usually is raises: then the value or object around is made by the careful form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mapper.compiler.emit.expressions import truth
from mapper.compiler.emit.fast.fast_forms import (
    nothing_at_sight,
    quick_form,
    write_checks,
    write_form,
    write_quick,
)
from mapper.compiler.emit.fast.fast_functions import write_call
from mapper.compiler.emit.fast.point import FastPoint, Recovery, Unfit
from mapper.compiler.emit.fast.shared import value_key
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.readable.body import fresh_lets
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import MultiList, OwnFunction
from mapper.compiler.plan.ir import (
    FREE_TEMPLATE,
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
    template_size,
)
from mapper.runtime.known_forms.surprise import MANY


def write_value(planned: Planned, out: str, point: FastPoint) -> None:
    """Leave a value with all its steps in the local `out`."""
    if planned.default is not None:
        write_value(replace(planned, default=None), out, point)
        with point.block(f"if {out} is None:"):
            point.write(f"{out} = {literal(planned.default.value)}")
    elif planned.when is not None:
        point.write(f"{out} = None")
        with point.block(f"if {write_condition(planned.when, point)}:") as inside:
            write_value(replace(planned, when=None), out, inside)
    else:
        _write_source(planned, out, point)


def _write_source(planned: Planned, out: str, point: FastPoint) -> None:
    if not _is_shared(planned, point):
        _write_here(planned, out, point)
        return

    recovery = Recovery.SECTION if isinstance(planned.source, PlannedObject) else Recovery.PART

    def write(inside: FastPoint) -> None:
        _write_here(replace(planned, when=None, default=None), "value", inside.recovering(recovery))
        inside.write("return value")

    source = planned.source
    stem = source.path if isinstance(source, PlannedObject) else point.context.plan.places[planned.place].path
    noting = {"spare": "spare", "notes": "notes"}
    point.write(f"{out} = {write_call(id(source), stem, write, point, noting)}")


def _is_shared(planned: Planned, point: FastPoint) -> bool:
    """Whether a value has a function of its own. That of an object notes what surprises in its fields."""
    notes = isinstance(planned.source, PlannedObject)
    fits_here = not point.hushed if notes else len(point.levels) == 1
    return fits_here and point.shared.runs.uses[id(planned.source)] > 1


def _write_here(planned: Planned, out: str, point: FastPoint) -> None:
    """Leave a value without condition and default in the local `out`."""
    match planned.source:
        case Fixed() as fixed:
            point.write(f"{out} = {literal(fixed.value)}")
        case First() as first:
            _write_first(first, out, point)
        case Choice() as choice:
            _write_choice(choice, out, point)
        case PlannedObject() as built:
            point.shared.write_object(built, out, point)
        case PlannedList() as listed:
            _write_list(listed, planned.keeps_places, out, point)
            write_form(planned, out, point)
        case Loop() as loop:
            _write_loop([(loop, out)], point, keep=planned.keeps_places)
            write_form(planned, out, point)
        case Expression() as expression:
            _write_expression(expression, planned, out, point)
        case Zipped():
            raise Unfit


def _write_first(first: First, out: str, point: FastPoint) -> None:
    write_value(first.alternatives[0], out, point)
    if len(first.alternatives) > 1:
        with point.block(f"if {out} is None:") as inside:
            _write_first(First(first.alternatives[1:]), out, inside)


def _write_choice(choice: Choice, out: str, point: FastPoint) -> None:
    if not choice.arms:
        point.write(f"{out} = None")
        return
    (when, then), *others = choice.arms
    if when is None:
        write_value(then, out, point)
        return
    with point.block(f"if {write_condition(when, point)}:") as inside:
        write_value(then, out, inside)
    with point.block("else:") as inside:
        _write_choice(Choice(tuple(others)), out, inside)


def _write_list(listed: PlannedList, keep: bool, out: str, point: FastPoint) -> None:
    point.write(f"{out} = []")
    for item in listed.items:
        element = point.local("element")
        write_value(item, element, point)
        _write_append(element, keep, out, point)
    _none_if_empty(out, keep, point)


def _write_append(element: str, keep: bool, out: str, point: FastPoint) -> None:
    """Put an element into a list. keep: an absent one keeps its place, as null."""
    if keep:
        point.write(f"{out}.append({element})")
        return
    with point.block(f"if {element} is not None:"):
        point.write(f"{out}.append({element})")


def _none_if_empty(out: str, keep: bool, point: FastPoint) -> None:
    if keep:
        point.write(f"{out} = {point.use('placed')}({out})")
        return
    with point.block(f"if not {out}:"):
        point.write(f"{out} = None")


def write_lists(several: Sequence[tuple[Planned, str]], point: FastPoint) -> None:
    """Leave lists that are made of the elements of the same one in locals, all by one loop."""
    _write_loop(
        [(planned.source, out) for planned, out in several if isinstance(planned.source, Loop)], point
    )
    for planned, out in several:
        write_form(planned, out, point)


def _write_loop(several: Sequence[tuple[Loop, str]], point: FastPoint, *, keep: bool = False) -> None:
    """One element for each element of a list.

    An element that is no object is left to the careful form, and so is a list of which much may be made.
    keep: an absent one keeps its place, as null.
    """
    if any(template_size(loop.item) > FREE_TEMPLATE for loop, _ in several):
        raise Unfit
    items, item, index = point.local("items"), point.local("item"), point.local("index")
    write_value(several[0][0].items, items, point)
    for _, out in several:
        point.write(f"{out} = None")
    with point.block(f"if {items} is not None:") as around:
        with around.block(f"if type({items}) is not list or len({items}) > {MANY}:"):
            around.give_up()
        for _, out in several:
            around.write(f"{out} = []")
        head = len(point.function.lines)
        with around.block(f"for {item} in {items}:") as inside:
            counted = _write_item(several, item, index, inside, keep)
        if counted:
            del around.function.lines[head]
            around.function.insert(head, f"for {index}, {item} in enumerate({items}):")
        for _, out in several:
            _none_if_empty(out, keep, around)


def _write_item(
    several: Sequence[tuple[Loop, str]], item: str, index: str, point: FastPoint, keep: bool
) -> bool:
    """The body of a loop. What it reads of the item's objects comes first.

    Whether it reads the item's place in the list.
    """
    function = point.function
    typed = point.shared.typed
    shape = None if typed is None else typed.item(several[0][0])
    with point.block(f"if type({item}) is not {'dict' if shape is None else shape.name}:"):
        point.give_up()
    start = len(function.lines)
    inside = point.at_item(item, index, shape)
    for loop, _ in several:
        inside.levels[-1].lets.update({let.name: let.value for let in loop.lets})
        inside.levels[-1].fresh |= fresh_lets(loop, point.context)
    for loop, out in several:
        if loop.where is not None:
            with inside.block(f"if not ({write_condition(loop.where, inside)}):"):
                inside.write("continue")
        element = inside.local("element")
        write_value(loop.item, element, inside)
        if (key := value_key(loop.item)) is not None:
            inside.made[key] = element
        _write_append(element, keep, out, inside)
    function.lines[start:start] = [(text, None) for text in inside.levels[-1].before]
    return inside.levels[-1].counted


def _write_expression(expression: Expression, planned: Planned, out: str, point: FastPoint) -> None:
    if not planned.steps and planned.finish is None:
        point.write(f"{out} = {point.value(expression)}")
        # Of an object only fields are read, and one with nothing in it has none.
        is_object = point.view is not None and point.view.class_of(expression.root) is not None
        is_row = isinstance(expression.root, MultiList)
        if not is_object and not is_row and not point.is_let(expression):
            point.write_absent(out)
        return
    atom = point.value(expression)
    if not atom.isidentifier():
        point.write(f"{out} = {atom}")
        atom = out
    quick = None if planned.steps else quick_form(planned)
    if quick is not None:
        write_quick(quick, atom, out, point)
        write_checks(planned, out, point)
        return
    nothing = nothing_at_sight(planned, atom)
    if not nothing:
        _write_steps(planned, atom, out, point)
        return
    with point.block(f"if type({atom}) is str and {nothing}:"):
        point.write(f"{out} = None")
    with point.block("else:") as inside:
        _write_steps(planned, atom, out, inside)


def _write_steps(planned: Planned, atom: str, out: str, point: FastPoint) -> None:
    if atom != out:
        point.write(f"{out} = {atom}")
    point.write_absent(out)
    if id(planned.source) in point.context.expecting:
        with point.block(f"if {out} is None:") as inside:
            inside.give_up()
    write_form(planned, out, point)


def write_own_call(function: OwnFunction, atoms: list[str], point: FastPoint) -> str:
    """The call of a function of the mapping, for what some atoms hold. Raises Unfit."""
    shared, context = point.shared, point.context
    # Before the event is split, there are no parts of it.
    if not set(shared.known) <= set(point.function.parameters):
        raise Unfit
    planned = next(one for one in context.plan.functions if one.name == function.name)
    if function.name not in shared.own_parameters:
        names = [context.module.parameter(f"given_{name}") for name in function.parameters]
        shared.own_parameters[function.name] = tuple(names)
    own = shared.own_parameters[function.name]

    def write(inside: FastPoint) -> None:
        around, context.parameters = context.parameters, frozenset(planned.parameters)
        level = inside.levels[0]
        level.lets.update(dict.fromkeys(planned.parameters, planned.value))
        level.let_locals.update(zip(planned.parameters, own, strict=True))
        try:
            write_value(planned.value, "value", inside.recovering(Recovery.PART))
        finally:
            context.parameters = around
        inside.write("return value")

    given = dict(zip(own, atoms, strict=True))
    return write_call(("function", function.name), function.name, write, point, given)


def write_condition(expression: Expression, point: FastPoint) -> str:
    """The Python test that a condition holds."""
    return truth(expression.root, point.value(expression), point.context.module)
