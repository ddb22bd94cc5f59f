"""Two versions of a folder of mappings -> CatalogDifference: which attributes are newly sent, and where.

For the person who answers for personal data; `mapper diff` compares rules and payloads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from mapper.repository.renames import MappingPair, paired
from mapper.repository.repository import Repository, open_repositories
from mapper.workbench.mapping_catalog import (
    CatalogQuery,
    CataloguedMapping,
    CataloguedRule,
    catalog_of,
)
from mapper.workbench.outline_difference import PlanDifference, row_differences
from mapper.workbench.revision import version_of

CatalogChangeKind: TypeAlias = Literal[
    "newly sent",
    "consent",
    "skip",
    "opt-out",
    "table",
    "without consent",
    "hashing",
    "no longer personal",
    "no longer sent",
]
_MOST_ROWS = 10
_ORDER = {kind: place for place, kind in enumerate(get_args(CatalogChangeKind))}


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """A change of what is sent, with all mappings that it is the same for.

    attribute, path: of the event and of the payload; "" for consent of a whole mapping. The path of `skip` is
    its reason, or the events of a section that skips; of `table` its name. old, new: the consent, the rule,
    the rows that differ, or what becomes of the field; "" where there is none. place: of the rule, in the old
    version where it is gone.
    """

    kind: CatalogChangeKind
    attribute: str
    path: str
    events: tuple[str, ...]
    personal: bool
    old: str = ""
    new: str = ""
    place: str = ""
    mappings: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogDifference:
    """The difference of two catalogues. renamed: old and new file; broken: with errors in a version.

    owners, fields: those of the mappings of either version, which a filter can name.
    """

    changes: tuple[CatalogChange, ...]
    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    broken: tuple[CataloguedMapping, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    owners: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()

    @property
    def is_same(self) -> bool:
        """Whether both versions send the same attributes under the same consent and rules of skip."""
        return not (self.changes or self.added or self.deleted)


def compare_catalogs(
    old: str | Path,
    new: str | Path,
    query: CatalogQuery | None = None,
    *,
    schemas: str | Path | None = None,
    jobs: int = 1,
) -> CatalogDifference:
    """The difference of two versions: each a folder, `git:REF` or `git:REF:folder`. Raises OSError."""
    with open_repositories(old, new, schemas) as (before, after):
        before.take(after.mappings)
        after.take(before.mappings)
        pairs = paired(before.mappings, after.mappings)
        catalogs = [catalog_of(one, jobs) for one in (before, after)]
        replaced = tuple((one.named, name) for one in (before, after) for name in one.replaced)
        asked = query or CatalogQuery()
        sides = [{one.file: one for one in asked.answer(catalog).mappings} for catalog in catalogs]
        rows = [change for pair in pairs for change in _Tables(before, after, sides).changes(pair)]
    broken = tuple(one for catalog in catalogs for one in catalog.broken)
    found = _compared(pairs, sides[0], sides[1], {one.file for one in broken})
    found = replace(found, changes=tuple(_merged([*found.changes, *rows])))
    owners = tuple(sorted({name for catalog in catalogs for name in catalog.owners}))
    fields = frozenset[str]().union(*(catalog.fields for catalog in catalogs))
    return replace(found, broken=broken, replaced=replaced, owners=owners, fields=fields)


def _compared(
    pairs: list[MappingPair],
    old: dict[str, CataloguedMapping],
    new: dict[str, CataloguedMapping],
    broken: set[str],
) -> CatalogDifference:
    changes: list[CatalogChange] = []
    added: list[str] = []
    deleted: list[str] = []
    renamed: list[tuple[str, str]] = []
    for pair in pairs:
        before, after = old.get(pair.old), new.get(pair.new)
        if (before is None and after is None) or not broken.isdisjoint(pair):
            continue
        if before is None or after is None:
            (added if before is None else deleted).append(pair.new or pair.old)
        elif pair.old != pair.new:
            renamed.append((pair.old, pair.new))
        whose = after or before
        assert whose is not None
        changes += (
            replace(one, mappings=(whose.file,), owners=(whose.owner,)) for one in _changes(before, after)
        )
    return CatalogDifference(tuple(changes), tuple(added), tuple(deleted), tuple(renamed))


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables of two versions. sides: the mappings that are asked for, by their files."""

    old: Repository
    new: Repository
    sides: list[dict[str, CataloguedMapping]]

    def changes(self, pair: MappingPair) -> Iterator[CatalogChange]:
        """The tables of a mapping whose rows differ, each with the events of the rules that use it."""
        before, after = self.sides[0].get(pair.old), self.sides[1].get(pair.new)
        if before is None or after is None or not self._differs(before, after):
            return
        found: dict[str, list[PlanDifference]] = {}
        outlines = version_of(self.old, pair.old).outline, version_of(self.new, pair.new).outline
        for row in row_differences(*outlines):
            found.setdefault(row.name.partition(" ")[0], []).append(row)
        for name, rows in found.items():
            using = [rule for one in (before, after) for rule in one.rules if name in rule.names]
            if using:
                events = tuple(dict.fromkeys(event for rule in using for event in rule.events))
                personal = any(rule.personal or rule.refuses or rule.part != "field" for rule in using)
                place = rows[0].new or rows[0].old
                change = CatalogChange("table", "", name, events, personal, *_rows(rows), place)
                yield replace(change, mappings=(after.file,), owners=(after.owner,))

    def _differs(self, before: CataloguedMapping, after: CataloguedMapping) -> bool:
        named = before.files | after.files
        return before.file != after.file or any(self.old.digest(one) != self.new.digest(one) for one in named)


def _rows(rows: list[PlanDifference]) -> tuple[str, str]:
    """The rows that differ as texts: those of the old version, and those of the new one."""
    texts: list[str] = []
    for absent, of in (("+", "old"), ("-", "new")):
        shown = [
            f"{row.name.partition(' row ')[2]}: {', '.join(getattr(fact, of) for fact in row.facts)}"
            for row in rows
            if row.mark != absent
        ]
        more = [f"{len(shown) - _MOST_ROWS:,} more"] if len(shown) > _MOST_ROWS else []
        texts.append("; ".join([*shown[:_MOST_ROWS], *more]))
    return texts[0], texts[1]


class _Sent(NamedTuple):
    """An attribute in a field: the events that have it, and its last rule. marked: it is personal itself."""

    events: dict[str, None]
    rule: CataloguedRule
    personal: bool
    marked: bool


_Sides: TypeAlias = dict[tuple[str, str], _Sent]


def _sent(mapping: CataloguedMapping | None) -> _Sides:
    """The attributes of which something is sent, each with its field."""
    found: _Sides = {}
    for rule in () if mapping is None else mapping.rules:
        for read in rule.reads if rule.part == "field" else ():
            if read.is_value:
                known = found.get((read.name, rule.path))
                events = {**(known.events if known else {}), **dict.fromkeys(rule.events)}
                found[read.name, rule.path] = _Sent(
                    events, rule, rule.personal or read.personal, read.personal
                )
    return found


def _consent(mapping: CataloguedMapping) -> str:
    missing = ["no answer: sent"] if mapping.sends_without_answer else []
    through = (text for rule in mapping.rules if rule.part == "consent" for text in rule.through)
    return "; ".join((mapping.consent_text, *missing, *through))


class _Gate(NamedTuple):
    """A rule by which an event is not sent, or is sent as one of a person who refused."""

    kind: CatalogChangeKind
    path: str
    event: str


def _gates(mapping: CataloguedMapping) -> dict[_Gate, dict[str, CataloguedRule]]:
    """The rules of skip by their reasons, and those of an opt-out by fields and events, by their texts."""
    found: dict[_Gate, dict[str, CataloguedRule]] = {}
    for rule in mapping.rules:
        if rule.part == "skip" or (rule.part == "section" and not rule.events):
            found.setdefault(_Gate("skip", rule.path.removeprefix("skip: "), ""), {})[rule.whole_value] = rule
        for event in rule.events if rule.refuses else ():
            found.setdefault(_Gate("opt-out", rule.path, event), {})[rule.whole_value] = rule
    return found


def _gate_changes(before: CataloguedMapping, after: CataloguedMapping) -> Iterator[CatalogChange]:
    """The rules of skip and of an opt-out that differ, the latter for events that both versions send."""
    was, now = _gates(before), _gates(after)
    both = {event for one in before.rules for event in one.events}
    both &= {event for one in after.rules for event in one.events}
    found: dict[CatalogChange, list[str]] = {}
    for gate in dict.fromkeys((*was, *now)):
        old, new = was.get(gate, {}), now.get(gate, {})
        if old.keys() != new.keys() and (not gate.event or gate.event in both):
            rule = next(iter((new or old).values()))
            texts = " or ".join(old), " or ".join(new)
            change = CatalogChange(gate.kind, "", gate.path, (), True, *texts, str(rule.place))
            found.setdefault(change, []).extend([gate.event] if gate.event else [])
    yield from (replace(one, events=tuple(events)) for one, events in found.items())


def _changes(before: CataloguedMapping | None, after: CataloguedMapping | None) -> Iterator[CatalogChange]:
    if before is not None and after is not None:
        yield from _consent_changes(before, after)
        yield from _gate_changes(before, after)
    was, now = _sent(before), _sent(after)
    for key in dict.fromkeys((*now, *was)):
        yield from _moved("newly sent", key, now, was)
        yield from _moved("no longer sent", key, was, now)
        if key in was and key in now:
            yield from _kept(key, was[key], now[key])


def _consent_changes(before: CataloguedMapping, after: CataloguedMapping) -> Iterator[CatalogChange]:
    old, new = map(_consent, (before, after))
    if old != new:
        place = next((str(one.place) for one in (*after.rules, *before.rules) if one.part == "consent"), "")
        yield CatalogChange("consent", "", "", (), True, old, new, place)


def _moved(
    kind: CatalogChangeKind, key: tuple[str, str], sides: _Sides, others: _Sides
) -> Iterator[CatalogChange]:
    """The change of an attribute that one version sends in a field, for some events at least."""
    one, other = sides.get(key), others.get(key)
    if one is not None:
        events = tuple(name for name in one.events if other is None or name not in other.events)
        if other is None or events:
            personal = one.personal or (other is not None and other.personal)
            yield CatalogChange(kind, *key, events, personal, place=str(one.rule.place))


def _kept(key: tuple[str, str], was: _Sent, now: _Sent) -> Iterator[CatalogChange]:
    """The changes of an attribute that both versions send in the same field."""
    place, events, personal = str(now.rule.place), tuple(now.events), was.personal or now.personal
    old, new = was.rule.without_consent, now.rule.without_consent
    if old != new:
        yield CatalogChange("without consent", *key, events, personal, old, new, place)
    form, new_form = was.rule.form, now.rule.form
    if form != new_form:
        yield CatalogChange("hashing", *key, events, personal, form, new_form, place)
    if was.marked and not now.marked:
        yield CatalogChange("no longer personal", *key, events, True, "personal", "not personal", place)


def _merged(changes: list[CatalogChange]) -> list[CatalogChange]:
    """Equal changes of several mappings as one, those of personal values first."""
    found: dict[CatalogChange, list[CatalogChange]] = {}
    for one in changes:
        found.setdefault(replace(one, mappings=(), owners=()), []).append(one)
    made = [
        replace(
            plain,
            mappings=tuple(name for one in same for name in one.mappings),
            owners=tuple(sorted({name for one in same for name in one.owners})),
        )
        for plain, same in found.items()
    ]
    return sorted(made, key=lambda one: (not one.personal, _ORDER[one.kind], one.path, one.attribute))
