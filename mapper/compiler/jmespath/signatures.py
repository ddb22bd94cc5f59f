"""The calls of an expression, checked: the function exists, and takes the arguments that are written."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.jmespath.refusal import InPlace, Refusal, UnknownFunction
from mapper.compiler.jmespath.tree import Call, Field, Node, Reference
from mapper.runtime.functions import FUNCTIONS, Builtin
from mapper.transforms.registry import TRANSFORMS, Transform


def check_calls(nodes: Iterable[Node]) -> list[Refusal]:
    """What is wrong with the calls among the nodes of a tree, in their order."""
    return [
        wrong
        for node in nodes
        if isinstance(node, Call)
        for wrong in (_check(node), *_check_references(node))
        if wrong is not None
    ]


def signature(name: str) -> str:
    """How a function is called: `join(string, array of string)`, `phone(value, country)`."""
    builtin = FUNCTIONS.get(name)
    if builtin is not None:
        words = ["&..." if one.expression else _any(one.type.describe()) for one in builtin.takes]
        return f"{name}({', '.join(words)}{', ...' if builtin.variadic else ''})"
    transform = TRANSFORMS[name]
    words = ["value"]
    for one in transform.parameters:
        words.append(f"{one.name}, ..." if one.variadic else one.name if one.required else f"[{one.name}]")
    return f"{name}({', '.join(words)})"


def _any(text: str) -> str:
    return "any value" if text.count(" or ") > 3 else text


def takes_arguments(name: str, count: int) -> bool:
    """Whether there is a function of a name that takes so many arguments."""
    limits = _limits(name)
    return limits is not None and limits[0] <= count and (limits[1] is None or count <= limits[1])


def _limits(name: str) -> tuple[int, int | None] | None:
    """The fewest and the most arguments of a function; None where there is none of that name."""
    entry: Builtin | Transform | None = FUNCTIONS.get(name) or TRANSFORMS.get(name)
    if entry is None:
        return None
    if isinstance(entry, Builtin):
        return len(entry.takes), None if entry.variadic else len(entry.takes)
    fewest = 1 + sum(one.required for one in entry.parameters)
    return fewest, None if any(one.variadic for one in entry.parameters) else 1 + len(entry.parameters)


def _check(call: Call) -> Refusal | None:
    limits = _limits(call.name)
    if limits is None:
        return _unknown(call)
    fewest, most = limits
    count = len(call.arguments)
    if takes_arguments(call.name, count):
        return None
    message = f"`{call.name}` takes {_counted(fewest, most)}, not {count}"
    return Refusal("M116", call.start, call.end, message, f"call it as `{signature(call.name)}`")


def _counted(fewest: int, most: int | None) -> str:
    if fewest == most:
        return f"{fewest} argument{'' if fewest == 1 else 's'}"
    if most is None:
        return f"at least {fewest} argument{'' if fewest == 1 else 's'}"
    return f"{fewest} to {most} arguments"


def _unknown(call: Call) -> Refusal:
    message, fact = f"there is no function `{call.name}`", UnknownFunction(call.name, len(call.arguments))
    return Refusal("M115", call.start, call.name_end, message, fact=fact)


def _check_references(call: Call) -> list[Refusal]:
    builtin = FUNCTIONS.get(call.name)
    if builtin is None and call.name not in TRANSFORMS:
        return []
    wrong = []
    for place, argument in enumerate(call.arguments):
        due = builtin is not None and place < len(builtin.takes) and builtin.takes[place].expression
        if due and not isinstance(argument, Reference):
            message = f"`{call.name}` needs `&` and an expression here, which it evaluates for each element"
            sure = InPlace(argument.start, argument.start, "&") if isinstance(argument, Field) else None
            wrong.append(Refusal("M204", argument.start, argument.end, message, "put `&` before it", sure))
        elif isinstance(argument, Reference) and not due:
            message = f"`{call.name}` needs a value here, not `&` and an expression"
            sure = InPlace(argument.start, argument.start + 1, "")
            wrong.append(Refusal("M204", argument.start, argument.end, message, "remove the `&`", sure))
    return wrong
