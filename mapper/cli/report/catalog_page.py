"""A catalogue -> one page of HTML to search and to print: nothing is loaded, light and dark."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from importlib.resources import files
from typing import TypeAlias

from mapper.cli.report.catalog_report import read_names
from mapper.cli.run_summary import number
from mapper.cli.terminal import visible
from mapper.project.folders import POLICY_FILE
from mapper.version import __version__
from mapper.workbench.mapping_catalog import (
    Catalog,
    CataloguedMapping,
    CataloguedRule,
    RuleUse,
    SourceUse,
    rule_uses,
)

_Row: TypeAlias = tuple[Sequence[str], str, Sequence[str]]
_FEW = 3
_BREAK = re.compile(r"[./_]")
_PARTS = {
    "consent": "consent",
    "match": "which section",
    "section": "section",
    "skip": "not sent",
    "split": "parts of an event",
}


def catalog_page(catalog: Catalog, folder: str, day: date) -> str:
    """The whole page of a catalogue, as HTML. day: on which it was made."""
    style, script = _asset("catalog.css"), _asset("catalog.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    body = "\n".join(
        filter(
            None,
            [
                _head(catalog, folder, day),
                _search(catalog),
                _broken(catalog),
                _personal(catalog),
                _mappings(catalog),
                _bases(catalog),
                _sources(catalog.sources),
            ],
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Catalogue of {_text(folder)}</title><style>{style}</style></head>\n"
        f"<body><main>{body}</main><script>{script}</script></body></html>\n"
    )


def _asset(name: str) -> str:
    return files("mapper.cli.report").joinpath(name).read_text(encoding="utf-8")


def _head(catalog: Catalog, folder: str, day: date) -> str:
    """The title, and the numbers that a person asks for first."""
    fields = {rule.path for one in catalog.mappings for rule in one.rules if rule.part == "field"}
    personal = {rule.path for one in catalog.mappings for rule in one.rules if _is_of_persons(rule)}
    counts = (
        (len(catalog.mappings), "mapping"),
        (len([one for one in catalog.owners if one]), "team"),
        (len(catalog.sources), "source"),
        (len(fields), "field sent"),
        (len(personal), "personal field"),
    )
    tiles = "".join(f"<li><b>{count:,}</b> {_plural(count, noun)}</li>" for count, noun in counts if count)
    made = f"made on {day.isoformat()} by mapper {_text(__version__)}"
    title = f"<h1>Catalogue of mappings</h1><p>{_text(folder)} · {made}</p>"
    return f'<header>{title}<ul class="counts">{tiles}</ul></header>'


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else noun.replace("field", "fields") if "field" in noun else f"{noun}s"


def _is_of_persons(rule: CataloguedRule) -> bool:
    """Whether a rule sends what may be a person's, which is more than a constant."""
    return rule.part == "field" and rule.personal and any(one.is_value for one in rule.reads)


def _search(catalog: Catalog) -> str:
    """The search for rules; it is not shown where no script runs."""
    teams = "".join(f'<option value="{_text(one)}">{_text(one)}</option>' for one in catalog.owners if one)
    chosen = (
        f'<select id="team" aria-label="Team"><option value="">All teams</option>{teams}</select>'
        if teams
        else ""
    )
    return (
        '<form id="search" role="search" hidden>'
        '<input id="query" type="search" placeholder="Field, attribute, mapping, table …" '
        'aria-label="Search" autocomplete="off" spellcheck="false">'
        f"{chosen}{_choice('personal', 'personal only')}{_choice('unprotected', 'sent without consent')}"
        f"{_choice('plaintext', 'sent in plaintext')}"
        '<output id="found" for="query team personal unprotected plaintext"></output></form>'
    )


def _choice(name: str, label: str) -> str:
    return f'<label class="choice"><input id="{name}" type="checkbox"> {label}</label>'


def _badness(rule: CataloguedRule) -> int:
    """The rank of a rule among those of persons' values: the lower, the earlier it is shown."""
    if not _is_of_persons(rule):
        return 4
    return 2 * (not _is_unprotected(rule)) + (rule.form != "in plaintext")


def _is_unprotected(rule: CataloguedRule) -> bool:
    """Whether a field is sent of some persons who did not say yes."""
    return bool(rule.unprotected) or not rule.without_consent


def _marks(rule: CataloguedRule) -> str:
    """The filters that a rule of persons' values fits."""
    if not _is_of_persons(rule):
        return ""
    is_plain = rule.form == "in plaintext"
    return "personal" + " unprotected" * _is_unprotected(rule) + " plaintext" * is_plain


def _personal(catalog: Catalog) -> str:
    """The fields that carry persons' values, the worst first: from which attributes, by whom."""
    found: dict[tuple[str, ...], list[RuleUse]] = {}
    for use in rule_uses(catalog.mappings):
        rule = use.rule
        if _is_of_persons(rule):
            key = (rule.path, read_names(rule, is_value=True), _without(rule), _form(rule))
            found.setdefault(key, []).append(use)
    ranked = sorted(found.items(), key=lambda one: (_badness(one[1][0].rule), one[0]))
    rows = [_personal_row(key, uses) for key, uses in ranked]
    head = ("field", "from", "sent", "without consent", "teams", "mappings")
    return _section("Personal data", "personal-data", _table(head, rows)) if rows else ""


def _personal_row(key: tuple[str, ...], uses: Sequence[RuleUse]) -> _Row:
    path, names, without, form = key
    mappings = list(dict.fromkeys(one.file for use in uses for one in use.mappings))
    owners = sorted({owner for use in uses for owner in use.owners})
    cells = [
        f"<code>{_path(path)}</code>",
        _names(names.split(", ")),
        form,
        without,
        _owners(owners),
        _listed(mappings, "mapping", "code"),
    ]
    return owners, _marks(uses[0].rule), cells


def _form(rule: CataloguedRule) -> str:
    return f'<span class="{"good" if rule.hashed else "plain"}">{rule.form}</span>'


def _without(rule: CataloguedRule) -> str:
    """The end of a field without a yes: of `denied` and `no answer` the worse one."""
    if rule.unprotected:
        return f'<span class="bad">{rule.unprotected}: sent</span>'
    if not rule.without_consent:
        return '<span class="bad">no consent asked for</span>'
    return f'<span class="good">{rule.without_consent}</span>'


def _mappings(catalog: Catalog) -> str:
    ranked = sorted(catalog.mappings, key=lambda one: min(map(_badness, one.rules), default=4))
    parts = "".join(map(_mapping, ranked))
    names = _listed(catalog.excluded, "mapping", "code")
    left = f'<p class="excluded">Left out by <code>exclude</code> of <code>{POLICY_FILE}</code>: {names}</p>'
    return _section("Mappings", "mappings", parts + left * bool(catalog.excluded))


def _bases(catalog: Catalog) -> str:
    """The files that mappings extend: whose they are, and whom a change of them reaches."""
    rows = []
    for base, heirs in catalog.heirs:
        owners = sorted({one.owner for one in heirs})
        cells = [
            f"<code>{_path(base.file)}</code>",
            _owners([base.owner]) or "nobody",
            _owners(owners),
            _listed([one.file for one in heirs], "mapping", "code") or "none",
        ]
        rows.append((owners, "", cells))
    head = ("file", "owner", "teams that extend it", "mappings")
    return _section("Files that others extend", "bases", _table(head, rows)) if rows else ""


def _mapping(one: CataloguedMapping) -> str:
    events = tuple(dict.fromkeys(name for rule in one.rules for name in rule.events))
    fields = len({rule.path for rule in one.rules if rule.part == "field"})
    persons = len({rule.path for rule in one.rules if _is_of_persons(rule)})
    owner = f'<span class="team">{_text(one.owner)}</span>' if one.owner else ""
    source = f"{_text(one.source)} → " if one.source else ""
    facts = f"{number(fields, 'field')} · {persons} personal · {number(len(events), 'event')}"
    told = "".join(f"<span><small>{name}</small> {_text(text)}</span>" for name, text in one.consent)
    consent = told or "no consent is asked for"
    rules = sorted(one.rules, key=lambda rule: (rule.part != "field", _badness(rule)))
    head = ("field", "from", "steps", "events", "without consent", "written in")
    rows = [_rule_row(rule, events, one) for rule in rules]
    return (
        f'<details class="mapping" data-team="{_text(one.owner)}"><summary><span class="file">'
        f"{_path(one.file)}</span>{owner}<small>{source}{_text(one.target)}</small>"
        f"<small>{facts}</small></summary>"
        f'<p class="consent"><b>Consent</b> {consent}</p>{_table(head, rows)}</details>'
    )


def _rule_row(rule: CataloguedRule, events: Sequence[str], mapping: CataloguedMapping) -> _Row:
    is_field = rule.part == "field"
    name = (
        f"<code>{_path(rule.path)}</code>" if is_field else f"<i>{_PARTS[rule.part]}</i> {_text(rule.path)}"
    )
    mark = ' <span class="mark">personal</span>' if _is_of_persons(rule) else ""
    own = [one for one in rule.events if one]
    told = "all" if len(own) == len(events) and len(own) > 1 else _listed(own, "event", "span")
    cells = [
        f"{name}{mark}",
        _reads(rule),
        _text(" ".join(rule.steps)),
        told,
        _without(rule) if is_field else "",
        f"line {rule.place.line}"
        if rule.place.file == mapping.file
        else f"<code>{_path(str(rule.place))}</code>",
    ]
    return [mapping.owner], _marks(rule), cells


def _reads(rule: CataloguedRule) -> str:
    """The attributes of a rule; of a constant, that."""
    sent = [one.name for one in rule.reads if one.is_value]
    decides = [one.name for one in rule.reads if not one.is_value]
    parts = []
    if sent:
        parts.append(_names(sent))
    elif rule.value.startswith("constant"):
        parts.append(_text(rule.value))
    if decides:
        parts.append(f"<small>decided by</small> {_names(decides)}")
    uses = [name for name in rule.names if name.startswith("$") or name.endswith("()")]
    if uses:
        parts.append(f"<small>by way of</small> {_names(uses)}")
    return "".join(f"<div>{part}</div>" for part in parts)


def _names(names: Iterable[str]) -> str:
    shown = list(names)
    if len(shown) > 2 * _FEW:
        return _listed(shown, "attribute", "code", _FEW)
    return ", ".join(f"<code>{_path(one)}</code>" for one in shown)


def _listed(names: Sequence[str], noun: str, tag: str, first: int = 0) -> str:
    """Some names; of many, the number, and all on request. first: so many are shown at once."""
    shown = [f"<{tag}>{_path(one)}</{tag}>" for one in names]
    if len(names) <= max(_FEW, first):
        return ", ".join(shown)
    told = f"{', '.join(shown[:first])} and {len(names) - first} more" if first else number(len(names), noun)
    return f'<details class="more"><summary>{told}</summary>{", ".join(shown[first:])}</details>'


def _owners(owners: Sequence[str]) -> str:
    return " ".join(f'<span class="team">{_text(one)}</span>' for one in owners if one)


def _sources(sources: Sequence[SourceUse]) -> str:
    known = [one for one in sources if one.attributes]
    rows = [
        (
            (),
            "",
            [
                f"<code>{_path(one.name)}</code>",
                f"{one.mappings:,}",
                _share(one.attributes - len(one.unread), one.attributes),
                _listed(one.unread, "attribute", "code") or "none",
            ],
        )
        for one in known
    ]
    head = ("source", "mappings", "attributes read", "read by no mapping")
    return _section("Sources", "sources", _table(head, rows)) if rows else ""


def _share(count: int, of: int) -> str:
    bar = (
        '<svg class="bar" aria-hidden="true" viewBox="0 0 100 10" preserveAspectRatio="none" width="72" '
        f'height="8"><rect class="track" width="100" height="10"/><rect class="fill" '
        f'width="{100 * count / of:.1f}" height="10"/></svg>'
    )
    return f"{count:,} of {of:,}{bar}"


def _broken(catalog: Catalog) -> str:
    rows = [
        ([one.owner], "", [f"<code>{_path(one.file)}</code>", "<br>".join(map(_text, one.errors))])
        for one in catalog.broken
    ]
    return _section("Mappings with errors", "broken", _table(("mapping", "errors"), rows)) if rows else ""


def _section(title: str, name: str, body: str) -> str:
    return f'<section id="{name}"><h2>{title}</h2>{body}</section>'


def _table(head: Sequence[str], rows: Iterable[_Row]) -> str:
    """A table of rows: the teams, the filters that it fits, and cells that are HTML already."""

    def row(teams: Sequence[str], mark: str, cells: Sequence[str]) -> str:
        named = zip(head, cells, strict=True)
        inner = "".join(f'<td data-head="{name}">{cell}</td>' for name, cell in named)
        known = escape(json.dumps([visible(one) for one in teams]))
        fits = f' data-fits="{mark}"' if mark else ""
        return f'<tr data-team="{known}"{fits}>{inner}</tr>'

    top = "".join(f"<th>{name}</th>" for name in head)
    body = "\n".join(row(*one) for one in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _text(text: str) -> str:
    return escape(visible(text))


def _path(text: str) -> str:
    """A path that may go on in the next line after each name."""
    return _BREAK.sub(r"\g<0><wbr>", _text(text))
