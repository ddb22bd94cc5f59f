"""The export of a destination in Segment -> a mapping: what is exact, what differs, what is to be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mapper
from mapper import Diagnostic
from mapper.values.safe_text import SafeError, SafeText
from mapper.workbench.importing.choices import make_choices
from mapper.workbench.importing.fields import read_fields_of
from mapper.workbench.importing.import_page import (
    SEND,
    WHEN,
    ImportedPage,
    LineOwner,
    PageLine,
    common_rules,
    write_page,
)
from mapper.workbench.importing.imported_value import undecided
from mapper.workbench.importing.subscription_sections import ImportedSection, make_sections, say_conditions
from mapper.workbench.importing.subscriptions import read_subscriptions

_TOOL = "Segment"
_TO_DECIDE = "M153"
_TODO = "{todo: "
# There is more than is checked.
_TOO_LARGE = "M009"
# No field, and no two fields, say who the person is.
_NOBODY = "M305"
_MOST_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class ImportedMapping:
    """An imported mapping.

    sections, disabled: how many, and how many more are turned off. rules: how many are written; nearly: the
    lines of those that differ for some values; todos: the lines where something is to be decided.
    """

    mapping: str
    sections: int
    disabled: int
    rules: int
    nearly: tuple[int, ...]
    todos: tuple[int, ...]

    @property
    def exact(self) -> int:
        """The number of rules that give the same as in Segment."""
        return self.rules - len(self.nearly) - len(self.todos)

    @property
    def is_exact(self) -> bool:
        """Whether every rule gives the same as in Segment."""
        return not self.nearly and not self.todos


def import_segment(
    content: bytes, *, name: str = "segment", target: str, beside: str | Path | None = None
) -> ImportedMapping:
    """The mapping that an exported destination, or one mapping of it, comes to. Raises SafeError.

    beside: the file that the mapping will be, whose project's schemas count.
    """
    schema = mapper.read_schema(target, beside=beside)
    fields = read_fields_of(schema, "segment")
    if fields is None:
        of = SafeText.known(target)
        raise SafeError(SafeText("the schema {} does not say what Segment calls its fields", of))
    standard = next(iter(schema.get("x-event-names", {}).get("standard", ())), "custom")
    sections = make_sections(read_subscriptions(content), fields)
    match = say_conditions(sections)
    for _ in range(_MOST_ROUNDS):
        page = _page(sections, ImportedPage(name, target, _TOOL, fields, (), match, {}, ()))
        if not _leave_out_what_is_refused(page, sections, standard, beside):
            break
    return _counted(page, write_page(page))


def _page(sections: Sequence[ImportedSection], page: ImportedPage) -> ImportedPage:
    """A page of some sections, whose own rules stay as they are."""
    shown = [replace(one, rules=dict(one.rules)) for one in sections]
    choices = make_choices([one for one in shown if one.is_enabled], page.fields)
    enabled = [one for one in shown if one.is_enabled] or shown
    return replace(page, choices=choices, common=common_rules(enabled), sections=shown)


def _text(lines: Sequence[PageLine]) -> str:
    return "\n".join(one.text for one in lines) + "\n"


def _leave_out_what_is_refused(
    page: ImportedPage, sections: Sequence[ImportedSection], stand_in: str, beside: str | Path | None
) -> bool:
    """Put something to be decided in place of each rule that the checks refuse; whether there was one."""
    lines = write_page(page, stand_in)
    refused = set[LineOwner]()
    for found in mapper.check_text(_text(lines), beside=beside):
        if found.severity != "error" or found.code == _TO_DECIDE:
            continue
        owner = _owner(lines, found)
        if owner is None or owner in refused:
            continue
        if found.code == _NOBODY or not _refuse(sections, owner, found.message):
            # No rule is wrong by itself.
            owner = LineOwner(owner.section, SEND)
            if not _refuse(sections, owner, found.message):
                continue
        refused.add(owner)
    return bool(refused)


def _owner(lines: Sequence[PageLine], found: Diagnostic) -> LineOwner | None:
    """The owner of the line of a diagnostic; of the section that it is in, if it is no rule's.

    Raises SafeError where the mapping is too large, so that the rest of it was not checked.
    """
    line, _ = found.span.text.position(found.span.start)
    owner = lines[line - 1].owner if line <= len(lines) else None
    if owner is not None:
        return owner
    if found.code == _TOO_LARGE:
        raise SafeError(
            SafeText("the mapping would be too large to check; split the subscriptions into several files")
        )
    after = next((one.owner for one in lines[line:] if one.owner and one.owner.section is not None), None)
    return None if after is None else LineOwner(after.section, SEND)


def _refuse(sections: Sequence[ImportedSection], owner: LineOwner, why: str) -> bool:
    """Put something to be decided in place of a rule; whether it was not there before."""
    refused = False
    of = sections if owner.section is None else [sections[owner.section]]
    for section in of:
        if owner.path == WHEN:
            refused |= not section.when.is_open
            section.when = undecided(section.when.value, why)
        elif owner.path == SEND:
            refused |= not section.send.imported.is_open
            section.send = replace(section.send, imported=undecided(section.send.segment_value, why))
        elif owner.path in section.rules:
            rule = section.rules[owner.path]
            refused |= "todo" not in rule.imported.value if isinstance(rule.imported.value, dict) else True
            section.rules[owner.path] = replace(rule, imported=undecided(rule.segment_value, why))
    return refused


def _counted(page: ImportedPage, lines: Sequence[PageLine]) -> ImportedMapping:
    starts = [place for place, one in enumerate(lines) if one.counted]
    todos = [_line_to_decide(lines, place) for place in starts if lines[place].is_open]
    nearly = [place + 1 for place in starts if lines[place].differs and not lines[place].is_open]
    disabled = sum(not one.is_enabled for one in page.sections)
    count = len(page.sections) - disabled
    return ImportedMapping(_text(lines), count, disabled, len(starts), tuple(nearly), tuple(todos))


def _line_to_decide(lines: Sequence[PageLine], start: int) -> int:
    """The number of the first line of a rule that has something to be decided."""
    return next(place for place in range(start, len(lines)) if _TODO in lines[place].text) + 1
