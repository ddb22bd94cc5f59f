"""Growth: how large a payload of the fast form may be, as far as that is known without the event.

A payload that no event can make larger than all its payloads may be is not measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import cast

from mapper.compiler.jmespath.call_facts import takes_several_values
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import Path
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
    OwnFunction,
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
    PlannedField,
    PlannedList,
    PlannedObject,
    Zipped,
    all_steps,
    children,
    parts,
)
from mapper.compiler.plan.planned_functions import PlannedFunction
from mapper.compiler.plan.planned_steps import Step, VariableArgument
from mapper.compiler.plan.planner import Plan
from mapper.runtime.budget import FREE_BYTES, GROWTH
from mapper.runtime.decode import size_of
from mapper.runtime.functions import FUNCTIONS
from mapper.runtime.known_forms.surprise import FEW
from mapper.transforms import TRANSFORMS
from mapper.transforms.meaning import ANY_SIZE, LONGEST_NUMBER, SHORT, Grown
from mapper.values.frozen import dataclass
from mapper.values.types import Json

_DIGEST = 68
_NUMERIC = frozenset({"integer", "number", "boolean", "null"})


@dataclass(frozen=True, slots=True)
class Growth:
    """The most bytes that a value has, and how many times those of the event."""

    bytes: float
    times: float

    def plus(self, other: Growth) -> Growth:
        """The growth of both together."""
        return Growth(self.bytes + other.bytes, self.times + other.times)

    def longer(self, times: float) -> Growth:
        """The growth of several of it."""
        return Growth(self.bytes * times, self.times * times)

    def after(self, grown: Grown, count: int) -> Growth:
        """The growth of what a transform or function makes of it, or of each of several."""
        if grown.one_of:
            return Growth(count * max(map(size_of, grown.one_of)), 0)
        more = Growth(LONGEST_NUMBER if grown.is_number else count * grown.plus, 0)
        return self.longer(grown.times).plus(more) if grown.times else more

    def larger(self, other: Growth) -> Growth:
        """The growth of one of two, whichever it is."""
        return Growth(max(self.bytes, other.bytes), max(self.times, other.times))


_NOTHING = Growth(0, 0)
_UNKNOWN = Growth(float("inf"), float("inf"))


@dataclass(frozen=True, slots=True)
class _Place:
    """The variables that can be read at a place, and the functions of the mapping.

    At an item of a list only those of the item, for all others would be read again for each.
    """

    variables: Mapping[str, Planned | Growth]
    functions: Mapping[str, PlannedFunction]

    def variable(self, name: str) -> Growth:
        """The growth of what a variable holds."""
        value = self.variables.get(name, _UNKNOWN)
        return value if isinstance(value, Growth) else _of(value, self)

    def called(self, name: str, given: Iterable[Growth]) -> Growth:
        """The growth of what a function of the mapping gives, which reads its parameters and no event."""
        function = self.functions[name]
        inside = dict(zip(function.parameters, given, strict=True))
        return _of(function.value, replace(self, variables=inside))


def lists_of(payload: PlannedObject, plan: Plan) -> tuple[Path, ...] | None:
    """The paths of the lists in a payload; None where a list has further ones in it."""
    found: list[Path] = []
    waiting: list[tuple[Path, PlannedObject, bool]] = [((), payload, False)]
    while waiting:
        above, built, is_inside = waiting.pop()
        for entry in built.entries:
            path = (*above, entry.name)
            if isinstance(entry.value.source, PlannedObject):
                waiting.append((path, entry.value.source, is_inside))
                continue
            field = plan.target.root.find(".".join(path).replace(".[]", "[]"))
            if field is not None and (field.personal or (field.item is None and not field.is_object)):
                continue  # no list, or one of digests: an event of so many is as large
            if is_inside:
                return None
            found.append(path)
            waiting += [((*path, "[]"), one, True) for one in _objects_in(entry.value)]
    return tuple(found)


def _objects_in(value: Planned) -> Iterator[PlannedObject]:
    """The objects that the elements of a list are made as."""
    for part in parts(value):
        if isinstance(part.value.source, PlannedObject):
            yield part.value.source
        else:
            yield from _objects_in(part.value)


def is_small(payload: PlannedObject, plan: Plan) -> bool:
    """Whether a payload is never too large, if its lists have at most FEW elements."""
    functions = {one.name: one for one in plan.functions}
    growth = _of_object(payload, _Place({let.name: let.value for let in plan.lets}, functions))
    return growth.bytes <= FREE_BYTES and growth.times <= GROWTH


def _of_object(built: PlannedObject, place: _Place) -> Growth:
    growth = Growth(2, 0)
    for entry in built.entries:
        growth = growth.plus(Growth(size_of(entry.name) + 2, 0)).plus(_of_entry(entry, place))
    return growth


def _of_entry(entry: PlannedField, place: _Place) -> Growth:
    default = 0 if entry.default is None else size_of(entry.default.value)
    return _of(entry.value, place).larger(Growth(default, 0))


def _of(planned: Planned, place: _Place) -> Growth:
    """The growth of a value with all that is done with it."""
    growth = _of_source(planned, place)
    finish, steps = planned.finish, all_steps(planned)
    several = finish is not None and finish.kind == "each"
    if (
        finish is not None
        and finish.kind not in ("one", "each")
        and not isinstance(planned.source, PlannedObject)
    ):
        return _UNKNOWN
    if [step.transform.name for step in steps if step.transform.name != "unique"][-1:] == ["sha256"]:
        growth = Growth(FEW * _DIGEST, 0)
    elif steps:
        growth = _after(steps, growth, 1 if finish is not None and finish.kind == "one" else FEW, place)
        growth = growth.plus(Growth(FEW * LONGEST_NUMBER if several else LONGEST_NUMBER, 0))
    default = 0 if planned.default is None else size_of(planned.default.value)
    return growth.larger(Growth(default, 0))


def _after(steps: tuple[Step, ...], growth: Growth, count: int, place: _Place) -> Growth:
    """The growth of a value after steps, or of each of several; a number is as long as its digits."""
    for step in steps:
        if step.own is not None:
            made = _of_own(step, step.own.function, growth, place)
            growth = Growth(made.bytes * count, made.times)
        elif not step.reads:
            given = {parameter.name: cast("Json", argument) for parameter, argument in step.arguments}
            put = sum(size_of(given[one.name]) for one, _ in step.arguments if one.role != "steers")
            grown = step.transform.grown(given)
            if grown.times == _UNKNOWN.times:
                return _UNKNOWN
            growth = growth.plus(Growth(count * put, 0)).after(grown, count)
        elif step.transform.grows == SHORT:
            growth = growth.after(SHORT, count)
        else:
            return _UNKNOWN
    return growth


def _of_own(step: Step, function: OwnFunction, growth: Growth, place: _Place) -> Growth:
    """The growth of what a function of the mapping makes of a value as a step."""
    given = {parameter.name: argument for parameter, argument in step.arguments}
    arguments = [growth]
    for name in function.parameters[1:]:
        argument = given.get(name)
        if isinstance(argument, VariableArgument):
            arguments.append(place.variable(argument.name))
        else:
            arguments.append(Growth(size_of(cast("Json", argument)), 0))
    return place.called(function.name, arguments)


def _of_source(planned: Planned, place: _Place) -> Growth:
    growth = _NOTHING
    match planned.source:
        case Fixed(value=value):
            return Growth(size_of(value), 0)
        case PlannedObject() as built:
            return _of_object(built, place)
        case First() | Choice():
            for one in children(planned):
                growth = growth.larger(_of(one, place))
        case PlannedList():
            for one in children(planned):
                growth = growth.plus(_of(one, place)).plus(Growth(2, 0))
        case Loop() as loop:
            return _of_loop(loop, place)
        case Zipped():
            return _UNKNOWN
        case Expression() as expression:
            if planned.source_type.known and planned.source_type.kinds <= _NUMERIC:
                return Growth(LONGEST_NUMBER, 1)
            return _of_node(expression.root, place)
    return growth


def _of_loop(loop: Loop, place: _Place) -> Growth:
    """Elements are different parts of their list."""
    of_item = {let.name: let.value for let in loop.lets}
    items, item = _of(loop.items, place), _of(loop.item, replace(place, variables=of_item))
    if item.times and items.bytes > LONGEST_NUMBER:
        return _UNKNOWN
    return Growth(FEW * (item.bytes + items.bytes * item.times + 1), items.times * item.times)


def _of_all(nodes: Iterable[Node], growth: Growth, place: _Place) -> Growth:
    """Some growth, and that of several parts."""
    for one in nodes:
        growth = growth.plus(_of_node(one, place))
    return growth


def _of_node(node: Node, place: _Place) -> Growth:
    """A part of the event, or a list of parts, none of them twice."""
    match node:
        case Current():
            return Growth(0, 1)
        case Variable():
            return place.variable(node.name)
        case Field() | Index() | Flatten():
            return _of_node(node.base, place)
        case Projection() | Filter():
            right = _of_node(node.right, replace(place, variables={}))
            return _of_node(node.base, place) if right == Growth(0, 1) else _UNKNOWN
        case Literal():
            return Growth(size_of(node.value), 0)
        case Call():
            return _of_call(node, place)
        case OwnCall(function=OwnFunction(name=name)):
            return place.called(name, [_of_node(one, place) for one in node.arguments])
        case MultiList():
            return _of_all(node.elements, Growth(2 + 5 * len(node.elements), 0), place)
        case (
            Slice()
            | ObjectValues()
            | Then()
            | Or()
            | And()
            | Not()
            | Comparison()
            | MultiHash()
            | Reference()
            | OwnCall()
        ):
            return _UNKNOWN


def _of_call(call: Call, place: _Place) -> Growth:
    """The growth of all that a call is given, numbers as they are written out, after it."""
    grown = _grown(call)
    if grown.times == _UNKNOWN.times or not _is_known(call):
        return _UNKNOWN
    given = Growth(LONGEST_NUMBER * len(call.arguments), 0)
    return _of_all(call.arguments, given, place).after(grown, 1)


def _is_known(call: Call) -> bool:
    """Whether a call is looked at: one that makes a text or a list of a single value is measured."""
    transform = TRANSFORMS.get(call.name)
    if transform is None:
        return False
    return callable(transform.grows) or transform.grows.is_number or takes_several_values(call.name)


def _grown(call: Call) -> Grown:
    """How long the result may be, for its arguments if these are constants."""
    transform = TRANSFORMS.get(call.name)
    if transform is None:
        return FUNCTIONS[call.name].grows
    if not callable(transform.grows):
        return transform.grows
    constants = [one.value for one in call.arguments[1:] if isinstance(one, Literal)]
    if len(constants) < len(call.arguments) - 1:
        return ANY_SIZE
    names = [parameter.name for parameter in transform.parameters]
    return transform.grown(dict(zip(names, constants, strict=False)))
