"""Exports of destinations in Segment, what its own package sends, and what an imported mapping does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mapper
from mapper import authoring
from mapper.authoring import ImportedMapping, Json
from tests.generators.random_exports import random_event, random_export

TARGET = "pinterest/conversions-v5"
CASES = Path(__file__).parents[1] / "cases/imports"
# What a mapping says of all its payloads, before its rules.
_NEVER_SENT = ("partner_name",)
_TODO = re.compile(r"\{todo: (?:\"(?:[^\"\\]|\\.)*\"|[^\"}]*)\}")
_MARKS = ("# import: differs ", "{todo: ")


@dataclass(frozen=True, slots=True)
class ImportCase:
    """An export, events, and what the tool's package sends for each: for each subscription that takes it."""

    export: dict[str, Any]
    events: Sequence[dict[str, Any]]
    theirs: Sequence[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class UnsaidDifference:
    """A field that differs, of which the mapping says nothing. place: of the event."""

    place: int
    path: str
    theirs: Json
    ours: Json


def kept_cases() -> dict[str, ImportCase]:
    """The cases whose payloads have been written down."""
    return {file.stem: _read(file) for file in sorted(CASES.glob("*.json"))}


def _read(file: Path) -> ImportCase:
    kept = json.loads(file.read_text(encoding="utf-8"))
    return ImportCase(kept["export"], kept["events"], kept.get("theirs", ()))


def random_case(seed: int, events: int) -> ImportCase:
    """An export and events at random, with nothing of the tool's yet."""
    from random import Random

    chance = Random(seed)
    return ImportCase(random_export(chance), [random_event(chance) for _ in range(events)], ())


def imported(export: Json) -> ImportedMapping:
    """The mapping of an export."""
    return authoring.import_segment(json.dumps(export).encode(), target=TARGET)


def filled(text: str) -> str:
    """A mapping with theirs where a choice is offered, and without the fields that are to be decided."""
    lines = text.splitlines()
    for place, line in enumerate(lines[1:], 1):
        if line.endswith("  # as in Segment") and "{todo: " in lines[place - 1]:
            lines[place - 1] = line.replace("# ", "", 1)
    return "\n".join(_TODO.sub("nothing.of.the.kind", line) for line in lines) + "\n"


def differences(made: ImportedMapping, case: ImportCase) -> Iterator[UnsaidDifference]:
    """The differences between their payloads and ours that the mapping does not speak of.

    What they refuse as a whole, for one value, is sent without it, as the mapping's first lines say.
    """
    program = mapper.compile_text(filled(made.mapping))
    for place, (event, theirs) in enumerate(zip(case.events, case.theirs, strict=True)):
        ours = [one for one in program.apply(event) if one.skip is None]
        if len(ours) != len(theirs):
            yield UnsaidDifference(place, "", len(theirs), len(ours))
            continue
        for their, our in zip(theirs, ours, strict=True):
            if "refused" in their["sent"]:
                continue
            marked = _marked(made.mapping, their["subscription"])
            if our.payload is None:
                # Nobody is left to be known: which field says so depends on the event.
                if "em" not in marked:
                    yield UnsaidDifference(place, "user_data", their["sent"]["user_data"], None)
                continue
            wanted, got = _leaves(_present(their["sent"])), _leaves(_present(our.payload))
            for path in sorted((wanted.keys() | got.keys()) - {*_NEVER_SENT}):
                name = path.rpartition(".")[2]
                is_alone = path.partition(".")[0] not in our.payload and _is_constant(
                    made, name, wanted.get(path)
                )
                if wanted.get(path) != got.get(path) and name not in marked and not is_alone:
                    yield UnsaidDifference(place, path, wanted.get(path), got.get(path))


def _is_constant(made: ImportedMapping, name: str, value: Json) -> bool:
    """Whether a field has a constant: alone, constants make no object."""
    return f" {name}: {{const: {value}}}\n" in made.mapping


def _marked(text: str, subscription: str) -> set[str]:
    """The fields of which the rules for a subscription say that they differ."""
    before, _, sections = text.partition("\nevents:\n")
    own = re.search(
        rf"^  # {re.escape(subscription)}\n(.*?)(?=^  # \S|^\S|\Z)", sections, re.DOTALL | re.MULTILINE
    )
    lines = [*before.splitlines(), *(own[1].splitlines() if own else ())]
    marked = set[str]()
    around: list[tuple[int, str]] = []
    for line in lines:
        name = re.match(r"( +(?:- )?)([\w]+):", line)
        if name is not None:
            around = [*(one for one in around if one[0] < len(name[1])), (len(name[1]), name[2])]
        if any(mark in line for mark in _MARKS):
            marked |= {one for _, one in around}
    return marked


def _present(value: Json) -> Json:
    """A value without what is absent in a mapping, and without white space around text."""
    if isinstance(value, dict):
        inner = {name: _present(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, "", {}, [])}
    if isinstance(value, list):
        return [made for one in value if (made := _present(one)) not in (None, "", {}, [])]
    return value.strip() if isinstance(value, str) else value


def _leaves(value: Json, above: str = "") -> dict[str, Json]:
    if not isinstance(value, dict):
        return {above: value}
    found: dict[str, Json] = {}
    for name, one in value.items():
        found |= _leaves(one, f"{above}.{name}" if above else name)
    return found
