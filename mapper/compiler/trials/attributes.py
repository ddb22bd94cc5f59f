"""A value -> the attributes of an event that it reads, with the values that each of them is tried with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from mapper.compiler.checks.consent_mistakes import says_granted, words_of_name
from mapper.compiler.inference.personal_origins import paths_of, value_paths
from mapper.compiler.jmespath.call_facts import ANSWERS
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.lineage import PathRead
from mapper.compiler.jmespath.origin import Origin, Path
from mapper.compiler.jmespath.tree import (
    Call,
    Comparison,
    Filter,
    Flatten,
    Index,
    Literal,
    Node,
    Projection,
    Slice,
    children,
    nodes,
)
from mapper.compiler.plan.constants import is_settled_by, run_steps
from mapper.compiler.plan.ir import Planned, every, own_functions_of, own_steps, parts, variables_given
from mapper.compiler.plan.planned_steps import Step
from mapper.compiler.plan.planner import Plan
from mapper.compiler.syntax.written_steps import LOOKUP
from mapper.runtime.consent_decision import LIMITED, read_answer
from mapper.transforms.key_patterns import is_open
from mapper.values.frozen import dataclass
from mapper.values.types import UNKNOWN, Invalid, Json, Type, kind_of

_REFUSING: tuple[Json, ...] = (False, 0, "0", "no", "denied", "opted_out")
_AGREEING: tuple[Json, ...] = (True, 1, "1", "yes")
# A word that is neither yes nor no.
_UNREADABLE = "perhaps"
# Words that say something of consent, although they are neither.
_UNDECIDED = frozenset({"", "none", "null", "pending", "undefined", "unknown", "unset"})
# Words of names that say where somebody is and which law applies there, not what a person answered.
_CIRCUMSTANCES = frozenset(
    {
        *("applicable", "applies", "ccpa", "country", "eea", "eu", "gdpr", "jurisdiction", "region"),
        *("required", "state"),
    }
)
_SIGNALS = frozenset({"granted", "denied", LIMITED})
_ITERATING = (Filter, Flatten, Index, Projection, Slice)
_ASKING = ANSWERS | {LOOKUP}
_META = "$meta"
_ORDERING = frozenset({"<", "<=", ">", ">="})
_MOST_WORDS = 30


@dataclass(frozen=True, slots=True, eq=False)
class AskedAttribute:
    """An attribute of the event that a value reads.

    values: those that it is tried with, None where it is absent. refusals, opt_outs: of these the ones that
    refuse where its yes is consent, and where its yes is a refusal. named: of these
    the ones that the mapping names. lists: the numbers of the names that lead to a list, from 1.
    """

    path: Path
    values: tuple[Json, ...]
    refusals: tuple[Json, ...] = ()
    opt_outs: tuple[Json, ...] = ()
    named: tuple[Json, ...] = ()
    lists: frozenset[int] = frozenset()


class _Read(NamedTuple):
    """An expression, and where in the event its current value comes from. steps: what is done with its value.

    is_let: it is a variable's value, and what is made of that is written where the variable is.
    is_condition: it is only asked whether it holds.
    """

    expression: Expression
    at: tuple[Origin, ...]
    steps: tuple[Step, ...]
    is_let: bool = False
    is_condition: bool = False


def lets_of(values: Sequence[Planned], plan: Plan) -> dict[str, Planned]:
    """The lets that values read, and those that these read."""
    known, found = plan.values_of_lets, dict[str, Planned]()
    waiting = [*values]
    while waiting:
        read = waiting.pop()
        names = [name for one in every(read) for name in variables_given(one)]
        names += [name for one in _expressions(read) for name, *_ in one.variables]
        for name in names:
            if name in known and name not in found:
                found[name] = known[name]
                waiting.append(known[name])
    return found


def attributes_of(
    values: Sequence[Planned], lets: Mapping[str, Planned], plan: Plan
) -> tuple[AskedAttribute, ...]:
    """The attributes, in the order they are read. lets: those that the values read."""
    read = [one for value in values for one in _reads_of(value, plan)]
    read += [one for let in lets.values() for one in _reads_of(let, plan, is_let=True)]
    words = _words([*values, *lets.values()], read, plan)
    answers, signals = _answers(read, plan), dict[Path, tuple[Step, ...]]()
    for one in read:
        signal = _signal(one.steps)
        if signal:
            signals |= dict.fromkeys(value_paths(one.expression, one.at, plan.labels), signal)
    lists = {path for one in read for path in _iterated(one, plan)}
    lists |= {origin.path for origin in plan.labels.event}
    found = []
    for path, is_answer in answers.items():
        is_part = any(other[: len(path)] == path for other in answers if len(other) > len(path))
        if is_part or not path or any(map(is_open, path)):
            continue
        through = frozenset(number for number in range(1, len(path) + 1) if path[:number] in lists)
        made = _signalling(path, signals[path]) if path in signals else _plain(path, words, plan)
        if not is_answer or path in lists:  # a list of words is no yes or no
            made = replace(made, refusals=(), opt_outs=())
        found.append(replace(made, lists=through))
    return tuple(found)


def _answers(read: Sequence[_Read], plan: Plan) -> dict[Path, bool]:
    """The paths that are read, and whether a yes or no may be in each.

    Where no answer is read but whether something is there, that is the answer.
    """
    answers, only_asked = dict[Path, bool](), set[Path]()
    for one in read:
        for path, is_answer in _uses(one, plan):
            answers[path] = is_answer or answers.get(path, False)
        only_asked |= {path for node in _asked_for(one) for path in paths_of(node, one.at, plan.labels)}
    if not any(answers.values()):
        answers |= {path: not _is_circumstance(path) for path in only_asked if path in answers}
    return answers


def _asked_for(read: _Read) -> Iterator[PathRead]:
    """The arguments of each `present` in a condition."""
    for node in read.expression.walk() if read.is_condition else ():
        if isinstance(node, Call) and node.name == "present":
            given = {(one.start, one.end) for one in node.arguments}
            yield from (one for one in read.expression.parsed.reads if (one.start, one.end) in given)


MadeUp: TypeAlias = tuple[dict[str, Any], dict[str, Any] | None]
"""An event that is made up, and what its host knows of it."""


def event_of(given: Mapping[AskedAttribute, Json]) -> MadeUp:
    """The event in which attributes have some values."""
    event: dict[str, Any] = {}
    for attribute, value in given.items():
        _put(event, attribute, value)
    return event, event.pop(_META, None)


def events_beside(
    beside: Mapping[AskedAttribute, Json], attribute: AskedAttribute
) -> Callable[[Json], MadeUp]:
    """The event of each value of an attribute, while others have theirs: good until the next one is made."""
    event: dict[str, Any] = {}
    for other, value in beside.items():
        _put(event, other, value)
    at, name = _object_of(event, attribute, len(attribute.path)), attribute.path[-1]
    meta = event.pop(_META, None)

    def event_with(value: Json) -> MadeUp:
        if value is None or attribute.path == (_META,):
            return event_of({**beside, attribute: value})
        at[name] = _in_list(attribute, value)
        return event, meta

    return event_with


def _put(event: dict[str, Any], attribute: AskedAttribute, value: Json) -> None:
    if value is not None:
        at = _object_of(event, attribute, len(attribute.path))
        at[attribute.path[-1]] = _in_list(attribute, value)
    elif attribute.lists:
        _object_of(event, attribute, max(attribute.lists))


def _object_of(event: dict[str, Any], attribute: AskedAttribute, last: int) -> dict[str, Any]:
    """The object that has an attribute, or the one that so many names lead to, made where it is not there."""
    at = event
    for number, name in enumerate(attribute.path[: min(last, len(attribute.path) - 1)], 1):
        # An element that is there, whatever is absent in it: a split passes over empty ones.
        below = at.setdefault(name, [{"": ""}] if number in attribute.lists else {})
        at = below[0] if isinstance(below, list) else below
    return at


def _in_list(attribute: AskedAttribute, value: Json) -> Json:
    is_list = len(attribute.path) in attribute.lists
    return [value] if is_list and not isinstance(value, list) else value


def _expressions(value: Planned) -> Iterator[Expression]:
    """The expressions of a value, those of its conditions too."""
    for one in every(value):
        conditions = [one.when, *(part.when for part in parts(one))]
        yield from (made for made in (one.source, *conditions) if isinstance(made, Expression))


def _reads_of(value: Planned, plan: Plan, *, is_let: bool = False) -> Iterator[_Read]:
    """The expressions of a value, those of conditions too."""
    at = {id(expression): scope.origins for expression, scope in plan.record.read}
    for one in every(value):
        if isinstance(one.source, Expression):
            yield _Read(one.source, at.get(id(one.source), ()), (*one.steps, *own_steps(one)), is_let)
        for condition in (one.when, *(part.when for part in parts(one))):
            if condition is not None:
                yield _Read(condition, at.get(id(condition), ()), (), is_condition=True)


def _words(values: Sequence[Planned], read: Sequence[_Read], plan: Plan) -> list[Json]:
    """The constants that values compare with, or look up."""
    called = {one.name for value in values for own in every(value) for one in own_functions_of(own)}
    bodies = [one.value for one in plan.functions if one.name in called]
    every_node = [node for one in read for node in one.expression.walk()]
    of_bodies = (one.expression for body in bodies for one in _reads_of(body, plan))
    every_node += [node for one in of_bodies for node in one.walk()]
    found = [one for node in every_node if isinstance(node, Literal) for one in _scalars(node.value)]
    steps = [step for value in (*values, *bodies) for one in every(value) for step in own_steps(one)]
    found += [one for step in steps for _, stated in step.arguments for one in _scalars(stated)]
    return _each_once(found)[:_MOST_WORDS]


def _scalars(value: object) -> Iterator[Json]:
    if isinstance(value, str | bool | int | float):
        yield value
    elif isinstance(value, list | dict):
        for one in value:
            yield from _scalars(one)


def _uses(read: _Read, plan: Plan) -> Iterator[tuple[Path, bool]]:
    """The paths that an expression reads, and whether a yes or no may be in each."""
    expression, root = read.expression, read.expression.root
    above = {(part.start, part.end): node for node in expression.walk() for part in children(node)}
    for one in expression.parsed.reads:
        is_passed_on = read.is_let and (one.start, one.end) == (root.start, root.end)
        parent = above.get((one.start, one.end))
        while isinstance(parent, Call) and parent.name == "to_number":
            parent = above.get((parent.start, parent.end))
        is_other = _names_otherwise(read.steps) or _asks_otherwise(parent, is_condition=read.is_condition)
        for path in paths_of(one, read.at, plan.labels):
            yield path, not (is_passed_on or is_other or _is_circumstance(path))


def _is_circumstance(path: Path) -> bool:
    name = path[-1] if path else ""
    return not _CIRCUMSTANCES.isdisjoint(words_of_name(name)) and says_granted(path) is None


def _asks_otherwise(node: Node | None, *, is_condition: bool) -> bool:
    """Whether it compares its parts with words that have nothing to do with consent.

    is_condition: nor does it where it asks in a condition whether they are there.
    """
    if is_condition and isinstance(node, Call) and node.name == "present":
        return True
    if not isinstance(node, Comparison) and not (isinstance(node, Call) and node.name in _ASKING):
        return False
    words = [one for part in nodes(node) if isinstance(part, Literal) for one in _scalars(part.value)]
    is_order = isinstance(node, Comparison) and node.operator in _ORDERING
    return bool(words) and (is_order or not any(map(_decided, words)))


def _names_otherwise(steps: Sequence[Step]) -> bool:
    """Whether a table names something else by it: the system of a device, a country."""
    tables = [step for step in steps if step.transform.name == "lookup"]
    return any(not any(map(_decided, _stated(step))) for step in tables)


def _stated(step: Step) -> Iterator[Json]:
    for _, stated in step.arguments:
        yield from _scalars(stated)
        yield from _scalars(list(stated.values()) if isinstance(stated, dict) else None)


def _decided(value: Json) -> bool:
    is_undecided = isinstance(value, str) and value.strip().lower() in _UNDECIDED
    return is_undecided or _means(value) is not None


def _means(value: Json) -> bool | None:
    """Yes or no, as `consent` reads it; None for what is neither."""
    with suppress(Invalid):
        return read_answer(value)
    return None


def _iterated(read: _Read, plan: Plan) -> Iterator[Path]:
    """The paths whose elements an expression goes through."""
    for node in read.expression.walk():
        if isinstance(node, _ITERATING):
            base = replace(read.expression, parsed=with_tree(node.base))
            yield from value_paths(base, read.at, plan.labels)


def _signal(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps up to the first that reads a platform's signal of consent; none where none does."""
    for number, step in enumerate(steps, 1):
        if _SIGNALS & {*(step.transform.gives.constants or ())}:
            return tuple(steps[:number])
    return ()


def _signalling(path: Path, steps: tuple[Step, ...]) -> AskedAttribute:
    """An attribute with a signal of consent: what refuses in it is for the transform to say."""
    examples = steps[-1].transform.examples
    values = _each_once([None, *(one.value for one in examples), _UNREADABLE])
    refused = tuple(one for one in values if one is not None and _is_refused(one, steps))
    return AskedAttribute(path, tuple(values), refused, refused)


def _is_refused(value: Json, steps: tuple[Step, ...]) -> bool:
    try:
        return is_settled_by(steps) and run_steps(value, steps) == "denied"
    except Invalid:
        return True


def _plain(path: Path, words: Sequence[Json], plan: Plan) -> AskedAttribute:
    """An attribute that may say yes or no, as far as its type lets it."""
    source = plan.scope.at if plan.split is None else plan.scope.variables.get("whole", UNKNOWN)
    known = _type_at(source, path)
    values = _each_once([*_REFUSING, *_AGREEING, _UNREADABLE, *words])
    if known.known:
        values = [one for one in (known.constants or values) if _is_of(one, known)]
    unread = [_UNREADABLE] if _UNREADABLE in values else []
    refusing = [one for one in values if _means(one) is False]
    agreeing = [one for one in values if _means(one) is True]
    opt_outs = [*agreeing, *(one for one in refusing if one in ("denied", "opted_out"))]
    named = {_written(one) for one in words}
    meant = {_means(one) for one in words} - {None}
    said = tuple(one for one in values if _written(one) in named or _means(one) in meant)
    return AskedAttribute(path, (None, *values), (*refusing, *unread), (*opt_outs, *unread), said)


def _written(value: Json) -> str:
    """A value as a table has it among its keys."""
    return value if isinstance(value, str) else json.dumps(value)


def _type_at(type: Type, path: Path) -> Type:
    for name in path:
        while type.known and type.items is not None:
            type = type.items
        type = type.field(name) if type.known else UNKNOWN
    return type


def _is_of(value: Json, type: Type) -> bool:
    kind = kind_of(value)
    if type.items is not None:
        type = type.items
    return kind in type.kinds or (kind == "integer" and "number" in type.kinds) or not type.known


def _each_once(values: Sequence[Json]) -> list[Json]:
    return list({(type(one), repr(one)): one for one in values}.values())
