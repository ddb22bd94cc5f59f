"""Constants -> warnings where one is an example that its author was to replace: `https://example.com`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, check
from mapper.compiler.jmespath.call_facts import arguments_for, keeps
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Call, Literal, Node, Or
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
    parts,
)
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.types import Json

# Domains that documentation uses: RFC 2606 keeps some of them for it. A search begins at the first label of a
# domain only: from each label, a long text would take a tenth of a second.
_PLACEHOLDER = re.compile(
    r"(?<![\w-])(?<![\w-]\.)((?:[\w-]+\.)*(?:example\.(?:com|net|org)|[\w-]+\.example"
    r"|(?:your|my)-?(?:domain|site|shop|store|website)\.com|test@test\.com))(?![\w-])",
    re.IGNORECASE,
)
_LONGEST = 2048


@check("M450")
def examples_in_constants(case: CheckCase) -> Iterator[Diagnostic]:
    """Domains of examples in what is sent: constants, defaults, and the texts that expressions build."""
    mapping = case.mapping
    told: set[int] = set()
    values: list[Value] = [mapping.payload, *(section.payload for section in mapping.all_sections)]
    values += mapping.values_of_lets.values()
    consent = mapping.consent
    puts = () if consent is None else (*consent.put, *consent.limit)
    for value in values:
        for one in _sent(value):
            if id(one) not in told:
                told.add(id(one))
                yield from _placeholders(one)
    for _, _, constant in puts:
        yield from _placeholders(constant)


def _sent(root: Value) -> Iterator[Value]:
    """A value and what is within it, less conditions."""
    waiting = [root]
    while waiting:
        value = waiting.pop()
        yield value
        waiting.extend(part.value for part in reversed(parts(value)) if part.role != "when")


def _placeholders(value: Value) -> Iterator[Diagnostic]:
    match value:
        case Constant():
            yield from _in_text(value.value, value.span)
        case Rule():
            if value.default is not None:
                yield from _in_text(value.default.value, value.default.span)
        case Expression():
            for node in _texts(value.root):
                yield from _in_text(node.value, value.locate(node.start, node.end))
        case Fields() | Elements() | FirstOf() | Case() | Each() | Zip():
            return


def _texts(root: Node) -> Iterator[Literal]:
    """The literals that may be a part of an expression's value."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Literal):
            yield node
        elif isinstance(node, Or):
            waiting += [node.right, node.left]
        elif isinstance(node, Call) and "person" in keeps(node.name):
            waiting += reversed([one for _, one in arguments_for(node, "value", "put")])


def _in_text(value: Json, span: Span) -> Iterator[Diagnostic]:
    found = _PLACEHOLDER.search(value[:_LONGEST]) if isinstance(value, str) else None
    if found is not None:
        message = f"`{found[1]}` is an example, and would be sent as it is"
        yield Diagnostic("M450", span, message, "replace it with your own, or read the value from the event")
