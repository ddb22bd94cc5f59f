"""A part of an expression -> the word its local is named after, as a colleague would call it."""

from __future__ import annotations

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
)

_OPERATORS = {
    "==": "equals",
    "!=": "differs",
    "<": "below",
    "<=": "at_most",
    ">": "above",
    ">=": "at_least",
}


def stem(node: Node, at: str) -> str:
    """The word for the value of a node; `at` is the one for the current value."""
    match node:
        case Current():
            return at
        case Field() | Variable():
            return node.name
        case Index():
            return _element(node.index, stem(node.base, at))
        case Slice() | Flatten() | ObjectValues():
            return stem(node.base, at)
        case Projection() | Filter():
            right = node.right
            return stem(node.base, at) if isinstance(right, Current) else plural(stem(right, "value"))
        case Then():
            return stem(node.right, stem(node.left, at))
        case Or() | And():
            return "holds" if isinstance(node.left, Comparison | Not) else stem(node.left, at)
        case Not():
            return f"no_{stem(node.operand, at)}"
        case Comparison():
            return f"{stem(node.left, at)}_{_OPERATORS[node.operator]}"
        case Call() | OwnCall():
            return f"{_subject(node, at)}_{node.name}"
        case Reference():
            return stem(node.body, at)
        case Literal():
            return "constant"
        case MultiList():
            return "row"
        case MultiHash():
            return "entry"


def _subject(call: Call | OwnCall, at: str) -> str:
    """The name of a call's subject: its first argument that is no constant and no expression."""
    for argument in call.arguments:
        if not isinstance(argument, Literal | Reference):
            return stem(argument, at)
    return "constant"


def singular(word: str) -> str:
    """`product` of `products`; `element` of a word that does not look like a plural."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else "element"


def plural(word: str) -> str:
    """`names` of `name`, `entries` of `entry`."""
    if word.endswith(("ry", "ty")):
        return f"{word[:-1]}ies"
    return word if word.endswith("s") else f"{word}s"


def _element(index: int, word: str) -> str:
    which = {0: "first", -1: "last"}.get(index, f"element_{abs(index)}")
    one = singular(word)
    return f"{which}_of_{word}" if one == "element" else f"{which}_{one}"
