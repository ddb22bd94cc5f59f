"""A step of a path at a value of a known type -> what is wrong where it never leads to anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from mapper.compiler.inference.result_types import lacks
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.facts import FUNCTIONS_TOO, ONLY_FUNCTIONS, Applied, Instead
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.tree import (
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Node,
    ObjectValues,
    Projection,
    Slice,
    Then,
)
from mapper.diagnostic import Diagnostic, closest
from mapper.types import Type

PathStep: TypeAlias = Field | Index | Slice | Flatten | ObjectValues | Projection | Filter
STEPS = (Field, Index, Slice, Flatten, ObjectValues, Projection, Filter)

_MOST_NAMES = 8


def check_step(node: PathStep, types: Mapping[int, Type], expression: Expression) -> Iterator[Diagnostic]:
    """Report a step that is null for every value that can stand before it."""
    base = types[id(node.base)]
    if not base.known or not base.kinds - {"null"}:
        return
    if isinstance(node, Field):
        yield from _check_field(node, base, expression)
    elif isinstance(node, ObjectValues):
        if "object" not in base.kinds:
            hint = (
                f"write {coded(_written(node.base, expression) + '[*]')}" if "array" in base.kinds else None
            )
            yield _never(node, base, "`.*` goes through the values of an object", hint, expression)
    elif "array" not in base.kinds and not _is_step(node):
        before = _written(node.base, expression)
        hint = f"write {coded(before + '.*')} for its values" if "object" in base.kinds and before else None
        over = _projection_over(node, expression) if isinstance(node, Index) else None
        if over is not None:
            text = expression.text
            piped = f"{text[over.start : node.base.end]} | {text[node.base.end : over.end]}"
            hint = f"it is taken of each element: write {coded(piped)} for the whole list"
        yield _never(node, base, f"{_mark(node, expression)} goes into a list", hint, expression)


def _projection_over(node: Node, expression: Expression) -> Projection | Filter | None:
    """The projection that takes a step of each element, if one does."""
    for over in expression.walk():
        if isinstance(over, Projection | Filter):
            part = over.right
            while isinstance(part, Field | Index):
                if part is node:
                    return over
                part = part.base
    return None


def _is_step(node: Node) -> bool:
    """Whether a projection stands over a step that is looked at itself."""
    return isinstance(node, Projection) and isinstance(node.base, Slice | Flatten | ObjectValues)


def _never(
    node: Slice | Flatten | ObjectValues | Projection | Filter | Index,
    base: Type,
    says: str,
    hint: str | None,
    expression: Expression,
) -> Diagnostic:
    span = expression.locate(node.base.end, node.base.end + len(_step(node, expression)))
    owner = owner_of(node.base, expression)
    return Diagnostic("M125", span, f"{says}, and {owner} is {_described(base)}", hint)


def _step(node: Index | Slice | Flatten | ObjectValues | Projection | Filter, expression: Expression) -> str:
    """The step itself, as it is written: `[*]`, `.*`, `[0]`, `[?...]`."""
    rest = expression.text[node.base.end : node.end]
    if isinstance(node, Filter):
        return rest[: node.condition.end - node.base.end + 1]
    return rest[: rest.index("*" if isinstance(node, ObjectValues) else "]") + 1]


def _mark(node: Index | Slice | Flatten | Projection | Filter, expression: Expression) -> str:
    return "`[?...]`" if isinstance(node, Filter) else coded(_step(node, expression).strip())


def _check_field(node: Field, base: Type, expression: Expression) -> Iterator[Diagnostic]:
    span = expression.locate(node.name_start, node.end)
    owner = owner_of(node.base, expression)
    if "object" not in base.kinds:
        message = f"{owner} is {_described(base)}, and has no `{node.name}`"
        yield _of_list(Diagnostic("M125", span, message), node, base, expression)
        return
    names = [name for name, _ in base.fields or ()]
    if node.name in names or not names:
        return
    if lacks(base, node.name):
        near = closest(node.name, names)
        shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMES])
        more = ", ..." if len(names) > _MOST_NAMES else ""
        hint = f"did you mean `{near}`?" if near else f"its attributes: {shown}{more}"
        here = f"there is no attribute `{node.name}` here"
        message = f"{owner} has no attribute `{node.name}`" if _written(node.base, expression) else here
        yield Diagnostic("M125", span, message, hint, facts=renamed(node, near, expression))
        return


def _of_list(found: Diagnostic, node: Field, base: Type, expression: Expression) -> Diagnostic:
    """With what to write where a field is read of a list as if it were one object."""
    before = _written(node.base, expression)
    piped = next((one for one in expression.walk() if isinstance(one, Then) and one.right is node), None)
    if piped is not None and node.name in ONLY_FUNCTIONS | FUNCTIONS_TOO:
        return replace(found, facts=Applied(node.name, _written(piped.left, expression)))
    if node.name in ("length", "size", "count") and before:
        return replace(found, hint=f"write {coded(f'count({before})')}")
    if "array" not in base.kinds:
        return found
    name = expression.text[node.name_start : node.end]
    hint = f"write {coded(f'{before}[*].{name}')} for each element, or {coded(f'{before}[0].{name}')}"
    return replace(found, hint=hint)


def renamed(node: Field, near: str | None, expression: Expression) -> Instead | None:
    """That another name may be meant."""
    if near is None or node.quoted or not near.isidentifier():
        return None
    return Instead(expression, (InPlace(node.name_start, node.end, near),))


def owner_of(base: Node, expression: Expression) -> str:
    """What has attributes, as a message names it."""
    written = _written(base, expression)
    return coded(written) if written else "the value here"


def _written(node: Node, expression: Expression) -> str:
    """A node as its author wrote it; blank for the current value where it is only implied."""
    if isinstance(node, Current) and node.start == node.end:
        return ""
    return expression.text[node.start : node.end].lstrip(".")


def _described(base: Type) -> str:
    text = base.without("null").describe()
    return f"{'an' if text[:1] in 'aeio' else 'a'} {text}"
