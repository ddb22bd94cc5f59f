"""Objects of the fast form, field by field.

Around a field the exception is caught of what is not as it usually is, and the field is made as the careful
form makes it, which notes why.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from mapper.compiler.emit.context import EVENT, Holder, needs_said
from mapper.compiler.emit.fast.fast_forms import Putting, quick_form, write_checks, write_quick_put
from mapper.compiler.emit.fast.fast_functions import write_call
from mapper.compiler.emit.fast.point import FastPoint, Recovery, Unfit, Without
from mapper.compiler.emit.fast.shared import FieldRun, is_always_made, key_of, row_of, value_key
from mapper.compiler.emit.fast.value_statements import write_condition, write_lists, write_value
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.readable.body import Body
from mapper.compiler.emit.readable.value_functions import write_entry
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.ir import First, Fixed, Planned, PlannedField, PlannedObject, own_functions_of


def write_object(built: PlannedObject, out: str, point: FastPoint) -> None:
    """An object field by field; None where nothing of the event is in it. Unfit where it has checks."""
    if built.checks:
        raise Unfit
    said = point.local("said") if needs_said(built) else ""
    point.write(f"{out} = {{}}")
    row = row_of(built, point.context)
    _write_row(row, Holder(out), point)
    if said:
        # Up to here only the event has put anything in.
        point.write(f"{said} = {f'not not {out}' if row else 'False'}")
    for entry in point.context.in_order_of_needs(built)[len(row) :]:
        _write_needing(entry, Holder(out, said), point)
    for entry in built.entries:
        for sibling in point.context.siblings_of(entry):
            with point.block(f"if {literal(sibling)} not in {out} and {literal(entry.name)} in {out}:"):
                point.give_up()
    if built.path:
        with point.block(f"if not {said}:" if said else f"if not {out}:"):
            point.write(f"{out} = None")


def _write_row(row: list[PlannedField], holder: Holder, point: FastPoint) -> None:
    """Fields one after the other; a run of them that is needed elsewhere too, by a function of its own."""
    if point.hushed:
        for entry in row:
            _write_needing(entry, holder, point)
        return
    for single, runs in groupby(point.shared.runs.split(row), lambda run: len(run) == 1):
        if single:
            _write_fields([entry for run in runs for entry in run], holder, point)
        else:
            for run in runs:
                _write_run(run, holder, point)


def _write_run(run: FieldRun, holder: Holder, point: FastPoint) -> None:
    def write(inside: FastPoint) -> None:
        _write_fields(run, Holder("holder"), inside.recovering(Recovery.SECTION))

    above, _, name = point.context.path_of(run[0]).rpartition(".")
    given = {"spare": "spare", "notes": "notes", "holder": holder.name}
    point.write(write_call(key_of(run), f"{above or name}_fields", write, point, given))


def _write_fields(row: Sequence[PlannedField], holder: Holder, point: FastPoint) -> None:
    """Fields one after the other; lists that are made of the same one together."""
    for name, entries in groupby(row, point.shared.runs.list_of):
        several = list(entries)
        if not name or len(several) == 1 or not _write_together(several, holder, point):
            for entry in several:
                _write_needing(entry, holder, point)


def _write_together(several: Sequence[PlannedField], holder: Holder, point: FastPoint) -> bool:
    """Lists that are made of the same one, if they can be: where anything surprises, all are made anew."""
    function = point.function
    start, depth = len(function.lines), function.depth
    made = [(entry.value, point.local(entry.name)) for entry in several]
    try:
        with point.block("try:") as inside:
            write_lists(made, inside.recovering(Recovery.TOGETHER))
            for entry, (_, value) in zip(several, made, strict=True):
                with inside.block(f"if {value} is not None:"):
                    _write_put(entry, value, holder, inside)
    except Unfit:
        del function.lines[start:]
        function.depth = depth
        return False
    _write_surprise(several, start, holder, point)
    return True


def _write_surprise(several: Sequence[PlannedField], start: int, holder: Holder, point: FastPoint) -> None:
    """Write code that makes fields anew where anything surprises, and takes back the notes of their parts.

    start: the line of the first statement about them.
    """
    parts, point.note_texts.parts = point.note_texts.parts, False
    if parts:
        point.function.insert(start, "noted = len(notes)")
    with point.block("except Exception:"):
        _drop_note_texts(point)
        if parts:
            point.write(f"{point.use('forget')}(notes, noted)")
        for entry in several:
            _write_carefully(entry, holder, point)


def _write_needing(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    """A field, unless one that it makes no sense without is invalid; that one comes before it."""
    needed = point.context.needs.get(point.context.path_of(entry))
    if needed is None:
        _write_entry(entry, holder, point)
        return
    with point.block(f"if spare and {literal(needed)} in spare[0].failed:"):
        if point.hushed and (entry.required or not point.recovery.of_value):
            point.give_up()
        else:
            point.note_texts.parts = point.note_texts.parts or point.hushed
            point.write(f"spare[0].left_out({entry.place}, {literal(needed)}, {entry.required})")
    with point.block("else:") as inside:
        _write_entry(entry, holder, inside)


def _write_entry(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    """A field; where anything is not as it usually is, the careful form makes it, and notes why."""
    if point.hushed:
        _write_part(entry, holder, point.within_value())
        return
    if is_always_made(entry):
        _write_under_condition(entry, holder, point)
        return
    function = point.function
    start, depth = len(function.lines), function.depth
    try:
        with point.block("try:") as inside:
            _write_under_condition(entry, holder, inside.recovering(Recovery.FIELD))
    except Unfit:
        if point.shared.typed is not None:
            # Each event would be decoded twice, which takes longer than the form for objects does.
            raise Without from None
        del function.lines[start:]
        function.depth = depth
        _write_carefully(entry, holder, point)
    else:
        _write_left_out(entry, holder, point)
        _write_surprise([entry], start, holder, point)
        _write_note_texts(entry, point)


def _write_part(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    """A field of a value that the careful form makes anew where anything surprises, an invalid one aside."""
    if entry.when is None and entry.default is None and not entry.required:
        made = point.made.get(value_key(entry.value))
        if made is not None:
            with point.block(f"if {made} is not None:"):
                _write_put(entry, made, holder, point)
            return
    if not point.recovery.of_value or not _may_leave_out(entry, point):
        _write_under_condition(entry, holder, point)
        return
    point.note_texts.parts = True
    with point.block("try:") as inside:
        _write_under_condition(entry, holder, inside)
    _write_left_out(entry, holder, point)


def _write_carefully(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    """A field as the careful form makes it."""
    point.write(f"frame = {point.frame()}")
    if point.shared.typed is not None:
        point.write("event = frame.event")
    write_entry(entry, holder, Body(point.function, EVENT, point.shared.careful))


def _write_under_condition(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    if entry.when is None:
        _write_field(entry, holder, point)
        return
    with point.block(f"if {write_condition(entry.when, point)}:") as inside:
        _write_field(entry, holder, inside)
    if entry.required:
        with point.block("else:"):
            _write_refusal(entry, point)


def _write_refusal(entry: PlannedField, point: FastPoint) -> None:
    """Keep an event from being sent that lacks a required value."""
    if point.hushed:
        point.give_up()
    else:
        point.write(f"{point.blank_frame()}.refuse({entry.place})")


def _write_field(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    if isinstance(entry.value.source, Fixed):
        point.write(f"{holder.field(entry)} = {literal(entry.value.source.value)}")
        if holder.said and entry.when is not None:
            point.write(f"{holder.said} = True")
        return
    planned = entry.value
    value = point.local(entry.name)
    quick = quick_form(planned) if _is_plain(planned) and not planned.steps else None
    if quick is not None and isinstance(planned.source, Expression):
        atom = point.value(planned.source)
        if not atom.isidentifier():
            point.write(f"{value} = {atom}")
            atom = value
        write_quick_put(quick, atom, _putting(entry, value, holder), point)
    elif entry.default is None and not entry.required:
        _write_optional(entry, value, holder, point)
    else:
        write_value(planned, value, point)
        with point.block(f"if {value} is None:"):
            _write_absent(entry, holder, point)
        with point.block("else:"):
            _write_put(entry, value, holder, point)


def _putting(entry: PlannedField, value: str, holder: Holder) -> Putting:
    def check(inside: FastPoint) -> None:
        write_checks(entry.value, value, inside, there=True)

    def put_in(made: str, inside: FastPoint) -> None:
        _write_put(entry, made, holder, inside)

    def absent(inside: FastPoint) -> None:
        _write_absent(entry, holder, inside)

    return Putting(value, check, put_in, absent if entry.default is not None or entry.required else None)


def _write_absent(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    """Write the code for a field without a value: it has a default or is required."""
    plain = _is_plain(entry.value) or _is_plain_choice(entry.value)
    if entry.default is not None:
        point.write(f"{holder.field(entry)} = {literal(entry.default.value)}")
    elif point.recovery is Recovery.FIELD and entry.when is None and plain:
        _write_said(entry, point)
        point.write(f"{point.blank_frame()}.refuse({entry.place})")
    else:
        _write_refusal(entry, point)


def _write_optional(entry: PlannedField, value: str, holder: Holder, point: FastPoint) -> None:
    """A field that may be absent: then no more is asked about it."""
    planned = entry.value
    of_value = point.recovery.of_value
    source = planned.source
    if of_value and _may_leave_out(entry, point) and isinstance(source, First) and not source.strict:
        _write_first_valid(source.alternatives, value, point)
        if point.note_texts.here:
            with point.block(f"if {value} is None and len(notes) > noted:"):
                _drop_note_texts(point)
    else:
        write_value(planned, value, point)
    with point.block(f"if {value} is not None:"):
        _write_put(entry, value, holder, point)


def _write_first_valid(alternatives: tuple[Planned, ...], value: str, point: FastPoint) -> None:
    """The first alternative that is there and valid. An invalid one is noted of its own place.

    But for the last one: unless it is a list, whose elements are noted, it is noted as the whole field.
    """
    first, *others = alternatives
    if not others and _is_one(first):
        write_value(first, value, point)
        return
    point.note_texts.parts = True
    with point.block("try:") as inside:
        write_value(first, value, inside)
    with point.block(f"except {point.use('Invalid')} as invalid:"):
        point.write(f"{value} = None")
        point.write(f"{point.use('left_out')}(notes, PLACES, {first.place}, invalid)")
    if others:
        with point.block(f"if {value} is None:") as inside:
            _write_first_valid(tuple(others), value, inside)


def _write_note_texts(entry: PlannedField, point: FastPoint) -> None:
    """Note what was said on the way to a rule's value."""
    _write_said(entry, point)
    point.note_texts.here = False


def _write_said(entry: PlannedField, point: FastPoint) -> None:
    if point.note_texts.here:
        with point.block("if note_texts:"):
            point.write(f"{point.use('note_all')}(notes, PLACES, {entry.place}, note_texts)")


def _write_put(entry: PlannedField, value: str, holder: Holder, point: FastPoint) -> None:
    point.write(f"{holder.field(entry)} = {value}")
    if holder.said:
        point.write(f"{holder.said} = True")


def _write_left_out(entry: PlannedField, holder: Holder, point: FastPoint) -> None:
    """An invalid value is noted, and left out or the event refused, as the careful form does it."""
    if not _may_leave_out(entry, point):
        return
    needed = _is_needed(entry, point)
    with point.block(f"except {point.use('Invalid')} as invalid:"):
        if not point.hushed:
            _drop_note_texts(point)
        if entry.required or needed:
            verb = "refuse" if entry.required else "leave_out"
            point.write(f"{point.blank_frame()}.{verb}({entry.place}, invalid)")
        else:
            point.write(f"{point.use('left_out')}(notes, PLACES, {entry.place}, invalid)")
            if entry.refusal:
                _write_put(entry, "True", holder, point)


def _drop_note_texts(point: FastPoint) -> None:
    """Write the code that forgets what was said on the way to a value that is not sent."""
    if point.note_texts.here:
        point.write("note_texts.clear()")


def _may_leave_out(entry: PlannedField, point: FastPoint) -> bool:
    """Whether all that becomes of an invalid value can be told where it turns up, and no condition is asked.

    In a part of a value nobody may need it, for that is told once the whole is made.
    """
    if entry.when is not None:
        return False
    if entry.required or _is_needed(entry, point):
        return not point.hushed and _is_plain(entry.value)
    return _is_plain(entry.value) or (entry.default is None and _is_plain_choice(entry.value))


def _is_needed(entry: PlannedField, point: FastPoint) -> bool:
    """Whether another field makes no sense without this one."""
    return point.context.path_of(entry) in point.context.needs.values()


def _is_plain(planned: Planned) -> bool:
    """Whether a value is what an expression reads, in the form that its field asks for."""
    finish = planned.finish
    formed = _is_one(planned) or (finish is not None and quick_form(planned) is not None)
    catches = any(one.catches for one in own_functions_of(planned))
    return formed and planned.alone and isinstance(planned.source, Expression) and not catches


def _is_one(planned: Planned) -> bool:
    """Whether a value is put into the form of a field that takes one."""
    return planned.finish is not None and planned.finish.kind == "one"


def _is_plain_choice(planned: Planned) -> bool:
    """Whether a value is the first of several plain ones."""
    if not planned.bare or not isinstance(planned.source, First):
        return False
    last = planned.source.alternatives[-1]
    # Only the elements of the last one are noted of its own place, not what comes before its form.
    before = bool(last.steps) or (isinstance(last.source, Expression) and last.source.may_fail)
    return all(map(_is_plain, planned.source.alternatives)) and (_is_one(last) or not before)
