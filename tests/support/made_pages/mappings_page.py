"""The ready mappings, and what was decided of each -> a page of docs/mappings each, and the README's table.

The decisions are data beside the mappings: `decisions.json`, for each mapping by its name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from mapper.authoring import Analysis, OutlineRule, ReadyMapping, analyse_file, ready_mappings, scope_of
from mapper.texts.markdown import code, code_in_cell

_BEGIN, _END = "<!-- sources: made by `make docs` -->\n", "<!-- end of sources -->\n"
_DECISIONS = "decisions.json"
# Headings of the paragraphs of a mapping's first comment, by how they begin.
_PARAGRAPHS = {"To adapt:": "To adapt", "Unmapped, and why:": "Left out, and why"}
_SENT = "sends "
_NOT_SENT = "skipped: "


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions that were taken for a mapping.

    rows: field, what others send, what is sent here, why. trials: events of others, where their shape is
    documented, what the mapping did wrong or differently, what was done about it.
    """

    title: str
    origin: str
    rows: tuple[tuple[str, str, str, str], ...]
    trials: tuple[tuple[str, str, str, str], ...]


def write_pages(root: Path) -> None:
    """Write them into docs/mappings/ and README.md. Made anew by `make docs`; a test compares them."""
    folder = root / "docs/mappings"
    folder.mkdir(exist_ok=True)
    for name, text in mapping_pages().items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(with_sources(readme.read_text(encoding="utf-8")), encoding="utf-8")


def mapping_pages() -> dict[str, str]:
    """The page of each ready mapping by its name, and `README` with the list of them."""
    pages = {one.name: _page(one) for one in ready_mappings()}
    rows = "".join(
        f"| [{decided(one).title}]({one.name}.md) | [`{one.file.name}`](../../mappings/{one.file.name}) |\n"
        for one in ready_mappings()
    )
    trials = ((decided(one).title, *trial) for one in ready_mappings() for trial in decided(one).trials)
    table = _table(("source", "events", "shape documented in", "found", "done"), trials)
    return pages | {"README": f"{_LIST}{rows}\n{_TRIALS}{table}"}


def with_sources(readme: str) -> str:
    """A README with its table of sources and the events that are sent for them."""
    before, _, rest = readme.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{_sources()}\n{_END}{after}"


@lru_cache(maxsize=32)
def sent_events(one: ReadyMapping) -> tuple[str, ...]:
    """The names under which a mapping sends events: those of its sections, and those that its tests give."""
    analysis = _analysis(one)
    names = [fact.removeprefix(_SENT) for rule, fact in _ends(analysis) if fact.startswith(_SENT)]
    tested = [
        str(outcome.payload[analysis.name_field])
        for test in analysis.tests
        for outcome in analysis.program.apply(test.given, test.meta)
        if outcome.payload is not None
    ]
    return tuple(dict.fromkeys(name for name in (*names, *tested) if " " not in name))


@lru_cache(maxsize=1)
def _decisions() -> dict[str, dict[str, Any]]:
    file = ready_mappings()[0].file.parent / _DECISIONS
    found: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


def decided(one: ReadyMapping) -> Decided:
    """The decisions about a ready mapping, by its name."""
    found = _decisions()[one.name]
    rows = ((row["field"], row["others"], row["ours"], row["why"]) for row in found["decisions"])
    tried = ((one["events"], one["documented"], one["found"], one["done"]) for one in found.get("trials", ()))
    return Decided(found["title"], found["origin"], tuple(rows), tuple(tried))


@lru_cache(maxsize=32)
def _analysis(one: ReadyMapping) -> Analysis:
    return analyse_file(one.file, schemas=scope_of(None, None).schemas[0])


def _sources() -> str:
    """The table: a row for each source, a column for each event, those that most sources have first."""
    events = {one: sent_events(one) for one in ready_mappings()}
    count = Counter(name for names in events.values() for name in names)
    columns = sorted(count, key=lambda name: (-count[name], name))
    head = "".join(f" `{name}` |" for name in columns)
    rows = "".join(
        f"| [{decided(one).title}](docs/mappings/{one.name}.md) |"
        + "".join(" ● |" if name in names else "  |" for name in columns)
        + "\n"
        for one, names in events.items()
    )
    return f"| source |{head}\n|---|{':-:|' * len(columns)}\n{rows}"


def _page(one: ReadyMapping) -> str:
    analysis, found = _analysis(one), decided(one)
    link = f"[`{one.file.name}`](../../mappings/{one.file.name})"
    parts = [
        f"# {found.title}\n\nThe ready mapping {link}. `mapper init --like {one.name}` copies it.\n",
        *_paragraphs(one),
        f"## Origin\n\n{found.origin}\n",
        _events_part(analysis, one),
        _consent_part(analysis),
        _decisions_part(found),
        *_fields_parts(analysis),
    ]
    return "\n".join(part for part in parts if part)


def _paragraphs(one: ReadyMapping) -> Iterator[str]:
    """The comment that the mapping begins with, each paragraph under its heading."""
    for _, paragraph in groupby(one.comment, bool):
        lines = list(paragraph)
        heading = next((name for name in _PARAGRAPHS if lines[0].startswith(name)), None)
        said = _with_code(lines).removeprefix(heading or "").lstrip()
        if said:
            title = f"## {_PARAGRAPHS[heading]}\n\n" if heading else ""
            yield f"{title}{said[:1].upper()}{said[1:]}\n"


def _with_code(lines: list[str]) -> str:
    """Lines of a comment as Markdown; those that are indented are code."""
    text, is_code = "", False
    for line in lines:
        if line.startswith("  ") != is_code:
            text, is_code = text + ("```\n\n" if is_code else "\n```\n"), not is_code
        text += f"{line.removeprefix('  ')}\n"
    return (text + "```\n" if is_code else text).strip("\n")


def _ends(analysis: Analysis) -> Iterator[tuple[OutlineRule, str]]:
    """The sections of a mapping, each with what becomes of its events."""
    for rule in analysis.outline.rules:
        if rule.part == "section":
            yield rule, dict(rule.facts)["ends"]


def _events_part(analysis: Analysis, one: ReadyMapping) -> str:
    rows = "".join(f"| {_taken(rule.name)} | {_end(fact, one)} |\n" for rule, fact in _ends(analysis))
    return f"## Events\n\nThe first that matches counts.\n\n| events | sent as |\n|---|---|\n{rows}"


def _taken(name: str) -> str:
    """The events that a section takes, as Markdown."""
    names, _, condition = name.partition("when ")
    listed = names.removeprefix("is ").removesuffix("and ").strip()
    told = ", ".join(f"`{one.strip()}`" for one in listed.split(",")) if names.startswith("is ") else listed
    asked = f"when {code_in_cell(condition)}" if condition else ""
    return " ".join(part for part in (told, asked) if part)


def _end(fact: str, one: ReadyMapping) -> str:
    if not fact.startswith(_SENT):
        return f"not sent: {fact.removeprefix(_NOT_SENT)}"
    name = fact.removeprefix(_SENT)
    names = [name] if " " not in name else [*sent_events(one)]
    return ", ".join(f"`{one}`" for one in names)


def _consent_part(analysis: Analysis) -> str:
    facts = [dict(rule.facts) for rule in analysis.outline.rules if rule.part == "consent"]
    if not facts:
        return "## Consent\n\nThe mapping reads no consent: the source has no place for it.\n"
    (found,) = facts
    asked = next(name for name in ("granted", "denied") if name in found)
    limited = {
        "skip": " An event with a limited consent is not sent; `when_limited` changes that.",
        "set": f" An event with a limited consent is sent with {code(found.get('limited set', ''))}.",
    }
    return (
        f"## Consent\n\nRead as {asked} from {code(found[asked])}. Without an answer it counts as "
        f"{found['when_missing']}; `when_missing` changes that."
        f"{limited.get(found.get('when_limited', ''), '')}\n"
    )


def _decisions_part(found: Decided) -> str:
    rows = "".join(f"| {' | '.join(map(_cell, (f'`{row[0]}`', *row[1:])))} |\n" for row in found.rows)
    head = "| field | what others send | what is sent | why |\n|---|---|---|---|\n"
    return f"## Decisions\n\nA dash: nothing of others was compared.\n\n{head}{rows}"


def _fields_parts(analysis: Analysis) -> Iterator[str]:
    """Two tables: the fields that all payloads have, and those that some have in another way."""
    sections = [rule.name for rule, fact in _ends(analysis) if fact.startswith(_SENT)]
    told: dict[str, dict[str, str]] = {}
    for rule in analysis.outline.rules:
        if rule.part == "field" and rule.section in sections and "value" in dict(rule.facts):
            told.setdefault(rule.name, {})[rule.section] = _from(rule)
    common = {
        name: next(iter(by.values()))
        for name, by in told.items()
        if len(by) == len(sections) and len({*by.values()}) == 1
    }
    yield "## Fields\n\n" + _table(("field", "from"), ((f"`{name}`", text) for name, text in common.items()))
    others = [
        (f"`{name}`", _taken(section), text)
        for name, by in told.items()
        if name not in common and name != analysis.name_field
        for section, text in by.items()
    ]
    if others:
        yield "## Fields of some events\n\n" + _table(("field", "events", "from"), others)


def _from(rule: OutlineRule) -> str:
    facts = dict(rule.facts)
    rest = "".join(f", {name} {code_in_cell(facts[name])}" for name in ("when", "default") if facts.get(name))
    return f"{code_in_cell(facts['value'])}{rest}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n{lines}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


_LIST = """# The ready mappings

Each page says which events a mapping covers, how to adapt it, and what was decided where others decide
otherwise. `mapper init --like NAME` copies a mapping with the files that it extends.

| source | mapping |
|---|---|
"""

_TRIALS = """## Tried with events of others

Each mapping was given events in shapes that others document, with values of our own, and its payloads were
read as an owner of the source reads them. The mistakes that this found are corrected, each with a test.

"""
