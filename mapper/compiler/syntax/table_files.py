"""The text of a table's file -> its keys and values, each at its place in that file, and as one table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import field
from typing import TypeAlias

from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.jmespath.refusal import coded
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.parser_input import BYTE_ORDER_MARK, ParserInput
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span, Text
from mapper.transforms.tables import AnyCaseTable, FileTable
from mapper.values.frozen import dataclass
from mapper.values.types import Json

LARGEST_TABLE = 2**24
MOST_ROWS = 100_000
MOST_COLUMNS = 1_000
# Of all lines together, where each is kept whole.
MOST_CELLS = 1_000_000
# So many mistakes of one file are told, and so many characters of a cell.
MOST_TOLD = 10
_MOST_SHOWN = 60
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
TREE_SUFFIXES = (".yaml", ".yml", ".json")
TABLE_SUFFIXES = (*_DELIMITERS, *TREE_SUFFIXES)
_KINDS = "a table is a file that ends with `.csv`, `.tsv`, `.yaml` or `.json`"

# The names of the columns of a table whose entries are objects.
Columns: TypeAlias = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class TableForm:
    """The way a file is read as a table. span: where the mapping says so; of `key` and others, their own.

    key, value: names of columns; without `value` an entry is an object of the other columns.
    any_case: a key is found whatever its case.
    """

    name: str
    span: Span
    key: tuple[str, Span] | None = None
    value: tuple[str, Span] | None = None
    delimiter: tuple[str, Span] | None = None
    any_case: bool = False

    def as_compared(self, key: str) -> str:
        """A key as it is compared with others."""
        return key.casefold() if self.any_case else key


@dataclass(frozen=True, slots=True)
class TableEntries:
    """The entries of a table's file. node: its entries, each at its place; table: the same for programs."""

    node: MapNode
    table: FileTable


@dataclass(slots=True)
class _TableText:
    """A table being read. told: how many mistakes of it were reported."""

    source: ParserInput
    form: TableForm
    reading: FileReading
    told: int = field(default=0)

    def report(self, start: int, end: int, message: str, first: Span | None = None) -> None:
        """Report what is wrong at a place of the file, unless too much was reported already."""
        self.told += 1
        if self.told <= MOST_TOLD:
            related = ((self.form.span, "the table"),) if first is None else ((first, "the first one"),)
            span = self.source.text.span(start, end)
            self.reading.say(Diagnostic("M154", span, message, related=related))


def read_table(text: Text, form: TableForm, reading: FileReading) -> TableEntries | None:
    """The entries of a table's file; None, and a diagnostic, where it cannot be read as one."""
    read = _read(text, form, reading)
    if read is None:
        return None
    node, columns = read
    entries = {form.as_compared(key.text): json_of(value) for key, value in node.entries}
    table = AnyCaseTable(entries) if form.any_case else FileTable(entries)
    table.columns, table.column = columns, "" if form.value is None else form.value[0]
    return TableEntries(node, table)


def read_list(text: Text, form: TableForm) -> list[Json] | None:
    """The list in a file of YAML or JSON; None where it holds something else."""
    start = text.content.lstrip()[:1]
    is_tree = text.name.lower().endswith(TREE_SUFFIXES) and len(text.content) < LARGEST_TABLE
    if not is_tree or start not in ("-", "[", "#") or form.key or form.value or form.delimiter:
        return None
    node = read_yaml(text, Findings())
    return [json_of(item) for item in node.items] if isinstance(node, ListNode) and not node.partial else None


def _read(text: Text, form: TableForm, reading: FileReading) -> tuple[MapNode, Columns] | None:
    suffix = text.name[text.name.rfind(".") :].lower()
    if len(text.content.encode(errors="replace")) >= LARGEST_TABLE:
        message = f"`{text.name}` is larger than {LARGEST_TABLE // 2**20} MiB, the most that a table may have"
        reading.say(Diagnostic("M154", form.span, message))
        return None
    if suffix in TREE_SUFFIXES:
        tree = _read_tree(text, form, reading)
        return None if tree is None else (tree, None)
    if suffix not in _DELIMITERS:
        reading.say(Diagnostic("M154", form.span, f"`{text.name}` is not a table", _KINDS))
        return None
    if form.key is None:
        hint = "add `key: COLUMN`, the column whose values are looked up"
        reading.say(Diagnostic("M154", form.span, f"the table of `{text.name}` has no `key`", hint))
        return None
    source = ParserInput(text, text.content, ((0, 0),))
    return _read_cells(_TableText(source, form, reading), form.key, _DELIMITERS[suffix])


def _read_tree(text: Text, form: TableForm, reading: FileReading) -> MapNode | None:
    """A mapping of keys to values, in YAML or JSON."""
    stray = next((one for one in (form.key, form.value, form.delimiter) if one is not None), None)
    if stray is not None:
        message = "only a table in CSV has `key`, `value` and `delimiter`"
        reading.say(Diagnostic("M154", stray[1], message, "remove it: the file maps keys to values"))
        return None
    node = read_yaml(text, reading.found)
    if isinstance(node, MapNode) and len(node.entries) <= MOST_ROWS:
        return None if node.unread or _has_twice(node, form, reading) else node
    if isinstance(node, MapNode):
        message = f"`{text.name}` has more than {MOST_ROWS:,} entries, the most that a table may have"
        reading.say(Diagnostic("M154", form.span, message))
    else:
        span = text.span(0, 0) if node is None else node.span
        related = ((form.span, "the table"),)
        message = "a table in YAML or JSON is one mapping of keys to values, or a list"
        reading.say(Diagnostic("M154", span, message, related=related))
    return None


def _has_twice(node: MapNode, form: TableForm, reading: FileReading) -> bool:
    """Whether keys that YAML tells apart are the same for the table; they are reported."""
    first: dict[str, ScalarNode] = {}
    again = [key for key, _ in node.entries if first.setdefault(form.as_compared(key.text), key) is not key]
    for key in again[:MOST_TOLD]:
        other = first[form.as_compared(key.text)]
        message, related = f"duplicate key {_shown(key.text)}", ((other.span, "the first one"),)
        reading.say(Diagnostic("M154", key.span, message, related=related))
    return bool(again)


def _read_cells(table: _TableText, key: tuple[str, Span], delimiter: str) -> tuple[MapNode, Columns] | None:
    """A table of lines, the first of which names its columns."""
    if table.form.delimiter is not None:
        delimiter = table.form.delimiter[0]
    before = len(table.reading.found)
    rows = _rows(table, delimiter)
    header = next(rows, None)
    columns = _columns(header or [], table)
    if header is None and len(table.reading.found) == before:
        table.report(0, 0, "this table has no line with the names of its columns")
    if header is None:
        return None
    at = _column(key, columns, table)
    value = None if table.form.value is None else _column(table.form.value, columns, table)
    if len(table.reading.found) > before:
        return None
    entries = _entries(rows, header, (at, value), table)
    content = table.source.content
    if table.told > MOST_TOLD:
        message = f"{table.told - MOST_TOLD:,} more lines of `{table.source.text.name}` are wrong"
        table.reading.say(Diagnostic("M154", table.form.span, message))
    if len(table.reading.found) > before:
        return None
    named = None if value is not None else tuple([cell.text for cell in header if cell is not header[at]])
    return MapNode(table.source, 0, len(content), tuple(entries)), named


def _columns(header: list[ScalarNode], table: _TableText) -> dict[str, int]:
    """The place of each column by its name."""
    columns: dict[str, int] = {}
    for place, cell in enumerate(header):
        if cell.text in columns:
            first = header[columns[cell.text]].span
            table.report(cell.start, cell.end, f"duplicate column {_shown(cell.text)}", first)
        columns.setdefault(cell.text, place)
    return columns


def _shown(cell: str) -> str:
    """A cell, as a message shows it: its beginning."""
    return coded(cell if len(cell) <= _MOST_SHOWN else f"{cell[:_MOST_SHOWN]}…")


def _column(named: tuple[str, Span], columns: dict[str, int], table: _TableText) -> int:
    """The place of a column that the mapping names; 0, and a diagnostic, where there is none."""
    name, span = named
    if name not in columns:
        listed = [*columns][:MOST_TOLD]
        hint = f"its columns: {', '.join(map(_shown, listed))}"
        other = next((mark for mark in ",;\t|" if mark in listed[0]), None) if len(listed) == 1 else None
        if other is not None:
            hint = f"its only column is {_shown(listed[0])}: add `delimiter: {json.dumps(other)}`"
        spaced = next((one for one in columns if one.strip() == name), None)
        near = closest(name, [*columns]) if len(columns) > 1 and spaced is None else None
        fact = None if near is None else MeantName(span, near)
        message = f"`{table.source.text.name}` has no column `{name}`"
        hint = hint if near is None else f"did you mean `{near}`?"
        if spaced is not None:
            hint = f"it has {_shown(spaced)}: remove the spaces around the names and cells of the file"
        table.reading.say(Diagnostic("M154", span, message, hint, facts=fact))
    return columns.get(name, 0)


def _entries(
    rows: Iterator[list[ScalarNode]],
    header: list[ScalarNode],
    places: tuple[int, int | None],
    table: _TableText,
) -> list[tuple[ScalarNode, YamlNode]]:
    """Each line as its key and its value: one of its cells, or an object of the others."""
    key_place, value_place = places
    by_key: dict[str, ScalarNode] = {}
    entries: list[tuple[ScalarNode, YamlNode]] = []
    count_kept = 0
    for cells in rows:
        start, end = cells[0].start, cells[-1].end
        key = cells[key_place] if key_place < len(cells) else None
        if len(cells) > len(header):
            table.report(start, end, f"this line has {len(cells)} cells, and the first line {len(header)}")
        elif key is None or not key.text.strip():
            table.report(start, end, f"this line has no {_shown(header[key_place].text)}")
        elif (compared := table.form.as_compared(key.text)) in by_key:
            table.report(key.start, key.end, f"duplicate key {_shown(key.text)}", by_key[compared].span)
        elif len(by_key) >= MOST_ROWS:
            table.report(start, end, f"a table has at most {MOST_ROWS:,} lines")
            break
        else:
            by_key[compared] = key
            if value_place is None:
                row = _row(table.source, header, cells, key)
                count_kept += len(row.entries)
                if count_kept > MOST_CELLS:
                    message = f"a table without `value` has at most {MOST_CELLS:,} cells: add `value: COLUMN`"
                    table.report(start, end, message)
                    break
                entries.append((key, row))
            elif value_place < len(cells) and cells[value_place].text.strip():
                entries.append((key, cells[value_place]))
    return entries


def _row(source: ParserInput, header: list[ScalarNode], cells: list[ScalarNode], key: ScalarNode) -> MapNode:
    """A line as an object of its cells but its key."""
    named = zip(header, cells, strict=False)
    others = [(name, cell) for name, cell in named if cell is not key and cell.text.strip()]
    return MapNode(source, cells[0].start, cells[-1].end, tuple(others))


def _rows(table: _TableText, delimiter: str) -> Iterator[list[ScalarNode]]:
    """The cells of each line that is not blank, by RFC 4180. Ends at what is no cell."""
    content, mark = table.source.content, re.escape(delimiter)
    cell = re.compile(rf'(?:"((?:[^"]|"")*+)"|([^"{mark}\r\n][^{mark}\r\n]*+)?)({mark}|\r\n|\r|\n|\Z)')
    at = 1 if content.startswith(BYTE_ORDER_MARK) else 0
    cells: list[ScalarNode] = []
    while at <= len(content):
        found = cell.match(content, at)
        if found is None:
            table.report(at, at + 1, "a quote here has no other one, or is not at the end of its cell")
            return
        quoted, plain, ends = found.groups()
        text = (plain or "") if quoted is None else quoted.replace('""', '"')
        if len(cells) >= MOST_COLUMNS:
            table.report(at, at + 1, f"a line has at most {MOST_COLUMNS:,} cells")
            return
        cells.append(ScalarNode(table.source, at, found.start(3), text, text, "plain"))
        at = found.end()
        if ends != delimiter:
            if any(one.text.strip() for one in cells):
                yield cells
            cells = []
            if at >= len(content):
                return
