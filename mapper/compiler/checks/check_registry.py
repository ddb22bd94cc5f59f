"""Checks: functions from a case to what is wrong with it; each says what it needs, and to whom it yields.

A check says all that it sees. Where two checks, or one and planning, report one mistake, a declared
relation says whose word counts. No check drops what another one says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from mapper.compiler.findings import Findings
from mapper.compiler.inference.typed_expression import TypedExpression
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import Node
from mapper.compiler.plan.ir import Planned
from mapper.compiler.plan.planner import Plan
from mapper.compiler.plan.scope import Record, Sending
from mapper.compiler.schema.source_type import Evidence
from mapper.compiler.schema.target import Target
from mapper.compiler.syntax.allowances import Allowance
from mapper.compiler.syntax.mapping import Mapping
from mapper.texts.diagnostic import Diagnostic, has_errors
from mapper.texts.named_text import Text
from mapper.values.frozen import dataclass

_Fact = TypeVar("_Fact", bound=Callable[["CheckCase"], Any])


@dataclass(eq=False)
class CheckCase:
    """A mapping with all that reading and planning recorded of it.

    found: what planning found. read: whether all of the file could be read. evidence: what is
    known from samples. known: what several checks ask for, by the functions that work it out.
    """

    mapping: Mapping
    plan: Plan
    found: Sequence[Diagnostic]
    read: bool
    evidence: Evidence | None = None
    known: dict[object, Any] = field(default_factory=dict)

    @property
    def record(self) -> Record:
        """The record of planning."""
        return self.plan.record

    @property
    def target(self) -> Target:
        """The target that the mapping makes payloads for."""
        return self.plan.target

    @property
    def sendings(self) -> list[Sending]:
        """The sections that send, in order."""
        return self.plan.record.sendings

    @property
    def lets(self) -> dict[str, Planned]:
        """The values of the lets that could be planned, by name."""
        return self.plan.values_of_lets


@dataclass(frozen=True, slots=True)
class Final:
    """All that was found in a mapping, and the comments in it that allow some of that.

    disproved: what samples took away of it; None where there are no samples. judged: the name of the file
    whose comments must be needed; those of others may be needed by other mappings.
    """

    found: Sequence[Diagnostic]
    allowances: Sequence[Allowance]
    disproved: Sequence[Diagnostic] | None = None
    judged: str = ""


CaseCheck: TypeAlias = Callable[[CheckCase], Iterable[Diagnostic]]
ReadCheck: TypeAlias = Callable[[Expression], Iterable[Diagnostic]]
TextCheck: TypeAlias = Callable[[Text], Iterable[Diagnostic]]
FinalCheck: TypeAlias = Callable[[Final], Iterable[Diagnostic]]
ExpressionCheck: TypeAlias = Callable[[TypedExpression], Iterable[Diagnostic]]
# What says one diagnostic, another one, and the expression that the first one is about, if it is about one.
RelationScope: TypeAlias = Callable[[Diagnostic, Diagnostic, TypedExpression | None], bool]

# In place of a code: any other one, or any other error.
ANY, ERROR = "any", "error"


class Relation(NamedTuple):
    """The code that counts more, and where. takes: the other one, with what it takes over."""

    code: str
    scope: RelationScope
    takes: Callable[[Diagnostic, Diagnostic], Diagnostic] | None = None


class RegisteredCheck(NamedTuple):
    """A check of a case, with what its decorator says of it."""

    codes: tuple[str, ...]
    yields_to: tuple[Relation, ...]
    function: CaseCheck
    needs: tuple[str, ...]


class RegisteredPlainCheck(NamedTuple):
    """A check that needs no plan and no types."""

    codes: tuple[str, ...]
    yields_to: tuple[Relation, ...]
    function: Callable[[Any], Iterable[Diagnostic]]


class RegisteredExpressionCheck(NamedTuple):
    """A check of expressions, with what its decorator says of it."""

    codes: tuple[str, ...]
    yields_to: tuple[Relation, ...]
    function: ExpressionCheck
    kinds: frozenset[type]
    asked: bool


CHECKS: list[RegisteredCheck] = []
EXPRESSION_CHECKS: list[RegisteredExpressionCheck] = []
READ_CHECKS: list[RegisteredPlainCheck] = []
TEXT_CHECKS: list[RegisteredPlainCheck] = []
FINAL_CHECKS: list[RegisteredPlainCheck] = []
NEEDS: dict[str, Callable[[CheckCase], bool]] = {
    "whole": lambda case: not case.mapping.partial,
    "all read": lambda case: case.read,
    "all planned": lambda case: not has_errors(case.found),
    "let read": lambda case: "let" not in case.mapping.unread,
    "payload read": lambda case: case.mapping.unread.isdisjoint({"payload", "extends"}),
    "split": lambda case: case.mapping.split is not None,
    "consent": lambda case: case.mapping.consent is not None,
    "samples": lambda case: case.evidence is not None,
    "source": lambda case: case.plan.scope.at.known,
    "no source": lambda case: not case.plan.scope.at.known,
}


def check(
    *codes: str, needs: tuple[str, ...] = (), yields_to: tuple[Relation, ...] = ()
) -> Callable[[CaseCheck], CaseCheck]:
    """Register a check of some codes. It is run only where all that it needs is so."""

    def register(function: CaseCheck) -> CaseCheck:
        CHECKS.append(RegisteredCheck(codes, yields_to, function, needs))
        return function

    return register


def check_expression(
    *codes: str,
    of: tuple[type[Node], ...] = (),
    asked: bool = False,
    yields_to: tuple[Relation, ...] = (),
) -> Callable[[ExpressionCheck], ExpressionCheck]:
    """Register a check of expressions that can be read where they are, with the types of their parts.

    of: it looks at expressions with a node of one of these kinds. asked: and at all that are only asked
    whether they hold.
    """

    def register(function: ExpressionCheck) -> ExpressionCheck:
        registered = RegisteredExpressionCheck(codes, yields_to, function, frozenset(of), asked)
        EXPRESSION_CHECKS.append(registered)
        return function

    return register


def check_read(*codes: str, yields_to: tuple[Relation, ...] = ()) -> Callable[[ReadCheck], ReadCheck]:
    """Register a check of every expression that is read, also where nothing is planned."""

    def register(function: ReadCheck) -> ReadCheck:
        READ_CHECKS.append(RegisteredPlainCheck(codes, yields_to, function))
        return function

    return register


def check_text(*codes: str, yields_to: tuple[Relation, ...] = ()) -> Callable[[TextCheck], TextCheck]:
    """Register a check of a mapping's text, also of one that cannot be read."""

    def register(function: TextCheck) -> TextCheck:
        TEXT_CHECKS.append(RegisteredPlainCheck(codes, yields_to, function))
        return function

    return register


def check_final(*codes: str) -> Callable[[FinalCheck], FinalCheck]:
    """Register a check of what all others have found."""

    def register(function: FinalCheck) -> FinalCheck:
        FINAL_CHECKS.append(RegisteredPlainCheck(codes, (), function))
        return function

    return register


def fact(function: _Fact) -> _Fact:
    """Keeps what a function gives for a case, for all checks that ask for it."""

    def asked(case: CheckCase) -> Any:
        if function not in case.known:
            case.known[function] = function(case)
        return case.known[function]

    return cast(_Fact, asked)


def same_span(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether both speak of the same characters."""
    return one.span == other.span


def overlapping(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether both speak of some of the same characters."""
    return one.span.overlaps(other.span)


def within_expression(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether the other one is in the expression that the first one is about."""
    return about is not None and other.span.is_within(about.expression.whole)


def in_same_rule(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Whether the other one says what is wrong with the value where that is put."""
    return about is not None and any(error is other for error in about.errors)


def anywhere(one: Diagnostic, other: Diagnostic, about: TypedExpression | None) -> bool:
    """Wherever the other one is."""
    return True


# Advice is for what works: what a mapping with errors will send is not known.
WITHOUT_ERRORS = (Relation(ERROR, anywhere),)
# What will not be sent needs no doubt about what it would be.
IN_EXPRESSION = (Relation(ERROR, in_same_rule), Relation("M401", within_expression))


class _Saying(NamedTuple):
    """A diagnostic of a check that may yield."""

    relations: tuple[Relation, ...]
    about: TypedExpression | None


@dataclass(eq=False)
class Said:
    """The diagnostics of planning and the checks, and others before them.

    A diagnostic that yields itself makes no other one yield.
    """

    others: Iterable[Diagnostic]
    found: Findings
    _yielding: dict[int, _Saying] = field(default_factory=dict)
    _stays: dict[int, bool] = field(default_factory=dict)
    _taken: dict[int, Diagnostic] = field(default_factory=dict)
    _of_code: dict[str, list[Diagnostic]] = field(default_factory=dict)
    _due: dict[tuple[frozenset[type], bool], list[RegisteredExpressionCheck]] = field(default_factory=dict)

    def run_read(self, expressions: Iterable[Expression]) -> None:
        """Add what the checks say of expressions as they are written."""
        for expression in expressions:
            if expression.parsed.is_doubtful:
                is_doubtful = False
                for one in READ_CHECKS:
                    is_doubtful |= self._add(one.function(expression), one.yields_to)
                expression.parsed.is_doubtful = is_doubtful

    def run_text(self, text: Text) -> None:
        """Add what the checks say of a mapping's text."""
        for one in TEXT_CHECKS:
            self._add(one.function(text), one.yields_to)

    def run(self, case: CheckCase) -> None:
        """Add what the checks say of a case."""
        self.run_expressions(case.record.typed)
        for one in CHECKS:
            if all(NEEDS[need](case) for need in one.needs):
                self._add(one.function(case), one.yields_to)

    def run_expressions(self, typed: Iterable[TypedExpression]) -> None:
        """Add what the checks say of expressions."""
        for about in typed:
            self._run_expression(about)

    def _run_expression(self, about: TypedExpression) -> None:
        if about.typed.is_clean:
            return  # it is written more than once, and was looked at where it was met first
        is_clean, kinds, asked = True, about.expression.parsed.kinds, about.asked
        due = self._due.get((kinds, asked))
        if due is None:
            due = [
                one for one in EXPRESSION_CHECKS if not one.kinds.isdisjoint(kinds) or (one.asked and asked)
            ]
            self._due[kinds, asked] = due
        for one in due:
            if self._add(one.function(about), one.yields_to, about):
                is_clean = False
        if is_clean and not asked:
            about.typed.is_clean = True

    def _add(
        self,
        said: Iterable[Diagnostic],
        yields_to: tuple[Relation, ...],
        about: TypedExpression | None = None,
    ) -> bool:
        """Add what a check says. Whether it says anything."""
        is_any = False
        # One by one: a check ends where a mapping has too many mistakes.
        for one in said:
            is_any = True
            if yields_to:
                self._yielding[id(one)] = _Saying(yields_to, about)
            self.found.say(one)
        return is_any

    def kept(self) -> list[Diagnostic]:
        """The diagnostics that stay, after some yielded to others."""
        if not self._yielding:
            return [*self.found]
        self._of_code = self._by_code()
        kept = [one for one in self.found if self._is_kept(one)]
        return [self._taken.get(id(one), one) for one in kept]

    def _is_kept(self, one: Diagnostic) -> bool:
        known = self._stays.get(id(one))
        if known is None:
            known = self._stays[id(one)] = id(one) not in self._yielding or not self._yields(one)
        return known

    def _yields(self, one: Diagnostic) -> bool:
        saying = self._yielding[id(one)]
        for relation in saying.relations:
            for other in self._of_code.get(relation.code, ()):
                if relation.code in (ANY, ERROR) and self._has_relations(other, saying.relations):
                    continue
                if relation.scope(one, other, saying.about) and self._is_kept(other):
                    if relation.takes is not None:
                        self._taken[id(other)] = relation.takes(one, self._taken.get(id(other), other))
                    return True
        return False

    def _has_relations(self, other: Diagnostic, relations: tuple[Relation, ...]) -> bool:
        """Whether a diagnostic yields by just these relations: none of those yields to another of them."""
        own = self._yielding.get(id(other))
        return own is not None and own.relations is relations

    def _by_code(self) -> dict[str, list[Diagnostic]]:
        """All that was said, by its code, and that of several codes."""
        made: dict[str, list[Diagnostic]] = {}
        for one in (*self.others, *self.found):
            codes = (one.code, ANY, ERROR) if one.severity == "error" else (one.code, ANY)
            for code in codes:
                made.setdefault(code, []).append(one)
        return made
