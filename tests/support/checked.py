"""What the checks say of expressions alone, for tests of them without a mapping."""

from __future__ import annotations

from collections.abc import Iterable

import mapper.compiler.checks.run_checks  # noqa: F401  # it registers all checks
from mapper.compiler.checks.check_registry import Said
from mapper.compiler.findings import Findings
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.texts.diagnostic import Diagnostic


def checked_expressions(typed: Iterable[TypedExpression], found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is found in expressions, with what the checks say of them."""
    said = Said((), Findings())
    said.found.say_all(found)
    said.run_expressions(typed)
    return said.kept()


def checked_reading(expression: Expression) -> list[Diagnostic]:
    """What the checks say of an expression as it is written."""
    said = Said((), Findings())
    said.run_read((expression,))
    return said.kept()
