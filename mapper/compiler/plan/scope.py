"""Draft: a plan in the making; the scope its expressions read, and their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import NamedTuple

from mapper.compiler.findings import Findings
from mapper.compiler.inference.infer import infer, infer_condition
from mapper.compiler.inference.narrowing import facts, narrowed
from mapper.compiler.inference.personal_origins import Labels
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Origin
from mapper.compiler.plan.ir import Planned, PlannedField, PlannedObject, RulePlace
from mapper.compiler.plan.plan_facts import ConstantWord, StrangeFields
from mapper.compiler.plan.planned_steps import Step, read_as_value, unknown_variable
from mapper.compiler.schema.target import TargetField
from mapper.compiler.syntax.table_nodes import LookupTable
from mapper.compiler.syntax.value_nodes import Constant, Fields, Rule, Value
from mapper.compiler.syntax.written_steps import WrittenStep
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Type, of

_TEXT = of("string", "null")
_TEXTS = Type(frozenset({"object", "null"}), fields=(), others=_TEXT)
# What the host knows and the event does not: when and from where it came in, and with what.
META = Type(
    frozenset({"object"}),
    fields=(
        ("client_ip", _TEXT),
        ("cookies", _TEXTS),
        ("headers", replace(_TEXTS, lower_names=True)),
        ("line", of("integer", "null")),
        ("query", _TEXTS),
        ("received_at", of("string", "null", format="date-time")),
        ("source", _TEXT),
        ("user_agent", _TEXT),
    ),
    closed=True,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The values that an expression can read: the current value, and the variables.

    origins: where in the event the current value comes from.
    """

    at: Type
    variables: Mapping[str, Type]
    origins: tuple[Origin, ...] = WHOLE_EVENT


@dataclass(frozen=True, slots=True)
class Site:
    """The place that a value goes to.

    target: its field; None for a `let` or a list to loop over, of which nothing is asked.
    place: the number of the rule it is in. tail: the steps that rules around it put after its own.
    allowing: the rules around it that let a personal value through in plaintext, outermost first.
    """

    target: TargetField | None
    scope: Scope
    place: int
    tail: tuple[WrittenStep, ...] = ()
    allowing: tuple[Rule, ...] = ()

    @property
    def finishes_items(self) -> bool:
        """Whether the elements of a list made here go into their field one by one."""
        return self.target is not None and self.target.item is not None and not self.tail

    def of_item(self) -> Site:
        """The site of an element of a list that is made here."""
        item = self.target.item if self.target is not None and self.finishes_items else None
        return Site(item, self.scope, self.place, (), self.allowing)

    def within(self, scope: Scope) -> Site:
        """The same place, where something else can be read."""
        return Site(self.target, scope, self.place, self.tail, self.allowing)

    def by_rule(self, place: int) -> Site:
        """The same place, for a rule within the one there."""
        return Site(self.target, self.scope, place, self.tail, self.allowing)


@dataclass(frozen=True, slots=True)
class Sending:
    """A section that sends: what names its events, its fields as merged, and the payload they come to."""

    name: Constant | Rule
    fields: Fields
    payload: PlannedObject


class ColumnUse(NamedTuple):
    """The use of the entries of a table from a file. steps: as they are written. field: by identity."""

    table: str
    column: str
    steps: tuple[str, ...]
    field: int


class PlannedRule(NamedTuple):
    """A rule with what it came to: None where a diagnostic says why it came to nothing."""

    rule: Rule
    planned: Planned | None
    site: Site


class PlannedFields(NamedTuple):
    """Fields with the object that they came to. target: what is known of that, if anything."""

    fields: Fields
    planned: PlannedObject
    target: TargetField | None


class PlannedChain(NamedTuple):
    """A value that is not known before the event, with the steps that its author put on it.

    source: None where it is a list that is made here. target: the field it goes into.
    """

    source: Expression | None
    steps: tuple[Step, ...]
    target: TargetField


@dataclass(slots=True)
class Record:
    """The facts that planning came by, for those who check the whole afterwards.

    misspelt: target paths that an unknown field was most likely meant to be. sendings: the sections that
    send, in order. objects: by the identity of their fields, which are kept so that no others can have it.
    sent: the expressions that go into fields, without those in which something is wrong. zipped: the lists
    of `zip` that are no expressions, with the fields that their elements go into. typed: all that can be
    read where they are, less those of which no check has anything to say. read: each expression with what it
    can read. words: bare words that are constants of their field. strange: lists of objects with fields that
    theirs does not know. word: an `otherwise` that is only a word. names: event names written among the
    fields, where `send` says them. element_lets: the values of those of list rules, by name, each after
    those it reads.
    """

    misspelt: set[str] = field(default_factory=set)
    sendings: list[Sending] = field(default_factory=list)
    rules: list[PlannedRule] = field(default_factory=list)
    objects: dict[tuple[int, str], PlannedFields] = field(default_factory=dict)
    sent: list[tuple[Expression, Site]] = field(default_factory=list)
    zipped: list[tuple[Value, Site]] = field(default_factory=list)
    chains: list[PlannedChain] = field(default_factory=list)
    typed: list[TypedExpression] = field(default_factory=list)
    read: list[tuple[Expression, Scope]] = field(default_factory=list)
    words: list[ConstantWord] = field(default_factory=list)
    strange: list[tuple[TargetField, StrangeFields]] = field(default_factory=list)
    names: list[tuple[Span, Value]] = field(default_factory=list)
    element_lets: dict[str, Planned] = field(default_factory=dict)
    word: Constant | None = None


@dataclass(slots=True)
class Draft:
    """A plan in the making: what was found, the places of its rules, and what is planned already.

    labels: what is known of personal attributes. root: the whole payload of the target. allowances: the paths
    of the rules that let personal values through, known to be needed or not. tables: those from
    files, by name. repeated: how often the value of each `let` holds the same. checked: the columns of such
    tables with the steps after them, and the fields that their entries were held to, by identity.
    """

    found: Findings
    explicit_forms: bool = False
    labels: Labels = field(default_factory=Labels)
    places: list[RulePlace] = field(default_factory=list)
    known: dict[tuple[int, str], PlannedField | None] = field(default_factory=dict)
    root: TargetField | None = None
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    allowances: set[str] = field(default_factory=set)
    repeated: dict[str, int] = field(default_factory=dict)
    checked: dict[ColumnUse, TargetField] = field(default_factory=dict)
    record: Record = field(default_factory=Record)

    def place(self, path: str, span: Span) -> int:
        """The number of a rule."""
        self.places.append(RulePlace(path, span))
        return len(self.places) - 1


def type_of(expression: Expression, scope: Scope, draft: Draft) -> Type:
    """The type of an expression at its place; unknown variables and what can never work are reported."""
    _check_variables(expression, scope, draft)
    return infer(expression, scope.at, scope.variables, draft.found, draft.record.typed)


def scope_if(condition: Expression, scope: Scope, draft: Draft, *, is_sent: bool = False) -> Scope:
    """The scope where a condition holds; faults of the condition are reported.

    is_sent: the condition is a path whose value is sent where it holds.
    """
    _check_variables(condition, scope, draft)
    typed = infer_condition(condition, scope.at, scope.variables, draft.found)
    if typed is not None:
        typed.is_sent = is_sent
        draft.record.typed.append(typed)
    at, variables = narrowed(scope.at, scope.variables, facts(condition.root, True))
    return Scope(at, variables, scope.origins)


def _check_variables(expression: Expression, scope: Scope, draft: Draft) -> None:
    draft.record.read.append((expression, scope))
    for name, start, end in expression.variables:
        if name not in scope.variables:
            span = expression.locate(start, end)
            if name in draft.tables:
                draft.found.say(read_as_value(name, span))
                continue
            draft.found.say(unknown_variable(name, span, (*scope.variables, *draft.tables)))


def span_of(value: Value) -> Span:
    """The span of a value."""
    return value.whole if isinstance(value, Expression) else value.span
