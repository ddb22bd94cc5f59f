"""Tokens -> tree, by JMESPath's grammar and binding powers. Stricter than the libraries: a form on which they
disagree, or that does not mean what it seems to, is a Refusal that says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from mapper.compiler.jmespath.refusal import Expected, InPlace, Refusal, coded, printable
from mapper.compiler.jmespath.tokens import Token, tokenise
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
    Operator,
    Or,
    OwnCall,
    Projection,
    Reference,
    Slice,
    Then,
    Variable,
    deeper_than,
)
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.registry import TRANSFORMS
from mapper.values.frozen import dataclass

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WANTED = {
    "end": "the end of the expression",
    "value": "a value",
    "name": "a name after the dot",
    "index": "a number, `*` or `?` in the brackets",
    "key": "a name",
}
# Deeper than any honest expression, and shallow enough for Python's own limits wherever the tree is walked.
DEEPEST = 64


@dataclass(slots=True)
class Cursor:
    """The position of the parser: before the token at `place`."""

    text: str
    tokens: list[Token]
    place: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        """The next token; after the last one, a token of kind `end`."""
        return self.tokens[self.place]

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.tokens[self.place].kind

    @property
    def after(self) -> str:
        """The kind of the token after this one."""
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)].kind

    @property
    def end(self) -> int:
        """The end of the last token that was taken."""
        return self.tokens[self.place - 1].end if self.place else 0

    def take(self) -> Token:
        """The next token, which is then consumed."""
        token = self.tokens[self.place]
        self.place += 1
        return token

    def expect(self, kind: str) -> Token:
        """The next token, which must be of a kind. Raises Refusal if it is not."""
        if self.kind != kind:
            raise self.refusal(kind)
        return self.take()

    def refusal(self, wanted: str) -> Refusal:
        """The refusal where another token should be: a kind, or a word of `_WANTED`."""
        token, fact = self.token, Expected(wanted)
        start, end = token.start, token.end
        due = _WANTED.get(wanted, f"`{wanted}`")
        if token.kind == "end":
            message = f"the expression ends where {due} is expected"
        elif token.kind == "number" and wanted == "value":
            number = _NUMBER.match(self.text, start)
            end = number.end() if number else end
            message = f"the number `{self.text[start:end]}` has no backticks"
            return Refusal("M114", start, end, message, fact=fact)
        elif wanted == "end":
            message = f"`{self._written}` cannot follow a complete expression"
        else:
            message = f"`{self._written}` appears where {due} is expected"
        return Refusal("M101", start, end, message, fact=fact)

    def comma_refusal(self, closing: str) -> Refusal:
        """The refusal where neither a comma nor the closing bracket is between two values."""
        message = f"`{self._written}` appears where `,` or `{closing}` is expected"
        if self.kind == "end":
            message = f"the expression ends without a closing `{closing}`"
        return Refusal("M101", self.token.start, self.token.end, message, fact=Expected(","))

    @property
    def _written(self) -> str:
        return printable(self.text[self.token.start : self.token.end])

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Read what is inside as nested one level deeper. Raises Refusal where that is too deep."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _too_deep(self.token.start, self.token.end)
        yield
        self.depth -= 1


def _too_deep(start: int, end: int) -> Refusal:
    """The refusal of an expression that is nested too deep, at its part that is."""
    message = f"the expression is nested more than {DEEPEST} deep"
    return Refusal("M106", start, end, message, "define parts of it under `let`")


_POWER = {
    "|": 1,
    "||": 2,
    "&&": 3,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 5),
    "[]": 9,
    "[?": 21,
    ".": 40,
    "[": 55,
}
# What binds less than this ends a projection.
_PROJECTION_STOP = 10
_STAR, _NOT = 20, 45
_STRAY = "`&` is allowed only before an argument that a function evaluates for each element"
_INSTEAD_OF_STRAY = "use it as in `map(&name, items)`; to require two conditions, write `a && b`"


def parse(text: str) -> Node:
    """The tree of an expression. Raises Refusal for what is no expression, or one that is not taken."""
    cursor = Cursor(text, tokenise(text))
    if cursor.kind == "end":
        raise Refusal(
            "M102", 0, len(text), "the expression is empty", "write a path, or `{const: ''}` for a constant"
        )
    root = _expression(cursor, 0)
    if cursor.kind != "end":
        raise cursor.refusal("end")
    # No token makes more than two levels.
    deep = deeper_than(root, DEEPEST) if len(cursor.tokens) > DEEPEST / 2 else None
    if deep is not None:
        raise _too_deep(deep.start, deep.end)
    return root


def _expression(cursor: Cursor, power: int) -> Node:
    with cursor.deeper():
        return _continued(cursor, _first(cursor), power)


def _continued(cursor: Cursor, left: Node, power: int) -> Node:
    """`left` and all that binds to it more tightly than `power`."""
    while power < _POWER.get(cursor.kind, 0):
        left = _next(cursor, left)
    return left


def _first(cursor: Cursor) -> Node:
    token = cursor.token
    match token.kind:
        case "name" if cursor.after == "(":
            return _call(cursor)
        case "name" | "quoted":
            return _field(cursor, Current(token.start, token.start))
        case "variable" if cursor.after == "(":
            return _call(cursor)
        case "variable":
            cursor.take()
            return Variable(token.start, token.end, str(token.value))
        case "literal":
            cursor.take()
            return Literal(token.start, token.end, token.value)
        case "@":
            cursor.take()
            return Current(token.start, token.end)
        case "*":
            return _values(cursor, Current(token.start, token.start), _STAR)
        case "!":
            return _not(cursor)
        case "(":
            cursor.take()
            inner = _expression(cursor, 0)
            return replace(inner, start=token.start, end=cursor.expect(")").end)
        case "{":
            return _hash(cursor)
        case "[" if _is_list(cursor):
            return _list(cursor)
        case "[" | "[?" | "[]":
            return _next(cursor, Current(token.start, token.start))
        case "&":
            raise Refusal("M113", token.start, token.end, _STRAY, _INSTEAD_OF_STRAY)
        case _:
            raise cursor.refusal("value")


def _next(cursor: Cursor, left: Node) -> Node:
    token = cursor.token
    match token.kind:
        case ".":
            return _dotted(cursor, left)
        case "[":
            return _bracket(cursor, left)
        case "[?":
            return _filter(cursor, left)
        case "[]":
            cursor.take()
            flat = Flatten(left.start, token.end, left)
            return _projection(cursor, flat, _POWER["[]"])
        case _:
            cursor.take()
            return _operation(token, left, _expression(cursor, _POWER[token.kind]))


def _operation(token: Token, left: Node, right: Node) -> Node:
    match token.kind:
        case "|":
            return Then(left.start, right.end, left, right)
        case "||":
            return Or(left.start, right.end, left, right)
        case "&&":
            return And(left.start, right.end, left, right)
        case _:
            operator = cast(Operator, token.kind)
            return Comparison(left.start, right.end, operator, left, right)


def _field(cursor: Cursor, base: Node) -> Field:
    token = cursor.take()
    if token.kind == "quoted" and cursor.kind == "(":
        raise Refusal(
            "M101",
            token.start,
            token.end,
            "write the name of a function without quotes",
            f"write `{token.value}(...)`",
        )
    return Field(base.start, token.end, base, str(token.value), token.start, token.kind == "quoted")


def _not(cursor: Cursor) -> Not:
    """`!operand`. All implementations read `!a.b` as `(!a).b`, which is always null."""
    start = cursor.take().start
    operand = _expression(cursor, _NOT)
    if cursor.kind in (".", "[?", "[]"):
        rest = _continued(cursor, operand, _PROJECTION_STOP if cursor.kind != "[]" else 8)
        written = cursor.text[start + 1 : rest.end].strip()
        message, rewrite = f"`!` would apply only to a part of `{written}`", f"!({written})"
        raise Refusal("M108", start, rest.end, message, fact=InPlace(start, rest.end, rewrite))
    return Not(start, operand.end, operand)


def _dotted(cursor: Cursor, left: Node) -> Node:
    """The step after a dot, at `left`."""
    if cursor.after != "*":
        return _after_dot(cursor, left)
    cursor.take()
    made = _values(cursor, left, _POWER["."])
    if cursor.kind in (".", "[?"):
        rest = _continued(cursor, made, _STAR)
        text = cursor.text
        base = text[left.start : left.end].lstrip(". ")
        in_parentheses = isinstance(left, Or | And | Not | Comparison)
        rest_text = text[made.base.end : rest.end]
        rewrite = (
            f"values({base[1:-1] if in_parentheses else base})[*]{rest_text}"
            if base
            else f"values(@)[*]{rest_text}"
        )
        begin = rest.end - len(text[left.start : rest.end].lstrip(". "))
        raise Refusal(
            "M109",
            made.base.end,
            rest.end,
            f"only the first step of `{rest_text}` would apply to each value of `{base}.*`",
            fact=InPlace(begin, rest.end, rewrite),
        )
    return made


def _after_dot(cursor: Cursor, left: Node) -> Node:
    cursor.expect(".")
    token = cursor.token
    match token.kind:
        case "name" if cursor.after == "(":
            return _then(left, _call(cursor))
        case "name" | "quoted":
            return _field(cursor, left)
        case "[":
            return _then(left, _list(cursor))
        case "{":
            return _then(left, _hash(cursor))
        case "*":
            return _values(cursor, left, _STAR)
        case _:
            raise cursor.refusal("name")


def _then(left: Node, right: Node) -> Node:
    """`right` at `left`; the implied current value needs no step to it."""
    if isinstance(left, Current) and left.start == left.end:
        return right
    return Then(left.start, right.end, left, right)


def _values(cursor: Cursor, base: Node, power: int) -> Projection:
    star = cursor.expect("*")
    return _projection(cursor, ObjectValues(base.start, star.end, base), power)


def _projection(cursor: Cursor, base: Node, power: int) -> Projection:
    right = _projected(cursor, base.start, power)
    return Projection(base.start, max(base.end, right.end), base, right)


def _projected(cursor: Cursor, start: int, power: int) -> Node:
    """The part that a projection applies to each element: all that follows, bound tighter than `power`.

    start: where the projection begins.
    """
    here = Current(cursor.end, cursor.end)
    if _POWER.get(cursor.kind, 0) < _PROJECTION_STOP:
        return here
    with cursor.deeper():
        left = _after_dot(cursor, here) if cursor.kind == "." else _next(cursor, here)
        if isinstance(left, MultiList | MultiHash) and _POWER.get(cursor.kind, 0) >= _PROJECTION_STOP:
            raise _after_made(cursor, start, left, power)
        return _continued(cursor, left, power)


def _after_made(cursor: Cursor, start: int, made: MultiList | MultiHash, power: int) -> Refusal:
    """The refusal of a part after `a[*].{...}`: libraries apply it to the list, the standard to elements."""
    is_dot = cursor.kind == "."
    rest = _continued(cursor, made, power)
    text = cursor.text
    rest_text = text[made.end : rest.end].strip()
    written = f"{text[start : made.end]} | {'[*]' if is_dot else ''}{rest_text}"
    message = f"libraries read `{rest_text}` of the whole list, not of each element's result"
    if not is_dot:
        return Refusal("M135", made.end, rest.end, message, f"for the whole list, write {coded(written)}")
    whole = start == 0 and cursor.kind == "end"
    sure = InPlace(start, rest.end, written if whole else f"({written})")
    return Refusal("M135", made.end, rest.end, message, fact=sure)


def _bracket(cursor: Cursor, left: Node) -> Node:
    """`[0]`, `[1:2]` or `[*]`, at `left`."""
    start = cursor.expect("[").start
    if cursor.kind == "*" and cursor.after == "]":
        cursor.take()
        cursor.take()
        return _projection(cursor, left, _STAR)
    if cursor.kind == ":" or (cursor.kind == "number" and cursor.after == ":"):
        return _slice(cursor, left, start)
    if cursor.kind == "number":
        index = cast(int, cursor.take().value)
        end = cursor.expect("]").end
        return Index(left.start, end, left, index)
    raise cursor.refusal("index")


def _slice(cursor: Cursor, left: Node, bracket: int) -> Projection:
    parts: list[int | None] = [None, None, None]
    place = 0
    while True:
        if cursor.kind == "number":
            parts[place] = cast(int, cursor.take().value)
        if cursor.kind != ":" or place == 2:
            break
        cursor.take()
        place += 1
    step = cursor.tokens[cursor.place - 1]
    end = cursor.expect("]").end
    if parts[2] == 0:
        raise Refusal("M111", step.start, step.end, "a slice cannot have a step of 0", "remove the step")
    made = _projection(cursor, Slice(left.start, end, left, *parts), _STAR)
    if isinstance(left, Index):
        written = f"{cursor.text[left.start : left.end]} | {cursor.text[bracket : cursor.end]}"
        message = "implementations disagree on a slice after an index"
        whole = left.start == 0 and cursor.kind == "end"
        sure = InPlace(left.start, cursor.end, written if whole else f"({written})")
        raise Refusal("M110", bracket, end, message, fact=sure)
    return made


def _filter(cursor: Cursor, left: Node) -> Filter:
    cursor.expect("[?")
    condition = _expression(cursor, 0)
    end = cursor.expect("]").end
    right = _projected(cursor, left.start, _POWER["[?"])
    return Filter(left.start, max(end, right.end), left, condition, right)


def _is_list(cursor: Cursor) -> bool:
    """Whether a bracket at the start of a value opens a list of values, not an index, slice or `[*]`."""
    following = cursor.tokens[cursor.place + 1 : cursor.place + 3]
    kinds = tuple(token.kind for token in following)
    return kinds[0] not in ("number", ":") and kinds != ("*", "]")


def _list(cursor: Cursor) -> MultiList:
    start = cursor.expect("[").start
    elements = [_expression(cursor, 0)]
    while cursor.kind != "]":
        _comma(cursor, "]")
        elements.append(_expression(cursor, 0))
    return MultiList(start, cursor.take().end, tuple(elements))


def _hash(cursor: Cursor) -> MultiHash:
    start = cursor.expect("{").start
    entries: dict[str, Node] = {}
    while True:
        if cursor.kind not in ("name", "quoted"):
            raise cursor.refusal("key")
        key = cursor.take()
        name = str(key.value)
        if name in entries:
            message = f"duplicate key `{name}` in the object"
            raise Refusal("M112", key.start, key.end, message, "remove one of the two")
        cursor.expect(":")
        entries[name] = _expression(cursor, 0)
        if cursor.kind == "}":
            return MultiHash(start, cursor.take().end, tuple(entries.items()))
        _comma(cursor, "}")


def _call(cursor: Cursor) -> Call | OwnCall:
    """A call; what is no function of JMESPath and no transform may be a function of the mapping."""
    token = cursor.take()
    cursor.expect("(")
    arguments: list[Node] = []
    while cursor.kind != ")":
        if arguments:
            _comma(cursor, ")")
        arguments.append(_argument(cursor))
    name = cursor.text[token.start : token.end]
    kind = Call if name in FUNCTIONS or name in TRANSFORMS else OwnCall
    return kind(token.start, cursor.take().end, name, token.end, tuple(arguments))


def _argument(cursor: Cursor) -> Node:
    if cursor.kind != "&":
        return _expression(cursor, 0)
    start = cursor.take().start
    body = _expression(cursor, 0)
    return Reference(start, body.end, body)


def _comma(cursor: Cursor, closing: str) -> None:
    """Take a comma between two values; there is none before the closing bracket."""
    if cursor.kind != ",":
        raise cursor.comma_refusal(closing)
    comma = cursor.take()
    if cursor.kind == closing:
        message, sure = f"trailing comma before `{closing}`", InPlace(comma.start, comma.end, "")
        raise Refusal("M101", comma.start, comma.end, message, "remove the comma", sure)
