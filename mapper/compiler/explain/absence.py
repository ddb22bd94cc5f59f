"""A value that is absent -> the reason, in the words of its mapping: `the event has no `user``.

Reasons name what the author wrote and the kind of the value, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from mapper.compiler.emit.context import EVENT
from mapper.compiler.explain.event_run import EventRun
from mapper.compiler.explain.masked_text import masked_text
from mapper.compiler.inference.result_types import takes_null
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
)
from mapper.compiler.plan.ir import (
    Choice,
    First,
    Fixed,
    Loop,
    Planned,
    PlannedList,
    PlannedObject,
    Zipped,
)
from mapper.compiler.syntax.let_nodes import written_variable
from mapper.runtime.limits import absent
from mapper.runtime.operators import falsy
from mapper.transforms.mismatch import why_no_match
from mapper.transforms.registry import TRANSFORMS
from mapper.transforms.template_text import layout_of
from mapper.transforms.text import text
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json

_LONGEST = 40
_MOST_TOLD = 3
_HAS_NO = re.compile(r"(.+) has no (`[^`]*`)")
_FRAME = ("event", "index", "meta", "whole")


@dataclass(frozen=True, slots=True)
class _Explained:
    """An expression at work on a value; name: what that value is called."""

    expression: Expression
    run: EventRun
    at: Json
    name: str

    def value(self, node: Node) -> Json:
        """The value of a part; null where it is invalid."""
        if isinstance(node, Current):
            return self.at
        try:
            return self.run.read(node, self.expression, self.at)
        except Invalid:
            return None

    def called(self, node: Node) -> str:
        """The name of a part: its own text."""
        if isinstance(node, Current):
            return self.name
        if isinstance(node, Variable) and node.name == "event":
            return "the event"
        text = masked_text(" ".join(self.expression.text[node.start : node.end].split()).lstrip("."))
        return f"`{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}`"


def why_absent(planned: Planned, run: EventRun) -> str:
    """The reason that a value is absent, as far as its source tells."""
    if planned.when is not None and run.held(planned.when) is False:
        return "its condition is false"
    match planned.source:
        case Expression() as expression:
            return why_read(expression, run)
        case First() as first:
            return _joined(why_absent(one, run) for one in first.alternatives)
        case Choice() as choice:
            return _of_choice(choice, run)
        case Loop() as loop:
            return why_absent(loop.items, run) if _is_absent(loop.items, run) else "no element remains"
        case Zipped() as zipped:
            names = [(name, one) for name, one in zipped.lists if _is_absent(one, run)]
            return _joined(f"`{name}`: {why_absent(one, run)}" for name, one in names)
        case PlannedList():
            return "none of its elements has a value"
        case PlannedObject():
            return "none of its fields has a value from the event"
        case Fixed():
            return ""


def why_read(expression: Expression, run: EventRun) -> str:
    """The reason that an expression gives nothing, or that nothing comes of what it gives."""
    try:
        value = run.read(expression.root, expression, run.at)
    except Invalid as invalid:
        return f"invalid: {invalid.reason}"
    if not absent(value):
        return "its steps give null"
    name = "the event" if run.subject is EVENT else "the item"
    return _why(expression.root, _Explained(expression, run, run.at, name))


def _of_choice(choice: Choice, run: EventRun) -> str:
    for when, then in choice.arms:
        if when is None or run.held(when):
            return why_absent(then, run)
    return "no `when` of its `case` is true"


def _is_absent(planned: Planned, run: EventRun) -> bool:
    return run.result(planned) is None


def _why(node: Node, spot: _Explained) -> str:
    match node:
        case Variable():
            return _of_variable(node, spot)
        case Field():
            return _of_field(node, spot)
        case Index():
            return _of_index(node, spot)
        case Projection() | Filter():
            return _of_list(node, spot)
        case Then():
            return _of_pipe(node, spot)
        case Or():
            return _joined(_why(one, spot) for one in _sides(node))
        case And():
            left = spot.value(node.left)
            if left is False:
                return f"{spot.called(node.left)} is false"
            return _why(node.left if falsy(left) else node.right, spot)
        case Call():
            return _of_call(node, spot)
        case OwnCall():
            return f"`{node.name}` gives {_state(spot.value(node))}"
        case Current() | Literal() | MultiList() | MultiHash() | Not() | Comparison() | Reference():
            return f"{spot.called(node)} is {_state(spot.value(node))}"
        case Slice() | Flatten() | ObjectValues():  # each within a projection, which tells of it
            return f"{spot.called(node)} is {_state(spot.value(node))}"


def _of_variable(node: Variable, spot: _Explained) -> str:
    lets, name = spot.run.plan.values_of_lets, written_variable(node.name)
    if node.name in _FRAME or node.name not in lets:
        return f"`${name}` is {_state(spot.value(node))}"
    return f"`${name}` is absent: {why_absent(lets[node.name], spot.run.of_let(node.name))}"


def _of_field(node: Field, spot: _Explained) -> str:
    base = spot.value(node.base)
    if not isinstance(base, dict) and absent(base) and not isinstance(node.base, Current):
        return _why(node.base, spot)
    if not isinstance(base, dict):
        return f"{spot.called(node.base)} is {_state(base)}, which has no `{node.name}`"
    if node.name not in base:
        return f"{spot.called(node.base)} has no `{node.name}`"
    return f"{spot.called(node)} is {_state(base[node.name])}"


def _of_index(node: Index, spot: _Explained) -> str:
    base = spot.value(node.base)
    if not isinstance(base, list):
        return _no_list(node.base, base, spot)
    least = node.index + 1 if node.index >= 0 else -node.index
    if len(base) < least:
        return f"{spot.called(node.base)} has no [{node.index}]: " + (
            f"its length is {len(base)}" if base else "it is empty"
        )
    return f"{spot.called(node)} is {_state(base[node.index])}"


def _of_list(node: Projection | Filter, spot: _Explained) -> str:
    source = node.base.base if isinstance(node.base, Slice | Flatten | ObjectValues) else node.base
    value = spot.value(source)
    if not isinstance(value, dict if isinstance(node.base, ObjectValues) else list):
        return _no_list(source, value, spot)
    if not value:
        return f"{spot.called(source)} is empty"
    if isinstance(node, Filter):
        every = replace(node, right=Current(node.end, node.end))
        if not spot.value(every):
            return f"no element matches {spot.called(node)}"
    matching = "matching " if isinstance(node, Filter) else ""
    if isinstance(node.right, Current):
        return f"{spot.called(source)} has only nulls"
    return f"no {matching}element of {spot.called(source)} has {spot.called(node.right)}"


def _no_list(node: Node, value: Json, spot: _Explained) -> str:
    if absent(value) and not isinstance(node, Current):
        return _why(node, spot)
    return f"{spot.called(node)} is {_state(value)}, not a list"


def _sides(node: Node) -> Iterator[Node]:
    """The alternatives between the `||`."""
    if isinstance(node, Or):
        yield from _sides(node.left)
        yield from _sides(node.right)
    else:
        yield node


def _of_pipe(node: Then, spot: _Explained) -> str:
    left = spot.value(node.left)
    if absent(left):
        return _why(node.left, spot)
    return _why(node.right, replace(spot, at=left, name=spot.called(node.left)))


def _of_call(node: Call, spot: _Explained) -> str:
    if node.name in ("across", "not_null"):
        return _joined(_why(one, spot) for one in node.arguments)
    if node.name == "template":
        return _of_template(node, spot)
    transform = TRANSFORMS.get(node.name)
    null = [
        (number, argument)
        for number, argument in enumerate(node.arguments)
        if not isinstance(argument, Reference) and spot.value(argument) is None
    ]
    if not null:
        return f"`{node.name}` gives nothing{_no_match(node, spot)}"
    # The first that it does not take; one that it takes may still leave it nothing to give.
    must = [one for one in null if transform is None or not takes_null(transform, one[0])]
    number, argument = (must or null)[0]
    if number == 0 or transform is None or not transform.parameters:
        return _why(argument, spot)
    parameter = transform.parameters[min(number, len(transform.parameters)) - 1]
    return f"`{node.name}`: its `{parameter.name}` is absent ({_why(argument, spot)})"


def _no_match(node: Call, spot: _Explained) -> str:
    """The place where the text that `extract` is given differs from its pattern."""
    if node.name != "extract":
        return ""
    value, pattern, *rest = node.arguments
    given = spot.value(value)
    if not isinstance(pattern, Literal) or not isinstance(given, str | int | float):
        return ""
    any_case = bool(rest) and isinstance(rest[0], Literal) and rest[0].value is True
    return f", no match: {why_no_match(text(given), str(pattern.value), any_case)}"


def _of_template(node: Call, spot: _Explained) -> str:
    """The first value outside of the brackets that is absent."""
    first, *values = node.arguments
    layout = layout_of(first.value)[0] if isinstance(first, Literal) and isinstance(first.value, str) else ()
    needed = [values[part] for part in layout if isinstance(part, int)]
    lacking = next((one for one in needed if absent(spot.value(one))), None)
    return "the template gives nothing" if lacking is None else _why(lacking, spot)


def _state(value: Json) -> str:
    """The kind of a value, without the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "text" if value.strip() else "blank"
        case int() | float():
            return "a number"
        case list():
            return "a list" if value else "empty"
        case dict():
            return "an object" if value else "empty"


def _joined(reasons: Iterable[str]) -> str:
    """Several reasons as one; what one value lacks is told together."""
    told = list(dict.fromkeys(reason for reason in reasons if reason))
    lacks = [_HAS_NO.fullmatch(reason) for reason in told]
    subjects = {found[1] for found in lacks if found is not None}
    if len(told) > 1 and None not in lacks and len(subjects) == 1:
        return f"{subjects.pop()} has no {_some([found[2] for found in lacks if found], ', no ')}"
    return _some(told, "; ")


def _some(told: Sequence[str], between: str) -> str:
    more = len(told) - _MOST_TOLD
    return between.join(told[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
