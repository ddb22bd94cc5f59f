"""The calls of an expression, checked: the function exists, and takes the arguments that are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mapper.compiler.jmespath.refusal import CalledVariable, InPlace, Refusal, UnknownFunction
from mapper.compiler.jmespath.tree import Call, Field, Node, OwnCall, OwnFunction, Reference
from mapper.runtime.functions import FUNCTIONS, Builtin
from mapper.transforms.registry import TRANSFORMS, Transform


def check_calls(nodes: Iterable[Node], own: Collection[str] = ()) -> list[Refusal]:
    """The refusals of the calls among the nodes of a tree, in their order.

    own: the functions of the mapping.
    """
    return [
        wrong
        for node in nodes
        if isinstance(node, Call | OwnCall)
        for wrong in (_check(node, own), *_check_references(node))
        if wrong is not None
    ]


def signature(name: str) -> str:
    """The signature of a function: `join(string, array of string)`, `phone(value, country)`."""
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


def own_signature(function: OwnFunction) -> str:
    """The signature of a function of the mapping: `gross(net, rate)`."""
    return f"{function.name}({', '.join(function.parameters)})"


def _limits(name: str) -> tuple[int, int | None] | None:
    """The fewest and the most arguments of a function; None where there is none of that name."""
    entry: Builtin | Transform | None = FUNCTIONS.get(name) or TRANSFORMS.get(name)
    if entry is None:
        return None
    if isinstance(entry, Builtin):
        return len(entry.takes), None if entry.variadic else len(entry.takes)
    fewest = 1 + sum(one.required for one in entry.parameters)
    return fewest, None if any(one.variadic for one in entry.parameters) else 1 + len(entry.parameters)


def _check(call: Call | OwnCall, own: Collection[str]) -> Refusal | None:
    if isinstance(call, OwnCall):
        if call.function is None:
            return _unknown(call, own)
        known = own_signature(call.function)
        fewest = len(call.function.parameters)
        most: int | None = fewest
    else:
        fewest, most = _limits(call.name) or (0, None)
        known = signature(call.name)
    count = len(call.arguments)
    if fewest <= count and (most is None or count <= most):
        return None
    message = f"`{call.name}` takes {_counted(fewest, most)}, not {count}"
    hint = f"call it as `{known}`"
    if call.name == "template":
        hint = "write a template as the source of a rule: `{template: '{brand} {name}'}`"
    return Refusal("M116", call.start, call.end, message, hint)


def _counted(fewest: int, most: int | None) -> str:
    if fewest == most:
        return f"{fewest} argument{'' if fewest == 1 else 's'}"
    if most is None:
        return f"at least {fewest} argument{'' if fewest == 1 else 's'}"
    return f"{fewest} to {most} arguments"


def _unknown(call: OwnCall, own: Collection[str]) -> Refusal:
    if call.name.startswith("$"):
        return _variable(call, own)
    fact = UnknownFunction(call.name, len(call.arguments), tuple(own))
    return Refusal("M115", call.start, call.name_end, f"there is no function `{call.name}`", fact=fact)


def _variable(call: OwnCall, own: Collection[str]) -> Refusal:
    """The refusal of `$name(...)`."""
    name = call.name[1:]
    if name in own or name in FUNCTIONS or name in TRANSFORMS:
        message = f"`{name}` is a function, and functions are called without `$`"
        fact = CalledVariable(name, is_function=True)
        return Refusal("M148", call.start, call.name_end, message, f"write `{name}(...)`", fact)
    message = f"`{call.name}` is a variable, and a variable takes no arguments"
    hint = f"remove them, or define `{name}(value)` under `functions` and call it without `$`"
    fact = CalledVariable(name, is_function=False)
    return Refusal("M148", call.start, call.name_end, message, hint, fact)


def _check_references(call: Call | OwnCall) -> list[Refusal]:
    builtin = FUNCTIONS.get(call.name)
    if isinstance(call, OwnCall) and call.function is None:
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
