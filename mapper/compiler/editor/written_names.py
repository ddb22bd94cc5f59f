"""Mapping -> WrittenNames: the words of its text that name attributes, variables, functions, fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf
from typing import TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Field, OwnCall, Variable
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Rule,
    Value,
    Zip,
)
from mapper.texts.named_text import Span, Text
from mapper.transforms import TRANSFORMS
from mapper.values.frozen import dataclass

NameKind: TypeAlias = OneOf["attribute", "field", "function", "transform", "variable"]


@dataclass(frozen=True, slots=True)
class WrittenName:
    """A word of a mapping that names something. defines: it is where a variable or function is defined."""

    span: Span
    kind: NameKind
    defines: bool = False


def written_names(mapping: Mapping, text: Text) -> tuple[WrittenName, ...]:
    """The names that a text writes itself, in its order."""
    found = {
        one.span.start: one
        for one in (*_read(mapping), *_defined(mapping))
        if one.span.text.name == text.name
    }
    return tuple(found[start] for start in sorted(found))


def _defined(mapping: Mapping) -> Iterator[WrittenName]:
    parameters = [let for function in mapping.functions for let in function.parameters]
    for let in (*mapping.all_lets, *parameters):
        yield WrittenName(let.span, "variable", defines=True)
    for function in mapping.functions:
        yield WrittenName(function.name_span, "function", defines=True)


def _read(mapping: Mapping) -> Iterator[WrittenName]:
    for value in mapping.all_values:
        yield from _in_value(value)


def _in_value(value: Value) -> Iterator[WrittenName]:
    match value:
        case Expression():
            yield from _in_expression(value)
        case Fields(entries=entries, additions=additions):
            yield from (WrittenName(span, "field") for _, span, _ in (*entries, *additions))
        case Rule(steps=steps):
            for step in steps:
                yield WrittenName(step.span, "transform" if step.function is None else "function")
        case Constant() | FirstOf() | Case() | Each() | Zip() | Elements():
            return


def _in_expression(expression: Expression) -> Iterator[WrittenName]:
    for node in expression.walk():
        if isinstance(node, Variable):
            yield WrittenName(expression.locate(node.start, node.end), "variable")
        elif isinstance(node, Field):
            yield WrittenName(expression.locate(node.name_start, node.end), "attribute")
        elif isinstance(node, Call | OwnCall):
            span = expression.locate(node.start, node.name_end)
            if span.text.content[span.start : span.end] == node.name:  # not that of a template or `across`
                yield WrittenName(span, "transform" if node.name in TRANSFORMS else "function")
