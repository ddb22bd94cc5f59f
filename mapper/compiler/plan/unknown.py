"""A name that nothing here has, a transform's or a variable's -> Diagnostic: what was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mapper.compiler.syntax.calls import as_step, read_call
from mapper.compiler.syntax.other_names import meant_transform
from mapper.compiler.syntax.values import WrittenStep
from mapper.compiler.yaml.edits import rename, replace, shown, with_quotes
from mapper.compiler.yaml.nodes import MapNode
from mapper.diagnostic import Diagnostic, Edit, Fix, closest
from mapper.pattern import pattern
from mapper.runtime.functions import FUNCTIONS
from mapper.text import Span
from mapper.transforms import TRANSFORMS
from mapper.types import Json


def unknown_step(written: WrittenStep) -> Diagnostic:
    """The diagnostic for a step that names no transform."""
    name = written.transform
    call = read_call(name)
    if call is not None:
        return _called(written, *call)
    if name == "map" and isinstance(written.arguments, MapNode):
        return _table(written, written.arguments)
    if name in FUNCTIONS:
        return Diagnostic(
            "M201",
            written.span,
            f"`{name}` is a function, not a transform",
            f"call it in the expression: `{name}(...)`",
        )
    near = meant_transform(name) or closest(name, TRANSFORMS)
    hint = f"did you mean `{near}`?" if near else "`mapper explain M201` names the page of all transforms"
    fixes = (rename(written.span, near),) if near else ()
    return Diagnostic("M201", written.span, f"there is no transform `{name}`", hint, fixes=fixes)


def _table(written: WrittenStep, table: MapNode) -> Diagnostic:
    """A table of values under `map`, which is what `lookup` has."""
    lines = shown(table.span) or "{...}"
    step = (
        f"lookup: {lines if any(key.text == 'table' for key, _ in table.entries) else f'{{table: {lines}}}'}"
    )
    message = "`map` is a function, not a transform"
    fix = rename(written.span, "lookup")
    return Diagnostic("M201", written.span, message, f"a table is `{{{step}}}`", fixes=(fix,))


def _called(written: WrittenStep, name: str, arguments: list[tuple[Json, bool]]) -> Diagnostic:
    """A step that is written as a call of a function is."""
    message = f"`{written.transform}` is a call, and a step is written without parentheses"
    if name in FUNCTIONS:
        hint = f"call it in the expression: `{name}(...)`"
        return Diagnostic("M201", written.span, f"`{name}` is a function, not a transform", hint)
    known = meant_transform(name) or closest(name, TRANSFORMS)
    if known is None:
        return Diagnostic("M201", written.span, f"there is no transform `{name}`")
    transform = TRANSFORMS[known]
    values = [value for value, _ in arguments]
    # A value too many is most likely the one that a function of the same name takes first.
    spare = len(values) > len(transform.parameters) and not any(one.variadic for one in transform.parameters)
    step = as_step(transform, values[1:] if spare else values)
    if step is None:
        return Diagnostic(
            "M201", written.span, message, f"write `{transform.name}`, with its arguments by name"
        )
    certain = name in TRANSFORMS and not spare and all(constant for _, constant in arguments)
    fix = None if written.arguments is not None else replace(written.span, step, safe=certain)
    return Diagnostic("M201", written.span, message, f"write `{step}`", fixes=() if fix is None else (fix,))


def looks_like_variable(text: str, span: Span) -> Diagnostic:
    """The warning for a constant that begins as a variable does."""
    hint = "a constant is sent as it stands; an expression goes into `from`"
    return Diagnostic("M206", span, f"`{text}` is a constant here, and reads as a variable", hint)


def unknown_variable(name: str, span: Span, variables: Iterable[str]) -> Diagnostic:
    """The diagnostic for a `$name` that nothing defines."""
    known = sorted(variables)
    near = closest(name, known)
    message = f"no `let` defines `${name}`"
    if name.lower() in _ELEMENT and "index" in known:
        return _element(message, span)
    if near:
        hint = f"did you mean `${near}`?"
        return Diagnostic("M028", span, message, hint, fixes=(rename(span, f"${near}"),))
    path = _PATH_BEHIND.match(span.text.content, span.end)
    if path is not None and name.isidentifier():
        attribute = f"{name}{path[0]}"
        hint = f"an attribute of the event is read without `$`: `{attribute}`; `let` defines names"
        fix = Fix(f"Write `{attribute}`", (Edit(span, name),), safe=False)
        return Diagnostic("M028", span, message, hint, fixes=(fix,))
    written, fixes = _as_attribute(name, span)
    hint = (
        f"define it under `let` (here are {_names(known)}); an attribute of that name is written `{written}`"
    )
    return Diagnostic("M028", span, message, hint, fixes=fixes)


# What other languages call the element that a loop stands at.
_ELEMENT = frozenset(
    {
        "item",
        "it",
        "this",
        "self",
        "element",
        "elem",
        "el",
        "current",
        "value",
        "line",
        "product",
        "row",
        "entry",
        "each",
    }
)
_RESERVED = frozenset({"event", "index", "meta", "whole"})
_PATH_BEHIND = pattern(r"(?:\.[A-Za-z_]\w*)+")
_FIELD_BEHIND = pattern(r"\.([A-Za-z_]\w*)")


def _element(message: str, span: Span) -> Diagnostic:
    """`$item` within `each`, where the element is the current value."""
    field = _FIELD_BEHIND.match(span.text.content, span.end)
    if field is None:
        return Diagnostic("M028", span, message, "the element of `each` is `@`", fixes=_as_current(span))
    hint = f"within `each` the fields of the element stand alone: write `{field[1]}`"
    dotted = Span(span.text, span.start, span.end + 1)
    fix = Fix(f"Write `{field[1]}`", (Edit(dotted, ""),), safe=False)
    return Diagnostic("M028", span, message, hint, fixes=(fix,))


def _as_attribute(name: str, span: Span) -> tuple[str, tuple[Fix, ...]]:
    """`$name` as an attribute: in the quotes of an expression, and in those of YAML where it is all of it."""
    whole = with_quotes(span)
    if whole is None or name in _RESERVED or not stands_alone(whole):
        return f'"${name}"', ()
    written = f"'\"${name}\"'"
    return written, (Fix(f"Write `{written}`", (Edit(whole, written),), safe=False),)


def stands_alone(span: Span) -> bool:
    """Whether a span is the whole of a value in the file."""
    content = span.text.content
    begins = _BEFORE_VALUE.search(content[max(0, span.start - 100) : span.start])
    return bool(begins and _BEHIND_VALUE.match(content, span.end))


def _names(names: list[str]) -> str:
    return ", ".join(f"`${name}`" for name in names)


_BEFORE_VALUE = pattern(r"(?:[:,\[{-]|^)[ \t]*\Z", re.MULTILINE)
_BEHIND_VALUE = pattern(r"[ \t]*(?:[,}\]\r\n]|#|\Z)")


def _as_current(span: Span) -> tuple[Fix, ...]:
    """`@` in place of a variable; in quotes where YAML would not take it, none where only part would be."""
    content = span.text.content
    begins = _BEFORE_VALUE.search(content[max(0, span.start - 100) : span.start])
    if begins and not _BEHIND_VALUE.match(content, span.end):
        return ()
    written = '"@"' if begins else "@"
    return (Fix(f"Write `{written}`", (Edit(span, written),), safe=False),)
