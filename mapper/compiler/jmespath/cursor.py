"""Cursor: where the reading of an expression's tokens stands, and how deep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mapper.compiler.jmespath.hints import unexpected
from mapper.compiler.jmespath.refusal import Refusal
from mapper.compiler.jmespath.tokens import Token

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
        """What to say where another token should stand."""
        return unexpected(self.text, self.tokens, self.place, wanted)

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
    return Refusal("M106", start, end, message, "name parts of it with `let`")
