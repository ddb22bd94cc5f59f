"""Objects of the fast form, field by field.

Around a field the exception is caught of what is not as it usually is, and the field is made as the careful
form makes it, which notes why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from mapper.compiler.emit.context import EVENT
from mapper.compiler.emit.fast.conditions import write_condition
from mapper.compiler.emit.fast.equal_lists import list_of, value_key
from mapper.compiler.emit.fast.forms import Putting, write_quick_put
from mapper.compiler.emit.fast.functions import write_call
from mapper.compiler.emit.fast.invalid import (
    drop_remarks,
    is_one,
    is_plain,
    is_plain_choice,
    may_leave_out,
    write_left_out,
)
from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.fast.scope import Unfit, Without
from mapper.compiler.emit.fast.shared import FieldRun, key_of, row_of, stands
from mapper.compiler.emit.fast.steps import quick_form, write_checks
from mapper.compiler.emit.fast.values import write_lists, write_value
from mapper.compiler.emit.module import literal
from mapper.compiler.emit.readable.values import in_order_of_needs, needs_said, siblings_of, write_entry
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Entry, First, Fixed, Object, Planned


def write_object(built: Object, out: str, point: Point) -> None:
    """An object field by field; None where nothing of the event is in it. Unfit where it has checks."""
    if built.checks:
        raise Unfit
    said = point.local("said") if needs_said(built) else ""
    point.write(f"{out} = {{}}")
    row = row_of(built, point.writing)
    _write_row(row, out, point)
    if said:
        # Up to here only the event has put anything in.
        point.write(f"{said} = {f'not not {out}' if row else 'False'}")
    for entry in in_order_of_needs(built, point.writing)[len(row) :]:
        _write_needing(entry, out, said, point)
    for entry in built.entries:
        for sibling in siblings_of(entry, point.writing):
            with point.block(f"if {literal(sibling)} not in {out} and {literal(entry.name)} in {out}:"):
                point.give_up()
    if built.path:
        with point.block(f"if not {said}:" if said else f"if not {out}:"):
            point.write(f"{out} = None")


def _write_row(row: list[Entry], holder: str, point: Point) -> None:
    """Fields one after the other; a run of them that stands elsewhere too by a function of its own."""
    if point.hushed:
        for entry in row:
            _write_needing(entry, holder, "", point)
        return
    for single, runs in groupby(point.shared.runs.split(row), lambda run: len(run) == 1):
        if single:
            _write_fields([entry for run in runs for entry in run], holder, point)
        else:
            for run in runs:
                _write_run(run, holder, point)


def _write_run(run: FieldRun, holder: str, point: Point) -> None:
    def write(inside: Point) -> None:
        inside.noted = True
        _write_fields(run, "holder", inside)

    above, _, name = point.writing.path_of(run[0]).rpartition(".")
    given = {"spare": "spare", "notes": "notes", "holder": holder}
    point.write(write_call(key_of(run), f"{above or name}_fields", write, point, given))


def _write_fields(row: Sequence[Entry], holder: str, point: Point) -> None:
    """Fields one after the other; lists that are made of the same one together."""
    for name, entries in groupby(row, lambda entry: list_of(entry, point)):
        several = list(entries)
        if not name or len(several) == 1 or not _write_together(several, holder, point):
            for entry in several:
                _write_needing(entry, holder, "", point)


def _write_together(several: Sequence[Entry], holder: str, point: Point) -> bool:
    """Lists that are made of the same one, if they can be: where anything surprises, all are made anew."""
    function = point.function
    start, depth = len(function.lines), function.depth
    made = [(entry.value, point.local(entry.name)) for entry in several]
    try:
        with point.block("try:") as inside:
            inside.tried = True
            write_lists(made, inside)
            for entry, (_, value) in zip(several, made, strict=True):
                with inside.block(f"if {value} is not None:"):
                    _write_put(f"{holder}[{literal(entry.name)}]", value, "", inside)
    except Unfit:
        del function.lines[start:]
        function.depth = depth
        return False
    _write_surprise(several, start, holder, "", point)
    return True


def _write_surprise(several: Sequence[Entry], start: int, holder: str, said: str, point: Point) -> None:
    """Where anything surprises, fields are made anew, and what was noted of their parts is taken back.

    start: the line of the first statement about them.
    """
    parts, point.remarks.parts = point.remarks.parts, False
    if parts:
        point.function.insert(start, "noted = len(notes)")
    with point.block("except Exception:"):
        drop_remarks(point)
        if parts:
            point.write(f"{point.use('forget')}(notes, noted)")
        for entry in several:
            _write_carefully(entry, holder, said, point)


def _write_needing(entry: Entry, holder: str, said: str, point: Point) -> None:
    """A field, unless one that it makes no sense without is invalid; that one stands before it."""
    needed = point.writing.needs.get(point.writing.path_of(entry))
    if needed is None:
        _write_entry(entry, holder, said, point)
        return
    with point.block(f"if spare and {literal(needed)} in spare[0].failed:"):
        if point.hushed and (entry.required or not point.tried):
            point.give_up()
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
    if stands(entry):
        _write_under_condition(entry, holder, said, point)
        return
    function = point.function
    start, depth = len(function.lines), function.depth
    try:
        with point.block("try:") as inside:
            inside.tried = inside.direct = True
            _write_under_condition(entry, holder, said, inside)
    except Unfit:
        if point.shared.reading is not None:
            # Each event would be decoded twice, which takes longer than the form for objects does.
            raise Without from None
        del function.lines[start:]
        function.depth = depth
        _write_carefully(entry, holder, said, point)
    else:
        write_left_out(entry, point)
        _write_surprise([entry], start, holder, said, point)
        _write_remarks(entry, point)


def _write_part(entry: Entry, holder: str, said: str, point: Point) -> None:
    """A field of a value that the careful form makes anew where anything surprises, an invalid one aside."""
    point = replace(point, direct=False)
    if entry.when is None and entry.default is None and not entry.required:
        made = point.made.get(value_key(entry.value))
        if made is not None:
            with point.block(f"if {made} is not None:"):
                _write_put(f"{holder}[{literal(entry.name)}]", made, said, point)
            return
    if not point.tried or not may_leave_out(entry, point):
        _write_under_condition(entry, holder, said, point)
        return
    point.remarks.parts = True
    with point.block("try:") as inside:
        _write_under_condition(entry, holder, said, inside)
    write_left_out(entry, point)


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
        point.give_up()
    else:
        point.write(f"{point.blank_frame()}.refuse({entry.place})")


def _write_field(entry: Entry, holder: str, said: str, point: Point) -> None:
    put = f"{holder}[{literal(entry.name)}]"
    if isinstance(entry.value.source, Fixed):
        point.write(f"{put} = {literal(entry.value.source.value)}")
        if said and entry.when is not None:
            point.write(f"{said} = True")
        return
    value, planned = point.local(entry.name), entry.value
    quick = quick_form(planned) if is_plain(planned) and not planned.steps else None
    if quick is not None and isinstance(planned.source, Expression):
        atom = point.value(planned.source)
        if not atom.isidentifier():
            point.write(f"{value} = {atom}")
            atom = value
        write_quick_put(quick, atom, _putting(entry, put, value, said), point)
    elif entry.default is None and not entry.required:
        _write_optional(entry, put, value, said, point)
    else:
        write_value(planned, value, point)
        with point.block(f"if {value} is None:"):
            _write_absent(entry, put, point)
        with point.block("else:"):
            _write_put(put, value, said, point)


def _putting(entry: Entry, put: str, value: str, said: str) -> Putting:
    def check(inside: Point) -> None:
        write_checks(entry.value, value, inside, there=True)

    def put_in(made: str, inside: Point) -> None:
        _write_put(put, made, said, inside)

    def absent(inside: Point) -> None:
        _write_absent(entry, put, inside)

    return Putting(value, check, put_in, absent if entry.default is not None or entry.required else None)


def _write_absent(entry: Entry, put: str, point: Point) -> None:
    """What is done where a field has no value, and a default or is required."""
    if entry.default is not None:
        point.write(f"{put} = {literal(entry.default.value)}")
    elif point.direct and entry.when is None and (is_plain(entry.value) or is_plain_choice(entry.value)):
        _write_said(entry, point)
        point.write(f"{point.blank_frame()}.refuse({entry.place})")
    else:
        _write_refusal(entry, point)


def _write_optional(entry: Entry, put: str, value: str, said: str, point: Point) -> None:
    """A field that may be absent: then no more is asked about it."""
    planned = entry.value
    if point.tried and may_leave_out(entry, point) and isinstance(planned.source, First):
        _write_first_valid(planned.source.alternatives, value, point)
        if point.remarks.here:
            with point.block(f"if {value} is None and len(notes) > noted:"):
                drop_remarks(point)
    else:
        write_value(planned, value, point)
    with point.block(f"if {value} is not None:"):
        _write_put(put, value, said, point)


def _write_first_valid(alternatives: tuple[Planned, ...], value: str, point: Point) -> None:
    """The first alternative that is there and valid. An invalid one is noted of its own place.

    But for the last one: unless it is a list, whose elements are noted, it is noted as the whole field.
    """
    first, *others = alternatives
    if not others and is_one(first):
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
    _write_said(entry, point)
    point.remarks.here = False


def _write_said(entry: Entry, point: Point) -> None:
    if point.remarks.here:
        with point.block("if remarks:"):
            point.write(f"{point.use('remarked')}(notes, PLACES, {entry.place}, remarks)")


def _write_put(put: str, value: str, said: str, point: Point) -> None:
    point.write(f"{put} = {value}")
    if said:
        point.write(f"{said} = True")
