"""One way to say what is wrong with a mapping: a code from one table, a span, a message, a hint.

Ranges: M0xx YAML and shape, M1xx expressions, M2xx types, M3xx target, M4xx policy, consent and personal
data, M5xx tests, M9xx advice. A code is never reused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from mapper.text import Span

Severity = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table: how bad it is, its name, why it is bad and how to mend it."""

    severity: Severity
    title: str
    why: str
    mend: str


CODES: dict[str, Code] = {
    # M0xx: YAML and the shape of a mapping file
    "M001": Code(
        "error",
        "YAML syntax",
        "The file is not YAML, so nothing in it can be read.",
        "Mend the text at the place shown; most often it is indentation or a missing quote.",
    ),
    "M002": Code(
        "error",
        "duplicate key",
        "YAML keeps one of two equal keys and drops the other without a word.",
        "Take one of the two away.",
    ),
    "M020": Code(
        "error",
        "unknown key",
        "A key the language does not know would be ignored, and what it should do would silently not happen.",
        "Use one of the keys the message names, or take it away.",
    ),
    "M021": Code(
        "error",
        "missing key",
        "Without this key the part of the mapping has no meaning.",
        "Add the key.",
    ),
    "M022": Code(
        "error",
        "wrong shape",
        "A list, a mapping, a text or a number stands where another of them is due.",
        "Write the shape that the message asks for.",
    ),
    "M023": Code(
        "error",
        "empty value",
        "`key:` with nothing behind it says neither what to send nor that nothing should be sent.",
        "Write a value, or `{const: null}` to take an inherited field away.",
    ),
    "M024": Code(
        "error",
        "fields and rule keys mixed",
        "A mapping is either the fields of an object or one rule; a mix of both has no meaning.",
        "Keep only fields or only rule keys.",
    ),
    "M025": Code(
        "error",
        "rule without one source",
        "A rule takes its value from exactly one of `const`, `from`, `case` and `each`.",
        "Keep one of them.",
    ),
    "M026": Code(
        "error",
        "reserved or repeated name",
        "A `let` of this name could not be read, or would hide another value.",
        "Give it another name.",
    ),
    "M027": Code(
        "error",
        "cycle between lets",
        "Each of these values needs the other one first, so none of them has a value.",
        "Take one of the references away.",
    ),
    "M028": Code(
        "error",
        "unknown variable",
        "A `$name` that no `let` defines has no value.",
        "Define it under `let`, or use one of the names in the message.",
    ),
}


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters to put in place of a span."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a diagnostic; `safe` ones change nothing else that the mapping means."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that is wrong, or could be better, at one place of one text.

    `path` is the target path it speaks of, if it speaks of one; `related` names other places and says why.
    """

    code: str
    span: Span
    message: str
    hint: str | None = None
    path: str | None = None
    related: tuple[tuple[Span, str], ...] = ()
    fixes: tuple[Fix, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of its code: error, warning or advice."""
        return CODES[self.code].severity


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics by file and place, equal ones once."""
    return sorted(
        dict.fromkeys(diagnostics),
        key=lambda found: (found.span.text.name, found.span.start, found.span.end, found.code, found.message),
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them stops a build."""
    return any(found.severity == "error" for found in diagnostics)


def closest(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that an author who wrote `word` most likely meant, if any is near."""
    by_lower = {known.lower(): known for known in sorted(words)}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None
