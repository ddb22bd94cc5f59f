"""Mapping and the files it extends -> one Mapping: its own values win, field by field.

Of several files the later wins over the earlier; a file that is reached twice counts where it wins most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from posixpath import normpath

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.additions import merged_fields, nothing_to_add_to, settled
from mapper.compiler.syntax.contradictions import Extended, contradictions
from mapper.compiler.syntax.mapping import Mapping, Named, read_mapping
from mapper.compiler.syntax.own_names import with_own_names
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.syntax_facts import LackingLet
from mapper.compiler.syntax.value_nodes import ALL_UNREAD, Addition, Let, Value
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span, Text, UnreadableFile
from mapper.values.frozen import dataclass

# Each file is read and checked with every mapping that extends it.
MOST_FILES = 50


# The text of a path as it is written in a file of some name (None: in the mapping). Raises UnreadableFile.
ReadBase = Callable[[str, str | None], Text]


@dataclass(slots=True)
class _Bases:
    """The files that were read so far, by name.

    open_names: the files whose own bases are being read. broken: a diagnostic replaces a file. extended: by
    file, those that it extends, each with the place where it names it.
    """

    read_base: ReadBase
    reading: FileReading
    by_name: dict[str, Mapping]
    open_names: list[str]
    broken: bool = False
    extended: Extended = field(default_factory=dict)


def extend(mapping: Mapping, read_base: ReadBase, reading: FileReading) -> Mapping:
    """The mapping with all that it takes over, and with names for its lets that none of them shares.

    Reports what cannot be taken over, and what nobody fills.
    """
    made = _extended(mapping, read_base, reading)
    reading.bind(
        {one.name: one.facts for one in made.functions},
        complete=made.unread.isdisjoint({"functions", "extends"}),
    )
    return with_own_names(made, reading)


def _extended(mapping: Mapping, read_base: ReadBase, reading: FileReading) -> Mapping:
    bases = _Bases(read_base, reading, {}, [normpath(mapping.text.name)], "extends" in mapping.unread)
    merged = mapping
    order = _in_order(mapping, bases)
    for base in order:
        merged = _over(merged, base)
    if not mapping.partial:
        reading.found.say_all(contradictions(mapping, order, bases.extended))
    merged = _settled(merged, tuple(bases.by_name))
    if bases.broken:
        unread = replace(merged.payload, unread=(*merged.payload.unread, ALL_UNREAD))
        return replace(merged, payload=unread, unread=merged.unread | {"let", "functions"})
    return merged if merged.partial else _filled(merged, mapping, bases)


def _in_order(mapping: Mapping, bases: _Bases) -> list[Mapping]:
    """The files a mapping extends, and those that they do, each once: the one that wins most first."""
    order: list[Mapping] = []
    for named in reversed(mapping.extends):
        base = _read(named, mapping, bases)
        if base is None:
            continue
        bases.open_names.append(base.text.name)
        order += [base, *_in_order(base, bases)]
        bases.open_names.pop()
    return order


def _read(named: Named, mapping: Mapping, bases: _Bases) -> Mapping | None:
    """A file that a mapping extends; None where it was read before, or a diagnostic says why it is not."""
    try:
        written_in = mapping.text.name if len(bases.open_names) > 1 else None
        text = bases.read_base(named.name, written_in)
    except UnreadableFile as failure:
        bases.reading.say(Diagnostic("M030", named.span, failure.reason, failure.hint))
        bases.broken = True
        return None
    if text.name in bases.open_names:
        circle = [*bases.open_names[bases.open_names.index(text.name) :], text.name]
        several = f"these files extend each other: {' → '.join(circle)}"
        message = "this file extends itself" if len(circle) == 2 else several
        bases.reading.say(Diagnostic("M031", named.span, message, "remove this one"))
        bases.broken = True
        return None
    bases.extended.setdefault(bases.open_names[-1], {})[text.name] = named.span
    if text.name in bases.by_name:
        return None
    if len(bases.by_name) >= MOST_FILES:
        message = f"a mapping extends at most {MOST_FILES} files"
        bases.reading.say(Diagnostic("M030", named.span, message))
        return None
    base = read_mapping(text, bases.reading)
    if base is None:
        bases.broken = True
    else:
        bases.by_name[text.name] = base
    return base


def _over(mapping: Mapping, base: Mapping) -> Mapping:
    """A mapping with what one of its bases says and it does not."""
    own_lets = {let.name for let in mapping.lets}
    own_functions = {function.name for function in mapping.functions}
    own_tables = {table.name for table in mapping.tables}
    return replace(
        mapping,
        expects=(*mapping.expects, *base.expects),
        lets=(*mapping.lets, *(let for let in base.lets if let.name not in own_lets)),
        functions=(
            *mapping.functions,
            *(one for one in base.functions if one.name not in own_functions),
        ),
        tables=(*mapping.tables, *(one for one in base.tables if one.name not in own_tables)),
        unread=mapping.unread | base.unread,
        split=mapping.split or base.split,
        skips=(*mapping.skips, *base.skips),
        consent=mapping.consent or base.consent,
        payload=merged_fields(base.payload, mapping.payload),
        match=mapping.match or base.match,
        sections=(*mapping.sections, *base.sections),
        lacks_sections=mapping.lacks_sections and base.lacks_sections,
        otherwise=mapping.otherwise if mapping.says_otherwise else base.otherwise,
        says_otherwise=mapping.says_otherwise or base.says_otherwise,
        allowances=(*mapping.allowances, *base.allowances),
    )


def _settled(merged: Mapping, files: tuple[str, ...]) -> Mapping:
    """A mapping whose additions are whole rules. Those of a partial file may add to another one's rules."""
    unmatched: list[Diagnostic] = []

    def report(name: str, own: Addition, inherited: Value | None, around: tuple[Span, ...]) -> None:
        if not merged.partial and merged.unread.isdisjoint({"payload", "extends"}):
            unmatched.append(nothing_to_add_to(name, own, inherited, around, files))

    payload = settled(merged.payload, None, report)

    def of(section: Section) -> Section:
        fields = settled(section.payload, payload, report)
        return section if fields is section.payload else replace(section, payload=fields)

    otherwise = None if merged.otherwise is None else of(merged.otherwise)
    sections = tuple([of(one) for one in merged.sections])
    more = tuple(unmatched)
    return replace(merged, payload=payload, sections=sections, otherwise=otherwise, unmatched=more)


def _filled(merged: Mapping, mapping: Mapping, bases: _Bases) -> Mapping:
    """Report what a mapping that is to send still lacks: a section, and the lets that its bases expect."""
    if merged.lacks_sections:
        message = "the mapping sends nothing: it has neither `events` nor `otherwise`"
        hint = "add `otherwise: {send: NAME}`, or sections under `events`"
        bases.reading.say(Diagnostic("M021", merged.span, message, hint))
    if merged.match is None and merged.unread.isdisjoint({"match", "extends"}):
        _check_is(merged, bases.reading)
    if "let" in merged.unread:
        return merged
    names = {let.name for let in merged.lets}
    lacking = {one.name: one for one in reversed(merged.expects) if one.name not in names}
    for name, where in lacking.items():
        message = f"`{where.span.text.name}` expects a variable `{name}`, which is not defined"
        span = mapping.extends[0].span if mapping.extends else where.span
        related = ((where.span, "expected here"),) if mapping.extends else ()
        fact = LackingLet(name, tuple(names - {one.name for one in merged.expects}))
        bases.reading.say(Diagnostic("M032", span, message, related=related, facts=fact))
    unread = (Let(name, None, where.span) for name, where in lacking.items())
    return replace(merged, lets=(*merged.lets, *unread))


def _check_is(mapping: Mapping, reading: FileReading) -> None:
    """`is` compares with the value of `match`, so there must be one."""
    section = next((one for one in mapping.sections if one.constants is not None), None)
    if section is not None:
        hint = "add `match: EXPRESSION`, as `match: event`"
        patterns = section.patterns[0].node.span if section.patterns else section.span
        span = section.constants[0].span if section.constants else patterns
        reading.say(Diagnostic("M021", span, "`is` needs a `match` to compare with", hint))
