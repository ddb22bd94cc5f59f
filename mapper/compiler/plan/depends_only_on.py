"""Values -> those that hang on some variables alone: on `$meta`, or with `split` on `$whole`."""

from __future__ import annotations

from collections.abc import Mapping, Set

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.can_give import ways_of
from mapper.compiler.plan.planned import Choice, First, Fixed, List, Loop, Object, Planned, Zipped


def hanging_on(variables: Set[str], lets: Mapping[str, Planned]) -> set[str]:
    """Some variables, and the lets that read nothing else: in turn, since one may read another."""
    found, known = {*variables}, 0
    while len(found) > known:
        known = len(found)
        for name in (*lets, *reversed([*lets])):
            if f"${name}" not in found and hangs_on(lets[name], found):
                found.add(f"${name}")
    return found


def hangs_on(planned: Planned, variables: Set[str]) -> bool:
    """Whether each way to have a value reads nothing but some variables."""
    if planned.default is not None:
        return False
    ways = list(ways_of(planned))
    return bool(ways) and all(_reads_only(way, variables) for way in ways)


def _reads_only(way: Planned, variables: Set[str]) -> bool:
    match way.source:
        case Expression() as expression:
            roots = {read.root for read in expression.reads()}
            return bool(roots) and roots <= variables
        case Loop(items=items):
            return hangs_on(items, variables)
        case Fixed() | Object() | List() | Zipped() | First() | Choice():
            return False
