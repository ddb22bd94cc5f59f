"""Rules that change how many people are matched: each is asked about once, before all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mapper.authoring import Json
from mapper.workbench.importing.fields import KnownChoice, KnownFields
from mapper.workbench.importing.imported_value import ImportedValue, with_step
from mapper.workbench.importing.subscription_sections import ImportedSection


@dataclass(frozen=True, slots=True)
class ImportedChoice:
    """A named value. others: what may be written in its place, each with what it means."""

    name: str
    path: str
    imported: ImportedValue
    others: tuple[tuple[Json, str], ...]
    why: str


def make_choices(sections: Sequence[ImportedSection], fields: KnownFields) -> list[ImportedChoice]:
    """The choices for what some sections send; their rules then read them."""
    made: dict[str, list[tuple[Json, ImportedChoice]]] = {}
    for section in sections:
        for path, choice in fields.choices.items():
            rule = section.rules.get(path)
            if rule is None or rule.imported.is_open or not _is_asked(choice, rule.imported.value):
                continue
            known = made.setdefault(path, [])
            found = next((one for value, one in known if value == rule.imported.value), None)
            if found is None:
                name = path.rpartition(".")[2] + (f"_{len(known) + 1}" if known else "")
                found = _choice(name, path, choice, rule.imported)
                known.append((rule.imported.value, found))
            section.rules[path] = replace(rule, imported=ImportedValue(f"${found.name}"), is_choice=True)
    return [one for known in made.values() for _, one in known]


def _is_asked(choice: KnownChoice, value: Json) -> bool:
    return value is choice.const if choice.const is not None else True


def _choice(name: str, path: str, choice: KnownChoice, imported: ImportedValue) -> ImportedChoice:
    if choice.const is not None:
        return ImportedChoice(name, path, ImportedValue({"todo": choice.why}), tuple(_constants(choice)), "")
    as_sent = imported
    for step in choice.steps:
        as_sent = with_step(as_sent, step)
    if choice.unchanged:
        return ImportedChoice(name, path, as_sent, ((imported.value, choice.unchanged),), choice.why)
    kept = ImportedValue(imported.value, (*imported.differs, choice.why))
    return ImportedChoice(name, path, kept, ((as_sent.value, "as in Segment"),), choice.why)


def _constants(choice: KnownChoice) -> Iterator[tuple[Json, str]]:
    yield choice.const, "as in Segment"
    if isinstance(choice.const, bool):
        yield not choice.const, "the contrary, for every event"
