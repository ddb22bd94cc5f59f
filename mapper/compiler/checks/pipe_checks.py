"""Values that go through something -> warnings where that does not take what it seems to take.

`a | b` between two paths, most likely meant as `a || b`; `a | length`, meant as `count(a)`; `a.f('x')`, where
`f` reads nothing of `a`; `a[?b].c[0]`, which takes the first of each `c`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mapper.compiler.checks.check_registry import (
    ERROR,
    Relation,
    check_expression,
    check_read,
    in_same_rule,
    within_expression,
)
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.expression_facts import (
    FUNCTIONS_TOO,
    ONLY_FUNCTIONS,
    Instead,
    PipedFunction,
    PipedList,
)
from mapper.compiler.jmespath.refusal import InPlace, coded
from mapper.compiler.jmespath.signatures import takes_arguments
from mapper.compiler.jmespath.tree import (
    Call,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Node,
    Projection,
    Then,
    Variable,
    nodes,
)
from mapper.texts.diagnostic import Diagnostic


def _says_what_is_meant(doubt: Diagnostic, error: Diagnostic) -> Diagnostic:
    """An error with what the doubt shows to be meant, unless it says so itself."""
    if error.hint is not None or error.facts is not None:
        return error
    return replace(error, hint=doubt.hint, facts=doubt.facts)


_MEANT = (
    Relation(ERROR, in_same_rule, _says_what_is_meant),
    Relation("M401", within_expression),
)


def _around(pipe: Diagnostic, error: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether an error is about what goes through the pipe and comes out of it."""
    span = error.span
    return span.text is pipe.span.text and span.start <= pipe.span.start < span.end


def _right_after(pipe: Diagnostic, error: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether an error is about the name right after the pipe."""
    before, after = pipe.span, error.span
    same = before.text is after.text and before.end <= after.start
    return same and not before.text.content[before.end : after.start].strip()


def _as_list(pipe: Diagnostic, error: Diagnostic) -> Diagnostic:
    return replace(error, facts=PipedList(error.facts, pipe))


# That a `|` is most likely not meant need not be said where its types make an error of it.
_WRONG_TYPES = ("M125", "M302")
_PIPES = (
    *(Relation(code, _around, _as_list) for code in _WRONG_TYPES),
    *(Relation(code, _right_after) for code in _WRONG_TYPES),
)


@check_read("M208", yields_to=_PIPES)
def piped_paths(expression: Expression) -> Iterator[Diagnostic]:
    """Each `|` before a plain path: a path below another one is written with a dot."""
    said: set[int] = set()
    for node in expression.parsed.nodes:
        if not isinstance(node, Then) or id(node) in said:
            continue
        pipe = expression.text.find("|", node.left.end, node.right.start)
        if pipe < 0:
            continue
        name = _function(node)
        if name is not None:
            said |= set(map(id, _piped(node)))
            yield _called(node, name, pipe, expression)
        elif _is_path(node.left) and _is_path(node.right):
            yield _either(node, pipe, expression)


def _either(node: Then, pipe: int, expression: Expression) -> Diagnostic:
    """`a | b`, most likely meant as the first of two."""
    left, right = (expression.text[one.start : one.end] for one in (node.left, node.right))
    written = f"{left} || {right}"
    message = f"`{left} | {right}` reads `{right}` of `{left}`"
    hint = f"for the first of two values, write `{written}`"
    if isinstance(node.right, Variable):
        message = f"`{left} | {right}` is always `{right}`"
    else:
        hint += f", a path `{left}.{right}`"
    fact = Instead(expression, (InPlace(node.left.start, node.right.end, written),))
    return Diagnostic("M208", expression.locate(pipe, pipe + 1), message, hint, facts=fact)


def _called(node: Then, name: str, pipe: int, expression: Expression) -> Diagnostic:
    """`a | length`, meant as a call of a function at `a`."""
    left, right = (expression.text[one.start : one.end] for one in (node.left, node.right))
    message = f"{coded(f'{left} | {right}')} reads `{name}` of {coded(left)}"
    pipes = list(_piped(node))
    names = tuple(_function(one) or "" for one in reversed(pipes))
    fact = PipedFunction(expression, node, pipes[-1].left, names)
    return Diagnostic("M208", expression.locate(pipe, pipe + 1), message, facts=fact)


def _function(node: Node) -> str | None:
    """The function that a name after `|` was meant as: of values but paths only what is no attribute."""
    if not isinstance(node, Then):
        return None
    field = node.right
    if isinstance(field, Projection) and isinstance(field.base, Flatten) and isinstance(field.right, Current):
        field = field.base.base
    if not isinstance(field, Field) or not isinstance(field.base, Current) or field.quoted:
        return None
    only = field.name in ONLY_FUNCTIONS
    if not only and (field is not node.right or field.name not in FUNCTIONS_TOO):
        return None
    # Of what is a list, its type says that it has no such attribute.
    is_value = isinstance(node.left, Index) or _function(node.left) is not None
    return field.name if _is_path(node.left) or (only and is_value) else None


def _piped(node: Node) -> Iterator[Then]:
    """The pipes of functions that begin a pipe of one, the last first."""
    while isinstance(node, Then) and _function(node) is not None:
        yield node
        node = node.left


def _is_path(node: Node) -> bool:
    while isinstance(node, Field):
        node = node.base
    return isinstance(node, Current | Variable)


@check_expression("M130", "M131", of=(Then, Projection, Filter), yields_to=_MEANT)
def taken_by_something_else(one: TypedExpression) -> Iterator[Diagnostic]:
    """Steps that take each element in place of the list, and calls that read nothing of the value before."""
    for node, _ in one.with_parents:
        if isinstance(node, Then) and isinstance(node.right, Call) and id(node) in one.typed.parts:
            yield from _check_method(node.left, node.right, node, one.expression)
    for part in () if one.asked else one.nodes:
        if isinstance(part, Projection | Filter):
            yield from _check_index(part, one)


def _check_index(node: Projection | Filter, one: TypedExpression) -> Iterator[Diagnostic]:
    """`a[?b].c[0]` takes the first of each `c`, where mostly the first of all is meant."""
    expression, part, index = one.expression, node.right, None
    while isinstance(part, Field | Index):
        if isinstance(part, Index):
            index = part
        part = part.base
    if index is None or not isinstance(part, Current) or one.type(index.base).known:
        return
    of_each = isinstance(index.base, Field) and index.base.name[-1:] not in ("s", "_")
    of_object = isinstance(node, Filter) and index.base is part and _reads_fields(node.condition)
    if of_object or (of_each and isinstance(node, Filter)):
        text = expression.text
        before, rest_text = text[node.start : index.base.end], text[index.base.end : node.end]
        written = f"{before} | {rest_text}"
        if node is not expression.root:
            written = f"({written})"
        message = f"`[{index.index}]` applies to each element, not to the list of them"
        span = expression.locate(index.base.end, index.end)
        yield Diagnostic(
            "M130", span, message, f"write {coded(written)}", facts=in_place(node, written, expression)
        )


def _reads_fields(condition: Node) -> bool:
    """Whether a filter reads a field of its elements, which are objects then."""
    return any(isinstance(node, Field) and isinstance(node.base, Current) for node in nodes(condition))


def _check_method(base: Node, call: Call, node: Then, expression: Expression) -> Iterator[Diagnostic]:
    """`items.split('|')`: a call at a value of which none of its arguments reads anything."""
    if any(isinstance(one, Current) for one in nodes(call)):
        return
    written = expression.text[base.start : base.end]
    message = f"`{call.name}` does not read {coded(written)}: in an argument, the value before the dot is `@`"
    arguments = [expression.text[one.start : one.end] for one in call.arguments]
    arguments.insert(1 if call.name == "join" else 0, written)
    if not takes_arguments(call.name, len(arguments)):
        yield Diagnostic("M131", expression.span(call), message)
        return
    instead = f"{call.name}({', '.join(arguments)})"
    facts = in_place(node, instead, expression)
    yield Diagnostic("M131", expression.span(call), message, f"write {coded(instead)}", facts=facts)
