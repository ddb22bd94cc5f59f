"""YAML node of `tables` -> Tables: the files that a mapping looks values up in."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.syntax.key_tables import EntriesByKey
from mapper.compiler.syntax.language_keys import TABLE_FILE
from mapper.compiler.syntax.let_nodes import is_name_of_variable
from mapper.compiler.syntax.node_shapes import (
    boolean_of,
    entries_of,
    missing,
    text_of,
    wrong_shape,
)
from mapper.compiler.syntax.syntax_facts import UnnamedList
from mapper.compiler.syntax.table_files import TABLE_SUFFIXES, TableEntries, TableForm
from mapper.compiler.syntax.written_steps import LOOKUP, WrittenStep
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span, Text
from mapper.values.frozen import dataclass

MOST_TABLES = 50
TABLES = "tables"
# What quotes a cell, and what ends a line.
_NO_DELIMITERS = '"\r\n'


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A table, read as `$name`. written: the path of its file, from the file that names it; file: where.

    text, entries: of the file, once it was read. written is "" where a diagnostic replaces it.
    """

    written: str
    file: Span
    form: TableForm
    text: Text | None = None
    entries: TableEntries | None = None

    @property
    def name(self) -> str:
        """The table's name, without `$`."""
        return self.form.name


def read_tables(node: YamlNode | None, reading: FileReading) -> tuple[LookupTable, ...]:
    """The tables of a mapping."""
    if node is None:
        return ()
    if not isinstance(node, MapNode):
        hint = "write `tables: {NAME: {file: tables/NAME.csv, key: COLUMN, value: COLUMN}}`"
        reading.say(
            wrong_shape(
                node, "`tables` must be a mapping of names to files", hint, UnnamedList("tables", node)
            )
        )
        return ()
    if len(node.entries) > MOST_TABLES:
        message = f"there are {len(node.entries)} tables; the limit is {MOST_TABLES}"
        reading.say(Diagnostic("M022", node.entries[MOST_TABLES][0].span, message))
        return ()
    tables = [_read(key, value, reading) for key, value in node.entries]
    return tuple(table for table in tables if table is not None)


def _read(key: ScalarNode, node: YamlNode, reading: FileReading) -> LookupTable | None:
    if not is_name_of_variable(key, reading):
        return None
    unread = LookupTable("", key.span, TableForm(key.text, key.span))
    if not isinstance(node, MapNode):
        hint = "write `{file: tables/NAME.csv, key: COLUMN, value: COLUMN}`"
        reading.say(wrong_shape(node, "a table must be a mapping", hint))
        return unread
    entries = entries_of(node, "a table", tuple(TABLE_FILE), reading)
    if "file" not in entries:
        hint = "add `file:` with the path of a CSV, YAML or JSON file"
        report = Diagnostic("M021", key.span, f"the table `{key.text}` has no `file`", hint)
        missing(node, tuple(TABLE_FILE), report, reading)
        return unread
    file = entries["file"][1]
    written = text_of(file, "`file`", reading)
    delimiter = _text("delimiter", entries, reading)
    if delimiter is not None and (len(delimiter[0]) != 1 or delimiter[0] in _NO_DELIMITERS):
        message = "`delimiter` is one character between cells, such as `;`"
        reading.say(Diagnostic("M022", delimiter[1], message, 'a tab is `"\\t"`'))
        return unread
    columns = _text("key", entries, reading), _text("value", entries, reading)
    any_case = "any_case" in entries and boolean_of(entries["any_case"][1], "`any_case`", reading)
    form = TableForm(key.text, key.span, *columns, delimiter, any_case)
    count_read = 1 + sum(one is not None for one in (*columns, delimiter)) + ("any_case" in entries)
    if count_read < len(node.entries) or node.unread:
        return unread  # a diagnostic replaces one of them, without which the file is another table
    return LookupTable(written, file.span, form)


def _text(name: str, entries: EntriesByKey, reading: FileReading) -> tuple[str, Span] | None:
    """The text of a key, if it is written, and its place."""
    if name not in entries:
        return None
    node = entries[name][1]
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.text:  # a tab is a delimiter
        return node.text, node.span
    written = text_of(node, f"`{name}`", reading)
    return (written, node.span) if written else None


def named_files(text: Text) -> Iterator[str]:
    """The paths of tables in the text of a mapping, however much else is wrong with it."""
    root = read_yaml(text, Findings())
    tables = [value for key, value in root.entries if key.text == TABLES] if isinstance(root, MapNode) else []
    for table in [value for one in tables if isinstance(one, MapNode) for _, value in one.entries]:
        for key, file in table.entries if isinstance(table, MapNode) else ():
            if key.text == "file" and isinstance(file, ScalarNode):
                yield file.text


def file_meant(node: YamlNode) -> str | None:
    """The file that what is written in place of a table was most likely meant to name."""
    parts = node.entries if isinstance(node, MapNode) else ()
    if any(key.text not in TABLE_FILE for key, _ in parts):
        return None
    one = next((value for key, value in parts if key.text == "file"), None) if parts else node
    is_file = isinstance(one, ScalarNode) and one.text.lower().endswith(TABLE_SUFFIXES)
    return one.text if is_file and isinstance(one, ScalarNode) else None


def tables_in_parts(written: WrittenStep) -> Iterator[Diagnostic]:
    """`lookup: [{a: Shoes}, {b: Bags}]`: the entries of one table as a list."""
    node = written.arguments
    items = node.items if isinstance(node, ListNode) and written.transform == LOOKUP else ()
    values = [value for item in items if isinstance(item, MapNode) for _, value in item.entries]
    is_pair = len(items) == 1 and isinstance(items[0], MapNode) and len(items[0].entries) == 2
    if node is None or not values or not (is_pair or len(items) > 1):
        return
    if all(isinstance(item, MapNode) for item in items) and all(isinstance(v, ScalarNode) for v in values):
        message = "the table of `lookup` is one mapping, not a list"
        yield Diagnostic("M202", node.span, message, facts=UnnamedList(LOOKUP, node))
