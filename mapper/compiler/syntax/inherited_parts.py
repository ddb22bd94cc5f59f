"""A mapping and the one that it inherits from -> one mapping: its own parts have priority, name by name."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mapper.compiler.syntax.additions import merged_fields
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.mapping_parts import PARTS, PartKind
from mapper.compiler.syntax.not_inherited import NotInherited
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.syntax.value_nodes import Fields
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A part that is taken away and not inherited, by the key that it is under, and its diagnostic."""

    key: str
    report: Diagnostic


def merged(order: Sequence[Mapping]) -> tuple[Mapping, list[Unmatched]]:
    """A mapping and all that it extends, in their order, as one; what it takes away and does not inherit."""
    whole: Mapping | None = None
    unmatched: list[Unmatched] = []
    for mapping in reversed(order):
        inherited = whole
        for one in mapping.not_inherited:
            less = None if inherited is None else _without(inherited, one)
            if less is None:
                unmatched.append(Unmatched(one.key, _nothing_to_take(one, inherited)))
            else:
                inherited = less
        whole = mapping if inherited is None else _over(mapping, inherited)
    assert whole is not None
    return whole, unmatched


def _over(mapping: Mapping, base: Mapping) -> Mapping:
    """A mapping with what it inherits."""
    parts: dict[str, Any] = {kind.attribute: _parts(mapping, base, kind) for kind in PARTS.values()}
    return replace(
        mapping,
        **parts,
        expects=(*mapping.expects, *base.expects),
        unread=mapping.unread | base.unread,
        split=mapping.split or base.split,
        consent=mapping.consent or base.consent,
        payload=merged_fields(base.payload, mapping.payload),
        match=mapping.match or base.match,
        lacks_sections=mapping.lacks_sections and base.lacks_sections,
        otherwise=mapping.otherwise if mapping.says_otherwise else base.otherwise,
        says_otherwise=mapping.says_otherwise or base.says_otherwise,
        tests=(*mapping.tests, *(test for test in base.tests if test.inherit)),
        allowances=(*mapping.allowances, *base.allowances),
        empty_parts=(*mapping.empty_parts, *base.empty_parts),
    )


def _parts(mapping: Mapping, base: Mapping, kind: PartKind) -> tuple[Any, ...]:
    """The own parts under a key, then the inherited ones, but for those of an own name."""
    own, inherited = (getattr(one, kind.attribute) for one in (mapping, base))
    if kind.said_by:
        return (*own, *inherited)
    taken = set(map(kind.known_by, own))
    return (*own, *(one for one in inherited if kind.known_by(one) not in taken))


_NO_OTHERWISE: dict[str, Any] = {"otherwise": None, "says_otherwise": False}


def _without(mapping: Mapping, not_inherited: NotInherited) -> Mapping | None:
    """A mapping less a part; None where it has none of that name."""
    key = not_inherited.key
    if key == "payload":
        payload = _without_field(mapping.payload, not_inherited.part)
        return None if payload is None else replace(mapping, payload=payload)
    if key in PARTS:
        kind = PARTS[key]
        parts = getattr(mapping, kind.attribute)
        kept = tuple([one for one in parts if kind.known_by(one) != not_inherited.part])
        less: dict[str, Any] = {kind.attribute: kept}
        return None if len(kept) == len(parts) else replace(mapping, **less)
    is_there = mapping.says_otherwise if key == "otherwise" else getattr(mapping, key) is not None
    less = _NO_OTHERWISE if key == "otherwise" else {key: None}
    return replace(mapping, **less) if is_there else None


def _without_field(fields: Fields, path: tuple[Hashable, ...]) -> Fields | None:
    """The fields less the one of a path, and less an object that has no others."""
    name, *below = path
    entries, is_found = [], False
    for entry in fields.entries:
        key, span, value = entry
        if key != name:
            entries.append(entry)
            continue
        less = _without_field(value, tuple(below)) if below and isinstance(value, Fields) else None
        if below and less is None:
            return None
        is_found = True
        if less is not None and (less.entries or less.additions or less.unread):
            entries.append((key, span, less))
    additions = tuple([one for one in fields.additions if below or one[0] != name])
    if not is_found and len(additions) == len(fields.additions):
        return None
    return replace(fields, entries=tuple(entries), additions=additions)


def _nothing_to_take(not_inherited: NotInherited, inherited: Mapping | None) -> Diagnostic:
    """The diagnostic of a part that is taken away and that no extended file has."""
    if inherited is None:
        message = f"{not_inherited.name} is not inherited: this file extends no other one"
    else:
        message = f"{not_inherited.name} is not inherited: no file that this one extends has it"
    names = [] if inherited is None else [*_names(not_inherited, inherited)]
    near = closest(_last(not_inherited), names)
    if near is not None:
        return Diagnostic("M037", not_inherited.span, message, facts=MeantName(not_inherited.span, near))
    hint = f"these are: {', '.join(f'`{one}`' for one in sorted(names)[:_MOST_NAMES])}" if names else None
    return Diagnostic("M037", not_inherited.span, message, hint or "remove it")


_MOST_NAMES = 8


def _last(not_inherited: NotInherited) -> str:
    """The name of a part, as it is written."""
    span = not_inherited.span
    return span.text.content[span.start : span.end].strip("'\"")


def _names(not_inherited: NotInherited, inherited: Mapping) -> Iterator[str]:
    """The names in whose place another one was written."""
    match not_inherited.key:
        case "let" | "functions" | "tables":
            yield from (one.name for one in getattr(inherited, PARTS[not_inherited.key].attribute))
        case "skip":
            yield from (rule.because for rule in inherited.skips)
        case "events":
            for section in inherited.sections:
                values = [one.value for one in section.constants or ()]
                yield from (str(one) for one in values)
        case "payload":
            fields = inherited.payload
            for name in not_inherited.part[:-1]:
                below = fields.get(str(name))
                if not isinstance(below, Fields):
                    return
                fields = below
            yield from (name for name, _, _ in (*fields.entries, *fields.additions))
