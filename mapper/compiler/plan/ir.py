"""The parts of a plan: values resolved against the target, each with all the steps it goes through.

How much of one is written again for each element of a list, whatever the element holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, Literal, NamedTuple, TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import OwnCall, OwnFunction
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.schema.target import NO_LIMITS, Limits, TargetField
from mapper.compiler.schema.target_requirements import Requirement
from mapper.runtime.decode import size_of
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json, Type

_NOTHING_READ = Type(frozenset(), known=False)


@dataclass(frozen=True, slots=True)
class RulePlace:
    """A rule as notes name it: the target path (or `$name`, `skip`, `consent`) and where it is written."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Finish:
    """The steps and limits that make a value fit its field.

    one: a scalar goes through the steps and limits; each: so does every element of a list (a scalar is a
    list of one), then the list itself through `list_steps` and `list_limits`; object: an object is put
    together from what the field knows of it; any: a copy, since nothing is known of the field.
    elements_due: False where a list's elements fit already.
    """

    field: TargetField
    kind: Literal["one", "each", "object", "any"]
    steps: tuple[Step, ...] = ()
    limits: Limits = NO_LIMITS
    list_steps: tuple[Step, ...] = ()
    list_limits: Limits = NO_LIMITS
    elements_due: bool = True


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant in the form its field has."""

    value: Json


@dataclass(frozen=True, slots=True)
class First:
    """Alternatives of which the first present and valid one wins.

    strict: one that is invalid makes all of it so. Others are not asked in its place.
    """

    alternatives: tuple[Planned, ...]
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Arms of which the first that holds decides; a condition of None always holds."""

    arms: tuple[tuple[Expression | None, Planned], ...]


@dataclass(frozen=True, slots=True)
class PlannedLet:
    """A named value, and the rule its notes name."""

    name: str
    value: Planned


@dataclass(frozen=True, slots=True)
class Loop:
    """One element for each element of a list. lets: values of an element, each after those it reads."""

    items: Planned
    where: Expression | None
    item: Planned
    lets: tuple[PlannedLet, ...] = ()


@dataclass(frozen=True, slots=True)
class Zipped:
    """Lists that are equally long, as a list of objects with one element of each of them."""

    lists: tuple[tuple[str, Planned], ...]


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One field of an object: `default` is used if the value is absent, unless `when` does not hold.

    refusal: it is true where a person refused, and so it is where its value is invalid.

    gives, constants: what is known already of whether it can give a value, and which constants by path: most
    sections share most of their entries.
    """

    name: str
    value: Planned
    place: int
    when: Expression | None = None
    default: Fixed | None = None
    required: bool = False
    refusal: bool = False
    gives: dict[tuple[tuple[str, ...], bool], bool] = field(default_factory=dict, repr=False, compare=False)
    constants: dict[str, tuple[tuple[Json, Span], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """An object put together field by field. checks: what it must have, or it is left out as invalid.

    exists: what is known already of whether it is there for some event, as `gives` of a field.
    """

    path: str
    entries: tuple[PlannedField, ...]
    checks: tuple[Requirement, ...] = ()
    exists: list[bool] = field(default_factory=list, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class PlannedList:
    """A list written out."""

    items: tuple[Planned, ...]


Source: TypeAlias = Expression | Fixed | First | Choice | Loop | Zipped | PlannedObject | PlannedList


@dataclass(slots=True, eq=False)
class Planned:
    """A value: where it comes from, then the author's steps on it, then what its field asks for.

    type: of the whole, after all of it. place: the rule it is in.
    """

    source: Source
    type: Type
    place: int
    span: Span
    steps: tuple[Step, ...] = ()
    finish: Finish | None = None
    when: Expression | None = None
    default: Fixed | None = None
    source_type: Type = _NOTHING_READ

    @property
    def alone(self) -> bool:
        """Whether it has no condition of its own and no default."""
        return self.when is None and self.default is None

    @property
    def bare(self) -> bool:
        """Whether it is what its source gives, and nothing more is asked of it."""
        return self.alone and not self.steps and self.finish is None

    @property
    def keeps_places(self) -> bool:
        """Whether absent elements of a list made here keep their places: no field takes it yet."""
        return self.finish is None

    def with_ends(self, when: Expression | None, default: Fixed | None) -> Planned:
        """The same with another condition and default."""
        type, place, span, steps = self.type, self.place, self.span, self.steps
        return Planned(self.source, type, place, span, steps, self.finish, when, default, self.source_type)


PlannedRole: TypeAlias = Literal["alternative", "arm", "items", "let", "item", "column", "field", "element"]


class PlannedPart(NamedTuple):
    """A value directly within another one. role: what it is to that; name: of a field, column or `let`.

    when: the condition on it alone, of an arm, an item or a field.
    """

    role: PlannedRole
    value: Planned
    name: str = ""
    when: Expression | None = None


def parts(planned: Planned) -> tuple[PlannedPart, ...]:
    """The parts of a value's source, in the order written."""
    source = planned.source
    made = _PARTS.get(type(source))
    return made(source) if made else ()


def made_strict(planned: Planned) -> Planned:
    """A value in which an alternative that cannot be read, and may be a refusal, is never passed over."""
    for one in every(planned):
        if isinstance(one.source, First):
            one.source = First(one.source.alternatives, strict=True)
    return planned


def children(planned: Planned) -> tuple[Planned, ...]:
    """The values directly within a value."""
    return tuple([part.value for part in parts(planned)])


def every(root: Planned) -> list[Planned]:
    """A value and all that is within it, parents first."""
    found: list[Planned] = []
    waiting = [root]
    while waiting:
        planned = waiting.pop()
        found.append(planned)
        waiting.extend(reversed(children(planned)))
    return found


# By type, as for expressions and values.
_PARTS: dict[type, Callable[[Any], tuple[PlannedPart, ...]]] = {
    First: lambda source: tuple([PlannedPart("alternative", one) for one in source.alternatives]),
    Choice: lambda source: tuple([PlannedPart("arm", then, "", when) for when, then in source.arms]),
    Loop: lambda source: (
        PlannedPart("items", source.items),
        PlannedPart("item", source.item, "", source.where),
        *[PlannedPart("let", let.value, let.name) for let in source.lets],
    ),
    Zipped: lambda source: tuple([PlannedPart("column", one, name) for name, one in source.lists]),
    PlannedObject: lambda source: tuple(
        [PlannedPart("field", one.value, one.name, one.when) for one in source.entries]
    ),
    PlannedList: lambda source: tuple([PlannedPart("element", one) for one in source.items]),
}


def written_steps(value: Planned) -> list[str]:
    """The names of the steps that the author put on a value."""
    return [step.transform.name for step in own_steps(value)]


def all_steps(value: Planned) -> tuple[Step, ...]:
    """The steps that a value goes through, its field's too."""
    finish = value.finish
    return value.steps if finish is None else (*value.steps, *finish.steps, *finish.list_steps)


def own_steps(value: Planned) -> list[Step]:
    """The steps that the author put on a value."""
    return [step for step in all_steps(value) if not step.inserted]


def variables_given(value: Planned) -> list[str]:
    """The variables that are arguments of the author's steps on a value."""
    return [name for step in own_steps(value) for name in step.reads]


def own_functions_of(value: Planned) -> list[OwnFunction]:
    """The functions of the mapping that a value calls itself."""
    steps = [step.own.function for step in own_steps(value) if step.own is not None]
    nodes = value.source.parsed.nodes if isinstance(value.source, Expression) else ()
    called = [node.function for node in nodes if isinstance(node, OwnCall)]
    return [*steps, *[one for one in called if one is not None]]


# An element has two bytes itself, so that such lists are hardly larger than all payloads may be.
FREE_TEMPLATE = 256


def template_size(planned: Planned) -> int:
    """The most bytes of JSON that its names, constants and defaults have. A list within it counts its own."""
    default = 0 if planned.default is None else size_of(planned.default.value)
    return max(default, _size_of_source(planned))


def _size_of_source(planned: Planned) -> int:
    match planned.source:
        case Fixed(value=value):
            return size_of(value)
        case PlannedObject(entries=entries):
            return 2 + sum(map(_size_of_entry, entries))
        case First(alternatives=alternatives):
            return max(map(template_size, alternatives), default=0)
        case Choice(arms=arms):
            return max((template_size(then) for _, then in arms), default=0)
        case PlannedList(items=items):
            return 2 + sum(1 + template_size(item) for item in items)
        case Expression() | Loop() | Zipped():
            return 0


def _size_of_entry(entry: PlannedField) -> int:
    default = 0 if entry.default is None else size_of(entry.default.value)
    return size_of(entry.name) + 2 + max(default, template_size(entry.value))
