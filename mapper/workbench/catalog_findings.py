"""A catalogue -> what is wrong with its mappings together, which no check of one file can see: M805 to M809.

Whether a part of a base is used is known only where all its heirs are in the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mapper import Diagnostic, Span
from mapper.authoring import Text, reached
from mapper.project.folders import shown
from mapper.workbench.mapping_catalog import TABLES, Catalog, CataloguedMapping, CataloguedRule, Place

_SAME = 3
_MOST_NAMED = 4
_NAME = re.compile(r"""^["']?name["']?[ \t]*:""", re.MULTILINE)
# A constant, a path or a variable alone: nobody moves such a rule to spare a copy.
_PLAIN = re.compile(r"constant .*|[\w.$@\"\[\]-]+", re.DOTALL)


def catalog_findings(catalog: Catalog) -> tuple[Diagnostic, ...]:
    """All that is found, in the order of the codes."""
    work = _Whole(catalog)
    found = (work.unused_parts, work.unused_files, work.same_names, work.unread_attributes, work.same_rules)
    return tuple(one for find in found for one in find())


@dataclass(frozen=True)
class _Whole:
    """A catalogue that is looked at as a whole."""

    catalog: Catalog

    @cached_property
    def extends(self) -> dict[str, tuple[str, ...]]:
        """By file, those that it extends itself."""
        return {one.file: one.extends for one in self.catalog.everything}

    @cached_property
    def above(self) -> dict[str, set[str]]:
        """By file, those that it extends, itself or by way of others."""
        return {file: reached(file, self.extends) for file in self.extends}

    def unused_parts(self) -> Iterator[Diagnostic]:
        """Parts of bases that none of the mappings that extend them uses."""
        broken = {one.file for one in self.catalog.broken}
        for base in self.catalog.bases:
            heirs = [one for one in self.catalog.mappings if base.file in self.above[one.file]]
            if not heirs or any(base.file in self.above[one] for one in broken):
                continue
            used = {place for one in heirs for place in one.uses}
            for part in base.parts:
                if part.place not in used:
                    yield self._unused(part.kind, part.name, part.place, len(heirs))

    def _unused(self, kind: str, name: str, place: Place, heirs: int) -> Diagnostic:
        part = f"{kind} `{name}`" if name else kind
        if kind == "section":
            part = f"section that sends `{name}`" if name else "section"
        whom = "the mapping that extends" if heirs == 1 else f"the {heirs} mappings that extend"
        message = f"none of {whom} this file uses the {part}"
        return Diagnostic("M805", self._span(place), message, "remove it")

    def unused_files(self) -> Iterator[Diagnostic]:
        """Files to extend that no mapping extends, and tables that none names."""
        named = {file for one in self.catalog.everything for file in one.files if one.file != file}
        for base in self.catalog.bases:
            if not any(base.file in above for above in self.above.values()):
                hint = "remove it, or name it under `extends`"
                yield Diagnostic("M806", self._start(base.file), "no mapping extends this file", hint)
        for file in self.catalog.tables:
            if file not in named:
                hint = "remove it, or name it under `tables`"
                yield Diagnostic("M806", self._start(file), "no mapping names this table", hint)

    def same_names(self) -> Iterator[Diagnostic]:
        """Mappings with the name of another one."""
        first: dict[str, str] = {}
        for one in self.catalog.mappings:
            if not one.name:
                continue
            other = first.setdefault(one.name, one.file)
            if other != one.file:
                message = f"`{one.name}` is the name of `{self._shown(other)}` too"
                span, related = self._name(one.file), ((self._name(other), "the other one"),)
                yield Diagnostic("M807", span, message, "give one of them another name", related=related)

    def unread_attributes(self) -> Iterator[Diagnostic]:
        """Sources with attributes that no mapping reads: how many."""
        for source in self.catalog.sources:
            places = (one.source_place for one in self.catalog.mappings if one.source == source.name)
            place = next((one for one in places if one is not None), None)
            if source.unread and place is not None:
                count, of = f"{len(source.unread):,}", f"{source.attributes:,}"
                message = f"no mapping reads {count} of the {of} attributes of `{source.name}`"
                hint = "`mapper catalog --unread` lists them; do not collect what no mapping needs"
                yield Diagnostic("M808", self._span(place), message, hint)

    def same_rules(self) -> Iterator[Diagnostic]:
        """Rules that are written alike in several files: once for all that are in the same files."""
        written: dict[tuple[object, ...], dict[str, CataloguedRule]] = {}
        for one in self.catalog.mappings:
            parts = self._parts(one)
            for rule in one.rules:
                if rule.part in ("field", "skip", "consent") and not _PLAIN.fullmatch(rule.value):
                    used = tuple((name, parts.get(name)) for name in rule.names)
                    key = (one.target, rule.part, rule.path, rule.value, rule.reads, used)
                    written.setdefault(key, {}).setdefault(rule.place.file, rule)
        alike: dict[tuple[str, ...], list[CataloguedRule]] = {}
        for by_file in written.values():
            if len(by_file) >= _SAME:
                alike.setdefault(tuple(sorted(by_file)), []).append(by_file[min(by_file)])
        for files, rules in alike.items():
            yield self._alike(files, rules)

    def _parts(self, mapping: CataloguedMapping) -> dict[str, Place]:
        """The places of the parts that a mapping uses, by their names: a team's own table is another one."""
        files = {mapping.file, *self.above[mapping.file]}
        parts = (part for one in self.catalog.everything if one.file in files for part in one.parts)
        return {part.name: part.place for part in parts if part.place in mapping.uses}

    def _alike(self, files: tuple[str, ...], rules: list[CataloguedRule]) -> Diagnostic:
        names = list(dict.fromkeys(f"`{one.path or one.part}`" for one in rules))
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        first = ", ".join(names[:_MOST_NAMED])
        are = "is written" if len(names) == 1 else "are written"
        message = f"{first}{more} {are} alike in {len(files)} files"
        base = self._common_base(files)
        where = f"`{self._shown(base)}`, which they all extend" if base else "a file that they all extend"
        path = rules[0].path if len(names) == 1 and rules[0].part == "field" else None
        return Diagnostic("M809", self._span(rules[0].place), message, f"write it once, in {where}", path)

    def _common_base(self, files: Collection[str]) -> str:
        """The file nearest to some files that all of them extend; "" where there is none."""
        common = set.intersection(*({file, *self.above.get(file, ())} for file in files))
        return max(sorted(common), key=lambda one: len(self.above.get(one, ())), default="")

    def _shown(self, file: str) -> str:
        """The path of a file from here."""
        return shown(Path(self.catalog.root, file)) if self.catalog.root else file

    def _text(self, file: str) -> Text:
        content = ""
        if self.catalog.root and not file.endswith(TABLES):  # the rows of a table may be of persons
            content = Path(self.catalog.root, file).read_bytes().decode("utf-8", "replace")
        return Text(self._shown(file), content)

    def _span(self, place: Place) -> Span:
        return self._text(place.file).span(place.start, place.end)

    def _start(self, file: str) -> Span:
        return self._text(file).span(0, 0)

    def _name(self, file: str) -> Span:
        text = self._text(file)
        found = _NAME.search(text.content)
        return text.span(0, 0) if found is None else text.span(found.start(), found.end())
