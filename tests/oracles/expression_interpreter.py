"""The tree of an expression -> its value, by the specification's words; an oracle for generated code.

Nothing here is fast or shares code with what is tested, but the tree itself and the transforms' functions.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
from mapper.runtime.doubts import NO_OPERAND, NO_ORDER, OTHER_TYPE
from mapper.transforms import TRANSFORMS, Transform
from mapper.transforms.numeral import number_of
from mapper.values.types import Invalid, Type

CALCULATIONS = ("add", "divide", "multiply", "subtract")


@dataclass(frozen=True)
class Reader:
    """Works out expressions. variable: the value of `$name`. note_texts: what noting transforms said.

    own: what a function of the mapping gives for its arguments by name.
    """

    variable: Callable[[str], Any]
    note_texts: list[str]
    own: Callable[[str, dict[str, Any]], Any] | None = None

    def value(self, node: Node, at: Any) -> Any:
        """The value of a node at the current value. Raises Invalid."""
        match node:
            case Current():
                return at
            case Variable():
                return self.variable(node.name)
            case Literal():
                return node.value
            case Field():
                base = self.value(node.base, at)
                return base.get(node.name) if isinstance(base, dict) else None
            case Index():
                base = self.value(node.base, at)
                there = isinstance(base, list) and -len(base) <= node.index < len(base)
                return base[node.index] if there else None
            case Then():
                return self.value(node.right, self.value(node.left, at))
            case Or():
                left = self.value(node.left, at)
                return self.value(node.right, at) if falsy(left) else left
            case And():
                left = self.value(node.left, at)
                return left if falsy(left) else self.value(node.right, at)
            case Not():
                return falsy(self.value(node.operand, at))
            case Comparison():
                return self.compared(node, self.value(node.left, at), self.value(node.right, at))
            case MultiList():
                return None if at is None else [self.value(one, at) for one in node.elements]
            case MultiHash():
                return None if at is None else {name: self.value(one, at) for name, one in node.entries}
            case Slice() | Flatten() | ObjectValues():
                return self.listed(node, at)
            case Projection() | Filter():
                return self.projected(node, at)
            case Call():
                return self.called(node, at)
            case OwnCall():
                assert self.own is not None
                assert node.function is not None
                values = [self.value(one, at) for one in node.arguments]
                return self.own(node.name, dict(zip(node.function.parameters, values, strict=True)))
            case Reference():
                raise AssertionError("only ever an argument")

    def listed(self, node: Slice | Flatten | ObjectValues, at: Any) -> list[Any] | None:
        """The list that a projection goes through."""
        base = self.value(node.base, at)
        if isinstance(node, ObjectValues):
            return list(base.values()) if isinstance(base, dict) else None
        if not isinstance(base, list):
            return None
        if isinstance(node, Slice):
            return base[node.first : node.last : node.step]
        return [one for element in base for one in (element if isinstance(element, list) else [element])]

    def projected(self, node: Projection | Filter, at: Any) -> list[Any] | None:
        """The right side at each element that fits, nulls left out."""
        base = self.value(node.base, at)
        if not isinstance(base, list):
            return None
        found = []
        for element in base:
            if isinstance(node, Filter) and falsy(self.value(node.condition, element)):
                continue
            value = self.value(node.right, element)
            if value is not None:
                found.append(value)
        return found

    def compared(self, node: Comparison, left: Any, right: Any) -> Any:
        """The answer; a doubt is said of a value that has no order, and of unlike ones written alike."""
        answer = compared(node.operator, left, right)
        if node.operator in ("==", "!="):
            if written_alike(left, right) and not both_literal(node):
                self.note_texts.append(OTHER_TYPE)
        elif answer is None and left is not None and right is not None:
            self.note_texts.append(NO_ORDER)
        return answer

    def called(self, node: Call, at: Any) -> Any:
        """What a function or a transform gives; its arguments first, from left to right."""
        if node.name in TRANSFORMS:
            return self.transformed(TRANSFORMS[node.name], self.arguments(node, at), node)
        arguments = [None if isinstance(one, Reference) else self.value(one, at) for one in node.arguments]
        for place, one in enumerate(node.arguments):
            if isinstance(one, Reference):
                elements = _list(arguments[1 - place])
                arguments = [elements, [self.value(one.body, element) for element in elements]]
        return _FUNCTIONS[node.name](*arguments)

    def arguments(self, node: Call, at: Any) -> list[Any]:
        """What a transform is given; one that it works without is absent where it is invalid.

        Such a one is not read where there is nothing to work on.
        """
        transform = TRANSFORMS[node.name]
        found: list[Any] = []
        needed = True
        for number, one in enumerate(node.arguments):
            parameters = transform.parameters
            parameter = parameters[min(number, len(parameters)) - 1] if number else None
            if parameter is None or not parameter.may_lack or isinstance(one, Literal):
                found.append(self.value(one, at))
                nullable = "null" in transform.takes.kinds if parameter is None else parameter.nullable
                needed = needed and (nullable or found[-1] is not None)
                continue
            found.append(None)
            if needed:
                try:
                    given = self.value(one, at)
                    need(given is None or not parameter.type.known or is_of(parameter.type, given))
                    found[-1] = given
                except Invalid:
                    said = f"`{parameter.name}` of `{transform.name}` is invalid, and counts as absent"
                    self.note_texts.append(said)
        return found

    def transformed(self, transform: Transform, arguments: list[Any], node: Call) -> Any:
        """What a transform gives: null for a null that it does not take."""
        parameters = [None, *transform.parameters]
        parameters += parameters[-1:] * (len(arguments) - len(parameters))
        pairs = list(zip(parameters, arguments, strict=False))
        for parameter, value in pairs:
            takes_null = "null" in transform.takes.kinds if parameter is None else parameter.nullable
            if value is None and not takes_null:
                lost = transform.name in CALCULATIONS and any(one is not None for one in arguments)
                if lost and not any(isinstance(one, Literal) for one in node.arguments):
                    self.note_texts.append(NO_OPERAND)
                return None
        for parameter, value in pairs:
            takes = transform.takes if parameter is None else parameter.type
            need(value is None or not takes.known or is_of(takes, value))
        noting = {"note_texts": self.note_texts} if transform.noting else {}
        return transform.function(*arguments, **noting)


def need(holds: bool) -> None:
    """Raise Invalid unless a value has the type it has to have."""
    if not holds:
        raise Invalid("takes another type", "invalid-type")


def is_of(takes: Type, value: Any) -> bool:
    """Whether a value that is not null is of one of the kinds of a type."""
    kinds: dict[type, set[str]] = {
        bool: {"boolean"},
        int: {"integer", "number"},
        float: {"number"},
        str: {"string"},
        list: {"array"},
        dict: {"object"},
    }
    kind = dict if isinstance(value, dict) else type(value)  # a table of a file is one of its own
    return bool(kinds[kind] & takes.kinds)


def falsy(value: Any) -> bool:
    """Null, false, and what is empty."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same_json(one: Any, other: Any) -> bool:
    """Equality of JSON values, by what they look like: 1 is 1.0, and is not true."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def compared(operator: str, left: Any, right: Any) -> bool | None:
    """A comparison; null where an order is asked of something else than two numbers."""
    if operator in ("==", "!="):
        return same_json(left, right) is (operator == "==")
    if not (is_number(left) and is_number(right)):
        return None
    holds = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return bool(holds[operator])


def alike(values: list[Any]) -> list[Any]:
    """Some values, if they are all numbers or all texts."""
    need(all(map(is_number, values)) or all(isinstance(one, str) for one in values))
    return values


def sortable(value: Any) -> list[Any]:
    return alike(_list(value))


def numbers(value: Any) -> list[Any]:
    need(all(map(is_number, _list(value))))
    return list(value)


def finite(value: Any) -> Any:
    """A number that JSON has."""
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("out of range")
    return value


def _number(value: Any) -> Any:
    need(is_number(value))
    return value


def _list(value: Any) -> list[Any]:
    need(isinstance(value, list))
    return list(value)


def _text(value: Any) -> str:
    need(isinstance(value, str))
    return str(value)


def _object(value: Any) -> dict[str, Any]:
    need(isinstance(value, dict))
    return dict(value)


def _sum(value: Any) -> Any:
    total: Any = 0
    for one in numbers(value):
        total = total + one
    return finite(total)


def _avg(value: Any) -> Any:
    return finite(_sum(value) / len(value)) if numbers(value) else None


def _contains(subject: Any, search: Any) -> bool:
    need(isinstance(subject, str | list))
    if isinstance(subject, str):
        return isinstance(search, str) and search in subject
    return any(same_json(one, search) for one in subject)


def _join(glue: Any, parts: Any) -> str:
    _text(glue)
    need(isinstance(parts, list) and all(isinstance(one, str) for one in parts))
    return str(glue.join(parts))


def _length(value: Any) -> int:
    need(isinstance(value, str | list | dict))
    return len(value)


def _merge(*values: Any) -> dict[str, Any]:
    return {name: part for value in values for name, part in _object(value).items()}


def _reverse(value: Any) -> Any:
    need(isinstance(value, str | list))
    return value[::-1]


def _best(worst_first: bool) -> Callable[[Any, Any], Any]:
    def best(values: list[Any], keys: list[Any]) -> Any:
        pick = min if worst_first else max
        return values[keys.index(pick(keys))] if alike(keys) else None

    return best


def _sort_by(values: list[Any], keys: list[Any]) -> list[Any]:
    alike(keys)
    return [value for _, value in sorted(zip(keys, values, strict=True), key=lambda pair: pair[0])]


def _to_number(value: Any) -> Any:
    if is_number(value):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", value, re.A):
        return None
    try:
        number = json.loads(value)
    except ValueError:  # more digits than Python reads
        return None
    return number if isinstance(number, int) or math.isfinite(number) else None


def _to_string(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    words = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return words[type(value)]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": lambda value: abs(_number(value)),
    "avg": _avg,
    "ceil": lambda value: math.ceil(_number(value)),
    "contains": _contains,
    "ends_with": lambda text, suffix: _text(text).endswith(_text(suffix)),
    "floor": lambda value: math.floor(_number(value)),
    "join": _join,
    "keys": lambda value: list(_object(value)),
    "length": _length,
    "map": lambda values, made: made,
    "max": lambda value: max(sortable(value), default=None),
    "max_by": _best(False),
    "merge": _merge,
    "min": lambda value: min(sortable(value), default=None),
    "min_by": _best(True),
    "not_null": lambda *values: next((one for one in values if one is not None), None),
    "reverse": _reverse,
    "sort": lambda value: sorted(sortable(value)),
    "sort_by": _sort_by,
    "starts_with": lambda text, prefix: _text(text).startswith(_text(prefix)),
    "sum": _sum,
    "to_array": lambda value: value if isinstance(value, list) else [value],
    "to_number": _to_number,
    "to_string": _to_string,
    "type": _type,
    "values": lambda value: list(_object(value).values()),
}


def both_literal(node: Comparison) -> bool:
    """Whether both sides are constants, of which the compiler speaks."""
    return isinstance(node.left, Literal) and isinstance(node.right, Literal)


def written_alike(left: Any, right: Any) -> bool:
    """Whether a text stands beside a number or boolean that is written like it."""
    text, other = (left, right) if isinstance(left, str) else (right, left)
    if not isinstance(text, str) or isinstance(other, str):
        return False
    if isinstance(other, bool):
        return text == str(other).lower()
    try:
        return is_number(other) and number_of(text) == number_of(other)
    except Invalid:
        return False
