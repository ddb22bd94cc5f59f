"""The decisions about an event and the rows of its payload -> text that fits a terminal's width."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from mapper.authoring import Decision, Item, Json, Reading, Row, Table
from mapper.cli.explain_text import (
    Group,
    groups_of,
    indented,
    path_in_field,
    step_texts,
    title_text,
    wrapped_lines,
)
from mapper.cli.terminal import cut, pad, visible, width
from mapper.masking import mask

_GAP = "  "
_PASSED = "not reached"
_MOST_PASSED = 3
_MOST_LEFT = 52
_MOST_ASKED = 44


def decisions_text(decisions: Sequence[Decision], columns: int, reveal: bool) -> str:
    """The conditions that were asked of an event before its payload was made, a line each, and the answers.

    Sections that `match` rules out are shown together. reveal: answers of consent are shown as read.
    """
    lines = list(_decision_lines(decisions, reveal))
    part = max(width(one) for one, _, _ in lines)
    asked = min(max(width(one) for _, one, _ in lines), _MOST_ASKED, columns // 2)
    left = part + asked + len(_GAP)
    parts = []
    for name, source, told in lines:
        rows = list(wrapped_lines(source, asked))
        for row in rows[:-1]:
            parts.append(f"{pad(name, part)}{_GAP}{row}")
            name = ""
        parts += _beside(f"{pad(name, part)}{_GAP}{pad(rows[-1], asked)}", told, left, columns)
    return "\n".join(parts) + "\n"


def _decision_lines(decisions: Sequence[Decision], reveal: bool) -> Iterator[tuple[str, str, str]]:
    for ruled_out, run in groupby(decisions, key=_is_ruled_out):
        if ruled_out:
            several = list(run)
            asked = "; ".join(one.source for one in several)
            yield "section", visible(asked), "not matched"
            continue
        for one in run:
            yield one.part, visible(one.source), _told(one, reveal)


def _is_ruled_out(decision: Decision) -> bool:
    """Whether a section is not taken since it is for other values of `match`."""
    return decision.part == "section" and decision.told == "not matched" and not decision.reads


def _told(decision: Decision, reveal: bool) -> str:
    if decision.part == "match":
        return one_line(decision.value) if not decision.told else f"({visible(decision.told)})"
    hidden = decision.part == "consent" and not reveal
    reads = ", ".join(filter(None, (_reading(one, hidden) for one in decision.reads)))
    return visible(decision.told) + (f" ({reads})" if reads else "")


def _reading(reading: Reading, hidden: bool) -> str:
    if reading.why:
        return visible(reading.why if hidden or reading.why != "absent" else f"{reading.text} is absent")
    return "" if hidden else f"{visible(reading.text)} is {one_line(reading.value)}"


def _beside(left: str, right: str, columns_left: int, columns: int) -> list[str]:
    """A line of two columns. A reason goes on below where it is too long; a value is cut."""
    room = columns - columns_left - len(_GAP)
    is_value = right[:1] in ('"', "[", "{")
    told = [cut(right, room)] if is_value else [one.strip() for one in wrapped_lines(right, room)]
    first, *others = told or [""]
    rest = [f"{pad('', columns_left)}{_GAP}{one}" for one in others]
    return [(pad(left, columns_left) + _GAP + first).rstrip(), *rest]


def event_text(table: Table, columns: int) -> str:
    """Each field with its value, and below it how it was made, step by step."""
    lines = [line for group in groups_of(table) for line in _event_lines(group)]
    left = min(max(width(one) for one, _ in lines), columns // 2, _MOST_LEFT)
    parts = [title_text(table)]
    for one, value in lines:
        if value and width(one) > left:
            parts.append(one)
            one = ""
        parts += _beside(one, value, left, columns)
    return "\n".join(parts) + "\n"


def _event_lines(group: Group) -> Iterator[tuple[str, str]]:
    """The field and what came of it; then each part of how it was made, with its value and its steps."""
    field = group[0]
    yield visible(field.path + (" *" if field.required else "")), _result(field)
    if field.why == "constant":
        return
    above = field.path
    last = next((row for row in reversed(group) if row.items and row is not field), None)
    for passed, rows in groupby(group, key=lambda row: row.why == _PASSED):
        run = list(rows)
        if passed and len(run) > _MOST_PASSED:
            yield f"{indented(run[0])}  {len(run)} more", f"({_PASSED})"
            continue
        for row in run:
            inner = "" if row.path == above else f"{path_in_field(row, field)}: "
            above = row.path
            yield visible(f"{indented(row)}  {inner}{row.source}"), _read(row, field)
            yield from _step_lines(row)
            yield from _item_lines(row, last=row is last)


def _result(row: Row) -> str:
    """The value that the payload gets, or why it gets nothing."""
    if row.value is None:
        return f"({visible(row.why or 'absent')})"
    return one_line(row.value) + (f"  ({row.why})" if row.why else "")


def _read(row: Row, field: Row) -> str:
    """The value that the row's source gave, where the field's own line does not say so."""
    if "[]" in row.path:
        return visible(step_texts(row.steps))
    if row.why == _PASSED:
        return f"({_PASSED})"
    if row.read is not None:
        return "" if row.read == field.value and row is field else one_line(row.read)
    if row is field:
        return ""
    return _result(row) if row.value is not None or row.why else ""


def _item_lines(row: Row, last: bool) -> Iterator[tuple[str, str]]:
    """The values of a list's first items, by place. The last row says how many there are besides."""
    indent = indented(row) + "    "
    for told, items in groupby(row.items, key=_item_told):
        yield indent + " ".join(f"[{item.place}]" for item in items), told
    if row.more and (last or "[]" not in row.path):
        yield f"{indent}... {row.more} more", ""


def _item_told(item: Item) -> str:
    return one_line(item.value) if item.value is not None else f"({visible(item.why or 'absent')})"


def _step_lines(row: Row) -> Iterator[tuple[str, str]]:
    """The steps that were reached; those that change nothing share one line."""
    before = row.read
    reached = [step for step in row.steps if step.reached]
    for _, steps in groupby(reached, key=lambda step: (json.dumps(step.value), step.failure)):
        run = list(steps)
        value, failure = run[0].value, run[0].failure
        if failure:
            said = f"(invalid: {visible(failure)})"
        elif value is None:
            said = "(absent)"
        else:
            said = "(unchanged)" if value == before and value != mask(value) else one_line(value)
        yield visible(f"{indented(row)}    {step_texts(run)}"), said
        before = value


def one_line(value: Json) -> str:
    """JSON on one line, safe on a terminal."""
    return visible(json.dumps(value, ensure_ascii=False))
