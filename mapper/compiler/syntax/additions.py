"""Rules that add to an inherited `each` -> whole rules; or a diagnostic where there is nothing to add to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mapper.compiler.syntax.syntax_facts import NothingInherited
from mapper.compiler.syntax.value_nodes import Addition, Each, Fields, Let, Rule, Value, written_span
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span

# Reports an addition to a field that is not inherited, or whose inherited value is not a list rule. The last
# are the names of the objects around that field.
ReportUnmatched = Callable[[str, Addition, Value | None, tuple[Span, ...]], None]


def merged_fields(common: Fields, own: Fields) -> Fields:
    """The fields of both: objects field by field, a rule of `own` in place of the whole one of `common`.

    An addition of `own` is merged with what `common` has; where that is no `each`, it is kept as it is.
    """
    own_values = {name: (span, value) for name, span, value in own.entries}
    additions = {name: (span, one) for name, span, one in own.additions}
    merged: list[tuple[str, Span, Value]] = []
    for name, span, value in common.entries:
        added = None if name not in additions else with_addition(value, additions[name][1])
        if added is not None:
            merged.append((name, additions.pop(name)[0], added))
            continue
        if name not in own_values:
            merged.append((name, span, value))
            continue
        own_span, own_value = own_values.pop(name)
        if isinstance(value, Fields) and isinstance(own_value, Fields):
            own_value = merged_fields(value, own_value)
        merged.append((name, own_span, own_value))
    merged += [(name, span, value) for name, (span, value) in own_values.items()]
    span = own.span if own.entries or own.additions else common.span
    kept = _kept_additions(common, own, additions)
    return Fields(tuple(merged), span, (*common.unread, *own.unread), kept)


def _kept_additions(
    common: Fields, own: Fields, additions: dict[str, tuple[Span, Addition]]
) -> tuple[tuple[str, Span, Addition], ...]:
    """The additions of both that add to neither; two of one field are one."""
    own_names = {name for name, _, _ in own.entries}
    kept = {name: (span, one) for name, span, one in common.additions if name not in own_names}
    for name, (span, one) in additions.items():
        kept[name] = (span, _both(kept[name][1], one) if name in kept else one)
    return tuple((name, span, one) for name, (span, one) in kept.items())


def with_addition(inherited: Value | None, own: Addition) -> Rule | None:
    """An inherited list rule with what is added to it; None of any other value."""
    if not isinstance(inherited, Rule) or not isinstance(inherited.source, Each):
        return None
    each = inherited.source
    item = each.item if own.item is None else _merged_item(each.item, own.item)
    where = each.where if own.where is None else own.where
    return replace(inherited, source=replace(each, where=where, item=item, lets=_lets_of_both(each, own)))


def _both(inherited: Addition, own: Addition) -> Addition:
    item = inherited.item
    if own.item is not None:
        item = own.item if item is None else _merged_item(item, own.item)
    lets = _lets_of_both(inherited, own)
    return Addition(item, own.where or inherited.where, own.key, own.span, lets)


def _lets_of_both(inherited: Each | Addition, own: Addition) -> tuple[Let, ...]:
    """The lets of both; one of the same name replaces the inherited one."""
    names = {let.name for let in own.lets}
    return (*[let for let in inherited.lets if let.name not in names], *own.lets)


def _merged_item(inherited: Value, own: Value) -> Value:
    """The fields of both; another value replaces the inherited one."""
    if isinstance(inherited, Fields) and isinstance(own, Fields):
        return merged_fields(inherited, own)
    return own


def settled(
    own: Fields, common: Fields | None, report: ReportUnmatched, around: tuple[Span, ...] = ()
) -> Fields:
    """Fields in which whole rules are in place of additions. common: what they are merged over.

    A field with nothing to add to is reported, and unread. around: the names of the objects that it is in,
    and inherited ones that are nearly these.
    """
    entries = list(own.entries)
    changed = bool(own.additions)
    for place, (name, span, value) in enumerate(own.entries):
        if isinstance(value, Fields):
            beside = None if common is None else common.get(name)
            names = (*around, span, *_nearly(name, common))
            inner = settled(value, beside if isinstance(beside, Fields) else None, report, names)
            changed = changed or inner is not value
            entries[place] = (name, span, inner)
    if not changed:
        return own
    unread = list(own.unread)
    for name, span, one in own.additions:
        inherited = None if common is None else common.get(name)
        whole = with_addition(inherited, one)
        if whole is not None:
            entries.append((name, span, whole))
            continue
        unread.append(name)
        if common is None or name not in common.unread:
            report(name, one, inherited, (*around, *_nearly(name, common)))
    return Fields(tuple(entries), own.span, tuple(unread))


def _nearly(name: str, common: Fields | None) -> tuple[Span, ...]:
    """The inherited name that is nearly one that is not inherited: most likely it is misspelt."""
    spans = {} if common is None else {other: span for other, span, _ in common.entries}
    near = None if name in spans else closest(name, spans)
    return () if near is None else (spans[near],)


def nothing_to_add_to(
    name: str, own: Addition, inherited: Value | None, around: tuple[Span, ...], files: tuple[str, ...]
) -> Diagnostic:
    """The diagnostic of an addition without an inherited list rule.

    around: the names of the objects that the field is in. files: those that were searched.
    """
    searched = f"; searched: {', '.join(f'`{one}`' for one in files)}" if files else ""
    if inherited is None:
        message = f"`{name}` has no inherited rule to add to{searched}"
        return Diagnostic("M025", own.key, message, facts=NothingInherited(around))
    message = f"the inherited rule of `{name}` has no `each` to add to"
    hint = "write the whole rule: `{each: LIST, item: ...}`"
    related = ((written_span(inherited), "the inherited rule"),)
    return Diagnostic("M025", own.key, message, hint, related=related)
