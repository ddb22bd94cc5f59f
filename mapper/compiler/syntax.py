"""What YAML could not read, or read otherwise than its author wrote it -> Mend."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mapper.compiler.mended import Mended
from mapper.diagnostic import Diagnostic

_TOP_LEVEL = re.compile(r"""^["']?(\w[^\s:#"']*)["']?[ \t]*:(?=\s|$)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a YAML parser says: the problem, where it stood, where the construct began; whether in a flow."""

    problem: str
    at: int
    context: int | None
    flow: bool


@dataclass(frozen=True, slots=True)
class Mend:
    """A diagnostic, the source to read next, and the top-level keys that are left out of it."""

    diagnostic: Diagnostic
    source: Mended
    unread: tuple[str, ...] = ()


def explain(source: Mended, trouble: Trouble) -> Mend:
    """The mistake behind a syntax error."""
    start = trouble.context if trouble.context is not None and "quoted" in trouble.problem else trouble.at
    return _cut(
        source, start, Diagnostic("M001", source.span(start, start), f"this is not YAML: {trouble.problem}")
    )


def _cut(source: Mended, at: int, diagnostic: Diagnostic) -> Mend:
    """Leave out the top-level key that a mistake stands in, and read on behind it."""
    starts = [match.start() for match in _TOP_LEVEL.finditer(source.content)]
    start = max((found for found in starts if found <= at), default=0)
    end = min((found for found in starts if found > at), default=len(source.content))
    key = _TOP_LEVEL.match(source.content, start)
    return Mend(diagnostic, source.blanked(start, end), (key[1],) if key else ())


def explain_tag(source: Mended, start: int, flow: bool) -> Mend | None:
    """An expression that begins with `!`; None where a tag is meant."""
    return None


def cut_short(source: Mended, start: int, end: int, flow: bool) -> Mend | None:
    """An expression that YAML ended early: at a comma or bracket in a flow mapping, or at ` #`."""
    return None
