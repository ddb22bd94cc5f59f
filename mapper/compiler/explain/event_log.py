"""EventLog: what the careful form of a plan decided about one event, value by value and point by point.

The careful form is written with marks. Its hooks are here, and so is what logs the result of each function
that makes a value or asks a condition. No other module works out again what the program did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from mapper.compiler.emit.allow_list import check_code
from mapper.compiler.emit.context import EVENT, EmitContext
from mapper.compiler.emit.marks import HOOKS, Marks, NumberedRows
from mapper.compiler.emit.module import Module
from mapper.compiler.emit.readable.readable_program import section_key, section_point, write_program
from mapper.compiler.emit.readable.value_functions import condition_key
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.runtime.consent_decision import DECISIONS
from mapper.runtime.frame import Frame
from mapper.runtime.operators import equal
from mapper.runtime.outcome import Outcome
from mapper.transforms.matching import extract, matches
from mapper.transforms.tables import lookup
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json

# The places of an item in the lists that it is in, from 0, the outermost list first; () of the event itself.
ItemPlaces: TypeAlias = tuple[int, ...]
# The kinds of functions whose results are logged, as `EmitContext.functions` names them.
_LOGGED = frozenset({"value", "object", "condition", "consent", "match"})


class Act(NamedTuple):
    """A point that acted, or a function that ended. items: the item that it was about.

    point: the number of a point, or above those that of a function. value: what a function gave, or the
    Invalid that it raised; None of a point.
    """

    point: int
    items: ItemPlaces
    value: Json | Invalid


# An act of a tuple of all that it holds, at a third of the cost of a call of the class.
_act_of = partial(tuple.__new__, Act)


@dataclass(frozen=True, slots=True)
class EventLog:
    """The acts for one event, in the order in which they ended.

    missed: the values for which a `lookup` has no entry or an `extract` no match, and what `match` gave if no
    section has it, each with the number of its point. matched: what `match` gave, for each part of a split.
    """

    acts: tuple[Act, ...]
    missed: tuple[tuple[int, Json], ...] = ()
    matched: tuple[Json, ...] = ()

    @property
    def reached(self) -> frozenset[int]:
        """The numbers of what acted."""
        return frozenset([act.point for act in self.acts])

    @property
    def results(self) -> dict[tuple[int, ItemPlaces], Json | Invalid]:
        """The results of the functions, by the number of each and the item that it was about."""
        return {(act.point, act.items): act.value for act in self.acts}


@dataclass(slots=True)
class LogWriter:
    """The log of the event at work now. items: the item at work. lets: the items that lets are of, by name.

    Not safe to use from several threads at once.
    """

    acts: list[Act] = field(default_factory=list)
    missed: list[tuple[int, Json]] = field(default_factory=list)
    matched: list[Json] = field(default_factory=list)
    items: ItemPlaces = ()
    lets: dict[str, ItemPlaces] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget the event before."""
        self.acts.clear()
        self.missed.clear()
        self.matched.clear()
        self.items = ()
        self.lets.clear()

    def log(self) -> EventLog:
        """The log of the event so far."""
        return EventLog(tuple(self.acts), tuple(self.missed), tuple(self.matched))

    def reach(self, point: int) -> None:
        """Log a point that acts."""
        self.acts.append(_act_of((point, self.items, None)))


def write_marked(plan: Plan) -> EmitContext:
    """The careful form of a plan, with marks, in the module of a context."""
    context = EmitContext(plan, Module(taken=HOOKS), marks=Marks(wanted=True))
    write_program(context)
    check_code(context.module.text(), known=HOOKS)
    return context


def hooks(
    writer: LogWriter, tables: Mapping[int, NumberedRows], sections: Sequence[PlannedSection]
) -> dict[str, Any]:
    """The functions that marks call, by name. tables: as in `Marks`. sections: those of the plan."""

    def matched(value: Json) -> Json:
        writer.matched.append(value)
        return value

    named: tuple[Callable[..., Any], ...] = (_entering(writer), matched)
    named += (*_point_hooks(writer.reach), *_missing_hooks(writer, tables, sections))
    return {one.__name__: one for one in named}


def _point_hooks(reach: Callable[[int], None]) -> tuple[Callable[..., Any], ...]:
    """The hooks that tell which points act. reach: told the number of each."""

    def given(value: Json, number: int) -> Json:
        if value is not None:
            reach(number)
        return value

    def passed(value: Any, number: int) -> Any:
        reach(number)
        return value

    def held(test: bool, number: int) -> bool:
        if test:
            reach(number)
        return test

    def told(test: bool, yes: int, no: int) -> bool:
        reach(yes if test else no)
        return test

    def filled(put: bool, number: int, default: int, there: bool) -> bool:
        if there:
            reach(number if put else default)
        return put

    def answered(given: bool, answer: str, *numbers: int) -> bool:
        reach(numbers[DECISIONS.index(answer)])
        return given

    return answered, filled, given, held, passed, told


def _missing_hooks(
    writer: LogWriter, tables: Mapping[int, NumberedRows], sections: Sequence[PlannedSection]
) -> tuple[Callable[..., Any], ...]:
    """The hooks that also tell a value that no table has, no pattern describes, or no section is for."""
    reach, missed = writer.reach, writer.missed

    def unmatched(result: list[Outcome], name: Json, number: int) -> list[Outcome]:
        reach(number)
        if not any(_is_named(name, one) for one in sections):
            missed.append((number, name))
        return result

    def looked_up(value: Json, *given: Any, number: int, **named: Any) -> Json:
        entry = lookup(value, tables[number].table, None, tables[number].patterns)
        if type(entry) is int:
            reach(entry)
        else:
            reach(number)
            missed.append((number, value))
        return lookup(value, *given, **named)

    def extracted(value: Json, *given: Any, number: int, **named: Any) -> Json:
        found = None
        try:
            found = extract(value, *given, **named)
        finally:
            if found is None:
                missed.append((number, value))
        return found

    return extracted, looked_up, unmatched


def _is_named(name: Json, section: PlannedSection) -> bool:
    """Whether a name is one of those of a section, or fits one of its patterns."""
    if any(equal(one, name) for one in section.constants or ()):
        return True
    return isinstance(name, str) and any(matches(name, one.text, one.any_case) for one in section.patterns)


def _entering(writer: LogWriter) -> Callable[..., Iterator[Json]]:
    """The hook that says which item of a list is at work. What logs the function around goes back."""

    def entered(items: Iterable[Json], *lets: str) -> Iterator[Json]:
        around = writer.items
        for index, one in enumerate(items):
            writer.items = (*around, index)
            writer.lets.update(dict.fromkeys(lets, writer.items))
            yield one

    return entered


def log_functions(functions: dict[str, Any], context: EmitContext, writer: LogWriter) -> dict[object, int]:
    """Have the functions of a module log what they give; the number of each, by its key in the context.

    The run goes on where a skip rule holds or consent is not given, as if nothing had been asked: what the
    event would have sent is shown to its author, marked as not sent.
    """
    asked = {condition_key(skip.when, EVENT) for skip in context.plan.skips}
    numbers: dict[object, int] = {}
    for key, name in context.functions.items():
        if key[0] not in _LOGGED:
            continue
        number = numbers[key] = len(context.marks.numbers) + len(numbers)
        if key[0] == "consent":
            functions[name] = _logged_consent(functions[name], number, writer)
        elif key in asked:
            functions[name] = _passed_over(_logged(functions[name], number, writer))
        else:
            functions[name] = _logged(functions[name], number, writer)
    _log_sections(functions, context, writer)
    for let, name in context.lets.items():
        number = numbers["let", let] = len(context.marks.numbers) + len(numbers)
        functions[name] = _logged_let(let, _logged(functions[name], number, writer), writer)
    for own, name in context.own_functions.items():
        number = numbers["function", own] = len(context.marks.numbers) + len(numbers)
        functions[name] = _logged(functions[name], number, writer)
    return numbers


def _log_sections(functions: dict[str, Any], context: EmitContext, writer: LogWriter) -> None:
    """Have sections log that they take the event before they make its payload, which may grow too large."""

    def logged(function: Callable[..., Any], point: int) -> Callable[..., Any]:
        def section(event: Json, frame: Frame) -> Any:
            writer.reach(point)
            return function(event, frame)

        return section

    for one in context.plan.all_sections:
        name = context.functions.get(section_key(one))
        if name is not None:
            point = context.marks.numbers[section_point(one, context.plan)]
            functions[name] = logged(functions[name], point)


def _logged(function: Callable[..., Any], number: int, writer: LogWriter) -> Callable[..., Any]:
    def logged(at: Json, frame: Frame, *index: int) -> Any:
        items = writer.items
        try:
            value = function(at, frame, *index)
        except Invalid as invalid:
            # Another one: that which was raised holds all that its callers work on.
            writer.acts.append(Act(number, items, Invalid(invalid.reason, invalid.kind)))
            raise
        finally:
            writer.items = items
        writer.acts.append(_act_of((number, items, value)))
        return value

    return logged


def _logged_let(name: str, logged: Callable[..., Any], writer: LogWriter) -> Callable[..., Any]:
    """A let, which may first be read at an item that is not its own."""

    def let(at: Json, frame: Frame, *index: int) -> Any:
        items, writer.items = writer.items, writer.lets.get(name, ())
        try:
            return logged(at, frame, *index)
        finally:
            writer.items = items

    return let


def _logged_consent(function: Callable[..., Any], number: int, writer: LogWriter) -> Callable[..., bool]:
    def consented(event: Json, frame: Frame) -> bool:
        function(event, frame)
        writer.acts.append(Act(number, (), frame.answer))
        frame.answer, frame.denied = "granted", ""
        return True

    return consented


def _passed_over(logged: Callable[..., Any]) -> Callable[..., bool]:
    def skips(event: Json, frame: Frame) -> bool:
        logged(event, frame)
        return False

    return skips
