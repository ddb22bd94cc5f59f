"""EventRun: the code of a plan, loaded, at work on one event, or on one item of a list in it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import field, replace
from typing import Any, cast

from mapper.compiler.emit.context import EVENT, ITEM, EmitContext, Subject
from mapper.compiler.emit.expressions import write_expression
from mapper.compiler.emit.function_code import compile_functions
from mapper.compiler.emit.module import Module
from mapper.compiler.emit.names import Names
from mapper.compiler.emit.readable.program import write_program
from mapper.compiler.emit.readable.values import at_element, write_condition, write_value_function
from mapper.compiler.emit.steps import python_types
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.tree import Current, Field, Node
from mapper.compiler.plan.constants import run_step
from mapper.compiler.plan.ir import Loop, Planned
from mapper.compiler.plan.planner import Plan, PlannedSection
from mapper.compiler.plan.steps import Step, StepArgument, VariableArgument
from mapper.compiler.syntax.lets import is_numbered, written_variable
from mapper.runtime.frame import Frame, RulePlaces
from mapper.runtime.limits import on_each
from mapper.runtime.operators import equal, expect
from mapper.runtime.program import load_module
from mapper.transforms import Parameter
from mapper.transforms.matching import matches
from mapper.values.frozen import dataclass
from mapper.values.types import Invalid, Json


@dataclass(frozen=True, slots=True)
class Worked:
    """The results for one event of a plan that are the same for the next.

    reads: the code of parts of expressions, by the identity of their nodes, which are kept beside it, and by
    what they are read of. rows: what `rows` knows of a value without an event.
    """

    reads: dict[tuple[int, Subject], tuple[Node, Callable[..., Any]]] = field(default_factory=dict)
    rows: dict[object, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventRun:
    """The functions of a plan's module, and what they are called with: `at` is the event or an item of it.

    worked: of the plan, for all events. index: the place of the item in its list, from 0. elements: those
    that it is in, with the names of their lets, outermost first.
    """

    plan: Plan
    functions: dict[str, Callable[..., Any]]
    context: EmitContext
    worked: Worked
    frame: Frame
    at: Json
    subject: Subject = EVENT
    index: int = 0
    elements: tuple[tuple[list[str], Json, int], ...] = ()

    def call(self, name: str) -> Json:
        """The result of a function of the module here. Raises Invalid."""
        more = (self.index,) if self.subject is ITEM else ()
        result: Json = self.functions[name](self.at, self.afresh(), *more)
        return result

    def afresh(self) -> Frame:
        """The frame of a run in which nothing was noted or spent, and only lets are known."""
        frame = Frame(
            self.frame.event, self.frame.places, self.frame.meta, self.frame.whole, self.frame.index
        )
        frame.lets, frame.said = self.frame.lets, self.frame.said
        frame.arguments = self.frame.arguments
        for names, element, index in self.elements:
            frame.enter(names, element, index)
        return frame

    def consented(self) -> tuple[bool, str]:
        """Whether consent is given, and what was answered, as frames tell it."""
        frame = self.afresh()
        given = self.functions[self.context.functions[("consent",)]](self.frame.event, frame)
        return bool(given), frame.answer

    def holds(self, stem: str, condition: Expression, place: int) -> bool:
        """Whether a condition holds."""
        name = write_condition(stem, condition, place, self.subject, self.context)
        return bool(self.call(self.known(name)))

    def value(self, stem: str, planned: Planned) -> Json:
        """A value with all its steps; None: absent. Raises Invalid."""
        return self.call(self.known(write_value_function(stem, planned, self.subject, self.context)))

    def known(self, name: str) -> str:
        """The name of a function that is loaded; what was written since the last time is loaded first."""
        if name not in self.functions:
            module = self.context.module
            new = [one for one in module.functions if one.name not in self.functions]
            part = Module(module.imports, module.tables, new)
            self.functions.update(_load(part, self.context.plan, self.functions))
        return name

    def read(self, node: Node, expression: Expression, at: Json) -> Json:
        """The result of a part of an expression at a value. Raises Invalid."""
        plain = _path_of(node)
        if plain is not None:
            return _at_path(at, plain)
        key = id(node), self.subject
        if key not in self.worked.reads:
            self.worked.reads[key] = node, self._code_of(node, expression)
        result: Json = self.worked.reads[key][1](at, self.afresh(), self.index)
        return result

    def _code_of(self, node: Node, expression: Expression) -> Callable[..., Any]:
        """The function of a value, a frame and an index that gives what a part of an expression gives."""
        module = Module()
        written = [*self.context.lets.values(), *self.context.own_functions.values()]
        for name in written:
            module.name(name)
        function = module.function("read", "item", "frame", "index")
        own = {"index": "index"} if self.subject is ITEM else {}
        variables = {**self.context.variables, **own}
        outside = self.context.outside_of(self.subject)
        names = Names("item", variables, ("frame", "index"), outside=outside, own_call=self.context.own_call)
        part = replace(expression, parsed=with_tree(node))
        function.write(f"return {write_expression(part, names, function, module)}")
        known = {name: self.functions[self.known(name)] for name in written}
        functions = load_module(module.text(), f"part of {self.plan.mapping.name}", compile_functions, known)
        read: Callable[..., Any] = functions["read"]
        return read

    def item(self, at: Json, index: int, loop: Loop) -> EventRun:
        """This run at an item of the list of a loop, whose lets have no functions if no section sends it."""
        with at_element(loop, self.context):
            pass
        names = [let.name for let in loop.lets]
        elements = (*self.elements, (names, at, index)) if names else self.elements
        return replace(self, at=at, subject=ITEM, index=index, elements=elements)

    def event(self) -> EventRun:
        """This run at the event itself."""
        return replace(self, at=self.frame.event, subject=EVENT, index=0, elements=())

    def of_let(self, name: str) -> EventRun:
        """This run where a let is worked out: at the event, or at an element of a list."""
        for names, element, index in self.elements:
            if name in names:
                return replace(self, at=element, subject=ITEM, index=index)
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
        code = self.functions[self.context.own_functions[step.own.function.name]]

        def call(one: Json) -> Json:
            return self.afresh().step(one, code, first, cast("dict[str, Json]", stated))

        return call(value) if step.transform.whole or not isinstance(value, list) else on_each(value, call)

    def variable(self, name: str) -> Json:
        """The value of `$name`. Raises Invalid."""
        if name == "index" and self.subject is ITEM:
            return self.index
        if is_numbered(name) and name not in self.context.lets:
            return self.frame.arguments.get(written_variable(name))
        if name in ("event", "meta", "whole", "index"):
            read: Json = getattr(self.frame, name)
            return read
        return self.afresh().let(name, self.functions[self.known(self.context.lets[name])])

    def matched(self) -> Json:
        """The value that `is` looks at; None without a `match`."""
        if self.plan.match is None:
            return None
        return self.afresh().read(self.functions["matched"], "match")

    def fits(self, section: PlannedSection) -> bool:
        """Whether what `match` gives is in the `is` of a section; a section without one fits all."""
        return section.constants is None or is_named(self.matched(), section)

    def takes(self, section: PlannedSection) -> bool:
        """Whether a section takes the event."""
        if not self.fits(section):
            return False
        return section.when is None or self.holds("when", section.when, section.place)

    def tried(self) -> Iterator[tuple[PlannedSection, bool]]:
        """The sections that are tried for the event, in their order, and whether each takes it."""
        taken = False
        for section in self.plan.sections:
            takes = self.takes(section)
            yield section, takes
            if takes and not section.goes_on:
                return
            taken = taken or takes
        if self.plan.otherwise is not None and not taken:
            yield self.plan.otherwise, True


def is_named(name: Json, section: PlannedSection) -> bool:
    """Whether a name is one of those of a section, or fits one of its patterns."""
    if any(equal(one, name) for one in section.constants or ()):
        return True
    return isinstance(name, str) and any(matches(name, one.text, one.any_case) for one in section.patterns)


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
    """The code of a plan, loaded; functions: those written so far, by name."""

    plan: Plan
    context: EmitContext
    functions: dict[str, Callable[..., Any]]
    places: RulePlaces
    worked: Worked = field(default_factory=Worked)


def load_plan(plan: Plan, *, with_places: bool = True) -> LoadedPlan:
    """The code of a plan, loaded. with_places: notes say where their rules are; else nobody reads notes."""
    context = EmitContext(plan, Module())
    write_program(context)
    functions = _load(context.module, plan)
    if with_places:
        return loaded_plan(plan, context, functions)
    return LoadedPlan(plan, context, functions, (("", ""),) * len(plan.places))


def loaded_plan(plan: Plan, context: EmitContext, functions: dict[str, Callable[..., Any]]) -> LoadedPlan:
    """A plan whose code was written and loaded already."""
    return LoadedPlan(
        plan, context, functions, tuple((place.path, place.span.place) for place in plan.places)
    )


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


def _silent(section: PlannedSection, places: Container[int]) -> PlannedSection:
    return section if section.place in places else replace(section, payload=None)


def event_runs(loaded: LoadedPlan, event: dict[str, Any], meta: dict[str, Any] | None) -> Iterator[EventRun]:
    """A run for each event in a source event: one, unless the mapping splits."""
    for frame in event_frames(loaded, event, meta):
        yield EventRun(loaded.plan, loaded.functions, loaded.context, loaded.worked, frame, frame.event)


def event_frames(loaded: LoadedPlan, event: dict[str, Any], meta: dict[str, Any] | None) -> Iterator[Frame]:
    """A frame for each event in a source event."""
    places = loaded.places
    frame = Frame(event, places, meta)
    if loaded.plan.split is None:
        yield frame
        return
    parts = frame.read(loaded.functions["parts"], "split")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield Frame(part, places, meta, event, index)


def _load(
    module: Module, plan: Plan, known: dict[str, Callable[..., Any]] | None = None
) -> dict[str, Callable[..., Any]]:
    return load_module(module.text(), f"trace of {plan.mapping.name}", compile_functions, known)
