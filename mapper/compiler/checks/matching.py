"""`match` against the events under `tests` -> a warning where none of them has what it reads."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.yaml.edits import rename
from mapper.diagnostic import Diagnostic, closest
from mapper.text import Span
from mapper.types import Json

# So many names of attributes stand in a hint.
_MOST_SHOWN = 8


def check_match(mapping: Mapping, match: Expression, found: list[Diagnostic]) -> None:
    """Report an attribute that no event under `tests` has, so that no `is` ever holds."""
    read = match.reads()
    events = [case.given for case in mapping.tests]
    compared = any(section.constants for section in mapping.sections)
    if mapping.split is not None or not compared or not events:
        return
    if len(read) != 1 or read[0].root != "@" or not read[0].path:
        return
    path = read[0].path
    if any(_value_at(event, path) is not None for event in events):
        return
    beside = sorted({name for event in events for name in _names(_value_at(event, path[:-1]))})
    near = closest(path[-1], beside)
    message = f"no event under `tests` has `{'.'.join(path)}`, so no `is` ever holds"
    hint = f"did you mean `{'.'.join((*path[:-1], near))}`?" if near else _listed(beside)
    span = match.locate(read[0].start, read[0].end)
    fixes = (rename(_last(span, path[-1]), near),) if near and near.isidentifier() else ()
    found.append(Diagnostic("M209", span, message, hint, fixes=fixes))


def _last(span: Span, name: str) -> Span:
    """The last name of a path that stands there in plain letters."""
    return Span(span.text, max(span.start, span.end - len(name)), span.end)


def _value_at(event: Json, path: Iterable[str]) -> Json:
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def _names(value: Json) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _listed(names: list[str]) -> str | None:
    return f"they have {', '.join(f'`{name}`' for name in names[:_MOST_SHOWN])}" if names else None
