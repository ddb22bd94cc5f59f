"""A mapping and the files it extends -> the parts that have no effect, each with what is in its place.

It follows the order by which `inherited_parts` merges these files, and keeps the places that this leaves out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import field
from typing import TypeAlias

from mapper.compiler.jmespath.expression import Expression
from mapper.compiler.plan.can_give import always_holds
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.mapping_parts import PARTS, compared
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.value_nodes import Constant, Fields, Let, Value, list_rule, written_span
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass

# A key of the mapping and the names below it: of a field its path, with `[]` for the elements of a list.
_Part: TypeAlias = tuple[Hashable, ...]
_ELEMENT = "[]"


@dataclass(frozen=True, slots=True)
class Override:
    """A part that replaces inherited ones. span: of its key; replaced: of theirs, the nearest first."""

    span: Span
    replaced: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class TakenAway:
    """Parts that are not inherited. name: as in messages; span: of what names it; parts: their places."""

    name: str
    span: Span
    parts: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Overrides:
    """The inherited parts that have no effect.

    wholes: by key, where the file that decides writes it. replaced: parts that replace others.
    sections: those with constants of `is` that earlier sections take, and these.
    """

    wholes: dict[str, Span]
    replaced: tuple[Override, ...]
    taken_away: tuple[TakenAway, ...]
    sections: tuple[tuple[Section, tuple[Constant, ...]], ...]

    def of(self, span: Span) -> tuple[Span, ...]:
        """The parts that the one with this key replaces."""
        return next((one.replaced for one in self.replaced if one.span == span), ())

    def at(self, span: Span) -> tuple[Span, ...]:
        """As `of`, for the key that some characters are of."""
        return next((one.replaced for one in self.replaced if span.is_within(one.span)), ())


@dataclass(frozen=True, slots=True)
class _Said:
    """A part that counts so far. span: of its key; whole: of all of it."""

    span: Span
    whole: Span


@dataclass(slots=True)
class _Counting:
    """The parts that count, the file that has the lowest priority first."""

    said: dict[_Part, list[_Said]] = field(default_factory=dict)
    replaced: dict[Span, tuple[Span, ...]] = field(default_factory=dict)
    taken_away: list[TakenAway] = field(default_factory=list)

    def say(self, part: _Part, span: Span, whole: Span | None = None) -> None:
        """Put a part in place of the one of this name and of all below it."""
        self.replace(span, self._remove(part))
        self.said[part] = [_Said(span, whole or span)]

    def say_object(self, part: _Part, span: Span) -> None:
        """Put fields in place of a rule."""
        self.replace(span, self.said.pop(part, []))

    def add(self, part: _Part, span: Span) -> None:
        """Put a part beside those of this name."""
        self.said.setdefault(part, []).append(_Said(span, span))

    def take(self, name: str, part: _Part, span: Span) -> None:
        """Take parts away."""
        self.taken_away.append(TakenAway(name, span, tuple([one.span for one in self._remove(part)])))

    def _remove(self, part: _Part) -> list[_Said]:
        """Remove a part and all below it; those that are written within another one go without saying."""
        below = [one for one in self.said if one[: len(part)] == part]
        gone = [one for name in below for one in self.said.pop(name)]
        return [
            one
            for one in gone
            if not any(one is not other and one.span.is_within(other.whole) for other in gone)
        ]

    def replace(self, span: Span, gone: Sequence[_Said]) -> None:
        """Note that a part is in place of others, and of those that they replaced."""
        spans = [one for said in gone for one in (said.span, *self.replaced.get(said.span, ()))]
        if spans:
            self.replaced[span] = (*self.replaced.get(span, ()), *dict.fromkeys(spans))


def overrides(mapping: Mapping) -> Overrides:
    """The inherited parts of a mapping that have no effect."""
    counting = _Counting()
    for one in reversed(mapping.order):
        for gone in one.not_inherited:
            counting.take(gone.name, (gone.key, *gone.part), gone.span)
        _say(one, counting)
    sections = tuple(_unreached(mapping.sections, counting))
    wholes = {str(part[0]): said[0].span for part, said in counting.said.items() if len(part) == 1 and said}
    replaced = tuple([Override(span, gone) for span, gone in counting.replaced.items()])
    return Overrides(wholes, replaced, tuple(counting.taken_away), sections)


def _say(mapping: Mapping, counting: _Counting) -> None:
    """Say all parts of one file."""
    for name, kind in PARTS.items():
        say = counting.add if kind.said_by else counting.say
        for one in getattr(mapping, kind.attribute):
            say((name, *kind.known_by(one)), kind.span(one))
    for key, node in mapping.wholes:
        if getattr(mapping, key.text) is not None or (key.text == "otherwise" and mapping.says_otherwise):
            counting.say((key.text,), key.span, node.span)
    _say_fields(mapping.payload, ("payload",), counting)


def _say_fields(fields: Fields, within: _Part, counting: _Counting) -> None:
    for name, span, value in fields.entries:
        part = (*within, name)
        if isinstance(value, Fields):
            counting.say_object(part, span)
            _say_fields(value, part, counting)
            continue
        counting.say(part, span, written_span(value))
        each = list_rule(value)
        if each is not None:
            _say_elements(part, each.lets, each.where, each.item, counting)
    for name, _, added in fields.additions:
        _say_elements((*within, name), added.lets, added.where, added.item, counting)


def _say_elements(
    part: _Part, lets: tuple[Let, ...], where: Expression | None, item: Value | None, counting: _Counting
) -> None:
    """Say what can be replaced in a list rule: its variables, its `where` and the fields of its elements."""
    for let in lets:
        counting.say((*part, "let", let.name), let.span)
    if where is not None:
        counting.say((*part, "where"), where.whole)
    element = (*part, _ELEMENT)
    if isinstance(item, Fields):
        _say_fields(item, element, counting)
    elif item is not None:
        counting.say(element, written_span(item))


def _unreached(
    sections: Sequence[Section], counting: _Counting
) -> Iterator[tuple[Section, tuple[Constant, ...]]]:
    """The sections with constants of `is` that a section of another file takes before them."""
    taken: dict[Hashable, Section] = {}
    for section in sections:
        gone: list[Constant] = []
        for one in section.constants or ():
            earlier = taken.get(compared([one.value]))
            if earlier is not None and earlier.span.text is not section.span.text:
                gone.append(one)
                counting.replace(earlier.span, [_Said(one.span, one.span)])
            elif (section.when is None or always_holds(section.when)) and not section.goes_on:
                taken.setdefault(compared([one.value]), section)
        if gone:
            yield section, tuple(gone)
