"""Plan -> the fast form of its code: one function for each section, which needs no frame for most events.

It must give what the careful form gives, or raise: then the careful form takes the event. Its tricks, each
named where it is written:

- what most events are is taken for granted, and a field of which that is not so is made as the careful form
  makes it, and then there is a frame (`entries`);
- objects on the way to what is read are looked up once, before all else (`Point`), and what all sections read
  before one of them is called (`head`);
- sections are found in a table by what `match` gives (`sections`), and fields that several of them send alike
  are written once (`runs`);
- lists of the same items are made by one loop (`alike`);
- what most values are is told where it stands (`sight`), and forms that most have already are known at sight
  (`mapper.runtime.known_forms`).
"""

from __future__ import annotations

from mapper.compiler.emit.allow_list import check_code
from mapper.compiler.emit.context import Writing
from mapper.compiler.emit.fast.scope import Unfit, Without
from mapper.compiler.emit.fast.sections import write_fast
from mapper.compiler.emit.fast.typed_reads import TypedReads
from mapper.compiler.emit.module import Module
from mapper.compiler.emit.readable.sections import write_program
from mapper.compiler.plan.planner import Plan

__all__ = ["generate_fast", "generate_typed"]


def generate_fast(plan: Plan) -> str:
    """The text of a module whose `fast(event, meta)` gives outcomes or raises; "" where there is none.

    It calls functions of the careful form, and reads `PLACES`, those of the code.
    """
    return _generate(plan, None)


def generate_typed(plan: Plan) -> str:
    """As `generate_fast`, for texts: `fast(json_text, meta)` decodes an event by the classes of `SHAPES`."""
    if plan.split is not None:
        return ""
    reading = TypedReads(plan)
    # Most events would be decoded twice, which takes longer than the form for objects does.
    return _generate(plan, reading) if reading.event.is_object and not reading.early else ""


def _generate(plan: Plan, reading: TypedReads | None) -> str:
    careful = Writing(plan, Module())
    write_program(careful)
    written = len(careful.module.functions)
    functions = {one.name for one in careful.module.functions}
    classes = set() if reading is None else reading.names
    writing = Writing(plan, Module(taken={*functions, *classes}), repeated=careful.repeated)
    try:
        write_fast(writing, careful, reading)
    except (Unfit, Without):
        return ""
    if len(careful.module.functions) > written:
        return ""
    text = writing.module.text()
    attributes = () if reading is None else reading.attributes
    check_code(text, {*functions, "decode_typed"}, attributes)
    return text
