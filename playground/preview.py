"""A payload beside where each of its values comes from, in 100 columns.

    python playground/preview.py mappings/segment-ecommerce.yaml playground/events/order.json

An event is the first of a file of JSON, or of lines of it, or that of a line: `events.ndjson:17`. Values of
persons are masked, digests aside; `mapper explain --reveal` shows them. A script over the front door only:
what it shows, any program can have.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import mapper
from mapper import authoring

_PATH, _VALUE, _FROM = 37, 22, 37
_DIGEST = re.compile(r"[0-9a-f]{64}")
_USAGE = "usage: python playground/preview.py MAPPING EVENT     (EVENT is FILE or FILE:LINE, of JSON objects)"
# A shorter text of a person, such as the code of a country, occurs in others by chance.
_SHORTEST_TOLD = 4


def main(arguments: Sequence[str]) -> int:
    """Print what one event becomes; 1 where it is no payload, 2 where the call is wrong."""
    if len(arguments) != 2:
        print(_USAGE, file=sys.stderr)
        return 2
    mapping, event_file = arguments
    try:
        event = _read_event(event_file)
        program = mapper.compile_mapping(mapping)
    except OSError as error:
        print(f"preview: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"preview: {error}", file=sys.stderr)
        return 2
    except mapper.CompileError as error:
        print(error, file=sys.stderr)
        return 1
    outcomes = program.apply(event)
    tables = iter(authoring.trace_event(mapping, event) if isinstance(event, dict) else ())
    for outcome in outcomes:
        asked = outcome.skip is None or outcome.skip.kind == "consent"
        print("\n".join(_outcome_lines(outcome, next(tables, None) if asked else None)))
    return 0 if all(outcome.payload is not None for outcome in outcomes) else 1


def _read_event(name: str) -> Any:
    """The event of a file, the first of its lines, or that of one: `events.ndjson:17`. Raises ValueError."""
    path, wanted = name, 0
    if not Path(name).exists():
        before, _, number = name.rpartition(":")
        if number.isascii() and number.isdigit() and Path(before).is_file():
            path, wanted = before, int(number)
    text = Path(path).read_bytes()
    try:
        if not wanted:
            return json.loads(text)
    except ValueError as error:
        if not _is_of_lines(text):
            raise ValueError(f"{path}: not JSON: {error}") from None
    for at, line in enumerate(text.split(b"\n"), 1):
        if line.strip() and wanted in (0, at):
            try:
                return json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{at}: not JSON: {error}") from None
    raise ValueError(f"{path}: there is no event on line {wanted}")


def _is_of_lines(text: bytes) -> bool:
    """Whether the first line that is not blank is JSON by itself."""
    first = next((line for line in text.split(b"\n") if line.strip()), b"")
    try:
        json.loads(first)
    except ValueError:
        return False
    return True


def _outcome_lines(outcome: mapper.Outcome, table: authoring.Table | None) -> Iterator[str]:
    if outcome.payload is not None and table is not None:
        yield f"{'PATH':{_PATH}}  {'VALUE':{_VALUE}}  FROM"
        persons = _persons(outcome.payload, table)
        for path, value in _leaves(outcome.payload, ""):
            yield from _row_lines(path, value, table, persons)
    if outcome.skip is not None:
        yield f"skipped ({outcome.skip.kind}): {outcome.skip.reason}"
    if outcome.rejection is not None:
        yield "rejected:"
        for reason in outcome.rejection.reasons:
            yield f"  {_note_text(reason)}"
    for note in outcome.notes:
        yield f"note: {_note_text(note)}"
    if table is not None:
        absent = [row.path for row in table.rows if row.depth == 0 and row.value is None]
        yield from textwrap.wrap(
            f"absent: {', '.join(absent) or 'nothing'}", 100, subsequent_indent="        "
        )


def _note_text(note: mapper.Note) -> str:
    path = f"{note.path}: " if note.path else ""
    return path + note.message + (f" ({note.place})" if note.place else "")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value of a payload that holds no others, with its path: `contents[0].id`."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, f"{path}[{index}]")
    else:
        yield path, value


def _persons(payload: Any, table: authoring.Table) -> list[str]:
    """The texts of persons, as they were read and are sent; longest first."""
    read = [row.read for row in table.rows if row.personal and row.why != "constant"]
    sent = [value for path, value in _leaves(payload, "") if _is_personal(path, table)]
    texts = {one.strip() for one in (*read, *sent) if isinstance(one, str)}
    forms = {form for one in texts for form in (one, quote(one, safe=""), quote_plus(one))}
    return sorted((one for one in forms if len(one) >= _SHORTEST_TOLD), key=len, reverse=True)


def _masked(text: str, persons: Sequence[str]) -> str:
    """A text without those of persons in it."""
    for one in persons:
        text = re.sub(rf"(?i)(?<![A-Za-z0-9]){re.escape(one)}(?![A-Za-z0-9])", "***", text)
    return text


def _row_lines(path: str, value: Any, table: authoring.Table, persons: Sequence[str]) -> Iterator[str]:
    """A value on as many lines as the widest of its three columns needs."""
    if _is_personal(path, table):
        value = value if isinstance(value, str) and _DIGEST.fullmatch(value) else "***"
    elif isinstance(value, str):
        value = _masked(value, persons)
    source, steps = _made(path, table)
    short = len(source) + len(steps) + 2 <= _FROM
    made = [f"{source}  {steps}".rstrip()] if short else [source, steps]
    columns = [
        textwrap.wrap(path, _PATH, subsequent_indent="  "),
        [_shortened(json.dumps(value, ensure_ascii=False))],
        [line for part in made for line in textwrap.wrap(part, _FROM, subsequent_indent="  ")],
    ]
    for place in range(max(map(len, columns))):
        left, middle, right = (lines[place] if place < len(lines) else "" for lines in columns)
        yield f"{left:{_PATH}}  {middle:{_VALUE}}  {right}".rstrip()


def _is_personal(path: str, table: authoring.Table) -> bool:
    """Whether the nearest row at or above a path is about a person; what no row knows of may be."""
    place = _without_indexes(path)
    while place:
        rows = [row for row in table.rows if row.path == place]
        if rows:
            return any(row.personal for row in rows)
        place = place.removesuffix("[]") if place.endswith("[]") else place.rpartition(".")[0]
    return True


def _shortened(text: str) -> str:
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return shown if len(shown) <= _VALUE else shown[: _VALUE - 1] + "…"


def _made(path: str, table: authoring.Table) -> tuple[str, str]:
    """The expression a value was read by and the steps it went through; of alternatives the one that won."""
    place = _without_indexes(path)
    rows = [row for row in table.rows if row.path in (place, place.removesuffix("[]"))]
    tried = [row for row in rows if row.why in ("", "constant", "default") and row.source != "the first of"]
    looped = "[]" in place.removesuffix("[]")
    if looped and not path.split("[", 1)[1].startswith("0"):
        return "the same", ""
    if not tried:
        return "", ""
    source = " or ".join(row.source for row in tried) if looped else tried[-1].source
    return source, " ".join(f"+{step.text}" if step.inserted else step.text for step in tried[-1].steps)


def _without_indexes(path: str) -> str:
    return "".join(
        part if at == 0 else "[]" + part.partition("]")[2] for at, part in enumerate(path.split("["))
    )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BrokenPipeError:
        # Whoever read our output (`| head`) has all it wanted.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
