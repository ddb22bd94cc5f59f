"""A catalogue, and the difference of two -> text for a terminal, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mapper.cli.run_summary import number
from mapper.cli.terminal import pad, spreadsheet_cell, visible
from mapper.project.folders import POLICY_FILE, shown
from mapper.workbench.catalog_difference import CatalogChange, CatalogDifference
from mapper.workbench.mapping_catalog import (
    Catalog,
    CataloguedMapping,
    CataloguedRule,
    RuleUse,
    SourceUse,
    rule_uses,
)

_MOST_NAMED, _MOST_EVENTS = 5, 4
_COLUMNS = (
    "mapping",
    "name",
    "owner",
    "source",
    "target",
    "event",
    "part",
    "field",
    "reads",
    "decides",
    "value",
    "steps",
    "uses",
    "personal",
    "hashed",
    "derived",
    "consent",
    "without_consent",
    "without_answer",
    "file",
    "line",
)
_KINDS = {
    "newly sent": "+ newly sent",
    "no longer sent": "- no longer sent",
}
_NONE = {"skip": "no rule", "opt-out": "no rule", "table": "no row"}


def catalog_json(catalog: Catalog, folder: str) -> dict[str, Any]:
    """The catalogue as JSON."""
    return {
        "folder": folder,
        "mappings": [_mapping_json(one) for one in catalog.mappings],
        "sources": [
            {
                "source": one.name,
                "mappings": one.mappings,
                "attributes": one.attributes,
                "unread": list(one.unread),
            }
            for one in catalog.sources
        ],
        "broken": [{"file": one.file, "owner": one.owner, "errors": one.errors} for one in catalog.broken],
        "bases": [
            {"file": base.file, "owner": base.owner, "mappings": [one.file for one in heirs]}
            for base, heirs in catalog.heirs
        ],
        "excluded": catalog.excluded,
    }


def _mapping_json(one: CataloguedMapping) -> dict[str, Any]:
    return {
        "file": one.file,
        "owner": one.owner,
        "name": one.name,
        "source": one.source,
        "target": one.target,
        "consent": dict(one.consent),
        "rules": [_rule_json(rule) for rule in one.rules],
    }


def _rule_json(rule: CataloguedRule) -> dict[str, Any]:
    return {
        "part": rule.part,
        "path": rule.path,
        "events": rule.events,
        "value": rule.value,
        "reads": [
            {"attribute": read.name, "is_value": read.is_value, "personal": read.personal}
            for read in rule.reads
        ],
        "steps": rule.steps,
        "uses": rule.names,
        "personal": rule.personal,
        "hashed": rule.hashed,
        "derived": rule.derived,
        "without_consent": rule.without_consent,
        "without_answer": rule.without_answer,
        "file": rule.place.file,
        "line": rule.place.line,
    }


def catalog_csv(catalog: Catalog) -> str:
    """A row for each mapping, event and field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for mapping in catalog.mappings:
        for rule in mapping.rules:
            for event in rule.events or ("",):
                writer.writerow([spreadsheet_cell(one) for one in _cells(mapping, event, rule)])
    return out.getvalue()


def _cells(mapping: CataloguedMapping, event: str, rule: CataloguedRule) -> tuple[str, ...]:
    return (
        mapping.file,
        mapping.name,
        mapping.owner,
        mapping.source,
        mapping.target,
        event,
        rule.part,
        rule.path,
        read_names(rule, is_value=True),
        read_names(rule, is_value=False),
        rule.value,
        " ".join(rule.steps),
        " ".join(rule.names),
        _yes(rule.personal),
        _yes(rule.hashed),
        _yes(rule.derived),
        mapping.consent_text,
        rule.without_consent,
        rule.without_answer,
        rule.place.file,
        str(rule.place.line),
    )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def read_names(rule: CataloguedRule, *, is_value: bool) -> str:
    """The attributes whose values are sent, or those that only decide."""
    return ", ".join(one.name for one in rule.reads if one.is_value is is_value)


def summary_text(catalog: Catalog) -> str:
    """A line for each mapping, then the sources."""
    rows: list[tuple[str, ...]] = [("mapping", "owner", "source", "events", "fields", "personal", "consent")]
    rows += [_summary_row(one) for one in catalog.mappings]
    rows = [tuple(map(visible, row)) for row in rows]
    widths = [max(len(row[place]) for row in rows) + 2 for place in range(len(rows[0]))]
    lines = [
        "".join(pad(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    head = f"{number(len(catalog.mappings), 'mapping')} of {_teams(catalog.owners)}"
    ends = [*_source_lines(catalog.sources), *_excluded_lines(catalog.excluded)]
    return "\n".join([head, "", *lines, *ends]) + "\n"


def _excluded_lines(excluded: Sequence[str]) -> Iterator[str]:
    if excluded:
        yield ""
        told = f"{number(len(excluded), 'mapping')} left out by `exclude` of {POLICY_FILE}"
        yield visible(f"{told}: {_some(excluded, _MOST_NAMED)}")


def _summary_row(one: CataloguedMapping) -> tuple[str, ...]:
    fields = [rule for rule in one.rules if rule.part == "field"]
    events = {event for rule in fields for event in rule.events}
    answers = dict(one.consent)
    consent = answers.get("granted") or answers.get("denied") or "not asked for"
    missing = "; no answer: sent" if one.sends_without_answer else ""
    personal = {rule.path for rule in fields if rule.personal}
    return (
        one.file,
        one.owner or "-",
        one.source or "-",
        str(len(events)),
        str(len({rule.path for rule in fields})),
        str(len(personal)),
        f"{consent if len(consent) < 50 else f'{consent[:47]}…'}{missing}",
    )


def _source_lines(sources: Sequence[SourceUse]) -> Iterator[str]:
    told = [one for one in sources if one.attributes]
    if told:
        yield ""
    for one in told:
        yield visible(
            f"{one.name}: {len(one.unread):,} of {one.attributes:,} attributes are read by no mapping"
        )


def unread_text(sources: Sequence[SourceUse]) -> str:
    """The attributes of each source that no mapping reads."""
    lines = []
    for one in sources:
        lines.append(visible(f"{one.name}: {len(one.unread):,} of {one.attributes:,} attributes"))
        lines += [f"  {visible(name)}" for name in one.unread]
    return "".join(f"{line}\n" for line in lines)


def rules_text(answer: Catalog) -> str:
    """The rules of an answer, each once with the mappings that have it; first where it is written."""
    uses = sorted(rule_uses(answer.mappings), key=lambda one: (one.rule.part != "field", one.rule.path))
    return "\n".join(_use_text(one, answer.root) for one in uses)


def _use_text(use: RuleUse, root: str) -> str:
    rule = use.rule
    name = rule.path if rule.part == "field" else f"{rule.part} {rule.path}".strip()
    file = shown(Path(root, rule.place.file)) if root else rule.place.file
    lines = [f"{file}:{rule.place.line}: {name} <- {rule.value}"]
    sent, decides = read_names(rule, is_value=True), read_names(rule, is_value=False)
    lines += [f"reads {sent}"] if sent else []
    lines += [f"decides by {decides}"] if decides else []
    kinds = [*(["personal"] if rule.personal else []), *([rule.form] if rule.hashed or rule.derived else [])]
    lines += [" · ".join([*kinds, *([f"steps {', '.join(rule.steps)}"] if rule.steps else [])])]
    lines += [f"events {_some(rule.events, _MOST_EVENTS)}"] if rule.events else []
    if rule.part == "field":
        ends = f" · denied: {rule.without_consent} · no answer: {rule.without_answer}"
        after = ends if rule.without_consent else ""
        lines.append(f"consent {use.consent or 'not asked for'}{after}")
    files = _some([one.file for one in use.mappings], _MOST_NAMED)
    lines.append(f"{number(len(use.mappings), 'mapping')} of {_teams(use.owners)}: {files}")
    first, *others = filter(None, lines)
    return "".join([f"{visible(first)}\n", *(f"    {visible(one)}\n" for one in others)])


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _teams(owners: Sequence[str]) -> str:
    named = [one for one in owners if one]
    if not named:
        return "no team"
    return f"{number(len(named), 'team')} ({_some(named, 8)})"


def difference_json(found: CatalogDifference) -> dict[str, Any]:
    """The difference of two catalogues as JSON."""
    return {
        "is_same": found.is_same,
        "changes": [_change_json(one) for one in found.changes],
        "added": found.added,
        "deleted": found.deleted,
        "renamed": [{"old": old, "new": new} for old, new in found.renamed],
        "broken": [{"file": one.file, "errors": one.errors} for one in found.broken],
        "replaced": [{"version": version, "schema": name} for version, name in found.replaced],
    }


def _change_json(one: CatalogChange) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "attribute": one.attribute,
        "path": one.path,
        "events": one.events,
        "personal": one.personal,
        "old": one.old,
        "new": one.new,
        "place": one.place,
        "mappings": one.mappings,
        "owners": one.owners,
    }


def difference_text(found: CatalogDifference) -> str:
    """The difference of two catalogues: a line for each change, and the mappings that it is the same for."""
    if found.is_same and not found.renamed:
        return "the same attributes are sent under the same consent\n"
    lines = [line for one in found.changes for line in _change_lines(one)]
    lines += [f"added: {file}" for file in found.added]
    lines += [f"deleted: {file}" for file in found.deleted]
    lines += [f"renamed: {old} -> {new}" for old, new in found.renamed]
    return "".join(f"{visible(line)}\n" for line in lines)


def _change_lines(one: CatalogChange) -> Iterator[str]:
    sent = f" {one.attribute} -> {one.path}" if one.attribute else f" {one.path}".rstrip()
    personal = "  personal" if one.personal and one.attribute else ""
    yield f"{one.place}: {_KINDS.get(one.kind, f'! {one.kind}')}{sent}{personal}"
    if one.kind not in _KINDS:
        none = _NONE.get(one.kind, "not asked for")
        yield f"    was {one.old or none}"
        yield f"    is {one.new or none}"
    if one.events:
        yield f"    events {_some(one.events, _MOST_EVENTS)}"
    files = _some(one.mappings, _MOST_NAMED)
    yield f"    {number(len(one.mappings), 'mapping')} of {_teams([*one.owners])}: {files}"
