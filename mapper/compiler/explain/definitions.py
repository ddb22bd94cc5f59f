"""Mapping x offset -> where the variable that is written there is defined, and where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tokens import is_plain_name
from mapper.compiler.jmespath.tree import OwnCall
from mapper.compiler.syntax.let_nodes import RESERVED_VARIABLES, written_variable
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.value_nodes import Let, Rule
from mapper.compiler.yaml.nodes import ScalarNode
from mapper.runtime.functions import FUNCTIONS
from mapper.texts.named_text import Span, Text
from mapper.transforms import TRANSFORMS
from mapper.values.frozen import dataclass

UsePart: TypeAlias = Literal["let", "expects", "function", "parameter", "read"]


# After the name of a function, so that no variable has the same key.
_CALLED = "()"


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A name of a variable or a function as it is written somewhere. span: of the name alone.

    key: what tells it from others: the name, with a number for one of a list rule or a section and for a
    parameter, and with `()` for a function.
    """

    name: str
    part: UsePart
    span: Span
    key: str

    @property
    def is_function(self) -> bool:
        """Whether it is the name of a function."""
        return self.key.endswith(_CALLED)


def definition(mapping: Mapping, text: Text, offset: int) -> Span | None:
    """The place where the variable or function at an offset is defined: `let`, `functions` or `expects`."""
    name = _name_at(mapping, text, offset)
    return next((span for known, span in _defined(mapping) if known == name), None)


def references(mapping: Mapping, text: Text, offset: int) -> tuple[Span, ...]:
    """Each place where the variable or function at an offset is used, in all files of the mapping.

    The span of a variable has its `$`.
    """
    name = _name_at(mapping, text, offset)
    return tuple(span for read, span in _read(mapping) if read == name)


def variable_uses(mapping: Mapping) -> tuple[VariableUse, ...]:
    """Each name of a variable or a function in a mapping and in what it takes over of other files."""
    defined = [_use(let.name, "let", let.span) for let in mapping.all_lets if let.value]
    expected = [_use(one.name, "expects", one.span) for one in mapping.expects]
    functions = [_use(_key(one.name), "function", one.name_span) for one in mapping.functions]
    parameters = [_use(let.name, "parameter", let.span) for let in _parameters(mapping)]
    read = [_use(name, "read", span) for name, span in _read(mapping)]
    return (*defined, *expected, *functions, *parameters, *read)


def _use(key: str, part: UsePart, span: Span) -> VariableUse:
    return VariableUse(written_variable(key).removesuffix(_CALLED), part, _name_alone(span), key)


def _key(function: str) -> str:
    return f"{function}{_CALLED}"


def _parameters(mapping: Mapping) -> list[Let]:
    return [let for function in mapping.functions for let in function.parameters]


def name_mistake(name: str, *, of_function: bool = False) -> str:
    """The reason that a variable, or a function, cannot have a name; "" if it can."""
    if of_function and (name in TRANSFORMS or name in FUNCTIONS):
        return f"`{name}` is {'a transform' if name in TRANSFORMS else 'a function of JMESPath'} already"
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
    return [one for one in mapping.all_values if isinstance(one, Expression)]


def _name_at(mapping: Mapping, text: Text, offset: int) -> str | None:
    named = (*_read(mapping), *_defined(mapping))
    found = (name for name, span in named if span.text is text and span.start <= offset <= span.end)
    return next(found, None)


def _defined(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    yield from ((let.name, let.span) for let in mapping.all_lets if let.value is not None)
    yield from ((one.name, one.span) for one in mapping.expects)
    yield from ((_key(one.name), one.name_span) for one in mapping.functions)
    yield from ((let.name, let.span) for let in _parameters(mapping))


def _read(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    """Each use of a variable or a function: in expressions, as a step, and as an argument of one."""
    seen: set[tuple[Text, int]] = set()
    for name, span in (*_in_expressions(mapping), *_in_steps(mapping)):
        if (span.text, span.start) not in seen:
            seen.add((span.text, span.start))
            yield name, span


def _in_expressions(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    for one in expressions(mapping):
        yield from ((name, one.locate(start, end)) for name, start, end in one.variables)
        own = (node for node in one.walk() if isinstance(node, OwnCall) and node.function is not None)
        yield from ((_key(node.name), one.locate(node.start, node.name_end)) for node in own)


def _in_steps(mapping: Mapping) -> Iterator[tuple[str, Span]]:
    rules = (one for one in mapping.all_values if isinstance(one, Rule))
    for step in (step for rule in rules for step in rule.steps):
        if step.function is not None:
            yield _key(step.transform), step.span
        for node in step.nodes:
            if isinstance(node, ScalarNode) and node.text.startswith("$"):
                yield step.names.get(node.text[1:], node.text[1:]), node.at(0, len(node.text))
