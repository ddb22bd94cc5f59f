"""YAML text -> Mapping: what an author wrote, in shape, before it meets a target, with its tests."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from mapper.compiler.file_reading import FileReading
from mapper.compiler.jmespath.expression import Expression, FileNames
from mapper.compiler.syntax.allowances import Allowance, read_allowances
from mapper.compiler.syntax.empty_parts import empty_parts
from mapper.compiler.syntax.function_nodes import Function, all_read, function_names, read_functions
from mapper.compiler.syntax.language_keys import MAPPING, SOURCE, WHOLE_KEYS
from mapper.compiler.syntax.mapping_test_nodes import EventBase, MappingTest, read_bases, read_tests
from mapper.compiler.syntax.node_shapes import (
    boolean_of,
    choice_of,
    entries_of,
    is_text,
    listed,
    missing,
    text_of,
)
from mapper.compiler.syntax.not_inherited import NotInherited, read_not_inherited
from mapper.compiler.syntax.other_files import other_file
from mapper.compiler.syntax.other_names import key_by_value, meant_key
from mapper.compiler.syntax.section_nodes import Section, SkipRule, read_otherwise, read_sections, read_skips
from mapper.compiler.syntax.syntax_facts import NoVersion
from mapper.compiler.syntax.table_nodes import LookupTable, read_tables
from mapper.compiler.syntax.value_nodes import (
    ALL_UNREAD,
    Fields,
    Let,
    Value,
    every,
    read_expression,
    read_fields,
    read_lets,
)
from mapper.compiler.syntax.written_consent import Consent, read_consent
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic, closest
from mapper.texts.named_text import Span, Text
from mapper.values.frozen import dataclass

LANGUAGE_VERSION = 1
MAPPING_KEYS = tuple(MAPPING)


@dataclass(frozen=True, slots=True)
class Named:
    """A name that the author wrote, with its place; a target's also has the profile."""

    name: str
    span: Span
    profile: str | None = None
    profile_span: Span | None = None


@dataclass(frozen=True)
class Mapping:
    """One mapping file as its author wrote it.

    samples: the files of sample events that `source` names. extends: the files it takes what it does not say
    itself from; partial: it is only to be extended, by mappings that fill the lets that it `expects`. unread:
    its keys that a diagnostic replaces. says_otherwise: `otherwise` is written, if only as `skip`.
    lacks_sections: it has neither it nor `events`. bases: None without the key. fixtures: patterns of files,
    each the event of one more test. element_lets: those of list rules, once they have names of their own.
    unmatched: what to say of additions to list rules that are not there. wholes: WHOLE_KEYS and their values.
    not_inherited: the parts that it does not inherit. contested: what to say of fields for which two files
    have different rules, each with its path. reordered: the advice on rules that are those of another file
    than before. empty_parts: what to say of lists and mappings that do nothing. lacks_functions: some
    functions of the files that it extends are not inherited. constants_read: the lets whose constants are
    arguments of steps. order: its own file and those that it extends, each by itself, the one that has
    priority first.
    """

    text: Text
    name: str
    target: Named | None
    source: Named | None
    samples: tuple[Named, ...]
    explicit_forms: bool
    extends: tuple[Named, ...]
    partial: bool
    expects: tuple[Named, ...]
    lets: tuple[Let, ...]
    tables: tuple[LookupTable, ...]
    unread: frozenset[str]
    split: Expression | None
    skips: tuple[SkipRule, ...]
    consent: Consent | None
    payload: Fields
    match: Expression | None
    sections: tuple[Section, ...]
    lacks_sections: bool
    otherwise: Section | None
    says_otherwise: bool
    bases: tuple[EventBase, ...] | None
    tests: tuple[MappingTest, ...]
    fixtures: tuple[Named, ...]
    allowances: tuple[Allowance, ...]
    span: Span
    element_lets: tuple[Let, ...] = ()
    unmatched: tuple[Diagnostic, ...] = ()
    functions: tuple[Function, ...] = ()
    wholes: tuple[tuple[ScalarNode, YamlNode], ...] = ()
    not_inherited: tuple[NotInherited, ...] = ()
    contested: tuple[Diagnostic, ...] = ()
    reordered: tuple[Diagnostic, ...] = ()
    empty_parts: tuple[Diagnostic, ...] = ()
    lacks_functions: bool = False
    constants_read: frozenset[str] = frozenset()
    order: tuple[Mapping, ...] = ()

    @property
    def all_lets(self) -> tuple[Let, ...]:
        """The lets, with those of list rules."""
        return (*self.lets, *self.element_lets)

    @property
    def values_of_lets(self) -> dict[str, Value]:
        """The values of all lets by name, less those that a diagnostic replaces."""
        return {let.name: let.value for let in self.all_lets if let.value is not None}

    @property
    def all_sections(self) -> tuple[Section, ...]:
        """The sections, with that for all other events."""
        return self.sections if self.otherwise is None else (*self.sections, self.otherwise)

    @property
    def every_value(self) -> list[Value]:
        """Each value and condition of the mapping, less those within another."""
        written: list[Value | None] = [self.payload, self.match, self.split]
        written += [let.value for let in self.lets]
        written += [function.body for function in self.functions]
        written += [rule.when for rule in self.skips]
        written += () if self.consent is None else self.consent.answer.values
        for section in self.all_sections:
            written += [section.when, section.send, section.payload]
        return [value for value in written if value is not None]

    @cached_property
    def all_values(self) -> list[Value]:
        """Each value and condition of the mapping and all within them, parents first."""
        return [value for root in self.every_value for value in every(root)]


def read_mapping(text: Text, reading: FileReading) -> Mapping | None:
    """The mapping a YAML text writes down; None where the text is no mapping at all."""
    root = _root(text, reading)
    if root is None:
        return None
    node, not_inherited = read_not_inherited(root, reading)
    written = {key.text: value for key, value in node.entries}
    reading.names = _names(written, node)
    functions = read_functions(written.get("functions"), reading)
    wholes = tuple([(key, value) for key, value in root.entries if key.text in WHOLE_KEYS])
    mapping = replace(
        _read(text, node, reading),
        functions=functions,
        wholes=wholes,
        not_inherited=not_inherited,
        empty_parts=tuple(empty_parts(root)),
    )
    if all_read(written.get("functions"), functions):
        return mapping
    return replace(mapping, unread=mapping.unread | {"functions"})


def _names(written: dict[str, YamlNode], node: MapNode) -> FileNames:
    """The names that the expressions of a file can use. written: its values by key."""
    functions, tables = written.get("functions"), written.get("tables")
    is_listed = functions is not None and not isinstance(functions, MapNode)
    may_inherit = is_listed or "functions" in _meant(node) or "extends" in written or "partial" in written
    table_names = [key.text for key, _ in tables.entries] if isinstance(tables, MapNode) else ()
    return FileNames(function_names(functions), may_inherit, frozenset(table_names))


def _read(text: Text, node: MapNode, reading: FileReading) -> Mapping:
    whole = _head(node)
    entries = entries_of(node, "a mapping", MAPPING_KEYS, reading)
    values = {key: value for key, (_, value) in entries.items()}
    empty = Fields((), whole)
    _check_version(values.get("version"), node, reading)
    partial = "partial" in values and _is_partial(values["partial"], reading)
    split = read_expression(values["split"], reading) if "split" in values else None
    match = read_expression(values["match"], reading) if "match" in values else None
    lets, bases = read_lets(values.get("let"), reading), read_bases(values.get("bases"), reading)
    source, samples = _read_source(values.get("source"), reading)
    return Mapping(
        text=text,
        name=text_of(values["name"], "`name`", reading) if "name" in values else "",
        target=_read_target(values.get("target"), None if partial else node, reading),
        source=source,
        samples=samples,
        explicit_forms=_is_explicit(values.get("normal_forms"), reading),
        extends=_read_names(values.get("extends"), "a path under `extends`", reading),
        partial=partial,
        expects=_read_expected(values.get("expects"), reading),
        lets=lets or (),
        tables=read_tables(values.get("tables"), reading),
        unread=_unread(node, values, {"split": split, "match": match, "let": lets}),
        split=split,
        skips=read_skips(values.get("skip"), reading),
        consent=read_consent(values["consent"], reading) if "consent" in values else None,
        payload=_less_strange(_read_payload(values.get("payload"), node, empty, reading), node),
        match=match,
        sections=read_sections(values.get("events"), empty, reading),
        lacks_sections=_lacks(node, ("events", "otherwise")),
        otherwise=read_otherwise(values.get("otherwise"), empty, reading),
        says_otherwise="otherwise" in values,
        bases=bases,
        tests=read_tests(values.get("tests"), bases, reading),
        fixtures=_read_names(values.get("fixtures"), "a path under `fixtures`", reading),
        allowances=read_allowances(text, node),
        span=whole,
    )


def _is_explicit(node: YamlNode | None, reading: FileReading) -> bool:
    """Whether `normal_forms` says `explicit`."""
    words = MAPPING["normal_forms"].words
    return node is not None and choice_of(node, "`normal_forms`", words, reading) == "explicit"


def _is_partial(node: YamlNode, reading: FileReading) -> bool:
    """Whether `partial` says true; any value but a boolean was most likely meant as `true`."""
    says_false = isinstance(node, ScalarNode) and node.value is False
    return boolean_of(node, "`partial`", reading) or not says_false


def _root(text: Text, reading: FileReading) -> MapNode | None:
    """The root of a mapping file; None (and a diagnostic) where it is something else."""
    stranger = other_file(text)
    if stranger is not None:
        reading.say(stranger)
        return None
    node = read_yaml(text, reading.found)
    if not isinstance(node, MapNode):
        if not reading.found:
            start = text.span(0, min(len(text.content), 1))
            hint = (
                f"a mapping starts with `version: {LANGUAGE_VERSION}` and `target: ...`; pass "
                "events to `mapper run`"
            )
            message = "a mapping file must be a YAML mapping"
            reading.say(Diagnostic("M022", node.span if node else start, message, hint))
        return None
    return node


def _unread(node: MapNode, values: dict[str, YamlNode], read: dict[str, object]) -> frozenset[str]:
    """The keys that a diagnostic replaces; also those that a misspelt key was meant for."""
    unread = {*node.unread, *(key for key in read if key in values and read[key] is None)}
    unread |= _meant(node)
    if "tables" in values and not isinstance(values["tables"], MapNode):
        unread.add("tables")
    extends = values.get("extends")
    broken = isinstance(extends, ListNode) and extends.partial
    if broken or not all(is_text(item) for item in (listed(extends) if extends else ())):
        unread.add("extends")
    return frozenset(unread)


def _meant(node: MapNode) -> set[str]:
    """The keys that strange ones were meant for, by their names in other tools, letters or values."""
    strange = [(key.text, value) for key, value in node.entries if key.text not in MAPPING_KEYS]
    near = (
        meant_key("a mapping", name) or closest(name, MAPPING_KEYS) or key_by_value(value)
        for name, value in strange
    )
    return {name for name in near if name is not None}


def _lacks(node: MapNode, keys: tuple[str, ...]) -> bool:
    """Whether there is none of some keys, nor a key that may have been meant for one."""
    written = {key.text for key, _ in node.entries}
    return not (node.unread or written.difference(MAPPING_KEYS) or written.intersection(keys))


def _head(node: MapNode) -> Span:
    """The first key: where a mistake of the whole file is shown."""
    return node.entries[0][0].span if node.entries else node.span


def _less_strange(payload: Fields, node: MapNode) -> Fields:
    """A payload of which nothing is known to be missing that a strange key has, or may have."""
    strangers = [(key.text, value) for key, value in node.entries if key.text not in MAPPING_KEYS]
    below = (key.text for _, value in strangers if isinstance(value, MapNode) for key, _ in value.entries)
    strange = (*(name for name, _ in strangers), *below)
    everything = (ALL_UNREAD,) if strange and not payload.entries else ()
    return replace(payload, unread=(*payload.unread, *strange, *everything))


def _read_payload(payload: YamlNode | None, node: MapNode, empty: Fields, reading: FileReading) -> Fields:
    return _no_payload(node, empty) if payload is None else read_fields(payload, reading, adding=True)


def _no_payload(node: MapNode, empty: Fields) -> Fields:
    """No fields; if there is a payload that was not read, none is known to be missing."""
    return replace(empty, unread=(ALL_UNREAD,)) if "payload" in node.unread else empty


def _check_version(node: YamlNode | None, mapping: MapNode, reading: FileReading) -> None:
    if node is None:
        line = f"version: {LANGUAGE_VERSION}"
        message, fact = "the mapping has no `version`", NoVersion(mapping)
        report = Diagnostic("M021", _head(mapping), message, f"add `{line}`", facts=fact)
        missing(mapping, MAPPING_KEYS, report, reading)
    elif not isinstance(node, ScalarNode) or type(node.value) is not int or node.value != LANGUAGE_VERSION:
        message = f"`version` must be {LANGUAGE_VERSION}, the version of the language"
        hint = f"write `version: {LANGUAGE_VERSION}`"
        reading.say(Diagnostic("M022", node.span, message, hint, facts=NoVersion(mapping, node)))


def _read_target(node: YamlNode | None, mapping: MapNode | None, reading: FileReading) -> Named | None:
    """The name of the target; `mapping` is the file that must say it, if it must."""
    if node is None:
        hint = "add `target:` with the name of a schema under `schemas/`"
        message = "the mapping has no `target`"
        if mapping is not None:
            missing(mapping, MAPPING_KEYS, Diagnostic("M021", _head(mapping), message, hint), reading)
        return None
    if not isinstance(node, MapNode):
        name = text_of(node, "`target`", reading)
        return Named(name, node.span) if name else None
    entries = entries_of(node, "`target`", ("schema", "profile"), reading)
    if "schema" not in entries:
        report = Diagnostic("M021", node.span, "`target` has no `schema`")
        missing(node, ("schema", "profile"), report, reading)
        return None
    schema = entries["schema"][1]
    name = text_of(schema, "`schema`", reading)
    if not name:
        return None
    if "profile" not in entries:
        return Named(name, schema.span)
    profile = entries["profile"][1]
    return Named(name, schema.span, text_of(profile, "`profile`", reading) or None, profile.span)


def _read_source(node: YamlNode | None, reading: FileReading) -> tuple[Named | None, tuple[Named, ...]]:
    """The schema that `source` names, and the files of samples."""
    if node is None:
        return None, ()
    if not isinstance(node, MapNode):
        name = text_of(node, "`source`", reading)
        return (Named(name, node.span) if name else None), ()
    entries = entries_of(node, "`source`", tuple(SOURCE), reading)
    if not entries:
        report = Diagnostic("M021", node.span, "`source` has neither `schema` nor `samples`")
        missing(node, tuple(SOURCE), report, reading)
    schema = entries["schema"][1] if "schema" in entries else None
    name = "" if schema is None else text_of(schema, "`schema`", reading)
    samples = entries["samples"][1] if "samples" in entries else None
    named = None if schema is None or not name else Named(name, schema.span)
    return named, _read_names(samples, "a path under `samples`", reading)


def _read_names(node: YamlNode | None, what: str, reading: FileReading) -> tuple[Named, ...]:
    """A name, or a list of names."""
    names = [Named(text_of(item, what, reading), item.span) for item in (listed(node) if node else ())]
    return tuple(named for named in names if named.name)


def _read_expected(node: YamlNode | None, reading: FileReading) -> tuple[Named, ...]:
    """The names of lets under `expects`."""
    names = []
    for named in _read_names(node, "a name under `expects`", reading):
        if named.name.startswith("$"):
            message = f"write the names under `expects` without `$`: `{named.name[1:]}`"
            reading.say(Diagnostic("M022", named.span, message))
        names.append(replace(named, name=named.name.removeprefix("$")))
    return tuple(names)
