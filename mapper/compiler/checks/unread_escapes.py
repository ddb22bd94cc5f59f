"""Strings in single quotes -> warnings for `\\n` and the like in them, which are two characters there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from mapper.compiler.checks.check_registry import ERROR, Relation, check_read, overlapping
from mapper.compiler.inference.type_facts import in_place
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.jmespath.tokens import json_constant
from mapper.compiler.jmespath.tree import Literal
from mapper.texts.diagnostic import Diagnostic

_ESCAPE = re.compile(r"\\(?:[nrt]|u[0-9a-fA-F]{4})")


@check_read("M155", yields_to=(Relation(ERROR, overlapping),))
def unread_escapes(expression: Expression) -> Iterator[Diagnostic]:
    r"""Escapes that JMESPath does not read: `split('\n', addresses)`."""
    for node in expression.nodes_of(Literal):
        if not isinstance(node.value, str):
            continue
        escape = _ESCAPE.search(node.value) if expression.text[node.start] == "'" else None
        if escape is not None:
            meant = _ESCAPE.sub(lambda one: json.loads(f'"{one[0]}"'), node.value)
            instead = json_constant(meant)
            message = f"in single quotes {coded(escape[0])} is a backslash and {_rest(escape[0])}"
            facts = in_place(node, instead, expression)
            yield Diagnostic("M155", expression.span(node), message, f"write {coded(instead)}", facts=facts)


def _rest(escape: str) -> str:
    return f"the letter {escape[1]}" if len(escape) == 2 else coded(escape[1:])
