"""Draft: a plan in the making; the scope its expressions read, and their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from mapper.compiler.inference.infer import infer, infer_condition
from mapper.compiler.inference.narrowing import facts, narrowed
from mapper.compiler.inference.origins import Labels, Path
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.planned import Entry, Object, Place
from mapper.compiler.plan.unknown import unknown_variable
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.values import Constant, Fields, Rule, Value, WrittenStep
from mapper.diagnostic import Diagnostic
from mapper.frozen import dataclass
from mapper.text import Span
from mapper.types import Type, of

# What the host knows and the event does not: when it came in, and its line in the feed.
META = Type(
    frozenset({"object"}),
    fields=(("line", of("integer", "null")), ("received_at", of("string", "null", format="date-time"))),
    closed=True,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression can read: the value it stands at, and the variables.

    paths: the paths in the event that the value it stands at can be.
    """

    at: Type
    variables: Mapping[str, Type]
    paths: tuple[Path, ...] = ((),)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a value goes.

    target: its field; None for a `let` or a list to loop over, of which nothing is asked.
    place: the number of the rule it stands in. tail: the steps that rules around it put behind its own.
    personal_allowed: a rule around it lets a personal value through in clear.
    """

    target: TargetField | None
    scope: Scope
    place: int
    tail: tuple[WrittenStep, ...] = ()
    personal_allowed: bool = False

    @property
    def finishes_items(self) -> bool:
        """Whether the elements of a list made here go into their field one by one."""
        return self.target is not None and self.target.item is not None and not self.tail

    def of_item(self) -> Site:
        """Where an element of a list made here goes."""
        item = self.target.item if self.target is not None and self.finishes_items else None
        return Site(item, self.scope, self.place, (), self.personal_allowed)

    def within(self, scope: Scope) -> Site:
        """The same place, where something else can be read."""
        return Site(self.target, scope, self.place, self.tail, self.personal_allowed)

    def by_rule(self, place: int) -> Site:
        """The same place, for a rule within the one that stands there."""
        return Site(self.target, self.scope, place, self.tail, self.personal_allowed)


@dataclass(frozen=True, slots=True)
class Sending:
    """A section that sends: what names its events, its fields as merged, and the payload they come to."""

    name: Constant | Rule
    fields: Fields
    payload: Object


@dataclass(slots=True)
class Draft:
    """A plan in the making: what was found, the places of its rules, and what is planned already.

    labels: what is known of personal attributes.
    misspelt: target paths that an unknown field was most likely meant to be.
    objects: by the identity of their fields, which are kept so that no others can have it.
    let_steps: the transforms that each let's value has been through, with their places.
    sendings: the sections that send, in order.
    root: the whole payload of the target.
    allowed: how often a personal value was let through. allowances: the paths of the rules that say so, known
    to be needed or not.
    """

    found: list[Diagnostic]
    explicit_forms: bool = False
    labels: Labels = field(default_factory=Labels)
    places: list[Place] = field(default_factory=list)
    known: dict[tuple[int, str], Entry | None] = field(default_factory=dict)
    misspelt: set[str] = field(default_factory=set)
    sendings: list[Sending] = field(default_factory=list)
    root: TargetField | None = None
    allowed: int = 0
    allowances: set[str] = field(default_factory=set)
    let_steps: dict[str, tuple[tuple[str, Span | None], ...]] = field(default_factory=dict)
    objects: dict[tuple[int, str], tuple[Fields, Object]] = field(default_factory=dict)

    def place(self, path: str, span: Span) -> int:
        """The number of a rule."""
        self.places.append(Place(path, span))
        return len(self.places) - 1


def type_of(expression: Expression, scope: Scope, draft: Draft) -> Type:
    """The type of an expression where it stands; unknown variables and what can never work are reported."""
    _check_variables(expression, scope, draft)
    return infer(expression, scope.at, scope.variables, draft.found)


def scope_if(condition: Expression, scope: Scope, draft: Draft, *, is_sent: bool = False) -> Scope:
    """What is read where a condition holds; what is wrong with the condition is reported.

    is_sent: the condition is a path whose value is sent where it holds.
    """
    _check_variables(condition, scope, draft)
    infer_condition(condition, scope.at, scope.variables, draft.found, is_sent=is_sent)
    at, variables = narrowed(scope.at, scope.variables, facts(condition.root, True))
    return Scope(at, variables, scope.paths)


def _check_variables(expression: Expression, scope: Scope, draft: Draft) -> None:
    for name, start, end in expression.variables:
        if name not in scope.variables:
            span = expression.locate(start, end)
            draft.found.append(unknown_variable(name, span, scope.variables))


def span_of(value: Value) -> Span:
    """Where a value is written."""
    return value.whole if isinstance(value, Expression) else value.span
