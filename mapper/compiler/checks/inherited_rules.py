"""The checks of inherited parts: additions to nothing, files that contradict each other, empty forms."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.checks.check_registry import (
    ERROR,
    WITHOUT_ERRORS,
    CheckCase,
    Relation,
    check,
    overlapping,
)
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


@check("M035")
def contested_identity(case: CheckCase) -> Iterator[Diagnostic]:
    """Rules of two extended files for a field of a person, or for the key of a payload, that differ.

    For other fields the order of the files decides.
    """
    for one in case.mapping.contested:
        path = one.path or ""
        if path == case.target.key or case.target.is_personal(path):
            yield one


@check("M908", yields_to=WITHOUT_ERRORS)
def reordered_rules(case: CheckCase) -> Iterator[Diagnostic]:
    """Rules that another file decides about since files are ordered as Python's classes are."""
    yield from case.mapping.reordered


@check("M507")
def tests_without_a_run(case: CheckCase) -> Iterator[Diagnostic]:
    """Tests of a partial file that no mapping inherits."""
    for test in case.mapping.tests if case.mapping.partial else ():
        if not test.inherit and test.key_span is not None:
            message = "a partial file sends nothing on its own, so nothing runs this test"
            hint = "add `inherit: true`, so that each mapping that extends the file runs it"
            yield Diagnostic("M507", test.key_span, message, hint)


@check("M038", yields_to=(Relation(ERROR, overlapping),))
def empty_parts(case: CheckCase) -> Iterator[Diagnostic]:
    """Empty lists and mappings that do nothing; an error there says more."""
    yield from case.mapping.empty_parts
