"""Mapping and the files it extends -> one Mapping: its own values win, field by field.

Of several files the later has priority over the earlier, and each over those that it extends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from posixpath import normpath

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.syntax import inherited_parts
from mapper.compiler.syntax.additions import nothing_to_add_to, settled
from mapper.compiler.syntax.contradictions import contradictions, reordered
from mapper.compiler.syntax.inheritance_order import Extended, NoOrder, priority, reached
from mapper.compiler.syntax.mapping import Mapping, Named, read_mapping
from mapper.compiler.syntax.own_names import with_own_names
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.syntax_facts import LackingLet
from mapper.compiler.syntax.value_nodes import ALL_UNREAD, Addition, Let, Value
from mapper.compiler.yaml.yaml_facts import Remove
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
    if made.lacks_functions:  # a rule that is not inherited either may call one of them
        left = {id(one.parsed) for one in made.all_values if isinstance(one, Expression)}
        reading.unbound = [one for one in reading.unbound if id(one.parsed) in left]
    reading.bind(
        {one.name: one.facts for one in made.functions},
        complete=made.unread.isdisjoint({"functions", "extends"}),
    )
    return with_own_names(made, reading)


def _extended(mapping: Mapping, read_base: ReadBase, reading: FileReading) -> Mapping:
    bases = _Bases(read_base, reading, {}, [normpath(mapping.text.name)], "extends" in mapping.unread)
    _read_all(mapping, bases)
    order = _in_order(mapping, bases)
    merged, unmatched = inherited_parts.merged(order)
    found = [] if mapping.partial else [*contradictions(mapping, order[1:], bases.extended)]
    reading.found.say_all(one for one in found if one.path is None)
    contested = tuple([one for one in found if one.path is not None])
    merged = replace(
        _settled(merged, tuple(bases.by_name)),
        contested=contested,
        reordered=_reordered(mapping, order, bases),
        order=tuple(order),
        lacks_functions=any(one.key == "functions" for base in order for one in base.not_inherited),
    )
    if bases.broken:
        unread = replace(merged.payload, unread=(*merged.payload.unread, ALL_UNREAD))
        return replace(merged, payload=unread, unread=merged.unread | {"let", "functions"})
    if merged.partial:
        return merged
    reading.found.say_all(one.report for one in unmatched if one.key not in merged.unread)
    return _filled(merged, mapping, bases)


def _reordered(mapping: Mapping, order: list[Mapping], bases: _Bases) -> tuple[Diagnostic, ...]:
    """The advice on rules that come from another file than in versions before this order; files as read."""
    before = [mapping, *bases.by_name.values()]
    is_same = all(one is other for one, other in zip(order, before, strict=True))
    if mapping.partial or is_same or not mapping.extends:
        return ()
    return tuple(reordered(order, before, mapping.extends[0].span.to(mapping.extends[-1].span)))


def _read_all(mapping: Mapping, bases: _Bases) -> None:
    """Read the files that a mapping extends, and those that they do, each once."""
    for named in reversed(mapping.extends):
        base = _read(named, mapping, bases)
        if base is not None:
            bases.open_names.append(base.text.name)
            _read_all(base, bases)
            bases.open_names.pop()


def _in_order(mapping: Mapping, bases: _Bases) -> list[Mapping]:
    """A mapping and the files that it extends: the one that has priority first; without an order, as read."""
    own = normpath(mapping.text.name)
    known = {**bases.by_name, own: mapping}
    order = priority(own, bases.extended)
    if isinstance(order, NoOrder):
        bases.reading.say(_no_order(order, bases.extended))
        order = (own, *bases.by_name)
    return [known[name] for name in order if name in known]


def _no_order(wrong: NoOrder, extended: Extended) -> Diagnostic:
    """The diagnostic of files that one extends and that have no order."""
    *others, last = [f"`{one.first}` over `{one.second}`" for one in wrong.circle]
    message = f"these files have no order of priority: {', '.join(others)} and {last}"
    related = tuple([(one.span, f"`{one.first}` has priority over `{one.second}`") for one in wrong.circle])
    named = next(name for name, span in extended[wrong.file].items() if span is wrong.span)
    heirs = [one for one in extended[wrong.file] if named in reached(one, extended)]
    if heirs:
        message = f"`{named}` is named after `{heirs[0]}`, which extends it and has priority over it"
        hint = f"remove `{named}`: `{heirs[0]}` extends it already"
        fact = Remove("items", wrong.span, wrong.span, "Remove it")
        return Diagnostic("M036", wrong.span, message, hint, related=related, facts=fact)
    hint = "name them in the same order in each `extends`; a later file has priority over an earlier one"
    return Diagnostic("M036", wrong.span, message, hint, related=related)


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
