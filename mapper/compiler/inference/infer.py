"""Expression x types -> Type of its value. Says what can never work; what is unknown passes in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mapper.compiler.findings import Findings
from mapper.compiler.inference.expression_faults import STEPS, check_arguments, check_order, check_step
from mapper.compiler.inference.narrowing import facts, narrowed
from mapper.compiler.inference.result_types import call_type, literal_type
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression, TypedParts
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Evaluation,
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
    Variable,
)
from mapper.runtime.operators import falsy
from mapper.values.frozen import dataclass
from mapper.values.part_types import element_type, field_type, value_types
from mapper.values.types import NULL, UNKNOWN, Type, array_of, kind_of, of, union

_BOOLEAN = of("boolean")
# Values of so many types are remembered that the same expression was read at.
_MOST_KEPT = 8


def infer(
    expression: Expression,
    at: Type,
    variables: Mapping[str, Type],
    found: Findings,
    typed: list[TypedExpression] | None = None,
) -> Type:
    """The type of an expression at a value of type `at`; a variable that is not in `variables` is unknown.

    typed: gets the expression with its types, unless checks have seen it so, and said nothing.
    """
    if not at.known and expression.path():
        return UNKNOWN
    kept = {} if expression.variables else expression.parsed.types
    known = kept.get(id(at))
    if known is None:
        before = len(found)
        known = _typed(expression, at, variables, found)
        if len(found) > before:
            return known.made
        if len(kept) < _MOST_KEPT:
            kept[id(at)] = known
    if typed is not None and not known.is_clean:
        typed.append(TypedExpression(expression, known))
    return known.made


def infer_condition(
    expression: Expression, at: Type, variables: Mapping[str, Type], found: Findings
) -> TypedExpression | None:
    """An expression that is asked only whether it holds, with its types; None where something is wrong."""
    before, known = len(found), _typed(expression, at, variables, found)
    return TypedExpression(expression, known, asked=True) if len(found) == before else None


def typed_parts(expression: Expression, at: Type, variables: Mapping[str, Type]) -> TypedParts:
    """The types of an expression's parts, whatever is wrong with it."""
    return _typed(expression, at, variables, Findings())


def _typed(expression: Expression, at: Type, variables: Mapping[str, Type], found: Findings) -> TypedParts:
    typing = _Typing(expression, variables, found, {})
    return TypedParts(at, typing.of(expression.root, at), typing.types)


@dataclass(frozen=True)
class _Typing(Evaluation[Type]):
    """The types of an expression's parts, where the current value has a type; `types` by their identity."""

    expression: Expression
    variables: Mapping[str, Type]
    found: Findings
    types: dict[int, Type]

    def of(self, node: Node, at: Type) -> Type:
        made = self.types[id(node)] = super().of(node, at)
        if isinstance(node, STEPS) and self.types[id(node.base)].known:
            self.found.say_all(check_step(node, self.types, self.expression))
        return made

    def of_variable(self, node: Variable, at: Type) -> Type:
        return self.variables.get(node.name, UNKNOWN)

    def of_literal(self, node: Literal, at: Type) -> Type:
        return literal_type(node.value)

    def of_field(self, node: Field, at: Type) -> Type:
        return field_type(self.of(node.base, at), node.name)

    def of_index(self, node: Index, at: Type) -> Type:
        base = self.of(node.base, at)
        return element_type(base).optional() if "array" in base.kinds else _nothing(base)

    def of_slice(self, node: Slice | Flatten | ObjectValues, at: Type) -> Type:
        return _list(node, self.of(node.base, at))

    of_flatten = of_objectvalues = of_slice

    def of_projection(self, node: Projection | Filter, at: Type) -> Type:
        base, inner = self.of(node.base, at), self
        if "array" not in base.kinds:
            for part in (node.condition, node.right) if isinstance(node, Filter) else (node.right,):
                self.of(part, UNKNOWN)
            return _nothing(base)
        element = element_type(base)
        if isinstance(node, Filter):
            self.of(node.condition, element)
            element, inner = self._where(node.condition, True, element)
        made = array_of(_present(inner.of(node.right, element)))
        return made.optional() if base.kinds != {"array"} else made

    of_filter = of_projection

    def of_or(self, node: Or, at: Type) -> Type:
        left, right = self._sides(node, at)
        kept = left.without("null")
        constants = left.constants and tuple(value for value in left.constants if not falsy(value))
        if kept.kinds == {"boolean"}:
            constants = (True,)
        return union([replace(kept, constants=constants or None), right]) if kept.kinds else right

    def of_and(self, node: And, at: Type) -> Type:
        left, right = self._sides(node, at)
        failing = _failing(left) if left.known else left
        return union([failing, right]) if failing.kinds or not left.known else right

    def of_not(self, node: Not, at: Type) -> Type:
        self.of(node.operand, at)
        return _BOOLEAN

    def of_comparison(self, node: Comparison, at: Type) -> Type:
        sides = (self.of(node.left, at), self.of(node.right, at))
        self.found.say_all(check_order(node, sides, self.expression))
        return _BOOLEAN if node.operator in ("==", "!=") else _BOOLEAN.optional()

    def of_multilist(self, node: MultiList, at: Type) -> Type:
        return _made(array_of(union(self.of(element, at) for element in node.elements)), at)

    def of_multihash(self, node: MultiHash, at: Type) -> Type:
        fields = sorted(((key, self.of(value, at)) for key, value in node.entries), key=_name)
        return _made(Type(frozenset({"object"}), fields=tuple(fields), closed=True), at)

    def of_call(self, node: Call, at: Type) -> Type:
        values = [None if isinstance(one, Reference) else self.of(one, at) for one in node.arguments]
        lists = [element_type(value) for value in values if value is not None and "array" in value.kinds]
        element = lists[0] if lists else UNKNOWN
        types = [
            self.of(one.body, element) if isinstance(one, Reference) and value is None else value or UNKNOWN
            for one, value in zip(node.arguments, values, strict=True)
        ]
        check_arguments(node, types, self.expression, self.found)
        return call_type(node, types)

    def of_owncall(self, node: OwnCall, at: Type) -> Type:
        types = [self.of(one, at) for one in node.arguments]
        if node.function is None:
            return UNKNOWN
        made, wrong = node.function.typed(types)
        call = (self.expression.span(node), "called here")
        self.found.say_all([replace(one, related=(call, *one.related)) for one in wrong])
        return made

    def of_reference(self, node: Reference, at: Type) -> Type:
        return self.of(node.body, at)

    def _sides(self, node: Or | And, at: Type) -> tuple[Type, Type]:
        """The types of both sides, the right one where the left one is what it takes to get there."""
        left = self.of(node.left, at)
        there, inner = self._where(node.left, isinstance(node, And), at)
        return left, inner.of(node.right, there)

    def _where(self, condition: Node, holds: bool, at: Type) -> tuple[Type, _Typing]:
        """The current value, and this, where a condition holds, or where it does not."""
        known = facts(condition, holds)
        if not known:
            return at, self
        there, variables = narrowed(at, self.variables, known)
        return there, replace(self, variables=variables)


def _nothing(base: Type) -> Type:
    """The type of a step at a value it never leads on from: null of null; all else is reported elsewhere."""
    return NULL if base.kinds == {"null"} else UNKNOWN


def _list(node: Slice | Flatten | ObjectValues, base: Type) -> Type:
    """The list that a projection goes through."""
    kind = "object" if isinstance(node, ObjectValues) else "array"
    if kind not in base.kinds:
        return _nothing(base)
    if isinstance(node, ObjectValues):
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


def _present(value: Type) -> Type:
    """A type less null; unknown where nothing is left."""
    return value.without("null") if value.kinds != {"null"} else UNKNOWN


def _failing(left: Type) -> Type:
    """The values of a type that do not hold."""
    if left.constants is None:
        return left.without("number", "integer")
    constants = tuple(value for value in left.constants if falsy(value))
    kinds = frozenset(kind_of(value) for value in constants) | (left.kinds & {"null"})
    return replace(left, kinds=kinds, constants=constants or None)


def _made(made: Type, at: Type) -> Type:
    """The type of a list or object of its own: null where the current value is null."""
    if at.kinds == {"null"}:
        return NULL
    return made.optional() if at.known and "null" in at.kinds else made


def _name(field: tuple[str, Type]) -> str:
    return field[0]
