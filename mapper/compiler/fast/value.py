"""Values of the fast form: statements in a row that leave a value in a local, None where it is absent.

Whatever is not as it usually is raises. Around a field of the payload the exception is caught, and the field
is made as the careful form makes it, which notes why; anywhere else the careful form takes the event.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

from mapper.compiler.code.module import literal
from mapper.compiler.code.value import in_order_of_needs, needs_said, siblings_of, write_entry
from mapper.compiler.code.writing import EVENT
from mapper.compiler.expression import Expression
from mapper.compiler.expressions.tree import And, Call, Comparison, MultiList, Node, Not, Or
from mapper.compiler.fast.form import nothing_at_sight, quick_form, write_checks, write_form, write_quick
from mapper.compiler.fast.point import Point, Unfit
from mapper.compiler.planning.planned import Choice, Entry, First, Fixed, List, Loop, Object, Planned

# Functions that give true, false or null.
_TRUTHS = frozenset({"boolean", "contains", "ends_with", "not", "present", "starts_with"})


def write_value(planned: Planned, out: str, point: Point) -> None:
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


def write_condition(expression: Expression, point: Point) -> str:
    """The Python test that a condition holds."""
    atom = point.value(expression)
    return atom if _is_truth(expression.root) else f"not {point.use('falsy')}({atom})"


def _is_truth(node: Node) -> bool:
    """Whether a node gives true, false or null."""
    match node:
        case Comparison() | Not():
            return True
        case Call():
            return node.name in _TRUTHS
        case Or() | And():
            return _is_truth(node.left) and _is_truth(node.right)
        case _:
            return False


def _write_source(planned: Planned, out: str, point: Point) -> None:
    if _is_shared(planned, point):
        _write_shared(planned, out, point)
    else:
        write_here(planned, out, point)


def _is_shared(planned: Planned, point: Point) -> bool:
    """Whether a value has a function of its own. That of an object notes what surprises in its fields."""
    notes = isinstance(planned.source, Object)
    fits_here = not point.hushed if notes else len(point.levels) == 1
    return fits_here and point.shared.uses[id(planned.source)] > 1


def _write_shared(planned: Planned, out: str, point: Point) -> None:
    """A value that several sections send, by a function of its own."""
    functions, key = point.shared.functions, id(planned.source)
    if key in point.shared.unfit:
        raise Unfit
    if key not in functions:
        functions[key] = point.shared.write(planned, point)
    shared = functions[key]
    objects = [point.held(path) or point.nothing_at(path) for path in shared.objects]
    given = [*point.shared.parameters, "spare", "notes", *map(point.variable, shared.lets), *objects]
    point.write(f"{out} = {shared.name}({', '.join(given)})")
    point.remarks.parts = point.remarks.parts or shared.notes_parts


def write_here(planned: Planned, out: str, point: Point) -> None:
    """Leave a value without condition and default in the local `out`."""
    match planned.source:
        case Fixed() as fixed:
            point.write(f"{out} = {literal(fixed.value)}")
        case First() as first:
            _write_first(first, out, point)
        case Choice() as choice:
            _write_choice(choice, out, point)
        case Object() as built:
            write_object(built, out, point)
        case List() as listed:
            _write_list(listed, out, point)
            write_form(planned, out, point)
        case Loop() as loop:
            _write_loop(loop, out, point)
            write_form(planned, out, point)
        case Expression() as expression:
            _write_expression(expression, planned, out, point)
        case _:
            raise Unfit


def _write_first(first: First, out: str, point: Point) -> None:
    write_value(first.alternatives[0], out, point)
    if len(first.alternatives) > 1:
        with point.block(f"if {out} is None:") as inside:
            _write_first(First(first.alternatives[1:]), out, inside)


def _write_choice(choice: Choice, out: str, point: Point) -> None:
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


def _write_list(listed: List, out: str, point: Point) -> None:
    point.write(f"{out} = []")
    for item in listed.items:
        element = point.local("element")
        write_value(item, element, point)
        with point.block(f"if {element} is not None:"):
            point.write(f"{out}.append({element})")
    _none_if_empty(out, point)


def _none_if_empty(out: str, point: Point) -> None:
    with point.block(f"if not {out}:"):
        point.write(f"{out} = None")


def _write_loop(loop: Loop, out: str, point: Point) -> None:
    """One element for each element of a list; an element that is no object is left to the careful form."""
    items, item, index = point.local("items"), point.local("item"), point.local("index")
    write_value(loop.items, items, point)
    point.write(f"{out} = None")
    with point.block(f"if {items} is not None:") as around:
        with around.block(f"if type({items}) is not list:"):
            around.write(f"raise {around.use('Surprise')}")
        around.write(f"{out} = []")
        head = len(point.function.lines)
        with around.block(f"for {item} in {items}:") as inside:
            counted = _write_item(loop, item, index, out, inside)
        if counted:
            del around.function.lines[head]
            around.function.insert(head, f"for {index}, {item} in enumerate({items}):")
        _none_if_empty(out, around)


def _write_item(loop: Loop, item: str, index: str, out: str, point: Point) -> bool:
    """The body of a loop. What it reads of the item's objects stands before all else in it.

    Whether it reads the item's place in the list.
    """
    function = point.function
    reading = point.shared.reading
    shape = None if reading is None else reading.item(loop)
    with point.block(f"if type({item}) is not {'dict' if shape is None else shape.name}:"):
        point.write(f"raise {point.use('Surprise')}")
    start = len(function.lines)
    inside = point.at_item(item, index, shape)
    if loop.where is not None:
        with inside.block(f"if not ({write_condition(loop.where, inside)}):"):
            inside.write("continue")
    element = inside.local("element")
    write_value(loop.item, element, inside)
    with inside.block(f"if {element} is not None:"):
        inside.write(f"{out}.append({element})")
    function.lines[start:start] = [(text, None) for text in inside.levels[-1].before]
    return inside.levels[-1].counted


def _write_expression(expression: Expression, planned: Planned, out: str, point: Point) -> None:
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


def _write_steps(planned: Planned, atom: str, out: str, point: Point) -> None:
    if atom != out:
        point.write(f"{out} = {atom}")
    point.write_absent(out)
    write_form(planned, out, point)


def write_object(built: Object, out: str, point: Point) -> None:
    """An object field by field; None where nothing of the event is in it."""
    said = point.local("said") if needs_said(built) else ""
    point.write(f"{out} = {{}}")
    entries = in_order_of_needs(built, point.writing)
    telling = list(takewhile(_tells, entries)) if said else []
    for entry in telling:
        _write_needing(entry, out, "", point)
    if said:
        # Up to here only the event has put anything in.
        point.write(f"{said} = {f'bool({out})' if telling else 'False'}")
    for entry in entries[len(telling) :]:
        _write_needing(entry, out, said, point)
    for entry in built.entries:
        for sibling in siblings_of(entry, point.writing):
            with point.block(f"if {literal(sibling)} not in {out} and {literal(entry.name)} in {out}:"):
                point.write(f"raise {point.use('Surprise')}")
    if built.path:
        with point.block(f"if not {said}:" if said else f"if not {out}:"):
            point.write(f"{out} = None")


def _tells(entry: Entry) -> bool:
    """Whether a field that is there says something of the event."""
    return entry.default is None and not isinstance(entry.value.source, Fixed)


def _write_needing(entry: Entry, holder: str, said: str, point: Point) -> None:
    """A field, unless one that it makes no sense without is invalid; that one stands before it."""
    needed = point.writing.needs.get(point.writing.path_of(entry))
    if needed is None:
        _write_entry(entry, holder, said, point)
        return
    with point.block(f"if spare and {literal(needed)} in spare[0].failed:"):
        if point.hushed and (entry.required or not point.tried):
            point.write(f"raise {point.use('Surprise')}")
        else:
            point.remarks.parts = point.remarks.parts or point.hushed
            point.write(f"spare[0].left_out({entry.place}, {literal(needed)}, {entry.required})")
    with point.block("else:") as inside:
        _write_entry(entry, holder, said, inside)


def _write_entry(entry: Entry, holder: str, said: str, point: Point) -> None:
    """A field; where anything is not as it usually is, the careful form makes it, and notes why."""
    if point.hushed:
        # What a part of a value would note is noted of the part, which is for the careful form.
        _write_part(entry, holder, said, replace(point, noted=False))
        return
    if _cannot_surprise(entry):
        _write_under_condition(entry, holder, said, point)
        return
    function = point.function
    start, depth = len(function.lines), function.depth
    try:
        with point.block("try:") as inside:
            inside.tried = inside.direct = True
            _write_under_condition(entry, holder, said, inside)
    except Unfit:
        del function.lines[start:]
        function.depth = depth
        _write_carefully(entry, holder, said, point)
    else:
        _write_left_out(entry, point)
        parts, point.remarks.parts = point.remarks.parts, False
        if parts:
            function.insert(start, "noted = len(notes)")
        with point.block("except Exception:"):
            if point.remarks.here:
                point.write("remarks.clear()")
            if parts:
                point.write(f"{point.use('forget')}(notes, noted)")
            _write_carefully(entry, holder, said, point)
        _write_remarks(entry, point)


def _write_part(entry: Entry, holder: str, said: str, point: Point) -> None:
    """A field of a value that the careful form makes anew where anything surprises, an invalid one aside."""
    point = replace(point, direct=False)
    if not point.tried or not _may_leave_out(entry, point):
        _write_under_condition(entry, holder, said, point)
        return
    point.remarks.parts = True
    with point.block("try:") as inside:
        _write_under_condition(entry, holder, said, inside)
    _write_left_out(entry, point)


def _write_left_out(entry: Entry, point: Point) -> None:
    """An invalid value is noted, and left out or the event refused, as the careful form does it."""
    if not _may_leave_out(entry, point):
        return
    needed = _is_needed(entry, point)
    with point.block(f"except {point.use('Invalid')} as invalid:"):
        if point.remarks.here and not point.hushed:
            point.write("remarks.clear()")
        if entry.required or needed:
            verb = "refuse" if entry.required else "leave_out"
            point.write(f"{point.blank_frame()}.{verb}({entry.place}, invalid)")
        else:
            point.write(f"{point.use('left_out')}(notes, PLACES, {entry.place}, invalid)")


def _may_leave_out(entry: Entry, point: Point) -> bool:
    """Whether all that becomes of an invalid value can be told where it turns up, and no condition is asked.

    In a part of a value nobody may need it, for that is told once the whole is made.
    """
    if entry.when is not None:
        return False
    if entry.required or _is_needed(entry, point):
        return not point.hushed and _is_plain(entry.value)
    return _is_plain(entry.value) or (entry.default is None and _is_plain_choice(entry.value))


def _is_needed(entry: Entry, point: Point) -> bool:
    """Whether another field makes no sense without this one."""
    return point.writing.path_of(entry) in point.writing.needs.values()


def _is_plain(planned: Planned) -> bool:
    """Whether a value is what an expression reads, in the form that its field asks for."""
    finish = planned.finish
    formed = _is_one(planned) or (finish is not None and quick_form(planned) is not None)
    unconditional = planned.when is None and planned.default is None
    return formed and unconditional and isinstance(planned.source, Expression)


def _is_one(planned: Planned) -> bool:
    """Whether a value is put into the form of a field that takes one."""
    return planned.finish is not None and planned.finish.kind == "one"


def _is_plain_choice(planned: Planned) -> bool:
    """Whether a value is the first of several plain ones."""
    bare = not planned.steps and planned.finish is None and planned.when is None and planned.default is None
    if not bare or not isinstance(planned.source, First):
        return False
    last = planned.source.alternatives[-1]
    # Only the elements of the last one are noted of its own place, not what comes before its form.
    before = bool(last.steps) or (isinstance(last.source, Expression) and last.source.may_fail)
    return all(map(_is_plain, planned.source.alternatives)) and (_is_one(last) or not before)


def _cannot_surprise(entry: Entry) -> bool:
    """Whether a field is a constant, or an object whose own fields are made carefully one by one."""
    value = entry.value
    unconditional = entry.when is None and value.when is None and value.default is None
    return unconditional and isinstance(value.source, Fixed | Object)


def _write_carefully(entry: Entry, holder: str, said: str, point: Point) -> None:
    """A field as the careful form makes it."""
    point.write(f"frame = {point.frame()}")
    if point.shared.reading is not None:
        point.write("event = frame.event")
    write_entry(entry, holder, said, EVENT, point.function, point.shared.careful)


def _write_under_condition(entry: Entry, holder: str, said: str, point: Point) -> None:
    if entry.when is None:
        _write_field(entry, holder, said, point)
        return
    with point.block(f"if {write_condition(entry.when, point)}:") as inside:
        _write_field(entry, holder, said, inside)
    if entry.required:
        with point.block("else:"):
            _write_refusal(entry, point)


def _write_refusal(entry: Entry, point: Point) -> None:
    """Keep an event from being sent that lacks a required value."""
    if point.hushed:
        point.write(f"raise {point.use('Surprise')}")
    else:
        point.write(f"{point.blank_frame()}.refuse({entry.place})")


def _write_field(entry: Entry, holder: str, said: str, point: Point) -> None:
    put = f"{holder}[{literal(entry.name)}]"
    if isinstance(entry.value.source, Fixed):
        point.write(f"{put} = {literal(entry.value.source.value)}")
        if said and entry.when is not None:
            point.write(f"{said} = True")
        return
    value = point.local(entry.name)
    if entry.default is None and not entry.required:
        _write_optional(entry, put, value, said, point)
        return
    write_value(entry.value, value, point)
    with point.block(f"if {value} is None:"):
        if entry.default is not None:
            point.write(f"{put} = {literal(entry.default.value)}")
        elif point.direct and entry.when is None and _is_plain(entry.value):
            if point.remarks.here:
                point.write("remarks.clear()")
            point.write(f"{point.blank_frame()}.refuse({entry.place})")
        else:
            _write_refusal(entry, point)
    with point.block("else:"):
        _write_put(put, value, said, point)


def _write_optional(entry: Entry, put: str, value: str, said: str, point: Point) -> None:
    """A field that may be absent: then no more is asked about it."""
    planned = entry.value
    quick = quick_form(planned) if _is_plain(planned) and not planned.steps else None
    if quick is not None and isinstance(planned.source, Expression):
        atom = point.value(planned.source)
        if not atom.isidentifier():
            point.write(f"{value} = {atom}")
            atom = value
        with point.block(f"if {atom} is not None:") as inside:
            write_quick(quick, atom, value, inside, there=True)
            write_checks(planned, value, inside)
            with inside.block(f"if {value} is not None:"):
                _write_put(put, value, said, inside)
        return
    if point.tried and _may_leave_out(entry, point) and isinstance(planned.source, First):
        _write_first_valid(planned.source.alternatives, value, point)
        if point.remarks.here:
            with point.block(f"if {value} is None and len(notes) > noted:"):
                point.write("remarks.clear()")
    else:
        write_value(planned, value, point)
    with point.block(f"if {value} is not None:"):
        _write_put(put, value, said, point)


def _write_first_valid(alternatives: tuple[Planned, ...], value: str, point: Point) -> None:
    """The first alternative that is there and valid. An invalid one is noted of its own place.

    But for the last one: unless it is a list, whose elements are noted, it is noted as the whole field.
    """
    first, *others = alternatives
    if not others and _is_one(first):
        write_value(first, value, point)
        return
    point.remarks.parts = True
    with point.block("try:") as inside:
        write_value(first, value, inside)
    with point.block(f"except {point.use('Invalid')} as invalid:"):
        point.write(f"{value} = None")
        point.write(f"{point.use('left_out')}(notes, PLACES, {first.place}, invalid)")
    if others:
        with point.block(f"if {value} is None:") as inside:
            _write_first_valid(tuple(others), value, inside)


def _write_remarks(entry: Entry, point: Point) -> None:
    """Note what was said on the way to a rule's value."""
    if not point.remarks.here:
        return
    with point.block("if remarks:"):
        point.write(f"{point.use('remarked')}(notes, PLACES, {entry.place}, remarks)")
    point.remarks.here = False


def _write_put(put: str, value: str, said: str, point: Point) -> None:
    point.write(f"{put} = {value}")
    if said:
        point.write(f"{said} = True")
