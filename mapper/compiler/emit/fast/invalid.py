"""What becomes of an invalid value in the fast form: it is noted, and left out or the event refused."""

from __future__ import annotations

from mapper.compiler.emit.fast.point import Point
from mapper.compiler.emit.fast.steps import quick_form
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Entry, First, Planned


def write_left_out(entry: Entry, point: Point) -> None:
    """An invalid value is noted, and left out or the event refused, as the careful form does it."""
    if not may_leave_out(entry, point):
        return
    needed = _is_needed(entry, point)
    with point.block(f"except {point.use('Invalid')} as invalid:"):
        if not point.hushed:
            drop_remarks(point)
        if entry.required or needed:
            verb = "refuse" if entry.required else "leave_out"
            point.write(f"{point.blank_frame()}.{verb}({entry.place}, invalid)")
        else:
            point.write(f"{point.use('left_out')}(notes, PLACES, {entry.place}, invalid)")


def drop_remarks(point: Point) -> None:
    """What was said on the way to a value that is not sent is not noted."""
    if point.remarks.here:
        point.write("remarks.clear()")


def may_leave_out(entry: Entry, point: Point) -> bool:
    """Whether all that becomes of an invalid value can be told where it turns up, and no condition is asked.

    In a part of a value nobody may need it, for that is told once the whole is made.
    """
    if entry.when is not None:
        return False
    if entry.required or _is_needed(entry, point):
        return not point.hushed and is_plain(entry.value)
    return is_plain(entry.value) or (entry.default is None and is_plain_choice(entry.value))


def _is_needed(entry: Entry, point: Point) -> bool:
    """Whether another field makes no sense without this one."""
    return point.writing.path_of(entry) in point.writing.needs.values()


def is_plain(planned: Planned) -> bool:
    """Whether a value is what an expression reads, in the form that its field asks for."""
    finish = planned.finish
    formed = is_one(planned) or (finish is not None and quick_form(planned) is not None)
    return formed and planned.alone and isinstance(planned.source, Expression)


def is_one(planned: Planned) -> bool:
    """Whether a value is put into the form of a field that takes one."""
    return planned.finish is not None and planned.finish.kind == "one"


def is_plain_choice(planned: Planned) -> bool:
    """Whether a value is the first of several plain ones."""
    if not planned.bare or not isinstance(planned.source, First):
        return False
    last = planned.source.alternatives[-1]
    # Only the elements of the last one are noted of its own place, not what comes before its form.
    before = bool(last.steps) or (isinstance(last.source, Expression) and last.source.may_fail)
    return all(map(is_plain, planned.source.alternatives)) and (is_one(last) or not before)
