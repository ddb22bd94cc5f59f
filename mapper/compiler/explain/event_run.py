"""EventRun: the log of a plan's program for one event, read at the event or at one item of a list in it.

The value at one step of an expression is in no log: that alone is worked out here, for who explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import field, replace
from typing import Any, cast

from mapper.compiler.emit.context import EVENT, ITEM, EmitContext, Subject
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.function_code import compile_functions
from mapper.compiler.emit.marks import HOOKS
from mapper.compiler.emit.module import Module
from mapper.compiler.emit.read_names import Names
from mapper.compiler.emit.readable.readable_program import (
    CONSENT_KEY,
    EVENT_KEY,
    MATCH_KEY,
    SPLIT_KEY,
    section_point,
    write_program,
)
from mapper.compiler.emit.readable.value_functions import condition_key, value_key
from mapper.compiler.emit.step_calls import python_types
from mapper.compiler.explain.event_log import (
    EventLog,
    ItemPlaces,
    LogWriter,
    hooks,
    log_functions,
    write_marked,
)
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.tree import Current, Field, Node
from mapper.compiler.plan.constants import run_step
from mapper.compiler.plan.ir import Fixed, Loop, Planned, PlannedField, PlannedObject
from mapper.compiler.plan.planned_consent import ConsentEffect, PlannedConsent
from mapper.compiler.plan.planned_steps import Step, StepArgument, VariableArgument
from mapper.compiler.plan.planner import Plan, PlannedSection, PlannedSkip
from mapper.compiler.syntax.let_nodes import is_numbered, written_variable
from mapper.runtime.budget import Overrun
from mapper.runtime.frame import Frame, RulePlaces
from mapper.runtime.limits import on_each
from mapper.runtime.operators import expect
from mapper.runtime.program import load_module
from mapper.transforms import Parameter
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json


@dataclass(frozen=True, slots=True)
class PlanMemo:
    """The results for one event of a plan that are the same for the next.

    reads: of parts of expressions, the names that lead to them or their code. numbers: of the functions of
    values. Both by identity, with what has it beside them, and by what they are read of. rows: what
    `payload_rows.py` knows of a value without an event.
    """

    reads: dict[tuple[int, str], tuple[Node, tuple[str, ...] | Callable[..., Any]]] = field(
        default_factory=dict
    )
    numbers: dict[tuple[int, str], tuple[Planned, int]] = field(default_factory=dict)
    rows: dict[object, Any] = field(default_factory=dict)


class _NotReached:
    """The class of NOT_REACHED."""


# The result of what the program did not come to.
NOT_REACHED = _NotReached()


@dataclass(frozen=True, slots=True)
class EventRun:
    """The log of a plan's program for one event, read at `at`: the event, or an item of a list in it.

    results: as `EventLog.results`. index: the place of the item in its list, from 0; items: with those of the
    items that it is in. elements: these items, with the names of their lets, outermost first.
    """

    loaded: LoadedPlan
    frame: Frame
    results: dict[tuple[int, ItemPlaces], Any]
    at: Json
    subject: Subject = EVENT
    index: int = 0
    items: ItemPlaces = ()
    elements: tuple[tuple[list[str], Json, ItemPlaces], ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan of the program."""
        return self.loaded.plan

    def result(self, planned: Planned) -> Json | Invalid | _NotReached:
        """The value that the program made here, null where it is absent, or why it is invalid."""
        known, key = self.loaded.memo.numbers, (id(planned), self.subject.at)
        if key not in known:
            known[key] = planned, self._number(value_key(planned, self.subject))
        number = known[key][1]
        if number < 0 and isinstance(planned.source, Fixed) and planned.alone:
            return planned.source.value  # the program has no function for the constant of a field
        found: Json | Invalid | _NotReached = self.results.get((number, self.items), NOT_REACHED)
        return found

    def value(self, planned: Planned) -> Json:
        """The value that the program made here; None: absent, or not reached. Raises Invalid."""
        return _raised(self.result(planned))

    def reached(self, planned: Planned) -> bool:
        """Whether the program has worked out a value here."""
        return self.result(planned) is not NOT_REACHED

    def held(self, condition: Expression) -> bool | None:
        """Whether a condition held here; None where the program did not ask."""
        held = self._logged(condition_key(condition, self.subject), self.items)
        return None if isinstance(held, _NotReached) else bool(held)

    def asked(self, condition: Expression | None) -> Expression | None:
        """A condition that the program asked here; None for one that it did not come to."""
        return None if condition is None or self.held(condition) is None else condition

    def let(self, name: str) -> Json | Invalid | _NotReached:
        """The value that the program made of a let, which may be of an element around."""
        items = next((at for names, _, at in self.elements if name in names), ())
        found: Json | Invalid | _NotReached = self._logged(("let", name), items)
        return found

    def _logged(self, key: object, items: ItemPlaces) -> Any:
        return self.results.get((self._number(key), items), NOT_REACHED)

    def _number(self, key: object) -> int:
        """The number of a function, -1 where the program has none."""
        return self.loaded.numbers.get(key, -1)

    @property
    def skipped(self) -> PlannedSkip | None:
        """The skip rule that holds."""
        return next((skip for skip in self.plan.skips if self.held(skip.when)), None)

    @property
    def answer(self) -> str | None:
        """The decision about consent, as frames tell it; None where nothing was asked."""
        answer = self._logged(CONSENT_KEY, ())
        return answer if isinstance(answer, str) else None

    @property
    def consent_effect(self) -> ConsentEffect | None:
        """The effect of the decision about consent; None where nothing was asked."""
        consent, answer = self.plan.consent, self.answer
        return None if consent is None or answer is None else consent.effect(answer)

    @property
    def matched(self) -> Json:
        """The value that `is` looks at; None without a `match`."""
        matched: Json | Invalid | _NotReached = self._logged(MATCH_KEY, ())
        return None if isinstance(matched, Invalid | _NotReached) else matched

    def tried(self) -> Iterator[tuple[PlannedSection, bool]]:
        """The sections that were tried for the event, in their order, and whether each took it."""
        taken = False
        for section in self.plan.sections:
            takes = self._takes(section)
            yield section, takes
            if takes and not section.goes_on:
                return
            taken = taken or takes
        if self.plan.otherwise is not None and not taken:
            yield self.plan.otherwise, self._takes(self.plan.otherwise)

    def _takes(self, section: PlannedSection) -> bool:
        point = self.loaded.context.marks.numbers.get(section_point(section, self.plan), -1)
        return (point, ()) in self.results

    def items_of(self, loop: Loop) -> Iterator[EventRun]:
        """This run at each item of a list, also those that `where` leaves out."""
        items = self.result(loop.items)
        items = [items] if isinstance(items, dict) else items
        names = [let.name for let in loop.lets]
        for index, one in enumerate(items if isinstance(items, list) else ()):
            at = (*self.items, index)
            elements = (*self.elements, (names, one, at)) if names else self.elements
            yield EventRun(self.loaded, self.frame, self.results, one, ITEM, index, at, elements)

    def kept_items(self, loop: Loop) -> Iterator[EventRun]:
        """This run at each item of a list that `where` lets through."""
        return (one for one in self.items_of(loop) if loop.where is None or one.held(loop.where))

    def afresh(self) -> Frame:
        """The frame of a run in which nothing was noted or spent, and only lets are known."""
        frame = Frame(
            self.frame.event, self.frame.places, self.frame.meta, self.frame.whole, self.frame.index
        )
        frame.lets, frame.said = self.frame.lets, self.frame.said
        frame.arguments = self.frame.arguments
        for names, element, items in self.elements:
            frame.enter(names, element, items[-1])
        return frame

    def read(self, node: Node, expression: Expression, at: Json) -> Json:
        """The result of a part of an expression at a value. Raises Invalid."""
        reads, key = self.loaded.memo.reads, (id(node), self.subject.at)
        if key not in reads:
            plain = _path_of(node)
            reads[key] = node, self._code_of(node, expression) if plain is None else plain
        read = reads[key][1]
        if isinstance(read, tuple):
            return _at_path(at, read)
        result: Json = read(at, self.afresh(), self.index)
        return result

    def _code_of(self, node: Node, expression: Expression) -> Callable[..., Any]:
        """The function of a value, a frame and an index that gives what a part of an expression gives."""
        module, context = Module(taken=HOOKS), self.loaded.context
        written = [*context.lets.values(), *context.own_functions.values()]
        for name in written:
            module.name(name)
        function = module.function("read", "item", "frame", "index")
        own = {"index": "index"} if self.subject is ITEM else {}
        variables = {**context.variables, **own}
        outside = context.outside_of(self.subject)
        names = Names("item", variables, ("frame", "index"), outside=outside, own_call=context.own_call)
        part = replace(expression, parsed=with_tree(node))
        function.write(f"return {write_expression(part, names, function, module)}")
        known = {name: self.loaded.functions[name] for name in (*written, *HOOKS)}
        functions = load_module(module.text(), f"part of {self.plan.mapping.name}", compile_functions, known)
        read: Callable[..., Any] = functions["read"]
        return read

    def event(self) -> EventRun:
        """This run at the event itself."""
        return EventRun(self.loaded, self.frame, self.results, self.frame.event)

    def of_let(self, name: str) -> EventRun:
        """This run where a let is worked out: at the event, or at an element of a list."""
        for names, element, items in self.elements:
            if name in names:
                return replace(self, at=element, subject=ITEM, index=items[-1], items=items)
        return self.event()

    def given(self, step: Step) -> Step | None:
        """A step with its variables read; None where one that it needs is absent. Raises Invalid."""
        arguments: list[tuple[Parameter, StepArgument]] = []
        for parameter, argument in step.arguments:
            read: list[StepArgument] = []
            for part in argument if parameter.variadic and isinstance(argument, list) else [argument]:
                if not isinstance(part, VariableArgument):
                    read.append(part)
                    continue
                value = self.argument(part.name, parameter, step)
                if value is None and not parameter.nullable:
                    return None
                read.append(value)
            arguments.append((parameter, read if parameter.variadic else read[0]))
        return replace(step, arguments=tuple(arguments))

    def argument(self, name: str, parameter: Parameter, step: Step) -> Json:
        """The value of a variable for a step; None for an invalid one that it needs not. Raises Invalid."""
        try:
            return _fitting(self.variable(name), parameter, step)
        except Invalid:
            if parameter.may_lack:
                return None
            raise

    def through(self, step: Step, value: Json) -> Json:
        """The result of a step whose arguments were read, for a value that is not null. Raises Invalid."""
        if step.own is None:
            return run_step(step, value)
        first, *others = step.own.function.parameters
        stated = dict.fromkeys(others) | {one.name: given for one, given in step.arguments}
        code = self.loaded.functions[self.loaded.context.own_functions[step.own.function.name]]

        def call(one: Json) -> Json:
            return self.afresh().step(one, code, first, cast("dict[str, Json]", stated))

        return call(value) if step.transform.whole or not isinstance(value, list) else on_each(value, call)

    def variable(self, name: str) -> Json:
        """The value of `$name`. Raises Invalid."""
        if name == "index" and self.subject is ITEM:
            return self.index
        if is_numbered(name) and name not in self.loaded.context.lets:
            return self.frame.arguments.get(written_variable(name))
        if name in ("event", "meta", "whole", "index"):
            read: Json = getattr(self.frame, name)
            return read
        made = self.let(name)
        if not isinstance(made, _NotReached):
            return _raised(made)
        return self.afresh().let(name, self.loaded.functions[self.loaded.context.lets[name]])


def _raised(result: Json | Invalid | _NotReached) -> Json:
    """A result, None where there is none. Raises Invalid."""
    if isinstance(result, Invalid):
        raise Invalid(result.reason, result.kind)
    return None if isinstance(result, _NotReached) else result


def _path_of(node: Node) -> tuple[str, ...] | None:
    """The names of a plain path from the current value."""
    names: list[str] = []
    while isinstance(node, Field):
        names.append(node.name)
        node = node.base
    return tuple(reversed(names)) if isinstance(node, Current) else None


def _at_path(value: Json, names: tuple[str, ...]) -> Json:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _fitting(value: Json, parameter: Parameter, step: Step) -> Json:
    """The value of a variable, if it is of a type that the step takes. Raises Invalid."""
    types = python_types(parameter.type)
    if value is not None and types:
        expect(value, f"`{parameter.name}` of `{step.transform.name}`", *types)
    return value


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """The code of a plan, loaded. Not safe to call from several threads at once.

    functions: those of the module, and the hooks of its marks, by name. numbers: of the functions that log
    what they give, by their keys in the context. writer: of what they log. memo: for all events.
    """

    plan: Plan
    context: EmitContext
    functions: dict[str, Callable[..., Any]]
    places: RulePlaces
    writer: LogWriter
    numbers: dict[object, int]
    memo: PlanMemo = field(default_factory=PlanMemo)

    def log(self, frame: Frame) -> EventLog:
        """The log of the event of a frame, up to where its payloads became too large."""
        self.writer.begin()
        with suppress(Overrun):
            self.functions[self.context.functions[EVENT_KEY]](frame.event, frame)
        return self.writer.log()


def load_unlogged(plan: Plan) -> LoadedPlan:
    """The code of a plan, loaded as it is: nothing is logged, and notes do not say where their rules are."""
    context = EmitContext(plan, Module())
    write_program(context)
    functions = load_module(context.module.text(), f"mapping {plan.mapping.name}", compile_functions)
    return LoadedPlan(plan, context, functions, (("", ""),) * len(plan.places), LogWriter(), {})


def load_plan(plan: Plan, told_of: Plan | None = None) -> LoadedPlan:
    """The code of a plan, loaded. told_of: a plan of which this one is a part, read together with the log."""
    context, writer = write_marked(plan), LogWriter()
    known = hooks(writer, context.marks.tables, plan.sections)
    name = f"mapping {plan.mapping.name or plan.mapping.text.name}"  # as its program, whose code this is
    functions = load_module(context.module.text(), name, compile_functions, known)
    places = tuple((place.path, place.span.place) for place in plan.places)
    numbers = log_functions(functions, context, writer)
    return LoadedPlan(told_of or plan, context, functions, places, writer, numbers)


def taken_sections(loaded: LoadedPlan, event: dict[str, Any], meta: dict[str, Any] | None) -> frozenset[int]:
    """The places of the sections that take an event, or one of those in it."""
    return frozenset(
        section.place for run in event_runs(loaded, event, meta) for section, takes in run.tried() if takes
    )


def with_payloads_of(plan: Plan, places: Container[int]) -> Plan:
    """A plan in which all sections but these send nothing, which is the same for events that take these."""
    sections = tuple(_silent(one, places) for one in plan.sections)
    otherwise = None if plan.otherwise is None else _silent(plan.otherwise, places)
    return replace(plan, sections=sections, otherwise=otherwise)


def sending_only(
    plan: Plan, payload: PlannedObject, place: int, consent: PlannedConsent | None = None
) -> Plan:
    """A plan that sends this payload for every event that consent lets pass."""
    section = PlannedSection(None, None, "", "", payload, place)
    return replace(plan, skips=(), consent=consent, match=None, sections=(), otherwise=section)


def load_alone(plan: Plan, value: Planned) -> LoadedPlan:
    """The code of a plan that makes nothing but a value, loaded."""
    payload = PlannedObject("", (PlannedField("value", value, value.place),))
    return load_plan(sending_only(plan, payload, value.place))


def run_alone(run: EventRun, value: Planned) -> EventRun:
    """The run of a program that makes nothing but a value, for the same event."""
    loaded = load_alone(replace(run.plan, split=None), value)
    known = run.frame
    frame = Frame(known.event, loaded.places, known.meta, known.whole, known.index)
    return EventRun(loaded, frame, loaded.log(frame).results, known.event)


def _silent(section: PlannedSection, places: Container[int]) -> PlannedSection:
    return section if section.place in places else replace(section, payload=None)


def event_runs(loaded: LoadedPlan, event: dict[str, Any], meta: dict[str, Any] | None) -> Iterator[EventRun]:
    """The logged run of each event in a source event: one, unless the mapping splits."""
    for frame in event_frames(loaded, event, meta):
        yield EventRun(loaded, frame, loaded.log(frame).results, frame.event)


def event_frames(loaded: LoadedPlan, event: dict[str, Any], meta: dict[str, Any] | None) -> Iterator[Frame]:
    """A frame for each event in a source event."""
    places = loaded.places
    frame = Frame(event, places, meta)
    if loaded.plan.split is None:
        yield frame
        return
    parts = frame.read(loaded.functions[loaded.context.functions[SPLIT_KEY]], "split")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield Frame(part, places, meta, event, index)
