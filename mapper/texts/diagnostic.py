"""One way to say what is wrong with a mapping: a code from one table, a span, a message, a hint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from mapper.codes import CODES, Severity
from mapper.texts.named_text import Span
from mapper.values.short import short

_LINE_BREAK = re.compile("[\n\r]")


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters to put in place of a span."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that fix a diagnostic; `safe` ones change nothing else that the mapping means."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, or could be better, at one place of one text.

    `path` is the target path it speaks of, if it speaks of one; `related` names other places and says why.
    `facts`: what is known of the place, from which `compiler/advice/` makes the hint and the fixes.
    `judged`: the severity that the policy of a repository gives it.
    """

    code: str
    span: Span
    message: str
    hint: str | None = None
    path: str | None = None
    related: tuple[tuple[Span, str], ...] = ()
    fixes: tuple[Fix, ...] = ()
    facts: object = field(default=None, compare=False, repr=False)
    judged: Severity | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """A message is one line, also where it names what an author wrote with a line break in it."""
        if "\n" in self.message or "\r" in self.message:
            object.__setattr__(self, "message", _LINE_BREAK.sub(_written_out, self.message))

    def __repr__(self) -> str:
        return f"Diagnostic({self.code!r}, {short(self.span.place)})"

    @property
    def severity(self) -> Severity:
        """The severity of its code, or as it was judged: error, warning or advice."""
        return self.judged or CODES[self.code].severity


def _written_out(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics by file and place; what is said twice of one place, once."""
    said: dict[tuple[str, Span, str], Diagnostic] = {}
    for found in diagnostics:
        said.setdefault((found.code, found.span, found.message), found)
    return sorted(
        said.values(),
        key=lambda found: (found.span.text.name, found.span.start, found.span.end, found.code, found.message),
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them stops a build."""
    return any(found.severity == "error" for found in diagnostics)


def closest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that an author who wrote `word` most likely meant, if any is near."""
    by_lower = {known.lower(): known for known in sorted(words)}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    if not near and len(word) > 2:  # of three letters, two in the wrong order are too many for that
        near = [known for known in by_lower if sorted(known) == sorted(word.lower())]
    return by_lower[near[0]] if near else None
