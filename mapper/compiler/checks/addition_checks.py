"""The check of additions to inherited list rules, where none is inherited."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import CheckCase, Relation, check
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.syntax.syntax_facts import NothingInherited
from mapper.texts.diagnostic import Diagnostic


def _is_of_an_object_around(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether the other one speaks of an object that this one's field is in, or of what it should add to."""
    return isinstance(one.facts, NothingInherited) and other.span in one.facts.around


@check("M025", yields_to=(Relation("M301", _is_of_an_object_around),))
def additions_to_nothing(case: CheckCase) -> Iterator[Diagnostic]:
    """Rules that add to a list rule which is not inherited; a misspelt object around says it all."""
    yield from case.mapping.unmatched
