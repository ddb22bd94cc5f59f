"""Mapping x the files of its tables -> Mapping whose `lookup` steps have the entries in place of `$name`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.tree import Call, Literal, Node, Variable, with_parts
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.sections import Section
from mapper.compiler.syntax.table_files import MOST_TOLD, TableEntries, read_table
from mapper.compiler.syntax.tables import LookupTable
from mapper.compiler.syntax.values import (
    Case,
    Constant,
    Each,
    Elements,
    Fields,
    FirstOf,
    Let,
    Rule,
    WrittenStep,
    Zip,
)
from mapper.compiler.yaml.nodes import MapNode, ScalarNode, YamlNode
from mapper.diagnostic import Diagnostic, in_order
from mapper.text import Text, UnreadableFile

_LOOKUP, _TABLE = "lookup", "table"
_Value = TypeVar("_Value")

# The text of a file by its path, as written in a file of some name (None: in the mapping itself).
ReadTableFile = Callable[[str, str | None], Text]


def with_tables(mapping: Mapping, read_file: ReadTableFile, found: list[Diagnostic]) -> Mapping:
    """The mapping with the entries of its tables where steps look into them; reports what cannot be read."""
    if not mapping.tables:
        return mapping
    lets = {let.name: let for let in mapping.lets}
    nodes: dict[str, TableEntries | None] = {}
    tables: list[LookupTable] = []
    for table in mapping.tables:
        let = lets.get(table.name)
        if let is not None:
            message, related = f"`${table.name}` is a table and a variable", ((let.span, "the variable"),)
            hint = "give one of them another name"
            found.append(Diagnostic("M154", table.form.span, message, hint, related=related))
        text = _text(table, mapping, read_file, found)
        entries = None if text is None else read_table(text, table.form, found)
        nodes[table.name] = entries
        tables.append(replace(table, text=text, entries=entries))
    return _filled(replace(mapping, tables=tuple(tables)), nodes)


def _text(
    table: LookupTable, mapping: Mapping, read_file: ReadTableFile, found: list[Diagnostic]
) -> Text | None:
    """The text of a table's file; None where a diagnostic says why there is none."""
    beside = table.file.text.name
    if not table.written:
        return None
    try:
        return read_file(table.written, None if beside == mapping.text.name else beside)
    except UnreadableFile as failure:
        found.append(Diagnostic("M154", table.file, failure.reason, failure.hint))
        return None


def _filled(mapping: Mapping, nodes: dict[str, TableEntries | None]) -> Mapping:
    def of(section: Section) -> Section:
        when, send = _in(section.when, nodes), _in(section.send, nodes)
        return replace(section, when=when, send=send, payload=_in(section.payload, nodes))

    consent = mapping.consent
    if consent is not None:
        values = tuple([_in(one, nodes) for one in consent.answer.values])
        consent = replace(consent, answer=replace(consent.answer, values=values))
    return replace(
        mapping,
        lets=_in_lets(mapping.lets, nodes),
        element_lets=_in_lets(mapping.element_lets, nodes),
        split=_in(mapping.split, nodes),
        skips=tuple([replace(one, when=_in(one.when, nodes)) for one in mapping.skips]),
        match=_in(mapping.match, nodes),
        consent=consent,
        payload=_in(mapping.payload, nodes),
        sections=tuple([of(one) for one in mapping.sections]),
        otherwise=None if mapping.otherwise is None else of(mapping.otherwise),
    )


def _in_lets(lets: tuple[Let, ...], nodes: dict[str, TableEntries | None]) -> tuple[Let, ...]:
    return tuple([replace(let, value=_in(let.value, nodes)) for let in lets])


def _in(value: _Value, nodes: dict[str, TableEntries | None]) -> _Value:
    """A value of which all steps have the entries of tables."""
    made: Any = value
    match value:
        case Expression():
            if any(name in nodes for name, *_ in value.variables):
                made = replace(value, parsed=with_tree(_tree(value.root, nodes)))
        case Rule():
            steps = tuple([_step(one, nodes) for one in value.steps])
            source, when = _in(value.source, nodes), _in(value.when, nodes)
            made = replace(value, source=source, when=when, steps=steps)
        case FirstOf():
            made = replace(value, alternatives=tuple([_in(one, nodes) for one in value.alternatives]))
        case Case():
            arms = [replace(arm, when=_in(arm.when, nodes), then=_in(arm.then, nodes)) for arm in value.arms]
            made = replace(value, arms=tuple(arms))
        case Each():
            items, where = _in(value.items, nodes), _in(value.where, nodes)
            made = replace(value, items=items, where=where, item=_in(value.item, nodes))
            made = replace(made, lets=_in_lets(value.lets, nodes))
        case Zip():
            made = replace(value, lists=_in(value.lists, nodes))
        case Fields():
            entries = tuple([(name, span, _in(one, nodes)) for name, span, one in value.entries])
            made = replace(value, entries=entries)
        case Elements():
            made = replace(value, items=tuple([_in(one, nodes) for one in value.items]))
        case Constant():
            return value
    return cast("_Value", made)


def _tree(node: Node, nodes: dict[str, TableEntries | None]) -> Node:
    """A tree in which each table that `lookup` is given is a constant; elsewhere a table is no value."""
    if isinstance(node, Call) and node.name == _LOOKUP and len(node.arguments) > 1:
        value, table, *others = (_tree(one, nodes) for one in node.arguments)
        if isinstance(table, Variable) and table.name in nodes:
            entries = nodes[table.name]
            constant = {} if entries is None else entries.table
            table = Literal(table.start, table.end, constant)
        return replace(node, arguments=(value, table, *others))
    return with_parts(node, lambda part: _tree(part, nodes))


def _step(step: WrittenStep, nodes: dict[str, TableEntries | None]) -> WrittenStep:
    """A step with the entries of the table that it names as `$name`."""
    given = step.arguments
    if step.transform != _LOOKUP or given is None:
        return step
    if isinstance(given, MapNode):
        named = next((value for key, value in given.entries if key.text == _TABLE), None)
        name = _table_name(named, nodes)
        if name is None:
            return step
        entries = [
            (key, _node(value, name, nodes) if value is named else value) for key, value in given.entries
        ]
        return _looking(replace(step, arguments=replace(given, entries=tuple(entries))), name, nodes)
    name = _table_name(given, nodes)
    if name is None:
        return step
    return _looking(replace(step, arguments=_named(given, name, nodes)), name, nodes)


def _looking(step: WrittenStep, name: str, nodes: dict[str, TableEntries | None]) -> WrittenStep:
    """A step that looks into a table."""
    entries = nodes[name]
    return replace(step, table=name, entries=None if entries is None else entries.table)


def _table_name(node: YamlNode | None, nodes: dict[str, TableEntries | None]) -> str | None:
    """The table that a node names."""
    name = node.text[1:] if isinstance(node, ScalarNode) and node.text.startswith("$") else None
    return name if name in nodes else None


def _node(node: YamlNode, name: str, nodes: dict[str, TableEntries | None]) -> YamlNode:
    """The entries of a table; none where it cannot be read."""
    entries = nodes[name]
    return MapNode(node.source, node.start, node.end, ()) if entries is None else entries.node


def _named(node: YamlNode, name: str, nodes: dict[str, TableEntries | None]) -> MapNode:
    """The argument `table`, by its name: a table may have any keys, also those of arguments."""
    key = ScalarNode(node.source, node.start, node.end, _TABLE, _TABLE, "plain")
    return MapNode(node.source, node.start, node.end, ((key, _node(node, name, nodes)),))


def shown_mistakes(found: Sequence[Diagnostic], mapping: Mapping | None) -> list[Diagnostic]:
    """What is found; of each table's file only the first mistakes, without fixes, which would write YAML."""
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
