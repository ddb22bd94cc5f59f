"""Mapping and the files it extends -> the parts of which two of these files say different things.

One of the two would have no effect, or both an effect that neither file has alone, so the mapping itself has
to decide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from posixpath import normpath

from mapper.compiler.syntax.inheritance_order import Extended, reached
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.syntax.value_nodes import Fields, Value, written_span
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

_FIELD = "payload"


@dataclass(frozen=True, slots=True)
class _Said:
    """The part of a file: what it says, as it is compared, and where."""

    file: str
    value: str
    span: Span


def contradictions(mapping: Mapping, bases: Sequence[Mapping], extended: Extended) -> Iterator[Diagnostic]:
    """The diagnostic for each such part; of a field, for its `path`. bases: the one with priority first."""
    own = {part for part, _ in _parts(mapping)} | {(one.key, one.path) for one in mapping.not_inherited}
    said: dict[tuple[str, str], list[_Said]] = {}
    for base in bases:
        for part, one in _parts(base):
            said.setdefault(part, []).append(one)
    for (key, name), every in said.items():
        rivals = [] if (key, name) in own else _rivals(every, extended)
        other = next((one for one in rivals if one.value != rivals[0].value), None)
        if other is not None:
            span = _place(mapping, rivals[0].file, extended)
            yield _contradiction(key, name, (rivals[0], other), span)


def _contradiction(key: str, name: str, said: tuple[_Said, _Said], span: Span) -> Diagnostic:
    first, other = said
    shown, hint = f"`{key}`", f"write `{key}` in this mapping"
    if key == "skip":
        shown = f"rules of `skip` for `{name}`"
        hint = "write the rule in this mapping too; with `inherit: false` in place of `when`, it has neither"
    elif key == _FIELD:
        shown, hint = f"rules for `{name}`", f"give `{name}` a rule in this mapping"
    message = (
        f"`{other.file}` and `{first.file}` give different {shown}, and this mapping has none of its own"
    )
    related = ((other.span, "one of them"), (first.span, "the other"))
    return Diagnostic("M035", span, message, hint, name if key == _FIELD else None, related)


def reordered(order: Sequence[Mapping], before: Sequence[Mapping], span: Span) -> Iterator[Diagnostic]:
    """The advice on rules that come from another file than by the order of versions before C3.

    order, before: a mapping and its files, the one that has priority first.
    """
    now, then = _deciding(order), _deciding(before)
    changed = [(part, one, then[part]) for part, one in now.items() if one.value != then[part].value]
    if not changed:
        return
    named = [
        f"`{name or key}` is that of `{one.file}`, not `{old.file}`"
        for (key, name), one, old in changed[:_MOST_NAMED]
    ]
    more = f" and {len(changed) - _MOST_NAMED} more" if len(changed) > _MOST_NAMED else ""
    message = f"the order of extended files has changed: {', '.join(named)}{more}"
    related = ((changed[0][1].span, "used now"), (changed[0][2].span, "used before"))
    hint = "check these values; a file now has priority over all that it extends"
    yield Diagnostic("M908", span, message, hint, related=related)


_MOST_NAMED = 8


def _deciding(order: Sequence[Mapping]) -> dict[tuple[str, str], _Said]:
    """The file that decides about each part, less rules of `skip`, which add up."""
    found: dict[tuple[str, str], _Said] = {}
    for mapping in order:
        lets = ((("let", let.name), let.value, let.span) for let in mapping.lets)
        bodies = ((("functions", one.name), one.body, one.span) for one in mapping.functions)
        for part, value, span in (*lets, *bodies):
            text = "" if value is None else _text(value)
            found.setdefault(part, _Said(mapping.text.name, text, span))
        for part, said in _parts(mapping):
            if part[0] != "skip" and said.value:
                found.setdefault(part, said)
    return found


def _parts(mapping: Mapping) -> Iterator[tuple[tuple[str, str], _Said]]:
    """The parts of a file of which it says all that counts, less what it inherits."""
    file = mapping.text.name
    for key, node in mapping.wholes:
        yield (key.text, ""), _Said(file, json.dumps(json_of(node), sort_keys=True), node.span)
    conditions: dict[str, list[str]] = {}
    for rule in mapping.skips:
        conditions.setdefault(rule.because, []).append(rule.when.text.strip())
    spans = {rule.because: rule.span for rule in reversed(mapping.skips)}
    for because, texts in conditions.items():
        yield ("skip", because), _Said(file, "\n".join(sorted(texts)), spans[because])
    for name, span, value in _rules(mapping.payload, ""):
        yield (_FIELD, name), _Said(file, value, span)


def _rules(fields: Fields, within: str) -> Iterator[tuple[str, Span, str]]:
    """The fields and their rules as texts; of an object that is written out, also those in it."""
    for name, span, value in fields.entries:
        path = f"{within}{name}"
        if isinstance(value, Fields):
            yield path, span, ""
            yield from _rules(value, f"{path}.")
        else:
            yield path, span, _text(value)


def _text(value: Value) -> str:
    span = written_span(value)
    return " ".join(span.text.content[span.start : span.end].split())


def _rivals(said: Sequence[_Said], extended: Extended) -> list[_Said]:
    """The files that say a part, less those that another one of them extends, and so changes."""
    changed: set[str] = set().union(*(reached(one.file, extended) for one in said))
    return [one for one in said if one.file not in changed]


def _place(mapping: Mapping, name: str, extended: Extended) -> Span:
    """The span where a mapping names a file, or one that extends it."""
    direct = extended[normpath(mapping.text.name)]
    return next(span for base, span in direct.items() if name == base or name in reached(base, extended))
