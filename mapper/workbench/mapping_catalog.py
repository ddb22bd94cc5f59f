"""The mappings of a folder, or of a version of it -> Catalog: what each sends, from what, and whose it is.

It is made of the plans alone: no event is read, and no value of a person is in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import field, fields, replace
from pathlib import Path
from typing import NamedTuple

from mapper import CompileError
from mapper.authoring import (
    Analysis,
    AttributeRead,
    MappingLineage,
    RuleFacts,
    RuleLineage,
    attribute_keys,
    reached,
)
from mapper.masking import masked_text
from mapper.repository.repository import Repository, open_repository
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.workbench.processes import map_in_processes

TABLES = (".csv", ".tsv")
"""The ends of the names of files that are tables of mappings, or samples."""


class Place(NamedTuple):
    """Characters of a file, by its path from the root. line: of the first one, from 1."""

    file: str
    line: int
    start: int
    end: int

    def __str__(self) -> str:
        """The place as compilers write it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class CataloguedRule(RuleFacts):
    """A rule of a mapping. place: where it is written, which may be in a file that the mapping extends."""

    place: Place

    @property
    def form(self) -> str:
        """The form in which the field is sent."""
        return "hashed" if self.hashed else "made into another value" if self.derived else "in plaintext"

    @property
    def whole_value(self) -> str:
        """Its text, and those of the variables and functions that it uses."""
        return "; ".join((self.value, *self.through))

    @property
    def unprotected(self) -> str:
        """The case without a yes in which the field is sent: `denied` or `no answer`; "" for neither."""
        return "denied" if self.without_consent == "sent" else "no answer" * (self.without_answer == "sent")

    def reads_of(self, asked: tuple[str, ...]) -> tuple[AttributeRead, ...]:
        """The attributes that it reads which are, or hold, or are below one."""
        return tuple(one for one in self.reads if one.covers(asked))


class BasePart(NamedTuple):
    """A part of a file that rules may use. kind, name: as in WrittenPart."""

    kind: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class CataloguedMapping:
    """A mapping, or a file to extend, which has no rules of its own but parts.

    consent: as texts by name. errors: why nothing is known of it. attributes: that the schema of its source
    knows, each as names. fields: the paths of its target. extends, files: the files that it extends itself,
    and all that it names. uses: where the parts are written that it uses.
    """

    file: str
    owner: str
    is_base: bool = False
    name: str = ""
    source: str = ""
    target: str = ""
    consent: tuple[tuple[str, str], ...] = ()
    rules: tuple[CataloguedRule, ...] = ()
    errors: tuple[str, ...] = ()
    attributes: tuple[tuple[str, ...], ...] = ()
    fields: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    parts: tuple[BasePart, ...] = ()
    uses: frozenset[Place] = frozenset()
    source_place: Place | None = None

    @property
    def consent_text(self) -> str:
        """The consent in one line; "" where it asks for none."""
        return ", ".join(f"{name}: {text}" for name, text in self.consent)

    @property
    def sends_without_answer(self) -> bool:
        """Whether an event without an answer is sent whole."""
        return dict(self.consent).get("when_missing") == "granted"


@dataclass(frozen=True, slots=True)
class SourceUse:
    """A source, and the attributes of its schema that no mapping reads, of so many that it has."""

    name: str
    mappings: int
    attributes: int
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The mappings of a folder. root: the real path that all paths are from; "" for a version in git.

    tables: the files in the folder that can only be tables. excluded: mappings that the policy leaves out.
    """

    mappings: tuple[CataloguedMapping, ...]
    bases: tuple[CataloguedMapping, ...]
    broken: tuple[CataloguedMapping, ...]
    root: str = ""
    tables: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def everything(self) -> tuple[CataloguedMapping, ...]:
        """The mappings, the files to extend, and those with errors."""
        return (*self.mappings, *self.bases, *self.broken)

    @property
    def heirs(self) -> tuple[tuple[CataloguedMapping, tuple[CataloguedMapping, ...]], ...]:
        """Each file to extend, and the mappings that extend it, itself or by way of others; most first."""
        extends = {one.file: one.extends for one in self.everything}
        above = {one.file: reached(one.file, extends) for one in self.mappings}
        found = (
            (base, [one for one in self.mappings if base.file in above[one.file]]) for base in self.bases
        )
        return tuple(sorted(((base, tuple(one)) for base, one in found), key=lambda pair: -len(pair[1])))

    @property
    def owners(self) -> tuple[str, ...]:
        """The owners of the mappings, each once."""
        return tuple(sorted({one.owner for one in self.mappings}))

    @property
    def fields(self) -> frozenset[str]:
        """The paths that the targets of the mappings have."""
        sent = (rule.path for one in self.mappings for rule in one.rules if rule.part == "field")
        return frozenset((*sent, *(path for one in self.mappings for path in one.fields)))

    @property
    def sources(self) -> tuple[SourceUse, ...]:
        """The sources whose attributes a schema knows."""
        by_name: dict[str, list[CataloguedMapping]] = {}
        for one in self.mappings:
            if one.source:
                by_name.setdefault(one.source, []).append(one)
        return tuple(_source_use(name, using) for name, using in sorted(by_name.items()))


def _source_use(name: str, using: list[CataloguedMapping]) -> SourceUse:
    known = {path for one in using for path in one.attributes}
    read = {one for each in using for rule in each.rules for one in rule.reads if one.keys}
    unread = sorted(".".join(path) for path in known if not any(one.covers(path) for one in read))
    return SourceUse(name, len(using), len(known), tuple(unread))


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    """A question to a catalogue: rules for which all of these hold, of each any.

    reads: attributes of the source; what is below each counts too. sends: fields, or the ends of their paths.
    uses: tables, functions and variables of mappings, and transforms. owners: of the mappings.
    """

    reads: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return not (self.reads or self.sends or self.uses or self.owners)

    def answer(self, catalog: Catalog) -> Catalog:
        """The catalogue with the rules that are asked for, and the mappings that have such."""
        if self.is_empty:
            return catalog
        asked = [attribute_keys(one) or (one,) for one in self.reads]
        found = (
            replace(one, rules=tuple(rule for rule in one.rules if self._fits(rule, asked)))
            for one in catalog.mappings
            if not self.owners or one.owner in self.owners
        )
        return replace(catalog, mappings=tuple(one for one in found if one.rules))

    def _fits(self, rule: CataloguedRule, asked: list[tuple[str, ...]]) -> bool:
        if asked and not any(rule.reads_of(one) for one in asked):
            return False
        if self.sends and not (
            rule.part == "field" and any(is_field_of(rule.path, one) for one in self.sends)
        ):
            return False
        named = {name.strip("$()") for name in rule.names}
        return not self.uses or any(one.strip("$()") in named for one in self.uses)


def is_field_of(path: str, asked: str) -> bool:
    """Whether a field of the payload is the one that is asked for, below it, or has its name."""
    plain, wanted = path.replace("[]", ""), asked.replace("[]", "")
    return f".{plain}.".find(f".{wanted}.") >= 0


def make_catalog(
    folder: str | Path, *, schemas: str | Path | None = None, jobs: int = 1, only: str = ""
) -> Catalog:
    """The catalogue of a folder, of `git:REF` or `git:REF:folder`. only: the file that it is of alone.

    A mapping with errors is named, and the rest catalogued. Raises OSError.
    """
    with open_repository(folder, schemas) as repository:
        return catalog_of(repository, jobs, only)


def catalog_of(repository: Repository, jobs: int = 1, only: str = "") -> Catalog:
    """The catalogue of a version of a folder. Raises OSError."""
    files = [one for one in repository.mappings if not only or os.path.basename(one) == only]
    work = _Work(repository)
    made = [*map_in_processes(work.catalogued, files, jobs)]
    root = "" if repository.is_in_git else repository.root
    sending = tuple(one for one in made if not one.errors and not one.is_base)
    bases = tuple(one for one in made if one.is_base)
    broken = tuple(one for one in made if one.errors and not one.is_base)
    return Catalog(sending, bases, broken, root, tuple(_tables(repository)), repository.excluded)


def _tables(repository: Repository) -> Iterator[str]:
    """The files of tables of a folder on disk, by their paths, without those that the policy leaves out."""
    folder = Path(repository.root, repository.within)
    for path in sorted(folder.rglob("*")) if not repository.is_in_git else ():
        name = repository.path_of(str(path))
        if path.suffix in TABLES and path.is_file() and not repository.policy.leaves_out(name):
            yield name


@dataclass(frozen=True, slots=True)
class _Work:
    """A version of a folder whose mappings are catalogued."""

    repository: Repository

    def catalogued(self, file: str) -> CataloguedMapping:
        """A mapping, or why it cannot be catalogued."""
        try:
            return self._readable(file)
        except OSError as error:
            shown = str(error).replace(f"{self.repository.root}{os.sep}", "")
            return CataloguedMapping(file, self.repository.owner(file), errors=(shown,))

    def _readable(self, file: str) -> CataloguedMapping:
        repository = self.repository
        analysis = repository.analysis(file)
        parts = tuple(BasePart(one.kind, one.name, self._place(one.span)) for one in analysis.written_parts)
        extends = tuple(self._file(text.name) for text in analysis.bases)
        made = CataloguedMapping(
            file, repository.owner(file), analysis.is_partial, extends=extends, parts=parts
        )
        if analysis.is_partial:
            return replace(made, files=repository.files_named(analysis))
        try:
            lineage = analysis.lineage
        except CompileError as error:
            found = [one for one in error.diagnostics if one.severity == "error"]
            errors = (f"{self._place(one.span)}: {one.code}: {one.message}" for one in found)
            told = tuple(map(masked_text, errors))
            return replace(made, errors=told, files=repository.files_named(analysis))
        return self._with_lineage(made, lineage, analysis)

    def _with_lineage(
        self, made: CataloguedMapping, lineage: MappingLineage, analysis: Analysis
    ) -> CataloguedMapping:
        source = lineage.source_span
        return replace(
            made,
            name=lineage.name,
            source=lineage.source,
            target=lineage.target,
            consent=lineage.consent,
            rules=tuple(map(self._rule, lineage.rules)),
            attributes=lineage.attributes,
            fields=lineage.fields,
            files=self.repository.files_named(analysis),
            uses=frozenset(map(self._place, lineage.uses)),
            source_place=None if source is None else self._place(source),
        )

    def _rule(self, rule: RuleLineage) -> CataloguedRule:
        facts = {one.name: getattr(rule, one.name) for one in fields(RuleFacts)}
        return CataloguedRule(**facts, place=self._place(rule.span))

    def _place(self, span: Span) -> Place:
        return Place(self._file(span.text.name), span.line, span.start, span.end)

    def _file(self, name: str) -> str:
        return self.repository.path_of(os.path.realpath(name))


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule as it is the same in some mappings: written in one place, with the same reads and consent."""

    rule: CataloguedRule
    consent: str
    mappings: tuple[CataloguedMapping, ...] = field(default=())

    @property
    def owners(self) -> tuple[str, ...]:
        """The owners of the mappings, each once."""
        return tuple(sorted({one.owner for one in self.mappings}))


def rule_uses(mappings: Iterable[CataloguedMapping]) -> Iterator[RuleUse]:
    """The rules of mappings, each once with all the mappings that have it, by the path of its field."""
    found: dict[tuple[CataloguedRule, str], list[CataloguedMapping]] = {}
    for mapping in mappings:
        for rule in mapping.rules:
            plain = replace(rule, events=())
            found.setdefault((plain, mapping.consent_text), []).append(mapping)
    events: dict[tuple[CataloguedRule, str], dict[str, None]] = {}
    for mapping in mappings:
        for rule in mapping.rules:
            key = replace(rule, events=()), mapping.consent_text
            events.setdefault(key, {}).update(dict.fromkeys(rule.events))
    for (rule, consent), using in found.items():
        sent = tuple(events[rule, consent])
        yield RuleUse(replace(rule, events=sent), consent, tuple(dict.fromkeys(using)))
