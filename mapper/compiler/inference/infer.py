"""Expression x types -> Type of its value. Says what can never work; what is unknown passes in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mapper.compiler.inference.argument import check_arguments
from mapper.compiler.inference.compared import check_comparison
from mapper.compiler.inference.leading import STEPS, check_step
from mapper.compiler.inference.lint import check_condition, check_value
from mapper.compiler.inference.narrowing import facts, narrowed
from mapper.compiler.inference.result_types import (
    call_type,
    element_type,
    field_type,
    literal_type,
    value_types,
)
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
    Or,
    Projection,
    Reference,
    Slice,
    Then,
    Values,
    Variable,
)
from mapper.diagnostic import Diagnostic, has_errors
from mapper.frozen import dataclass
from mapper.runtime.operators import falsy
from mapper.types import NULL, UNKNOWN, Type, array_of, kind_of, of, union

_BOOLEAN = of("boolean")
# Values of so many types are remembered that the same expression was read at.
_MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class _Reading:
    """What an expression is read with, and the types of its parts so far, by their identity."""

    expression: Expression
    variables: Mapping[str, Type]
    found: list[Diagnostic]
    types: dict[int, Type]

    def where(self, condition: Node, holds: bool, at: Type) -> tuple[Type, _Reading]:
        """The current value and the reading where a condition holds, or where it does not."""
        known = facts(condition, holds)
        if not known:
            return at, self
        there, variables = narrowed(at, self.variables, known)
        return there, replace(self, variables=variables)


def infer(expression: Expression, at: Type, variables: Mapping[str, Type], found: list[Diagnostic]) -> Type:
    """The type of an expression at a value of type `at`; a variable that is not in `variables` is unknown."""
    if not at.known and expression.path():
        return UNKNOWN
    kept = {} if expression.variables else expression.parsed.types
    if id(at) in kept:
        return kept[id(at)][1]
    before, reading = len(found), _Reading(expression, variables, found, {})
    made = _infer(expression.root, at, reading)
    if not isinstance(expression.root, Field | Current) and not has_errors(found[before:]):
        found += check_value(expression, reading.types)
    if len(found) == before and len(kept) < _MOST_KEPT:
        kept[id(at)] = at, made
    return made


def infer_condition(
    expression: Expression,
    at: Type,
    variables: Mapping[str, Type],
    found: list[Diagnostic],
    *,
    is_sent: bool = False,
) -> None:
    """Report what is wrong with an expression that is asked only whether it holds.

    is_sent: it is a path whose value is sent where it holds, so it asks whether there is one.
    """
    before, reading = len(found), _Reading(expression, variables, found, {})
    _infer(expression.root, at, reading)
    if not has_errors(found[before:]):
        found += check_condition(expression, reading.types, is_sent)


def _infer(node: Node, at: Type, reading: _Reading) -> Type:
    made = _type(node, at, reading)
    reading.types[id(node)] = made
    if isinstance(node, STEPS) and reading.types[id(node.base)].known:
        for wrong in check_step(node, reading.types, reading.expression):
            reading.found.append(wrong)
    return made


def _type(node: Node, at: Type, reading: _Reading) -> Type:
    match node:
        case Current():
            return at
        case Variable():
            return reading.variables.get(node.name, UNKNOWN)
        case Literal():
            return literal_type(node.value)
        case Field():
            return field_type(_infer(node.base, at, reading), node.name)
        case Index():
            return _index(_infer(node.base, at, reading))
        case Slice() | Flatten() | Values():
            return _list(node, _infer(node.base, at, reading))
        case Projection() | Filter():
            return _projection(node, at, reading)
        case Then():
            return _infer(node.right, _infer(node.left, at, reading), reading)
        case Or() | And():
            return _choice(node, at, reading)
        case Not():
            _infer(node.operand, at, reading)
            return _BOOLEAN
        case Comparison():
            return _comparison(node, at, reading)
        case MultiList() | MultiHash():
            return _made(node, at, reading)
        case Call():
            return _call(node, at, reading)
        case Reference():
            return _infer(node.body, at, reading)


def _index(base: Type) -> Type:
    return element_type(base).optional() if "array" in base.kinds else _nothing(base)


def _nothing(base: Type) -> Type:
    """What a step gives at a value it never leads on from: null of null; all else is reported elsewhere."""
    return NULL if base.kinds == {"null"} else UNKNOWN


def _list(node: Slice | Flatten | Values, base: Type) -> Type:
    """The list that a projection goes through."""
    kind = "object" if isinstance(node, Values) else "array"
    if kind not in base.kinds:
        return _nothing(base)
    if isinstance(node, Values):
        made = array_of(union(value_types(base)) if value_types(base) else UNKNOWN)
    elif isinstance(node, Slice):
        made = array_of(element_type(base))
    else:
        made = array_of(_opened(element_type(base)))
    return made.optional() if base.kinds != {kind} else made


def _opened(element: Type) -> Type:
    """The type of the elements of a list whose lists are opened."""
    if not element.known or "array" not in element.kinds:
        return element
    rest = element.without("array")
    inner = element_type(element)
    return union([rest, inner]) if rest.kinds else inner


def _projection(node: Projection | Filter, at: Type, reading: _Reading) -> Type:
    base = _infer(node.base, at, reading)
    if "array" not in base.kinds:
        for part in (node.condition, node.right) if isinstance(node, Filter) else (node.right,):
            _infer(part, UNKNOWN, reading)
        return _nothing(base)
    element = element_type(base)
    if isinstance(node, Filter):
        _infer(node.condition, element, reading)
        element, reading = reading.where(node.condition, True, element)
    made = array_of(_present(_infer(node.right, element, reading)))
    return made.optional() if base.kinds != {"array"} else made


def _present(value: Type) -> Type:
    """A type less null; unknown where nothing is left."""
    return value.without("null") if value.kinds != {"null"} else UNKNOWN


def _choice(node: Or | And, at: Type, reading: _Reading) -> Type:
    left = _infer(node.left, at, reading)
    right = _infer(node.right, *reading.where(node.left, isinstance(node, And), at))
    if isinstance(node, Or):
        kept = left.without("null")
        constants = left.constants and tuple(value for value in left.constants if not falsy(value))
        if kept.kinds == {"boolean"}:
            constants = (True,)
        return union([replace(kept, constants=constants or None), right]) if kept.kinds else right
    if not left.known:
        return union([left, right])
    failing = _failing(left)
    return union([failing, right]) if failing.kinds else right


def _failing(left: Type) -> Type:
    """The values of a type that do not hold."""
    if left.constants is None:
        return left.without("number", "integer")
    constants = tuple(value for value in left.constants if falsy(value))
    kinds = frozenset(kind_of(value) for value in constants) | (left.kinds & {"null"})
    return replace(left, kinds=kinds, constants=constants or None)


def _comparison(node: Comparison, at: Type, reading: _Reading) -> Type:
    sides = (_infer(node.left, at, reading), _infer(node.right, at, reading))
    for wrong in check_comparison(node, sides, reading.expression):
        reading.found.append(wrong)
    return _BOOLEAN if node.operator in ("==", "!=") else _BOOLEAN.optional()


def _made(node: MultiList | MultiHash, at: Type, reading: _Reading) -> Type:
    if isinstance(node, MultiList):
        made = array_of(union(_infer(element, at, reading) for element in node.elements))
    else:
        fields = sorted(((key, _infer(value, at, reading)) for key, value in node.entries), key=_name)
        made = Type(frozenset({"object"}), fields=tuple(fields), closed=True)
    if at.kinds == {"null"}:
        return NULL
    return made.optional() if at.known and "null" in at.kinds else made


def _name(field: tuple[str, Type]) -> str:
    return field[0]


def _call(node: Call, at: Type, reading: _Reading) -> Type:
    values = [None if isinstance(one, Reference) else _infer(one, at, reading) for one in node.arguments]
    lists = [element_type(value) for value in values if value is not None and "array" in value.kinds]
    element = lists[0] if lists else UNKNOWN
    types = [
        _infer(one.body, element, reading)
        if isinstance(one, Reference) and value is None
        else value or UNKNOWN
        for one, value in zip(node.arguments, values, strict=True)
    ]
    check_arguments(node, types, reading.expression, reading.found)
    return call_type(node, types)
