"""Subscriptions -> sections: which events each takes, and the rule of each field of the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from mapper.authoring import Json
from mapper.workbench.importing.directives import ReadScope, WrittenValues, converted
from mapper.workbench.importing.fields import KnownFields, is_setting
from mapper.workbench.importing.fql import (
    FqlCondition,
    FqlGroup,
    UnknownCondition,
    all_of,
    are_apart,
    condition_expression,
    name_of,
    names_of,
    read_fql,
)
from mapper.workbench.importing.imported_value import NOTHING, ImportedValue, undecided
from mapper.workbench.importing.parts import (
    FirstPresent,
    MergedAttribute,
    SegmentPart,
    UnsayablePart,
    directive_of,
    part_of,
)
from mapper.workbench.importing.subscriptions import Subscription

# What `is` compares with, the most likely first.
_MATCHED = (("event",), ("type",), ("name",))


@dataclass(frozen=True, slots=True)
class ImportedRule:
    """A field of the target. segment_value: what it is made from. is_choice: it reads a choice."""

    imported: ImportedValue
    segment_value: Json
    is_choice: bool = False


@dataclass(slots=True)
class ImportedSection:
    """A section.

    constants: those of `is`, patterns among them. when: its condition, to be decided where it cannot be
    said. rules: by the path in the target. without: Segment fields that the target does not have.
    """

    name: str
    is_enabled: bool
    condition: FqlCondition | None = None
    constants: tuple[Json, ...] = ()
    when: ImportedValue = NOTHING
    send: ImportedRule = ImportedRule(NOTHING, None)
    goes_on: bool = False
    rules: dict[str, ImportedRule] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)

    @property
    def takes_all(self) -> bool:
        """Whether it takes every event."""
        return not self.constants and self.when.value is None


def make_sections(subscriptions: Sequence[Subscription], fields: KnownFields) -> list[ImportedSection]:
    """A section for each subscription, without what is said of its events."""
    work = WrittenValues()
    made = [_section(one, fields, work) for one in subscriptions]
    for place, (section, one) in enumerate(zip(made, subscriptions, strict=True)):
        if one.subscribe is None and len(made) > 1:
            section.when = undecided(None, "the subscription has no `subscribe`")
        later = [other for other in made[place + 1 :] if other.is_enabled or not section.is_enabled]
        section.goes_on = any(not are_apart(section.condition, other.condition) for other in later)
    return made


def _section(one: Subscription, fields: KnownFields, work: WrittenValues) -> ImportedSection:
    section = ImportedSection(one.name, one.is_enabled)
    if one.subscribe is not None:
        try:
            section.condition = read_fql(one.subscribe)
        except UnknownCondition as error:
            section.when = undecided(one.subscribe, str(error))
    scope = ReadScope(fields, work)
    name = one.mapping.get(fields.name)
    sent = converted(name, scope)
    sent = undecided(name, f"the mapping has no `{fields.name}`") if sent.value is None else sent
    if isinstance(sent.value, str | list):
        sent = ImportedValue({"from": sent.value}, sent.differs)
    section.send = ImportedRule(sent, name)
    for key, segment_value in one.mapping.items():
        if key != fields.name and not is_setting(key):
            section.rules.update(_rules(key, segment_value, scope, section))
    for path in fields.required:
        missing = undecided(None, f"the mapping has no value for `{path}`, which the target requires")
        section.rules.setdefault(path, ImportedRule(missing, None))
    return section


def _rules(
    path: str, segment_value: SegmentPart, scope: ReadScope, section: ImportedSection
) -> Iterator[tuple[str, ImportedRule]]:
    """The rules for a field of Segment's, and for the fields inside it."""
    fields = scope.fields
    if segment_value is None:
        return
    if path in fields.lists or path in fields.known:
        known = fields.of_list(path) if path in fields.lists else fields.known[path]
        made = converted(segment_value, replace(scope, shape=path if path in fields.lists else ""))
        if made.value is not None:
            differs = (known.differs,) if known.differs and not (made.is_open or made.is_constant) else ()
            imported = ImportedValue(made.value, (*made.differs, *differs))
            yield known.path, ImportedRule(imported, _shown(segment_value))
    elif fields.is_object(path):
        inner = fields.within(path)
        if isinstance(segment_value, dict) and directive_of(segment_value) is None:
            section.without += [f"{path}.{name}" for name in segment_value if name not in inner]
        for name in inner:
            yield from _rules(f"{path}.{name}", part_of(segment_value, name), scope, section)
    else:
        section.without.append(path)


def _shown(segment_value: SegmentPart) -> Json:
    if isinstance(segment_value, FirstPresent):
        return [_shown(one) for one in segment_value.parts]
    if isinstance(segment_value, UnsayablePart | MergedAttribute):
        return segment_value.segment_value
    return segment_value


def say_conditions(sections: Sequence[ImportedSection]) -> tuple[str, ...] | None:
    """Say which events each section takes; the attribute that `is` compares with, if there is one."""
    named = Counter(
        found[0]
        for section in sections
        for part in (all_of(section.condition) if section.condition else ())
        if (found := names_of(part)) is not None
    )
    match = next((path for path in _MATCHED if named[path]), None)
    for section in sections:
        if section.condition is not None:
            _say_condition(section, section.condition, match)
    return match


def _say_condition(section: ImportedSection, condition: FqlCondition, match: tuple[str, ...] | None) -> None:
    rest = list(all_of(condition))
    for part in rest:
        found = names_of(part)
        if found is not None and found[0] == match:
            section.constants = tuple(map(name_of, found[1]))
            rest.remove(part)
            break
    if rest:
        section.when = ImportedValue(
            condition_expression(rest[0] if len(rest) == 1 else FqlGroup("and", tuple(rest)))
        )
