"""A step of a path at a value of a known type -> what is wrong where it never leads to anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from mapper.compiler.inference.facts import StrangeStep, UnknownAttribute
from mapper.compiler.inference.result_types import lacks
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.facts import Instead
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
)
from mapper.diagnostic import Diagnostic
from mapper.types import Type

PathStep: TypeAlias = Field | Index | Slice | Flatten | ObjectValues | Projection | Filter
STEPS = (Field, Index, Slice, Flatten, ObjectValues, Projection, Filter)


def check_step(node: PathStep, types: Mapping[int, Type], expression: Expression) -> Iterator[Diagnostic]:
    """Report a step that is null for every value that can stand before it."""
    base = types[id(node.base)]
    if not base.known or not base.kinds - {"null"}:
        return
    if isinstance(node, Field):
        yield from _check_field(node, base, expression)
    elif isinstance(node, ObjectValues):
        if "object" not in base.kinds:
            yield _never(node, base, "`.*` reads the values of an object", expression)
    elif "array" not in base.kinds and not _is_step(node):
        yield _never(node, base, f"{_mark(node, expression)} applies to a list", expression)


def _is_step(node: Node) -> bool:
    """Whether a projection stands over a step that is looked at itself."""
    return isinstance(node, Projection) and isinstance(node.base, Slice | Flatten | ObjectValues)


def _never(
    node: Slice | Flatten | ObjectValues | Projection | Filter | Index,
    base: Type,
    says: str,
    expression: Expression,
) -> Diagnostic:
    span = expression.locate(node.base.end, node.base.end + len(_step(node, expression)))
    owner = owner_of(node.base, expression)
    fact = StrangeStep(expression, node, base)
    return Diagnostic("M125", span, f"{says}, and {owner} is {_described(base)}", facts=fact)


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
        yield Diagnostic("M125", span, message, facts=StrangeStep(expression, node, base))
        return
    names = [name for name, _ in base.fields or ()]
    if node.name in names or not names:
        return
    if lacks(base, node.name):
        here = f"there is no attribute `{node.name}` here"
        message = f"{owner} has no attribute `{node.name}`" if written_base(node.base, expression) else here
        fact = UnknownAttribute(expression, node, tuple(names))
        yield Diagnostic("M125", span, message, facts=fact)
        return


def renamed(node: Field, near: str | None, expression: Expression) -> Instead | None:
    """That another name may be meant."""
    if near is None or node.quoted or not near.isidentifier():
        return None
    return Instead(expression, (InPlace(node.name_start, node.end, near),))


def owner_of(base: Node, expression: Expression) -> str:
    """What has attributes, as a message names it."""
    written = written_base(base, expression)
    return coded(written) if written else "the value here"


def written_base(node: Node, expression: Expression) -> str:
    """A node as its author wrote it; blank for the current value where it is only implied."""
    if isinstance(node, Current) and node.start == node.end:
        return ""
    return expression.text[node.start : node.end].lstrip(".")


def _described(base: Type) -> str:
    text = base.without("null").describe()
    return f"{'an' if text[:1] in 'aeio' else 'a'} {text}"
