"""Expression with the types of its parts -> warnings: what works, and gives what nobody means.

An expression that gives a value and one that is only asked whether it holds are read by different rules: in
a condition `a || b` is either of two, in a value the first of two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mapper.compiler.inference.instead import in_place
from mapper.compiler.inference.strict import check_strict
from mapper.compiler.jmespath.doubt import UNQUOTED
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.facts import NoChoice
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.signatures import takes_arguments
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Index,
    Literal,
    Node,
    Not,
    Or,
    Projection,
    Then,
    Variable,
    children,
    nodes,
)
from mapper.diagnostic import Diagnostic
from mapper.runtime.functions import FUNCTIONS
from mapper.runtime.operators import falsy
from mapper.types import Type

Types = Mapping[int, Type]

_NUMBERS = frozenset({"number", "integer"})


def check_value(expression: Expression, types: Types) -> list[Diagnostic]:
    """What is doubtful in an expression that gives a value."""
    conditions = {id(node) for node in _asked(expression.root, False)}
    found = [*_check_all(expression, types, conditions)]
    inner: set[int] = set()
    for node in expression.walk():
        if isinstance(node, Or) and id(node) not in conditions:
            inner.add(id(node.left))
            found += () if id(node) in inner else _check_choice(node, expression)
            found += _check_or(node, types, expression)
        elif isinstance(node, Projection | Filter):
            found += _check_index(node, types, expression)
    return found


def _check_index(node: Projection | Filter, types: Types, expression: Expression) -> Iterator[Diagnostic]:
    """`a[?b].c[0]` takes the first of each `c`, where mostly the first of all is meant."""
    part, index = node.right, None
    while isinstance(part, Field | Index):
        if isinstance(part, Index):
            index = part
        part = part.base
    if index is None or not isinstance(part, Current) or types[id(index.base)].known:
        return
    of_each = isinstance(index.base, Field) and index.base.name[-1:] not in ("s", "_")
    of_object = isinstance(node, Filter) and index.base is part and _reads_fields(node.condition)
    if of_object or (of_each and isinstance(node, Filter)):
        text = expression.text
        before, behind = text[node.start : index.base.end], text[index.base.end : node.end]
        written = f"{before} | {behind}"
        if node is not expression.root:
            written = f"({written})"
        message = f"`[{index.index}]` is taken of each element, not of the list of them"
        span = expression.locate(index.base.end, index.end)
        yield Diagnostic(
            "M130", span, message, f"write {coded(written)}", facts=in_place(node, written, expression)
        )


def _reads_fields(condition: Node) -> bool:
    """Whether a filter reads a field of its elements, which are objects then."""
    return any(isinstance(node, Field) and isinstance(node.base, Current) for node in nodes(condition))


def check_condition(expression: Expression, types: Types, is_sent: bool) -> list[Diagnostic]:
    """What is doubtful in an expression that is only asked whether it holds.

    is_sent: it is a path whose value is sent where it holds, so it asks whether there is one.
    """
    root = expression.root
    conditions = {id(node) for node in _asked(root, True)}
    found = [*_check_all(expression, types, conditions)]
    for node in expression.walk():
        if isinstance(node, Or) and id(node) in conditions and _holds(node.right):
            message = f"{coded(expression.text[node.start : node.end])} always holds"
            found.append(
                Diagnostic("M127", expression.span(node), message, "take what stands behind `||` away")
            )
    if _is_bare(root) and not is_sent and not _is_number(types[id(root)]):
        found += _check_bare(root, types[id(root)], expression)
    return found


def said_once(found: list[Diagnostic]) -> list[Diagnostic]:
    """What is found in one expression, of which there are errors: these, with what was most likely meant.

    What will not be sent needs no doubt about what it would be.
    """
    errors = [one for one in found if one.severity == "error"]
    meant = next((one for one in found if one.code in ("M130", "M131")), None)
    if meant is None or errors[0].hint is not None:
        return errors
    return [replace(errors[0], hint=meant.hint, facts=meant.facts), *errors[1:]]


def _asked(root: Node, condition: bool) -> Iterator[Node]:
    """The parts of an expression that are only asked whether they hold, the outermost first."""
    waiting = [(root, condition)]
    while waiting:
        node, asked = waiting.pop()
        if asked:
            yield node
        for child in children(node):
            inherits = asked and isinstance(node, And | Or)
            is_condition = isinstance(node, Filter) and child is node.condition
            waiting.append((child, inherits or is_condition or isinstance(node, Not)))


def _check_all(expression: Expression, types: Types, conditions: set[int]) -> Iterator[Diagnostic]:
    """What is doubtful wherever it stands."""
    for node, above in _with_parents(expression.root):
        value = types.get(id(node))
        if value is None:
            continue
        if id(node) in conditions and _is_number(value) and not isinstance(node, Literal):
            yield from _check_number(node, value, above, expression)
        if isinstance(node, Then) and isinstance(node.right, Call):
            yield from _check_method(node.left, node.right, node, expression)
        if isinstance(node, Call) and node.name in FUNCTIONS:
            asked = id(node) in conditions or any(id(one) in conditions for one in above)
            yield from check_strict(node, types, above, asked, expression)


def _check_method(base: Node, call: Call, node: Then, expression: Expression) -> Iterator[Diagnostic]:
    """`items.split('|')`: a call at a value of which none of its arguments reads anything."""
    if any(isinstance(one, Current) for one in nodes(call)):
        return
    written = expression.text[base.start : base.end]
    message = (
        f"`{call.name}` does not read {coded(written)}: an argument reads the value before the dot as `@`"
    )
    arguments = [expression.text[one.start : one.end] for one in call.arguments]
    arguments.insert(1 if call.name == "join" else 0, written)
    if not takes_arguments(call.name, len(arguments)):
        yield Diagnostic("M131", expression.span(call), message)
        return
    instead = f"{call.name}({', '.join(arguments)})"
    facts = in_place(node, instead, expression)
    yield Diagnostic("M131", expression.span(call), message, f"write {coded(instead)}", facts=facts)


def _with_parents(root: Node) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Each node with those it stands in, the innermost last."""
    waiting: list[tuple[Node, tuple[Node, ...]]] = [(root, ())]
    while waiting:
        node, above = waiting.pop()
        yield node, above
        waiting.extend((child, (*above, node)) for child in children(node))


def _is_number(value: Type) -> bool:
    """Whether a value can be a number and nothing else that is there."""
    return value.known and bool(value.kinds & _NUMBERS) and value.kinds <= _NUMBERS | {"null"}


def _check_number(
    node: Node, value: Type, above: tuple[Node, ...], expression: Expression
) -> Iterator[Diagnostic]:
    """A number holds, 0 too: a condition of one asks only whether it is there."""
    written = expression.text[node.start : node.end]
    negated = bool(above) and isinstance(above[-1], Not)
    hint = f"write {coded(f'{written} == `0`' if negated else f'{written} > `0`')}"
    if "null" not in value.kinds:
        answer = "never" if negated else "always"
        whole = above[-1] if negated else node
        message = f"{coded(expression.text[whole.start : whole.end])} {answer} holds: a number does, 0 too"
        yield Diagnostic("M127", expression.span(whole), message, hint)
    elif negated or not _is_filter(above):
        hint += f"; {coded(f'present({written})')} asks whether it is there"
        message = f"{coded(written)} is a number, and holds whenever it is there, 0 too"
        yield Diagnostic("M128", expression.span(node), message, hint)


def _is_filter(above: tuple[Node, ...]) -> bool:
    return bool(above) and isinstance(above[-1], Filter)


def _is_bare(node: Node) -> bool:
    """Whether a node is a path, and not only `@`; `true` without backticks is told elsewhere."""
    if isinstance(node, Field) and node.name in UNQUOTED and node.start == node.name_start:
        return False
    while isinstance(node, Field | Index):
        if isinstance(node.base, Current | Variable):
            return True
        node = node.base
    return isinstance(node, Variable)


def _check_bare(node: Node, value: Type, expression: Expression) -> Iterator[Diagnostic]:
    pitfalls = []
    if value.kinds & _NUMBERS:
        pitfalls.append("for 0")
    if "string" in value.kinds:
        pitfalls.append("for the text `false`")
    if not pitfalls:
        return
    written = expression.text[node.start : node.end].strip()
    message = f"`{written}` holds also {' and '.join(pitfalls)}: it is not known to be true or false"
    read, there = f"boolean({written})", f"present({written})"
    hint = f"`{read}` reads yes or no, `{there}` asks whether it is there"
    facts = in_place(node, read, expression, there)
    yield Diagnostic("M124", expression.whole, message, hint, facts=facts)


def _check_or(node: Or, types: Types, expression: Expression) -> Iterator[Diagnostic]:
    """`||` in a value: false falls through it, and `c && a || b` is no choice."""
    left, right = node.left, node.right
    behind = expression.text[right.start : right.end]
    if isinstance(left, And):
        if _is_question(left.left, types) and not _always_holds(left.right, types):
            yield _no_choice(node, left, behind, expression)
        return
    if not isinstance(left, Field | Index | Variable):
        return
    known, other = types[id(left)], types[id(right)]
    falls = _is_boolean(known) and other.known and not _is_boolean(other)
    never_false = isinstance(right, Literal) and right.value is True
    if falls or (never_false and (not known.known or _is_boolean(known))):
        written = expression.text[left.start : left.end]
        instead = f"not_null({written}, {behind})"
        message = f"where {coded(written)} is false, this is {coded(behind)}"
        facts = in_place(node, instead, expression)
        yield Diagnostic("M128", expression.span(node), message, f"write {coded(instead)}", facts=facts)


def _check_choice(node: Or, expression: Expression) -> Iterator[Diagnostic]:
    """`'A' || number`, which other languages read as one text behind the other."""
    parts = _parts(node)
    first = next((one for one in parts[:-1] if _holds(one)), None)
    if not isinstance(first, Literal):
        return
    texts = [expression.text[one.start : one.end] for one in parts]
    place = parts.index(first)
    behind, span = texts[place + 1], expression.span(parts[place + 1])
    message = f"{coded(behind)} is never read: {coded(texts[place])} before it always has a value"
    if not isinstance(first.value, str):
        yield Diagnostic("M411", span, message, "take it away, or put it first")
        return
    joined = f"concat({', '.join(texts)})"
    hint = f"`||` is *or*; {coded(joined)} joins them"
    yield Diagnostic("M411", span, message, hint, facts=in_place(node, joined, expression))


def _parts(node: Or) -> list[Node]:
    """What a chain of `||` chooses from, in the order written."""
    parts, left = [node.right], node.left
    while isinstance(left, Or):
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]


def _no_choice(node: Or, left: And, behind: str, expression: Expression) -> Diagnostic:
    condition, then = (expression.text[one.start : one.end] for one in (left.left, left.right))
    message = f"where {coded(then)} is missing, empty or false, this is {coded(behind)}"
    return Diagnostic("M129", expression.span(node), message, facts=NoChoice(condition, then, behind))


def _is_question(node: Node, types: Types) -> bool:
    """Whether a part is a condition by its form, and asks more than whether something is there."""
    if isinstance(node, Comparison):
        return all(not isinstance(one, Literal) or one.value is not None for one in (node.left, node.right))
    if isinstance(node, Call):
        return node.name != "present" and _is_boolean(types[id(node)])
    return isinstance(node, Not)


def _always_holds(node: Node, types: Types) -> bool:
    """Whether a part holds for every event, or is itself a condition, so that the whole is one."""
    return _holds(node) or _is_boolean(types[id(node)])


def _holds(node: Node) -> bool:
    return isinstance(node, Literal) and not falsy(node.value)


def _is_boolean(value: Type) -> bool:
    return value.known and value.kinds - {"null"} == {"boolean"}
