"""Sections -> the text of an imported mapping, and what each of its lines says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mapper.authoring import Json
from mapper.workbench.importing.choices import ImportedChoice
from mapper.workbench.importing.fields import KnownFields
from mapper.workbench.importing.imported_value import ImportedValue
from mapper.workbench.importing.segment_expressions import path_expression
from mapper.workbench.importing.subscription_sections import ImportedRule, ImportedSection
from mapper.workbench.yaml_text import block, flow, scalar

_LONGEST_LINE = 100
_LONGEST_NAME = 80
_MOST_WITHOUT = 20
SEND, WHEN = "send", "when"
# The condition written where the author is still to decide on one, so that the rest can be checked.
_ANY_EVENT = "present(@)"
_REMOVED = ImportedRule(ImportedValue({"const": None}), None, is_choice=True)


@dataclass(frozen=True, slots=True)
class LineOwner:
    """The owner of a line. section: its place, None for all. path: of a field, or `send`, or `when`."""

    section: int | None
    path: str
    is_choice: bool = False


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of the text. owner: what it is a part of.

    counted: it is the first line of a rule, which may differ, or hold something to be decided (is_open).
    """

    text: str
    owner: LineOwner | None = None
    counted: bool = False
    differs: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class ImportedPage:
    """All that is written. tool: what the mapping comes from. match: what `is` compares with."""

    name: str
    target: str
    tool: str
    fields: KnownFields
    choices: Sequence[ImportedChoice]
    match: tuple[str, ...] | None
    common: dict[str, ImportedRule]
    sections: Sequence[ImportedSection]


def common_rules(sections: Sequence[ImportedSection]) -> dict[str, ImportedRule]:
    """The rules that all sections share."""
    if not sections:
        return {}
    first, *others = sections
    return {
        path: rule
        for path, rule in first.rules.items()
        if all(path in one.rules and one.rules[path].imported == rule.imported for one in others)
    }


def write_page(page: ImportedPage, stand_in: str = "") -> list[PageLine]:
    """The lines of an imported mapping.

    stand_in: to try them, the name that is sent where that is to be decided; what is turned off is on.
    """
    lines = [*_heading(page), *_choices(page)]
    if page.common:
        lines += [PageLine(""), PageLine("payload:"), *_payload(page.common, page, None, "  ")]
    if page.match is not None:
        lines += [PageLine(""), PageLine(f"match: {scalar(path_expression(page.match))}")]
    written = [
        _shown(list(_section(page, place, stand_in)), one.is_enabled or bool(stand_in))
        for place, one in enumerate(page.sections)
        if not one.takes_all
    ]
    if any(one.text.startswith("  -") for section in written for one in section):
        lines += [PageLine(""), PageLine("events:")]
    lines += [line for section in written for line in section]
    everything = [place for place, one in enumerate(page.sections) if one.takes_all]
    lines.append(PageLine(""))
    for place in everything:
        lines += [PageLine("otherwise:"), *_end(page, place, "  ", stand_in)]
    return lines if everything else [*lines, PageLine("otherwise: skip")]


def _heading(page: ImportedPage) -> Iterator[PageLine]:
    off = sum(not one.is_enabled for one in page.sections)
    count = len(page.sections) - off
    said = f"{count} subscription{'' if count == 1 else 's'}" + (f", {off} more turned off" if off else "")
    yield PageLine(f"# Imported from {page.tool}: {said}. `# import: differs` says for which values")
    yield PageLine(f"# a payload is not that of {page.tool}, {{todo: ...}} what is to be decided.")
    for note in page.fields.notes:
        yield PageLine(f"# {note}")
    yield PageLine(f"name: {scalar(page.name)}")
    yield PageLine("version: 1")
    yield PageLine(f"target: {page.target}")


def _choices(page: ImportedPage) -> Iterator[PageLine]:
    if not page.choices:
        return
    yield from (
        PageLine(""),
        PageLine("# Choices for all sections: keep one line of each."),
        PageLine("let:"),
    )
    for one in page.choices:
        yield from _rule(one.name, one.imported, LineOwner(None, one.path, is_choice=True), "  ", True)
        for value, meaning in one.others:
            yield PageLine(f"  # {one.name}: {flow(value)}  # {meaning}")


def _payload(
    rules: dict[str, ImportedRule], page: ImportedPage, place: int | None, indent: str
) -> Iterator[PageLine]:
    order = list(dict.fromkeys(one.path.partition("[]")[0] for one in page.fields.known.values()))
    paths = sorted(rules, key=order.index)
    objects: list[str] = []
    for path in paths:
        above, _, _ = path.rpartition(".")
        if above and above in objects:
            continue
        members = [one for one in paths if one.rpartition(".")[0] == above] if above else [path]
        if above:
            objects.append(above)
            yield PageLine(f"{indent}{above}:")
        for one in members:
            rule = rules[one]
            inner = f"{indent}  " if above else indent
            yield from _rule(
                one.rpartition(".")[2], rule.imported, LineOwner(place, one), inner, not rule.is_choice
            )


def _rule(
    name: str, imported: ImportedValue, owner: LineOwner, indent: str, counted: bool
) -> Iterator[PageLine]:
    comment = f"  # import: differs {'; '.join(imported.differs)}" if imported.differs else ""
    line = f"{indent}{name}: {flow(imported.value)}"
    value = imported.value
    is_long = len(line) > _LONGEST_LINE and isinstance(value, dict | list) and "todo" not in value
    first = f"{indent}{name}:{comment}" if is_long else line + comment
    yield PageLine(first, owner, counted, bool(imported.differs), imported.is_open)
    if is_long:
        yield from (PageLine(one, owner) for one in block(value, f"{indent}  "))


def _section(page: ImportedPage, place: int, stand_in: str) -> Iterator[PageLine]:
    section = page.sections[place]
    if section.name:
        yield PageLine(f"  # {_one_line(section.name)}")
    first = True
    for line in _section_entries(page, place, stand_in):
        yield replace(line, text=f"  {'-' if first else ' '} {line.text}")
        first = False


def _section_entries(page: ImportedPage, place: int, stand_in: str) -> Iterator[PageLine]:
    section = page.sections[place]
    if section.constants:
        constants: Json = [*section.constants]
        constants = section.constants[0] if len(section.constants) == 1 else constants
        yield PageLine(f"is: {flow(constants)}")
    if section.when.value is not None:
        is_open = section.when.is_open
        when: Json = _ANY_EVENT if is_open and stand_in else section.when.value
        yield PageLine(f"when: {flow(when)}", LineOwner(place, WHEN), is_open, is_open=is_open)
    yield from _end(page, place, "", stand_in)


def _end(page: ImportedPage, place: int, indent: str, stand_in: str) -> Iterator[PageLine]:
    section = page.sections[place]
    sent = section.send.imported
    value = sent.value
    if isinstance(value, dict) and set(value) == {"const"} and isinstance(value["const"], str):
        value = value["const"]
    value = stand_in if sent.is_open and stand_in else value
    counted = sent.is_open or bool(sent.differs)
    yield from _rule(SEND, ImportedValue(value, sent.differs), LineOwner(place, SEND), indent, counted)
    if section.goes_on and not section.takes_all:
        yield PageLine(f"{indent}continue: true")
    own = {path: rule for path, rule in section.rules.items() if _differs_from(page.common, path, rule)}
    # Only a section that is turned off can lack a rule of all the others.
    own |= dict.fromkeys(page.common.keys() - section.rules.keys(), _REMOVED)
    if own:
        yield PageLine(f"{indent}payload:")
        yield from _payload(own, page, place, f"{indent}  ")
    for name in section.without[:_MOST_WITHOUT]:
        yield PageLine(
            f"{indent}# import: {_one_line(name)} is not a field of Segment's either, and both leave it out"
        )
    if len(section.without) > _MOST_WITHOUT:
        yield PageLine(f"{indent}# import: and so are {len(section.without) - _MOST_WITHOUT} more")


def _differs_from(common: dict[str, ImportedRule], path: str, rule: ImportedRule) -> bool:
    return path not in common or common[path].imported != rule.imported


def _shown(lines: Iterable[PageLine], is_on: bool) -> list[PageLine]:
    """A section; one that is turned off as comments."""
    return list(lines) if is_on else [PageLine(f"  # {one.text.removeprefix('  ')}") for one in lines]


def _one_line(text: str) -> str:
    shown = "".join(one if one.isprintable() else "?" for one in text[:_LONGEST_NAME])
    return f"{shown}..." if len(text) > _LONGEST_NAME else shown
