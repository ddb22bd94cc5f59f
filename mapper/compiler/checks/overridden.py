"""Common rules -> warnings where every section that sends has a rule of its own in place of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.plan.scope import Draft, span_of
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.values import Fields, Value
from mapper.compiler.yaml.edits import fixes_of, without_entry
from mapper.diagnostic import Diagnostic
from mapper.text import Span


def check_overridden(mapping: Mapping, draft: Draft) -> None:
    """Report rules of the common `payload` of this file that never act."""
    every = (*mapping.sections, *([mapping.otherwise] if mapping.otherwise else []))
    sending = [section.payload for section in every if section.send is not None]
    if sending and not mapping.partial:
        _check(mapping.payload, sending, mapping, "", draft)


def _check(common: Fields, own: Sequence[Fields], mapping: Mapping, above: str, draft: Draft) -> None:
    for name, span, value in common.entries:
        others: list[Value] = []
        for fields in own:
            other = fields.get(name)
            if other is None:  # the common rule acts here: most do in the first section
                break
            others.append(other)
        if len(others) < len(own):
            continue
        path = f"{above}{name}"
        inner = [other for other in others if isinstance(other, Fields)]
        if isinstance(value, Fields) and len(inner) == len(others):
            _check(value, inner, mapping, f"{path}.", draft)
        elif (not inner or not isinstance(value, Fields)) and span.text is mapping.text:
            message = f"every section has a rule of its own for `{path}`: this one never acts"
            fixes = fixes_of(without_entry(span, span_of(value)))
            related = tuple((key, "its own rule") for fields in own[:1] for key in _keys(fields, name))
            hint = "take it away, or those of the sections"
            draft.found.append(
                Diagnostic("M438", span, message, hint, path=path, related=related, fixes=fixes)
            )


def _keys(fields: Fields, name: str) -> Iterator[Span]:
    return (span for key, span, _ in fields.entries if key == name)
