"""Plan -> which attributes of an event its rules read, and which tables are asked for values of persons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import lru_cache

from mapper.compiler.inference.personal_origins import let_shows_personal, paths_of, shows_personal
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.origin import WHOLE_EVENT, Origin, Path
from mapper.compiler.jmespath.tree import Call
from mapper.compiler.plan.ir import Planned, every, own_steps, variables_given
from mapper.compiler.plan.planner import Plan
from mapper.texts.named_text import Span
from mapper.transforms.key_patterns import is_open, names_like
from mapper.values.frozen import dataclass
from mapper.values.types import Json


def read_paths(plan: Plan) -> frozenset[Path]:
    """The paths in the event that are read, with all below each; those of lists are their elements' too.

    Of what reads the event as a whole, as `fingerprint(@)`, nothing is known.
    """
    return frozenset(
        path
        for expression, scope in plan.record.read
        for read in expression.parsed.reads
        for path in paths_of(read, scope.origins, plan.labels)
        if path and path[0] != "$meta"
    )


@dataclass(frozen=True, slots=True)
class _ReadNames:
    """The attributes that are read of an object, by name; where there are none, all of it.

    patterns: names that can be several ones.
    """

    names: dict[str, _ReadNames] = field(default_factory=dict)
    patterns: dict[str, _ReadNames] = field(default_factory=dict)

    def of(self, name: str) -> _ReadNames | None:
        """The names that are read of an attribute; None where nothing is."""
        known = self.names.get(name)
        if known is None and self.patterns:
            known = next((one for key, one in self.patterns.items() if names_like(key, (name,))), None)
        return known


@lru_cache(maxsize=8)
def _by_names(read: frozenset[Path]) -> _ReadNames:
    made = _ReadNames()
    for path in read:
        at = made
        for name in path:
            at = (at.patterns if is_open(name) else at.names).setdefault(name, _ReadNames())
    return made


def unread_paths(event: dict[str, Json], read: frozenset[Path], shown: Callable[[str], str]) -> set[str]:
    """The attributes of an event with a value that no rule reads. shown: a name as it may be shown."""
    found: set[str] = set()
    _find_unread(event, _by_names(read), "", shown, found)
    return found


def _find_unread(
    value: dict[str, Json],
    read: _ReadNames | None,
    path: str,
    shown: Callable[[str], str],
    found: set[str],
) -> None:
    """read: what is read of the object; None: nothing."""
    for name, one in value.items():
        if one is None or one == "":
            continue
        below = None if read is None else read.of(name)
        is_whole = below is not None and not below.names and not below.patterns
        if is_whole or (below is not None and not isinstance(one, dict | list)):
            continue
        at = f"{path}.{shown(name)}" if path else shown(name)
        if isinstance(one, dict):
            _find_unread(one, below, at, shown, found)
        elif isinstance(one, list):
            for element in one:
                if isinstance(element, dict):
                    _find_unread(element, below, f"{at}[]", shown, found)
                elif below is None:
                    found.add(at)
        else:
            found.add(at)


def personal_tables(plan: Plan) -> frozenset[Span]:
    """The spans where a `lookup` is asked for what may be a person's value."""
    # What a function is given may be a person's, whoever calls it.
    of_functions = {id(one) for function in plan.functions for one in every(function.value)}
    at = {id(expression): scope.origins or WHOLE_EVENT for expression, scope in plan.record.read}
    of_steps = (
        step.span
        for value in values_of(plan)
        for step in own_steps(value)
        if step.span is not None and step.transform.name == "lookup"
        if id(value) in of_functions or _is_personal(value, at, plan)
    )
    calls = (
        (one, node, scope.origins or WHOLE_EVENT)
        for one, scope in plan.record.read
        for node in one.walk()
        if isinstance(node, Call) and node.name == "lookup"
    )
    of_calls = (one.span(node) for one, node, base in calls if _asks_for_personal(one, node, base, plan))
    return frozenset((*of_steps, *of_calls))


def _asks_for_personal(expression: Expression, lookup: Call, at: tuple[Origin, ...], plan: Plan) -> bool:
    """Whether a call of `lookup` may be given a person's value: a parameter of a function may be any."""
    given = replace(expression, parsed=with_tree(lookup.arguments[0]))
    parameters = {name for function in plan.functions for name in function.parameters}
    is_given = any(name in parameters for name, *_ in given.variables)
    return is_given or shows_personal(given, at, plan.labels)


def values_of(plan: Plan) -> Iterator[Planned]:
    """All values of a plan, those that others are made of too."""
    for root in _roots(plan):
        yield from every(root)


def _roots(plan: Plan) -> list[Planned]:
    payloads = [section.payload for section in plan.all_sections if section.payload is not None]
    consent = () if plan.consent is None else plan.consent.values
    entries = [entry.value for payload in payloads for entry in payload.entries]
    functions = [function.value for function in plan.functions]
    return [*(let.value for let in plan.lets), *functions, *consent, *entries]


def _is_personal(value: Planned, at: dict[int, tuple[Origin, ...]], plan: Plan) -> bool:
    """Whether what a value is made of may be a person's, by the source's labels or by its name.

    at: by identity, where the current value of an expression comes from.
    """
    if plan.target.is_personal(plan.places[value.place].path):
        return True
    whole = every(value)
    if any(let_shows_personal(name, plan.labels) for part in whole for name in variables_given(part)):
        return True
    sources = (one.source for one in whole)
    return any(
        shows_personal(one, at.get(id(one), plan.labels.event), plan.labels)
        for one in sources
        if isinstance(one, Expression)
    )
