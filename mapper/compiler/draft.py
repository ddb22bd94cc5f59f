"""Draft: a plan in the making; the scope its expressions read, and their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mapper.compiler.expression import Expression
from mapper.compiler.infer import infer
from mapper.compiler.personal import Labels, Path
from mapper.compiler.planned import Object, Place, Planned
from mapper.compiler.step import unknown_variable
from mapper.compiler.value import Fields
from mapper.diagnostic import Diagnostic
from mapper.text import Span
from mapper.types import Type


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can read: the value it stands at, and the variables.

    paths: the paths in the event that the value it stands at can be.
    """

    at: Type
    variables: Mapping[str, Type]
    paths: tuple[Path, ...] = ((),)


@dataclass(slots=True)
class Draft:
    """A plan in the making: what was found, the places of its rules, and what is planned already.

    labels: what is known of personal attributes. personal_allowed: the rule at hand may send one in clear.
    misspelt: target paths that an unknown field was most likely meant to be.
    objects: by the identity of their fields, which are kept so that no others can have it.
    written: the transforms that the author put on the value that is being fitted, in order.
    lacking: required target paths, with the section ends that no rule gives them in.
    """

    found: list[Diagnostic]
    explicit_forms: bool = False
    labels: Labels = field(default_factory=Labels)
    personal_allowed: bool = False
    places: list[Place] = field(default_factory=list)
    known: dict[tuple[int, str], Planned | None] = field(default_factory=dict)
    misspelt: set[str] = field(default_factory=set)
    lacking: dict[str, list[Span]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    objects: dict[tuple[int, str], tuple[Fields, Object]] = field(default_factory=dict)

    def place(self, path: str, span: Span) -> int:
        """The number of a rule."""
        self.places.append(Place(path, span))
        return len(self.places) - 1


def type_of(expression: Expression, scope: Scope, draft: Draft) -> Type:
    """The type of an expression where it stands; unknown variables and what can never work are reported."""
    for name, start, end in expression.variables:
        if name not in scope.variables:
            span = expression.locate(start, end)
            draft.found.append(unknown_variable(name, span, scope.variables))
    return infer(expression, scope.at, scope.variables, draft.found)
