"""A value by which a refusal is sent -> the part of it that does so, and what to write in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tree import And, Comparison, Literal, Node, Not, Or
from mapper.compiler.plan.ir import Planned, every, own_steps
from mapper.compiler.trials.questions import Question
from mapper.compiler.yaml.edits import quoted
from mapper.compiler.yaml.yaml_facts import Replace
from mapper.texts.named_text import Span

_ITSELF = "yes and no of the attribute itself are read, in all their spellings"


class MistakenPart(NamedTuple):
    """The place of a mistake, what to do, and the YAML that is meant there, if that is known."""

    span: Span
    hint: str
    fact: Replace | None = None


def mistake_in(question: Question, lets: Mapping[str, Planned]) -> MistakenPart:
    """The first part of a value, or of the lets that it reads, that lets a refusal pass."""
    for value in (*question.values, *lets.values()):
        for part in every(value):
            found = (
                _in_steps(part)
                or _in_default(part)
                or _in_expression(part, is_alone=question.values == (part,))
            )
            if found is not None:
                return found
    return MistakenPart(question.values[0].span, f"give each attribute as it is: {_ITSELF}")


def _in_steps(part: Planned) -> MistakenPart | None:
    for step in own_steps(part):
        if step.transform.name == "lookup" and step.span is not None:
            hint = "write `lookup: {table: {...}, default: denied}`, for all that the table does not list"
            return MistakenPart(step.span, hint)
    return None


def _in_default(part: Planned) -> MistakenPart | None:
    if part.default is None:
        return None
    return MistakenPart(part.span, "remove `default`: `when_missing` says what an absent answer means")


def _in_expression(part: Planned, *, is_alone: bool) -> MistakenPart | None:
    expression = part.source
    if not isinstance(expression, Expression):
        return None
    root = expression.root
    part_of = _part_to_keep(root)
    if part_of is not None:
        rule, gone = quoted(_text(part_of, expression)), expression.text[part_of.end : root.end].strip()
        why = "it also replaces a refusal" if isinstance(root, Or) else _ITSELF
        hint = f"remove {coded(gone)}: {why}"
    else:
        meant = _meant(root, expression, is_alone=is_alone)
        if meant is None:
            return None
        rule, why = meant
        hint = f"write {coded(rule)}: {why}"
    fact = Replace(expression.whole, rule) if part.alone and not own_steps(part) else None
    return MistakenPart(expression.whole, hint, fact)


def _part_to_keep(node: Node) -> Node | None:
    """The attribute of an expression that is right without its constant."""
    if isinstance(node, Or) or (isinstance(node, Comparison) and node.operator in ("==", "!=")):
        return node.left if isinstance(node.right, Literal) else None
    return None


def _meant(node: Node, expression: Expression, *, is_alone: bool) -> tuple[str, str] | None:
    """The rule that is meant by an expression, and why."""
    if isinstance(node, Or):
        rule = f"{{from: [{', '.join(quoted(_text(one, expression)) for one in _choices(node))}]}}"
        return rule, "`||` passes over a refusal, `from` takes the first answer that is there"
    if isinstance(node, And) and is_alone:
        both = ", ".join(quoted(_text(one, expression)) for one in (node.left, node.right))
        return f"{{all: [{both}]}}", "to `&&` each text is true, a `no` too"
    if isinstance(node, Not):
        rule = f"{{from: {quoted(_text(node.operand, expression))}, apply: not}}"
        return rule, "to `!` each text is true, a `no` too, and all that is absent is false"
    return None


def _choices(node: Node) -> Iterator[Node]:
    if isinstance(node, Or):
        yield from _choices(node.left)
        yield from _choices(node.right)
    else:
        yield node


def _text(node: Node, expression: Expression) -> str:
    return expression.text[node.start : node.end].strip()
