"""The times that an expression may repeat its input: a chain of stages that double it is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mapper.compiler.jmespath.call_facts import LOOPS, MAPS, copies_in
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.tree import (
    And,
    Call,
    Comparison,
    Current,
    Field,
    Filter,
    Flatten,
    Index,
    Literal,
    MultiHash,
    MultiList,
    Node,
    Not,
    ObjectValues,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
    children,
)

# Ten stages that each use their input twice.
MOST_COPIES = 2**10
# A list in a list of variables is worked through once for each pair of elements; one more level is too many.
DEEPEST_CROSSING = 2
WHOLE = ""
# What loops, or uses its parts more than once; of calls some do.
_MULTIPLYING = (Call, Filter, Projection, Then)

# How often each part of the current value occurs in a result: by field, `WHOLE` for all of it.
Uses = Counter[str]


def check_growth(root: Node, every: Sequence[Node]) -> Refusal | None:
    """The refusal of an expression that makes its input many times as large, or loops within loops.

    every: its nodes.
    """
    if _is_small(every):
        return None
    if copies_of(uses_of(root)) > MOST_COPIES:
        message = f"its result may hold the same value more than {MOST_COPIES} times"
        return Refusal(
            "M117", root.start, root.end, message, "use each value once, or define parts under `let`"
        )
    crossing = _crossing(root, 0)
    if crossing is not None:
        message = "an inner list is read again for each element of two outer lists"
        hint = "define the inner list under `let`, and read one element of it"
        return Refusal("M117", crossing.start, crossing.end, message, hint)
    return None


def _is_small(every: Sequence[Node]) -> bool:
    """Whether so few nodes multiply what others use that neither limit can be reached.

    Other nodes add up what their parts use, at most one for each node; one that multiplies has the product of
    two such sums, or twice one.
    """
    multiplying = 0
    for node in every:
        if isinstance(node, OwnCall):
            return False
        multiplying += isinstance(node, _MULTIPLYING)
    return multiplying <= DEEPEST_CROSSING and 2**multiplying * len(every) ** (multiplying + 1) <= MOST_COPIES


def copies_of(uses: Uses) -> int:
    """The copies of the current value that its uses come to: of fields, its parts, the most used counts."""
    return uses[WHOLE] + max((count for part, count in uses.items() if part != WHOLE), default=0)


def scaled(uses: Uses, times: int) -> Uses:
    """The uses, each counted so many times."""
    return Counter({part: count * times for part, count in uses.items()})


def total_uses(parts: Iterable[Uses]) -> Uses:
    """The uses of all parts together."""
    added: Uses = Counter()
    for part in parts:
        added.update(part)
    return added


def most(parts: Iterable[Uses]) -> Uses:
    """The uses of the part that uses most, where only one of them counts."""
    greatest: Uses = Counter()
    for part in parts:
        greatest |= part
    return greatest


def uses_of(node: Node) -> Uses:
    """The number of times that a node uses its input, by part; `$name` and `$name.field` are parts too."""
    match node:
        case Current():
            return Counter({WHOLE: 1})
        case Field(base=Current()):
            return Counter({node.name: 1})
        case Field(base=Variable(name=variable)):
            return Counter({f"${variable}.{node.name}": 1})
        case Literal():
            return Counter({"`": 1})
        case Variable():
            return Counter({f"${node.name}": 1})
        case Comparison() | Not():
            return Counter()
        case Field() | Index() | Slice() | Flatten() | ObjectValues():
            return uses_of(node.base)
        case Projection() | Filter():
            return scaled(uses_of(node.base), max(copies_of(uses_of(node.right)), 1))
        case Then():
            return scaled(uses_of(node.left), max(copies_of(uses_of(node.right)), 1))
        case Or() | And():
            return most(uses_of(child) for child in children(node))
        case MultiList() | MultiHash():
            return total_uses(uses_of(child) for child in children(node))
        case Call():
            return _call_uses(node)
        case OwnCall():
            copies = node.function.copies if node.function is not None else ()
            several = zip(node.arguments, (*copies, *[1] * len(node.arguments)), strict=False)
            return total_uses(scaled(uses_of(one), times) for one, times in several)
        case Reference():
            return uses_of(node.body)


def _call_uses(call: Call) -> Uses:
    values = [uses_of(one) for one in call.arguments if not isinstance(one, Reference)]
    bodies = [copies_of(uses_of(one.body)) for one in call.arguments if isinstance(one, Reference)]
    uses = scaled(total_uses(values), copies_in(call.name))
    return scaled(uses, max(bodies[0], 1)) if bodies and call.name in MAPS else uses


def _crossing(node: Node, depth: int) -> Node | None:
    """The first loop over a variable's list that is nested in too many others."""
    over, inside = _looping(node)
    inner = depth
    if inside and (depth == 0 or any(map(_starts_at_variable, over))):
        inner = depth + 1
    if inner > DEEPEST_CROSSING:
        return node
    repeated = {id(one) for one in inside}
    found = (_crossing(part, inner if id(part) in repeated else depth) for part in children(node))
    return next((one for one in found if one is not None), None)


def _looping(node: Node) -> tuple[Sequence[Node], Sequence[Node]]:
    """The parts that a loop goes over, and those that it works out at each element; none without a loop."""
    if isinstance(node, Filter):
        return (node.base,), (node.condition, node.right)
    if isinstance(node, Projection):
        return (node.base,), (node.right,)
    if isinstance(node, Call) and node.name in LOOPS:
        return node.arguments, [one for one in node.arguments if isinstance(one, Reference)]
    return (), ()


def _starts_at_variable(node: Node) -> bool:
    while not isinstance(node, Variable):
        parts = children(node)
        if not parts:
            return False
        node = parts[0]
    return node.name != "index"
