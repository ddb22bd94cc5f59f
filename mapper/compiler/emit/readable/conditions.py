"""A condition -> the function that says whether it holds."""

from __future__ import annotations

from mapper.compiler.emit.context import Here, Writing, comment, pays, write_read
from mapper.compiler.emit.module import Function
from mapper.compiler.emit.remarks import may_remark
from mapper.compiler.jmespath.expression import Expression


def write_condition(stem: str, expression: Expression, place: int, here: Here, writing: Writing) -> str:
    """The function that says whether a condition holds; an error in it is noted, and it does not hold."""
    key = ("condition", id(expression), here)
    if key in writing.functions:
        return writing.functions[key]
    stem = f"{stem}_holds" if stem == "skip" else stem
    function = writing.module.function(stem, *here.parameters)
    writing.functions[key] = function.name
    if may_remark(expression, writing.remarking):
        asked = writing.module.function(f"{stem}_asked", *here.parameters)
        at, *more = (name for name in here.parameters if name != "frame")
        arguments = ", ".join([str(place), asked.name, at, *more])
        function.write(f"return frame.hushed({arguments})", expression.whole)
        _write_condition(expression, place, here, asked, writing)
    else:
        _write_condition(expression, place, here, function, writing)
    return function.name


def _write_condition(
    expression: Expression, place: int, here: Here, function: Function, writing: Writing
) -> None:
    """The statements of a condition's function."""
    falsy = writing.module.use("falsy")
    comment(function, "condition", expression.whole)
    if not expression.may_fail and not pays(expression, here, writing, None):
        atom = write_read(expression, here, function, writing, None)
        function.write(f"return not {falsy}({atom})", expression.whole)
        return
    with function.block("try:", expression.whole):
        atom = write_read(expression, here, function, writing, None)
        function.write(f"return not {falsy}({atom})", expression.whole)
    with function.block("except Invalid as invalid:", expression.whole):
        writing.module.use("Invalid")
        function.write(f"frame.invalid({place}, invalid)", expression.whole)
        function.write("return False", expression.whole)
