"""Mapping x the files of its tables -> Mapping whose `lookup` steps have the entries in place of `$name`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar, cast

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.tree import Call, Current, Field, Literal, Node, Variable, with_parts
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.syntax.table_files import MOST_TOLD, TableEntries, read_table
from mapper.compiler.syntax.table_nodes import LookupTable
from mapper.compiler.syntax.value_nodes import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Let,
    Rule,
    Zip,
)
from mapper.compiler.syntax.written_steps import LOOKUP, TABLE, WrittenStep
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, in_order
from mapper.texts.named_text import Span, Text, UnreadableFile

_Value = TypeVar("_Value")
_KEY = "tables"

# The text of a file by its path, as written in a file of some name (None: in the mapping itself).
ReadTableFile = Callable[[str, str | None], Text]


class _Tables(NamedTuple):
    """The entries of tables, by name; None where they cannot be read."""

    entries: dict[str, TableEntries | None]
    reading: FileReading

    def report_bare(self, name: str, span: Span, written: str) -> None:
        """Report the name of a table without its `$`. written: the name, or a path that ends with it."""
        message, fact = f"`{written}` is a table, which is read as `${name}`", MeantName(span, f"${name}")
        self.reading.say(Diagnostic("M154", span, message, f"write `${name}`", facts=fact))


def with_tables(mapping: Mapping, read_file: ReadTableFile, reading: FileReading) -> Mapping:
    """The mapping with the entries of its tables where steps look into them; reports what cannot be read."""
    if not mapping.tables:
        return mapping
    lets = {let.name: let for let in mapping.lets}
    nodes: dict[str, TableEntries | None] = {}
    read: list[LookupTable] = []
    for table in mapping.tables:
        let = lets.get(table.name)
        if let is not None:
            message, related = f"`${table.name}` is a table and a variable", ((let.span, "the variable"),)
            hint = "give one of them another name"
            reading.say(Diagnostic("M154", table.form.span, message, hint, related=related))
        text = _text(table, mapping, read_file, reading)
        entries = None if text is None else read_table(text, table.form, reading)
        nodes[table.name] = entries
        read.append(replace(table, text=text, entries=entries))
    return _filled(replace(mapping, tables=tuple(read)), _Tables(nodes, reading))


def _text(
    table: LookupTable, mapping: Mapping, read_file: ReadTableFile, reading: FileReading
) -> Text | None:
    """The text of a table's file; None where a diagnostic says why there is none."""
    beside = table.file.text.name
    if not table.written:
        return None
    if "://" in table.written:
        hint = "download it, and write its path from this file"
        reading.say(Diagnostic("M154", table.file, "a table is a file of the project, not an address", hint))
        return None
    try:
        return read_file(table.written, None if beside == mapping.text.name else beside)
    except UnreadableFile as failure:
        reading.say(Diagnostic("M154", table.file, failure.reason, failure.hint))
        return None


def _filled(mapping: Mapping, tables: _Tables) -> Mapping:
    def of(section: Section) -> Section:
        when, send = _in(section.when, tables), _in(section.send, tables)
        return replace(section, when=when, send=send, payload=_in(section.payload, tables))

    consent = mapping.consent
    if consent is not None:
        values = tuple([_in(one, tables) for one in consent.answer.values])
        consent = replace(consent, answer=replace(consent.answer, values=values))
    return replace(
        mapping,
        lets=_in_lets(mapping.lets, tables),
        functions=tuple([replace(one, body=_in(one.body, tables)) for one in mapping.functions]),
        element_lets=_in_lets(mapping.element_lets, tables),
        split=_in(mapping.split, tables),
        skips=tuple([replace(one, when=_in(one.when, tables)) for one in mapping.skips]),
        match=_in(mapping.match, tables),
        consent=consent,
        payload=_in(mapping.payload, tables),
        sections=tuple([of(one) for one in mapping.sections]),
        otherwise=None if mapping.otherwise is None else of(mapping.otherwise),
    )


def _in_lets(lets: tuple[Let, ...], tables: _Tables) -> tuple[Let, ...]:
    return tuple([replace(let, value=_in(let.value, tables)) for let in lets])


def _in(value: _Value, tables: _Tables) -> _Value:
    """A value of which all steps have the entries of tables."""
    made: Any = value
    match value:
        case Expression():
            if LOOKUP in value.text:
                made = replace(value, parsed=with_tree(_tree(value.root, value, tables)))
        case Rule():
            steps = tuple([_step(one, tables) for one in value.steps])
            source, when = _in(value.source, tables), _in(value.when, tables)
            made = replace(value, source=source, when=when, steps=steps)
        case FirstOf():
            made = replace(value, alternatives=tuple([_in(one, tables) for one in value.alternatives]))
        case Case():
            arms = [
                replace(arm, when=_in(arm.when, tables), then=_in(arm.then, tables)) for arm in value.arms
            ]
            made = replace(value, arms=tuple(arms))
        case Each():
            items, where = _in(value.items, tables), _in(value.where, tables)
            made = replace(value, items=items, where=where, item=_in(value.item, tables))
            made = replace(made, lets=_in_lets(value.lets, tables))
        case Zip():
            made = replace(value, lists=_in(value.lists, tables))
        case Fields():
            entries = tuple([(name, span, _in(one, tables)) for name, span, one in value.entries])
            made = replace(value, entries=entries)
        case Elements():
            made = replace(value, items=tuple([_in(one, tables) for one in value.items]))
        case Constant():
            return value
    return cast("_Value", made)


def _tree(node: Node, written: Expression, tables: _Tables) -> Node:
    """A tree in which each table that `lookup` is given is a constant; elsewhere a table is no value."""
    made = with_parts(node, lambda part: _tree(part, written, tables))
    if not isinstance(made, Call) or made.name != LOOKUP or len(made.arguments) < 2:
        return made
    value, table, *others = made.arguments
    if isinstance(table, Field) and _is_bare(table) and table.name in tables.entries:
        text = written.text[table.start : table.end]
        tables.report_bare(table.name, written.locate(table.start, table.end), text)
    elif not isinstance(table, Variable) or table.name not in tables.entries:
        return made
    entries = tables.entries[table.name]
    constant = {} if entries is None else entries.table
    return replace(made, arguments=(value, Literal(table.start, table.end, constant), *others))


def _is_bare(table: Field) -> bool:
    """Whether a path is a name alone, or one under `tables`, as in the mapping."""
    base = table.base
    is_under_key = isinstance(base, Field) and isinstance(base.base, Current) and base.name == _KEY
    return isinstance(base, Current) or is_under_key


def _step(step: WrittenStep, tables: _Tables) -> WrittenStep:
    """A step with the entries of the table that it names as `$name`."""
    given = step.arguments
    if step.transform != LOOKUP or given is None:
        return step
    if isinstance(given, MapNode):
        named = next((value for key, value in given.entries if key.text == TABLE), None)
        name = _table_name(named, tables)
        if name is None:
            return step
        entries = [
            (key, _node(value, name, tables) if value is named else value) for key, value in given.entries
        ]
        return _looking(replace(step, arguments=replace(given, entries=tuple(entries))), name, tables)
    name = _table_name(given, tables)
    if name is None:
        return step
    return _looking(replace(step, arguments=_named(given, name, tables)), name, tables)


def _looking(step: WrittenStep, name: str, tables: _Tables) -> WrittenStep:
    """A step that looks into a table."""
    entries = tables.entries[name]
    return replace(step, table=name, entries=None if entries is None else entries.table)


def _table_name(node: YamlNode | None, tables: _Tables) -> str | None:
    """The table that a node names; a name without `$` is reported."""
    if not isinstance(node, ScalarNode):
        return None
    bare = node.text.removeprefix(f"{_KEY}.")
    if bare in tables.entries:
        tables.report_bare(bare, node.span, node.text)
        return bare
    name = node.text.removeprefix("$")
    return name if name in tables.entries and name != node.text else None


def _node(node: YamlNode, name: str, tables: _Tables) -> YamlNode:
    """The entries of a table; none where it cannot be read."""
    entries = tables.entries[name]
    return MapNode(node.source, node.start, node.end, ()) if entries is None else entries.node


def _named(node: YamlNode, name: str, tables: _Tables) -> MapNode:
    """The argument `table`, by its name: a table may have any keys, also those of arguments."""
    key = ScalarNode(node.source, node.start, node.end, TABLE, TABLE, "plain")
    return MapNode(node.source, node.start, node.end, ((key, _node(node, name, tables)),))


def shown_mistakes(found: Iterable[Diagnostic], mapping: Mapping | None) -> list[Diagnostic]:
    """The diagnostics; of each table's file only the first ones, without fixes, which would write YAML."""
    tables = () if mapping is None else mapping.tables
    own = {table.text.name: table for table in tables if table.text is not None}
    if not own:
        return [*found]
    kept: list[Diagnostic] = []
    counts: Counter[str] = Counter()
    for one in in_order(found):  # two tables of one file have the same mistakes
        name = one.span.text.name
        if name not in own:
            kept.append(one)
        else:
            counts[name] += 1
            if counts[name] <= MOST_TOLD:
                related = one.related or ((own[name].file, "the table"),)
                kept.append(Diagnostic(one.code, one.span, one.message, one.hint, one.path, related))
    for name, count in counts.items():
        if count > MOST_TOLD:
            message = f"{count - MOST_TOLD:,} more mistakes in `{name}` are not shown"
            kept.append(Diagnostic("M154", own[name].file, message, "fix these first"))
    return kept
