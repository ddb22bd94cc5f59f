"""Mapping x offset -> where the variable that is written there is defined, and where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tokens import is_plain_name
from mapper.compiler.syntax.lets import RESERVED_VARIABLES, written_variable
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.values import Rule, every
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.compiler.yaml.nodes import every as every_node
from mapper.frozen import dataclass
from mapper.text import Span, Text

UsePart: TypeAlias = Literal["let", "expects", "read"]


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A name of a variable as it is written somewhere. span: of the name alone, without `$` and quotes.

    key: what tells the variable from others: the name, with a number for one of a list rule or a section.
    """

    name: str
    part: UsePart
    span: Span
    key: str


def definition(mapping: Mapping, text: Text, offset: int) -> Span | None:
    """The key under `let`, or the name under `expects`, of the variable at an offset; None without one."""
    name = _name_at(mapping, text, offset)
    return next((span for known, span in _defined(mapping) if known == name), None)


def references(mapping: Mapping, text: Text, offset: int) -> tuple[Span, ...]:
    """Each place where the variable at an offset is read, `$` included, in all files of the mapping."""
    name = _name_at(mapping, text, offset)
    return tuple(span for read, span in _read(mapping) if read == name)


def variable_uses(mapping: Mapping) -> tuple[VariableUse, ...]:
    """Each name of a variable in a mapping and in what it takes over of other files."""
    defined = [_use(let.name, "let", let.span) for let in mapping.all_lets if let.value]
    expected = [_use(one.name, "expects", one.span) for one in mapping.expects]
    read = [_use(name, "read", span) for name, span in _read(mapping)]
    return (*defined, *expected, *read)


def _use(key: str, part: UsePart, span: Span) -> VariableUse:
    return VariableUse(written_variable(key), part, _name_alone(span), key)


def name_mistake(name: str) -> str:
    """Why a variable cannot have a name; "" if it can."""
    if not is_plain_name(name):
        return f"`{name}` cannot be read as `$name`: use letters, digits and `_`"
    return f"`${name}` is a built-in variable" if name in RESERVED_VARIABLES else ""


def _name_alone(span: Span) -> Span:
    """A name without its quotes or its `$`."""
    written = span.text.content[span.start : span.end]
    if written[:1] in ("'", '"'):
        span, written = span.text.span(span.start + 1, span.end - 1), written[1:-1]
    return span.text.span(span.start + written.startswith("$"), span.end)


def expressions(mapping: Mapping) -> list[Expression]:
    """All expressions of a mapping, with those that it takes over."""
    return [one for value in mapping.every_value for one in every(value) if isinstance(one, Expression)]


def _name_at(mapping: Mapping, text: Text, offset: int) -> str | None:
    named = (*_read(mapping), *_defined(mapping))
    found = (name for name, span in named if span.text is text and span.start <= offset <= span.end)
    return next(found, None)


def _defined(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    yield from ((let.name, let.span) for let in mapping.all_lets if let.value is not None)
    yield from ((one.name, one.span) for one in mapping.expects)


def _read(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    """Each use of a variable: in expressions, and as an argument of a step."""
    seen: set[tuple[Text, int]] = set()
    for name, span in (*_in_expressions(mapping), *_in_steps(mapping)):
        if (span.text, span.start) not in seen:
            seen.add((span.text, span.start))
            yield name, span


def _in_expressions(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    for one in expressions(mapping):
        yield from ((name, one.locate(start, end)) for name, start, end in one.variables)


def _in_steps(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    rules = (one for value in mapping.every_value for one in every(value) if isinstance(one, Rule))
    for step in (step for rule in rules for step in rule.steps):
        for node in () if step.arguments is None else every_node(step.arguments):
            if isinstance(node, ScalarNode) and node.text.startswith("$"):
                yield step.names.get(node.text[1:], node.text[1:]), node.at(0, len(node.text))
