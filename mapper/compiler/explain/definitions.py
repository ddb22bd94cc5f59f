"""Mapping x offset -> where the variable that is written there is defined, and where it is read."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.values import Rule, every
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.compiler.yaml.nodes import every as every_node
from mapper.text import Span, Text


def definition(mapping: Mapping, text: Text, offset: int) -> Span | None:
    """The key under `let`, or the name under `expects`, of the variable at an offset; None without one."""
    name = _name_at(mapping, text, offset)
    return next((span for known, span in _defined(mapping) if known == name), None)


def references(mapping: Mapping, text: Text, offset: int) -> tuple[Span, ...]:
    """Each place where the variable at an offset is read, `$` included, in all files of the mapping."""
    name = _name_at(mapping, text, offset)
    return tuple(span for read, span in _read(mapping) if read == name)


def expressions(mapping: Mapping) -> list[Expression]:
    """All expressions of a mapping, with those that it takes over."""
    return [one for value in mapping.every_value for one in every(value) if isinstance(one, Expression)]


def _name_at(mapping: Mapping, text: Text, offset: int) -> str | None:
    named = (*_read(mapping), *_defined(mapping))
    found = (name for name, span in named if span.text is text and span.start <= offset <= span.end)
    return next(found, None)


def _defined(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    yield from ((let.name, let.span) for let in mapping.lets if let.value is not None)
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
    arguments = [step.arguments for rule in rules for step in rule.steps]
    for one in arguments:
        for node in () if one is None else every_node(one):
            if isinstance(node, ScalarNode) and node.text.startswith("$"):
                yield node.text[1:], node.at(0, len(node.text))
