"""Tables of a mapping -> text that fits a terminal's width, or plain values for json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from textwrap import indent
from typing import Any

from mapper import Note, Outcome
from mapper.authoring import Decision, Item, Reading, Row, Table, TracedStep
from mapper.cli.terminal import cut, pad, visible, width
from mapper.codes import DiagnosticCode
from mapper.running.counts import UNKNOWN_NAMES, ShownNames, own_notes

_LEGEND = "+ step inserted because the target requires it; * required field"
_MOST_PATH, _MOST_TYPE, _LEAST_ROOM = 36, 18, 40
_UNKNOWN_NAME = "unmapped: a name that no section takes; --reveal shows it"
_GAP = "  "

Group = tuple[Row, ...]


def mapping_text(name: str, tables: Sequence[Table], columns: int) -> str:
    """The fields that every section sends, then those that each adds: path, expression, steps, type.

    Where the rules are from several files, also the place of each.
    """
    placed = len({row.file for table in tables for row in table.rows}) > 1
    groups = [groups_of(table) for table in tables]
    common = [group for group in groups[0] if all(group in others for others in groups[1:])] if groups else []
    parts = [f"{visible(name)}\n{_LEGEND}"]
    if len(tables) > 1 and common:
        parts.append(
            f"in each of the {len(tables)} sections that send\n" + _grid(common, columns, placed=placed)
        )
    else:
        common = []
    for table, own in zip(tables, groups, strict=True):
        rest = [group for group in own if group not in common]
        parts.append(title_text(table) + "\n" + _grid(rest, columns, placed=placed))
    return "\n\n".join(parts) + "\n"


def title_text(table: Table) -> str:
    return visible(f"{table.title}: {table.takes} ({table.file}:{table.line})")


def groups_of(table: Table) -> list[Group]:
    """The rows of each field, with those of what it is made of."""
    groups: list[list[Row]] = []
    for row in table.rows:
        if row.depth == 0:
            groups.append([])
        groups[-1].append(row)
    return [tuple(group) for group in groups]


def _grid(groups: Iterable[Group], columns: int, *, placed: bool) -> str:
    """Rows in four columns, or five; expressions and steps go on below where they are too long."""
    rows = [cells if placed else cells[:4] for group in groups for cells in _cells(group)]
    head = ("path", "expression", "steps", "type", "rule")[: 5 if placed else 4]
    natural = [max(width(row[place]) for row in (head, *rows)) for place in range(len(head))]
    first, last = min(natural[0], _MOST_PATH), (min(natural[3], _MOST_TYPE), *natural[4:])
    room = max(columns - first - sum(last) - (len(head) - 1) * len(_GAP), _LEAST_ROOM)
    steps = min(natural[2], max(room - natural[1], room // 2))
    widths = (first, min(natural[1], room - steps), steps, *last)
    return "\n".join(line for row in (head, *rows) for line in _lines(row, widths))


def _cells(group: Group) -> Iterator[tuple[str, ...]]:
    """The cells of a field's rows, the last the place. What the row above says already is left out."""
    field, *parts = group
    form = _form(parts) if not field.steps else ()
    above, placed = field.path, ""
    for row in group:
        if row is field:
            path, steps, kind = row.path + (" *" if row.required else ""), (*row.steps, *form), row.type
        else:
            path = "" if row.path == above else indented(row) + path_in_field(row, field)
            steps = row.steps[: len(row.steps) - len(form)]
            kind = row.type if path else ""
        above = row.path
        place = f"{row.file}:{row.line}"
        cells = (path, indented(row) + row.source, step_texts(steps), kind, "" if place == placed else place)
        placed = place
        yield tuple(map(visible, cells))


def _form(parts: Sequence[Row]) -> tuple[TracedStep, ...]:
    """The inserted steps that the alternatives of one field all end with: they are told once."""
    ways = [row for row in parts if row.steps]
    if not ways or len({row.path for row in parts}) > 1:
        return ()
    form: tuple[TracedStep, ...] = ()
    for steps in zip(*(reversed(row.steps) for row in ways), strict=False):
        one = TracedStep(steps[0].text, steps[0].inserted)
        if not one.inserted or any((step.text, step.inserted) != (one.text, True) for step in steps):
            break
        form = (one, *form)
    return form


def path_in_field(row: Row, field: Row) -> str:
    """The path of a part, from its field on."""
    return row.path.removeprefix(field.path).lstrip(".")


def indented(row: Row) -> str:
    return "  " * row.depth


def _lines(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [list(wrapped_lines(cell, size)) for cell, size in zip(cells, widths, strict=True)]
    for place in range(max(map(len, wrapped))):
        parts = [lines[place] if place < len(lines) else "" for lines in wrapped]
        yield _GAP.join(pad(part, size) for part, size in zip(parts, widths, strict=True)).rstrip()


def wrapped_lines(text: str, columns: int) -> Iterator[str]:
    """A visible text in lines of at most `columns`, broken after spaces or, in long words, after dots.

    Lines after the first are indented.
    """
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    while width(text) > columns:
        head = cut(text, columns)[:-1]
        # Break inside a word only if breaking before it would leave the line less than half full.
        end = max(head.rfind(mark, len(indent)) + 1 for mark in " ,")
        if end <= len(head) // 2:
            end = max(head.rfind(mark, len(indent)) + 1 for mark in " .,(") or len(head)
        yield text[:end].rstrip()
        text = indent + text[end:].lstrip()
    yield text


def step_texts(steps: Iterable[TracedStep]) -> str:
    return " ".join(f"+{step.text}" if step.inserted else step.text for step in steps)


def outcome_text(outcome: Outcome, names: ShownNames) -> str:
    """The outcome of an event, and why. names: which names of events are shown."""
    if outcome.skip is not None:
        why = names.why(outcome.skip)
        told = _UNKNOWN_NAME if why == UNKNOWN_NAMES else why
        lines = [f"skipped: {told}{_at(outcome.skip.place)}"]
    elif outcome.rejection is not None:
        lines = ["rejected", *(f"  {_note_text(note)}" for note in outcome.rejection.reasons)]
    else:
        lines = ["sent"]
    lines += [f"  note: {_note_text(note)}" for note in own_notes(outcome)]
    return "".join(f"{visible(line)}\n" for line in lines)


def _note_text(note: Note) -> str:
    return (f"{note.path}: " if note.path else "") + note.message + _at(note.place)


def code_text(name: str, code: DiagnosticCode, said: str, fixed: str) -> str:
    """The meaning of a code, what `check` says where it finds it, and the lines that fix that."""
    what = f"{code.severity}[{name}]: {code.title}\n\n{code.why}\n"
    return f"{what}\nFor example:\n\n{_inset(said)}\nFix: {code.fix}\n\n{_inset(fixed)}"


def _inset(text: str) -> str:
    return indent(text, "    ", lambda line: bool(line.strip()))


def _at(place: str) -> str:
    return f" ({place})" if place else ""


def table_json(table: Table, *, traced: bool) -> dict[str, Any]:
    """A table as plain values; without an event there are no values at the steps."""
    plain = plain_of(table)
    if not traced:
        for row in plain["rows"]:
            for name in ("read", "value", "why"):
                del row[name]
            row["steps"] = [{"text": step["text"], "inserted": step["inserted"]} for step in row["steps"]]
    return plain


# Of a reading or a step the place is not told: that of its row or decision is.
_PLACED = (Table, Row, Decision)


def plain_of(one: Table | Row | Decision | Reading | TracedStep | Item) -> dict[str, Any]:
    """A part of an explanation as plain values, its span as the file and the line."""
    plain: dict[str, Any] = {}
    for name in (each.name for each in fields(one)):
        value = getattr(one, name)
        if name == "span":
            plain |= {"file": one.file, "line": one.line} if isinstance(one, _PLACED) else {}
        elif isinstance(value, tuple):
            plain[name] = list(map(plain_of, value))
        else:
            plain[name] = value
    return plain


def outcome_json(outcome: Outcome, names: ShownNames) -> dict[str, Any]:
    """An outcome without its payload, whose values the table has."""
    if outcome.skip is not None:
        skip = outcome.skip
        reason = names.name(skip) or skip.reason
        ended, reasons = "skipped", [{"kind": skip.kind, "reason": reason, "place": skip.place, "path": ""}]
    elif outcome.rejection is not None:
        ended, reasons = "rejected", [note._asdict() for note in outcome.rejection.reasons]
    else:
        ended, reasons = "payload", []
    return {"outcome": ended, "reasons": reasons, "notes": [note._asdict() for note in outcome.notes]}
