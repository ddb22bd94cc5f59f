"""Marks in generated code that say which parts of a mapping act; code without them is as it always was.

A mark is a call put around what is written anyway, so that code with marks does the same in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal as OneOf
from typing import TypeAlias

from mapper.compiler.emit.step_calls import StepCall
from mapper.compiler.jmespath.tree import Call, Literal
from mapper.compiler.plan.ir import RulePlace
from mapper.compiler.plan.planned_steps import Step
from mapper.runtime.consent_decision import DECISIONS, LIMITED
from mapper.texts.named_text import Span
from mapper.transforms.registry import TRANSFORMS
from mapper.transforms.tables import AnyCaseTable
from mapper.values.frozen import dataclass
from mapper.values.types import Json, Type

PointKind: TypeAlias = OneOf[
    "section",
    "skip",
    "rule",
    "let",
    "alternative",
    "arm",
    "lookup",
    "extract",
    "when",
    "where",
    "default",
    "consent",
    "match",
]
# What code with marks calls: functions that a recorder brings along.
HOOKS = (
    "answered",
    "entered",
    "extracted",
    "filled",
    "given",
    "held",
    "looked_up",
    "matched",
    "passed",
    "told",
    "unmatched",
)
# Those for the transforms that may find nothing.
_FINDING = {"lookup": "looked_up", "extract": "extracted"}
_MOST_ENTRIES = 32


@dataclass(frozen=True, slots=True)
class Point:
    """A part of a mapping that acts for some events and not for others.

    name: the target path of its rule, `$name` of a let, of a section the event that it sends, of a skip rule
    its reason; "" of a `lookup` or `extract`, which several rules may share, until a recorder names it.
    part: which of several, as `from[2]`, `true`, `granted`, or the key of a table; "" for all.
    counted: tests can be asked to reach it. span: where it is written.
    """

    kind: PointKind
    name: str
    part: str
    span: Span
    counted: bool = True


@dataclass(frozen=True, slots=True)
class NumberedRows:
    """The number of each key of a `lookup`: of its table, and of its patterns."""

    table: dict[str, Json]
    patterns: dict[str, Json] | None


@dataclass(slots=True)
class Marks:
    """The points of a module being written, in the order of their numbers; none if it has no marks.

    tables: for each `lookup`, by the number of its missing values, the numbers of its keys.
    """

    wanted: bool = False
    numbers: dict[Point, int] = field(default_factory=dict)
    tables: dict[int, NumberedRows] = field(default_factory=dict)

    def given(self, value: str, point: Point) -> str:
        """Python for a value, which acts where it is there."""
        return f"given({value}, {self._number(point)})" if self.wanted else value

    def passed(self, value: str, point: Point) -> str:
        """Python for a value, which acts in any case."""
        return f"passed({value}, {self._number(point)})" if self.wanted else value

    def held(self, test: str, point: Point) -> str:
        """Python for a test, which acts where it holds."""
        return f"held({test}, {self._number(point)})" if self.wanted else test

    def told(self, test: str, kind: OneOf["when", "where"], at: RulePlace) -> str:
        """Python for a condition, which counts both ways."""
        if not self.wanted:
            return test
        yes, no = (self._number(Point(kind, at.path, part, at.span)) for part in ("true", "false"))
        return f"told({test}, {yes}, {no})"

    def filled(self, put: str, point: Point, default: Span, there: str) -> str:
        """Python that puts a field into its object; where its value is absent its default acts.

        there: Python that says whether the field is in the object then.
        """
        if not self.wanted:
            return put
        spare = Point("default", point.name, "", default)
        return f"filled({put}, {self._number(point)}, {self._number(spare)}, {there})"

    def answered(self, asked: str, at: RulePlace, answers: tuple[Type, ...], *, has_limits: bool) -> str:
        """Python for whether consent is given, whose answers count as far as they can be given.

        has_limits: the mapping says what `limited` means.
        """
        if not self.wanted:
            return asked
        can = _possible(answers)
        told = DECISIONS if has_limits else DECISIONS[:-1]
        numbers = [self._number(Point("consent", "consent", one, at.span, one in can)) for one in told]
        return f"answered({asked}, frame.answer, {', '.join(map(str, numbers))})"

    def entered(self, items: str, lets: Sequence[str]) -> str:
        """Python for the items of a list, each of which is at work from then on. lets: of the list rule."""
        return f"entered({', '.join([items, *map(ascii, lets)])})" if self.wanted else items

    def matched(self, code: str) -> str:
        """Python for what `match` gives."""
        return f"matched({code})" if self.wanted else code

    def unmatched(self, result: str, name: str, point: Point) -> str:
        """Python for what becomes of an event whose name no section has."""
        return f"unmatched({result}, {name}, {self._number(point)})" if self.wanted else result

    def found_by(self, call: StepCall, step: Step) -> StepCall:
        """The call of a step; of an author's `lookup` or `extract`, one that says what it has found."""
        hook = _FINDING.get(step.transform.name)
        if not self.wanted or hook is None or step.span is None:
            return call
        given = {parameter.name: argument for parameter, argument in step.arguments}
        number = f"number={self._missed(step.transform.name, given, step.span)}"
        if call.function == step.transform.name:
            return StepCall(hook, (number, *call.arguments))
        _, *rest = call.arguments
        return StepCall(call.function, (hook, number, *rest))

    def found_in(self, call: Call, span: Span, text: str) -> str:
        """As `found_by`, for Python that calls a transform in an expression."""
        hook = _FINDING.get(call.name)
        if not self.wanted or hook is None:
            return text
        names = [parameter.name for parameter in TRANSFORMS[call.name].parameters]
        given = {
            name: argument.value if isinstance(argument, Literal) else argument
            for name, argument in zip(names, call.arguments[1:], strict=False)
        }
        if call.name == "lookup" and not isinstance(given.get("table"), dict):
            return text  # it is another one for each event
        _, _, arguments = text.partition("(")
        return f"{hook}({arguments.removesuffix(')')}, number={self._missed(call.name, given, span)})"

    def _missed(self, name: str, given: Mapping[str, object], span: Span) -> int:
        """The number of the point for texts that a pattern does not describe, or that a table lacks."""
        if name == "lookup":
            return self._table(given, span)
        return self._number(Point("extract", "", "", span, counted=False))

    def _table(self, given: Mapping[str, object], span: Span) -> int:
        """The number of the point for values missing from a table, for which its default acts."""
        table, patterns = given.get("table"), given.get("patterns")
        known = len(table) if isinstance(table, dict) else 0
        numbers = self._rows(table, known, span)
        by_pattern = self._rows(patterns, known, span) if isinstance(patterns, dict) else None
        missed = self._number(Point("lookup", "", "", span, given.get("default") is not None))
        self.tables[missed] = NumberedRows(numbers, by_pattern)
        return missed

    def _rows(self, rows: object, known: int, span: Span) -> dict[str, Json]:
        """The numbers of some rows, each its own where they are few. known: how many the table has."""
        keys = list(rows) if isinstance(rows, dict) else []
        few = max(len(keys), known) <= _MOST_ENTRIES
        numbers: dict[str, Json] = {
            key: self._number(Point("lookup", "", key if few else "any", span)) for key in keys
        }
        return AnyCaseTable(numbers) if isinstance(rows, AnyCaseTable) else numbers

    def _number(self, point: Point) -> int:
        return self.numbers.setdefault(point, len(self.numbers))


def _possible(answers: tuple[Type, ...]) -> frozenset[str]:
    """The answers that values of some types can come to."""
    possible = {"granted", "denied"}
    if any(one.constants is None or LIMITED in one.constants for one in answers):
        possible.add(LIMITED)
    if any(not one.known or "null" in one.kinds for one in answers):
        possible.add("missing")
    if any(not one.known or one.kinds - {"null", "boolean"} for one in answers):
        possible.add("unreadable")
    return frozenset(possible)
