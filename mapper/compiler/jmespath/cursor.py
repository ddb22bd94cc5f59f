"""Cursor: where the reading of an expression's tokens stands, and how deep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mapper.compiler.jmespath.refusal import Expected, Refusal, shown
from mapper.compiler.jmespath.tokens import Token

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
    """Where the reading stands: before the token at `place`."""

    text: str
    tokens: list[Token]
    place: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        """The next token, of kind `end` behind the last."""
        return self.tokens[self.place]

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.tokens[self.place].kind

    @property
    def after(self) -> str:
        """The kind of the token behind this one."""
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)].kind

    @property
    def end(self) -> int:
        """Where the last token that was taken ends."""
        return self.tokens[self.place - 1].end if self.place else 0

    def take(self) -> Token:
        """The next token, which is then behind."""
        token = self.tokens[self.place]
        self.place += 1
        return token

    def expect(self, kind: str) -> Token:
        """The next token, which must be of a kind. Raises Refusal if it is not."""
        if self.kind != kind:
            raise self.refusal(kind)
        return self.take()

    def refusal(self, wanted: str) -> Refusal:
        """What to say where another token should stand: a kind, or a word of `_WANTED`."""
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
        """What to say where neither a comma nor the closing bracket stands between two values."""
        message = f"`{self._written}` appears where `,` or `{closing}` is expected"
        if self.kind == "end":
            message = f"the expression ends without a closing `{closing}`"
        return Refusal("M101", self.token.start, self.token.end, message, fact=Expected(","))

    @property
    def _written(self) -> str:
        return shown(self.text[self.token.start : self.token.end])

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """What is read inside is nested one level deeper. Raises Refusal where that is too deep."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise too_deep(self.token.start, self.token.end)
        yield
        self.depth -= 1


def too_deep(start: int, end: int) -> Refusal:
    """What to say of an expression that is nested too deep, at its part that is."""
    message = f"the expression is nested more than {DEEPEST} deep"
    return Refusal("M106", start, end, message, "define parts of it under `let`")
