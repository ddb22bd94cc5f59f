"""Steps and forms of the interpreter: a value that is there -> the value that its field takes."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from mapper.compiler.plan.ir import Finish, Planned
from mapper.compiler.plan.planned_steps import Step, VariableArgument, form_steps
from mapper.compiler.schema.target import Limits, TargetField
from mapper.runtime.doubts import NO_OPERAND
from mapper.transforms import Parameter
from mapper.values.types import UNKNOWN, Invalid, Type
from tests.oracles.expression_interpreter import CALCULATIONS, is_of, need
from tests.oracles.limits import check_kind, check_limits


@dataclass(frozen=True)
class Fitting:
    """What a value needs on its way into its field.

    variable: the value of `$name`. note: says that a value is left out. note_texts: of noting transforms.
    own: what a function of the mapping gives for its arguments by name.
    """

    variable: Callable[[str], Any]
    note: Callable[[int, Invalid], Invalid]
    note_texts: list[str]
    own: Callable[[str, dict[str, Any]], Any]

    def finished(self, planned: Planned, value: Any) -> Any:
        """A value that is there, through the author's steps and what its field asks for."""
        value = self.stepped(planned.steps, value, planned.source_type)
        if value is None or planned.finish is None:
            return value
        finish = planned.finish
        if finish.kind == "any":
            return without_nulls(value)
        if finish.kind == "object":
            return self.shaped(value, finish.field, planned.place)
        if finish.kind == "one":
            return self.fitted(value, finish.steps, finish.limits, finish.field)
        return self.listed(value, finish, planned.place)

    def stepped(self, steps: tuple[Step, ...], value: Any, type: Type = UNKNOWN, single: bool = False) -> Any:
        """A value through steps; a step on one value acts on each element of a list.

        type: what is known of the value: what is known to be no list is one value. single: it is one all
        the way.
        """
        for step in steps:
            value = self.step(step, value, single or (type.known and "array" not in type.kinds))
            if value is None:
                return None
            type = step.result(type)
        return None if absent(value) else value

    def argument(self, name: str, parameter: Parameter, transform: str) -> Any:
        """The value of a variable; one that a step works without is absent where it is invalid."""
        if not parameter.may_lack:
            return self.variable(name)
        try:
            given = self.variable(name)
            need(given is None or is_of(parameter.type, given))
        except Invalid:
            self.note_texts.append(f"`{parameter.name}` of `{transform}` is invalid, and counts as absent")
            return None
        return given

    def step(self, step: Step, value: Any, single: bool) -> Any:
        positional, named = list[Any](), dict[str, Any]()
        for parameter, argument in step.arguments:
            parts = argument if parameter.variadic and isinstance(argument, list) else [argument]
            for part in parts:
                given: Any = part
                if isinstance(part, VariableArgument):
                    given = self.argument(part.name, parameter, step.transform.name)
                if given is None and isinstance(part, VariableArgument) and not parameter.nullable:
                    if step.transform.name in CALCULATIONS:
                        self.note_texts.append(NO_OPERAND)
                    return None
                need(given is None or is_of(parameter.type, given))
                if parameter.variadic:
                    positional.append(given)
                else:
                    named[parameter.name] = given
        if step.transform.noting:
            named["note_texts"] = self.note_texts
        function: Callable[..., Any] = step.transform.function
        if step.own is not None:
            name, (first, *others) = step.transform.name, step.own.function.parameters
            given = dict.fromkeys(others) | named
            named = {}

            def function(one: Any) -> Any:
                return self.own(name, {first: one, **given})

        if step.spares_digests:
            function = partial(unless_digest, function)
        if step.transform.whole or single or not isinstance(value, list):
            return function(value, *positional, **named)
        made = [None if one is None else function(one, *positional, **named) for one in value]
        opened = [part for one in made for part in (one if isinstance(one, list) else [one])]
        return opened if any(one is not None for one in opened) else []

    def fitted(self, value: Any, steps: tuple[Step, ...], limits: Limits, field: TargetField) -> Any:
        """One value in the form of its field."""
        value = self.stepped(steps, value, single=True)
        if value is None:
            return None
        if field.type.known:
            check_kind(value, field.type.kinds)
        check_limits(value, limits)
        return without_nulls(value)

    def listed(self, value: Any, finish: Finish, rule: int) -> Any:
        """The elements of a list, each in the form of its field; one value is a list of one."""
        item = finish.field.item
        if finish.elements_due and item is not None:
            elements = [one for one in (value if isinstance(value, list) else [value]) if not absent(one)]
            work = [(rule, partial(self.element, one, finish, item, rule)) for one in elements]
            value = kept(work, self.note)
        if absent(value):
            return None
        for step in finish.list_steps:
            value = self.step(step, value, True)
        check_limits(value, finish.list_limits)
        return value

    def element(self, value: Any, finish: Finish, item: TargetField, rule: int) -> Any:
        """One element of a list."""
        if not item.is_object:
            return self.fitted(value, finish.steps, finish.limits, item)
        value = self.stepped(finish.steps, value)
        return None if value is None else self.shaped(value, item, rule)

    def shaped(self, value: Any, field: TargetField, rule: int) -> Any:
        """An object of what its field knows of a given one; the rest is left out and noted."""
        check_kind(value, {"object"})
        made: dict[str, Any] = {}
        for child in field.fields:
            if absent(value.get(child.name)):
                continue
            try:
                part = self.part(value[child.name], child, rule)
            except Invalid as invalid:
                self.note(rule, Invalid(invalid.reason) if not invalid.noted else invalid)
            else:
                if part is not None:
                    made[child.name] = part
        if any(name not in {child.name for child in field.fields} for name in value):
            self.note(rule, Invalid("has more fields"))
        if all(absent(part) for part in value.values()):
            return None
        if any(child.required and child.name not in made for child in field.fields):
            raise Invalid("lacks a field")
        for check in field.checks:
            if not any(set(group) <= made.keys() for group in check.groups):
                raise Invalid("lacks a group of fields")
        if not made:
            raise Invalid("has nothing that fits")
        return made

    def part(self, value: Any, child: TargetField, rule: int) -> Any:
        """One field of a given object."""
        if child.is_object:
            return self.shaped(value, child, rule)
        if child.item is None:
            return self.fitted(value, form_steps(child.form), child.limits, child)
        steps = () if child.item.is_object else form_steps(child.item.form)
        finish = Finish(child, "each", steps, child.item.limits, form_steps(child.form), child.limits)
        return self.listed(value, finish, rule)


def unless_digest(function: Callable[..., Any], value: Any, *positional: Any, **named: Any) -> Any:
    """What a function gives for a value that is no digest; a digest as it is."""
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value):
        return value
    return function(value, *positional, **named)


def kept(
    work: Iterable[tuple[int, Callable[[], Any]]],
    note: Callable[[int, Invalid], Invalid],
    places: bool = False,
) -> list[Any]:
    """The results that are there; invalid ones are noted by their rule, and raised if nothing is left.

    places: what is absent or invalid keeps its place, as null, where something is left.
    """
    found, failed = list[Any](), None
    for rule, one in work:
        try:
            found.append(one())
        except Invalid as invalid:
            failed = note(rule, invalid)
            found.append(None)
    there = [value for value in found if value is not None]
    if failed is not None and not there:
        raise failed
    return found if places and there else there


def absent(value: Any) -> bool:
    """Null, blank text, and an object or list with nothing in it."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or value == {}


def zipped(lists: dict[str, Any]) -> list[dict[str, Any]] | None:
    """An object for each place in lists of one length; absent lists give no field."""
    given = {name: values for name, values in lists.items() if values is not None}
    for values in given.values():
        check_kind(values, {"array"})
    if len({len(values) for values in given.values()}) > 1:
        raise Invalid("of several lengths")
    length = len(next(iter(given.values()), []))
    return [{name: values[place] for name, values in given.items()} for place in range(length)] or None


def without_nulls(value: Any) -> Any:
    """A value without the nulls in it."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(part) for part in value if part is not None]
    return value


def strip(payload: dict[str, Any], path: list[str]) -> None:
    """Take a field away, and the objects that nothing is left in for it."""
    name, *rest = path
    if not rest:
        payload.pop(name, None)
    elif isinstance(payload.get(name), dict):
        before = len(payload[name])
        strip(payload[name], rest)
        if not payload[name] and before:
            del payload[name]


def put(payload: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a field."""
    *parents, name = path
    for parent in parents:
        payload = payload.setdefault(parent, {})
    payload[name] = copy.deepcopy(value)
