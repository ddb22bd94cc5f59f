"""Plan -> the fields that are made with each `let` and each function: what a test has to name to test it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mapper.compiler.explain.read_paths import values_of
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.jmespath.tree import OwnCall
from mapper.compiler.plan.ir import all_steps, parts
from mapper.compiler.plan.planner import Plan
from mapper.compiler.syntax.let_nodes import written_variable

# In place of a target path: what decides the outcome of an event.
OUTCOME = ""


def let_readers(plan: Plan) -> dict[str, frozenset[str]]:
    """By `$name` and `name()`, the target paths made with a let or function; OUTCOME for conditions.

    A path counts for them also by way of other lets and functions.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, path in _readings(plan):
        found[name].add(path)
    return {name: _resolved(name, found) for name in [*found]}


def _resolved(name: str, found: dict[str, set[str]]) -> frozenset[str]:
    seen, waiting = {name}, [name]
    paths: set[str] = set()
    while waiting:
        for path in found.get(waiting.pop(), ()):
            if not path.startswith("$") and not path.endswith("()"):
                paths.add(path)
            elif path not in seen:
                seen.add(path)
                waiting.append(path)
    return frozenset(paths)


def _readings(plan: Plan) -> Iterator[tuple[str, str]]:
    """Each let that is read, as `$name`, and function that is called, as `name()`, with the rule's path."""
    split = () if plan.split is None else (plan.split.parts,)
    sections = [(one.when, OUTCOME) for one in plan.all_sections]
    conditions = [(one, OUTCOME) for one in (*split, plan.match, *(skip.when for skip in plan.skips))]
    of_consent = () if plan.consent is None else plan.consent.values
    entries = [
        (entry.when, plan.places[entry.place].path)
        for section in plan.all_sections
        if section.payload is not None
        for entry in section.payload.entries
    ]
    read = [*sections, *conditions, *entries]
    for value in values_of(plan):
        path = OUTCOME if value in of_consent else plan.places[value.place].path
        read += [(value.when, path), *((part.when, _path(part.value.place, plan)) for part in parts(value))]
        if isinstance(value.source, Expression):
            read.append((value.source, path))
        for step in all_steps(value):
            yield from ((f"${written_variable(name)}", path) for name in step.reads)
            if step.own is not None:
                yield f"{step.own.function.name}()", path
    for expression, path in read:
        if expression is not None:
            yield from ((f"${written_variable(name)}", path) for name, *_ in expression.variables)
            calls = (node for node in expression.parsed.nodes if isinstance(node, OwnCall))
            yield from ((f"{call.name}()", path) for call in calls)


def _path(place: int, plan: Plan) -> str:
    return plan.places[place].path
