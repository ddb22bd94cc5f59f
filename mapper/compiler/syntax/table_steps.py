"""Mapping x the files of its tables -> Mapping whose steps have entries and constants in place of `$name`.

A table is for `lookup` alone. A list in a file, and a `let` that is a constant, can be any argument that
must be constant, as the patterns of `matches`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar, cast

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression, with_tree
from mapper.compiler.jmespath.tree import Call, Current, Field, Literal, Node, Variable, with_parts
from mapper.compiler.syntax.mapping import Mapping
from mapper.compiler.syntax.section_nodes import Section
from mapper.compiler.syntax.syntax_facts import MeantName
from mapper.compiler.syntax.table_files import MOST_TOLD, TableEntries, read_list, read_table
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
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.texts.diagnostic import Diagnostic, in_order
from mapper.texts.named_text import Span, Text, UnreadableFile
from mapper.transforms import TRANSFORMS
from mapper.values.types import Json

_Value = TypeVar("_Value")
_KEY = "tables"

# The text of a file by its path, as written in a file of some name (None: in the mapping itself).
ReadTableFile = Callable[[str, str | None], Text]


class _Tables(NamedTuple):
    """The entries of tables, by name; None where they cannot be read.

    constants: the values of lets that are constants. used: those of them that are arguments. lists:
    the files that are lists, where they are named.
    """

    entries: dict[str, TableEntries | None]
    reading: FileReading
    constants: dict[str, Json]
    used: set[str]
    lists: dict[str, Span]

    def is_list(self, name: str, span: Span) -> bool:
        """Whether a table that `lookup` is given is a list, which is reported."""
        if name in self.lists:
            message = f"`${name}` is a list, in which `lookup` finds no keys"
            hint = f"write one mapping of keys to values in its file, or `contains(${name}, VALUE)`"
            related = ((self.lists[name], "the list"),)
            self.reading.say(Diagnostic("M154", span, message, hint, related=related))
        return name in self.lists

    def report_bare(self, name: str, span: Span, written: str) -> None:
        """Report the name of a table without its `$`. written: the name, or a path that ends with it."""
        message, fact = f"`{written}` is a table, which is read as `${name}`", MeantName(span, f"${name}")
        self.reading.say(Diagnostic("M154", span, message, f"write `${name}`", facts=fact))


def with_tables(mapping: Mapping, read_file: ReadTableFile, reading: FileReading) -> Mapping:
    """The mapping with the entries of its tables where steps look into them; reports what cannot be read."""
    constants = {name: one.value for name, one in _constants(mapping.lets)}
    if not mapping.tables and not constants:
        return mapping
    lets = {let.name: let for let in mapping.lets}
    nodes: dict[str, TableEntries | None] = {}
    read: list[LookupTable] = []
    lists: list[Let] = []
    for table in mapping.tables:
        let = lets.get(table.name)
        if let is not None:
            message, related = f"`${table.name}` is a table and a variable", ((let.span, "the variable"),)
            hint = "give one of them another name"
            reading.say(Diagnostic("M154", table.form.span, message, hint, related=related))
        text = _text(table, mapping, read_file, reading)
        listed = None if text is None else read_list(text, table.form)
        if listed is not None and let is None:
            lists.append(Let(table.name, _constant(listed, table.file), table.form.span))
            constants[table.name] = listed
            read.append(replace(table, text=text))
            continue
        entries = None if text is None else read_table(text, table.form, reading)
        nodes[table.name] = entries
        read.append(replace(table, text=text, entries=entries))
    named = {table.name: table.file for table in read if table.name in {let.name for let in lists}}
    tables, every = _Tables(nodes, reading, constants, set(), named), (*mapping.lets, *lists)
    filled = _filled(replace(mapping, tables=tuple(read), lets=every), tables)
    return replace(filled, constants_read=frozenset(tables.used))


def _constants(lets: Iterable[Let]) -> Iterator[tuple[str, Constant]]:
    """The lets that are constants and no more."""
    for let in lets:
        value = let.value
        is_plain = isinstance(value, Rule) and not value.steps and value.when is None
        if is_plain and isinstance(value, Rule) and isinstance(value.source, Constant):
            yield let.name, value.source


def _constant(value: Json, span: Span) -> Rule:
    return Rule(Constant(value, span), (), None, None, None, None, span)


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
            names = {name for name, _, _ in value.variables}
            if LOOKUP in value.text or not names.isdisjoint(tables.constants):
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
    if isinstance(made, Call) and made.name in TRANSFORMS:
        made = _with_constants(made, tables)
    if not isinstance(made, Call) or made.name != LOOKUP or len(made.arguments) < 2:
        return made
    value, table, *others = made.arguments
    if isinstance(table, Field) and _is_bare(table) and table.name in tables.entries:
        text = written.text[table.start : table.end]
        tables.report_bare(table.name, written.locate(table.start, table.end), text)
    elif isinstance(table, Variable) and tables.is_list(table.name, written.locate(table.start, table.end)):
        return replace(made, arguments=(value, Literal(table.start, table.end, {}), *others))
    elif not isinstance(table, Variable) or table.name not in tables.entries:
        return made
    entries = tables.entries[table.name]
    constant = {} if entries is None else entries.table
    return replace(made, arguments=(value, Literal(table.start, table.end, constant), *others))


def _with_constants(call: Call, tables: _Tables) -> Call:
    """A call with constants in place of variables where an argument must be constant."""
    parameters = TRANSFORMS[call.name].parameters
    arguments = [*call.arguments]
    for place, (one, parameter) in enumerate(zip(call.arguments[1:], parameters, strict=False), 1):
        if parameter.constant and isinstance(one, Variable) and one.name in tables.constants:
            tables.used.add(one.name)
            arguments[place] = Literal(one.start, one.end, tables.constants[one.name])
    return replace(call, arguments=tuple(arguments))


def _is_bare(table: Field) -> bool:
    """Whether a path is a name alone, or one under `tables`, as in the mapping."""
    base = table.base
    is_under_key = isinstance(base, Field) and isinstance(base.base, Current) and base.name == _KEY
    return isinstance(base, Current) or is_under_key


def _step(step: WrittenStep, tables: _Tables) -> WrittenStep:
    """A step with the entries of the table that it names as `$name`, and with constants."""
    step = _with_constant_arguments(step, tables)
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


def _with_constant_arguments(step: WrittenStep, tables: _Tables) -> WrittenStep:
    """A step with constants in place of variables where an argument must be constant."""
    transform = TRANSFORMS.get(step.transform)
    must = {one.name for one in transform.parameters if one.constant} if transform else set()
    given = step.arguments
    if not must or given is None or not tables.constants:
        return step
    if isinstance(given, MapNode):
        entries = [(key, _known(one, tables) if key.text in must else one) for key, one in given.entries]
        same = all(one is other for (_, one), (_, other) in zip(entries, given.entries, strict=True))
        return step if same else replace(step, arguments=replace(given, entries=tuple(entries)))
    is_first = transform is not None and transform.parameters[0].constant
    return replace(step, arguments=_known(given, tables)) if is_first else step


def _known(node: YamlNode, tables: _Tables) -> YamlNode:
    """A node, or the constant that it names as `$name`."""
    name = node.text.removeprefix("$") if isinstance(node, ScalarNode) else ""
    if not isinstance(node, ScalarNode) or node.text != f"${name}" or name not in tables.constants:
        return node
    tables.used.add(name)
    return _written_at(tables.constants[name], node)


def _written_at(value: Json, node: ScalarNode) -> YamlNode:
    """A constant as a node at the place of the variable that it is the value of."""
    place = node.source, node.start, node.end
    if isinstance(value, list):
        return ListNode(*place, tuple([_written_at(one, node) for one in value]))
    if isinstance(value, dict):
        entries = [
            (ScalarNode(*place, key, key, "plain"), _written_at(one, node)) for key, one in value.items()
        ]
        return MapNode(*place, tuple(entries))
    return ScalarNode(*place, value, value if isinstance(value, str) else json.dumps(value), "plain")


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
    if name != node.text and tables.is_list(name, node.span):
        return None
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
