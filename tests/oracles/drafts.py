"""Drafts beside what a person would map: what is found, what is wrong; and drafts that are filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mapper import authoring
from mapper.authoring import DraftedMapping
from mapper.compiler.inference.personal_origins import origins_of, value_paths
from mapper.compiler.jmespath.origin import Path as Attribute
from mapper.compiler.plan.planner import Plan
from mapper.compiler.syntax.value_nodes import Case, Each, Fields, FirstOf, Rule, children
from mapper.feeds import SourceEvent, read_events
from tests.generators.nested_streams import stream
from tests.oracles.golden import EVENTS, MAPPING_OF
from tests.support.case_files import as_yaml, cases, of_yaml
from tests.support.people import events_of, given_events, mapped

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests/cases/drafts"
TARGET = "pinterest/conversions-v5"
_UNLIKE = "nothing there is like it"
# A name of an attribute that a draft writes in quotes, and one in quotes or not.
_QUOTED = re.compile(r'"[^"]*"')
_NAME = re.compile(r'"([^"]*)"|([^".\[\]]+)')
# Fields that hold fields, also where a rule says which.
_OF_FIELDS = ("_info", "contents")
# What a draft says of events, not of their payloads.
_OF_EVENTS = ("consent", "skip", "split")
INVENTED: dict[str, dict[str, Any]] = cases("drafts/truth.yaml")


@dataclass(frozen=True, slots=True)
class Score:
    """found, missed, wrong: payload paths. named, unnamed, misnamed: names of events. todos: in the draft."""

    found: tuple[str, ...]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]
    named: tuple[str, ...]
    unnamed: tuple[str, ...]
    misnamed: tuple[str, ...]
    todos: int

    @property
    def edits(self) -> int:
        """How many places a person has to change before the draft says what is right."""
        return self.todos + len(self.wrong) + len(self.misnamed)


def events_in(file: Path) -> list[dict[str, Any]]:
    """The events of a file, as `run` reads them."""
    with file.open("rb") as opened:
        return [one.event for one in read_events(opened, None, file.name) if isinstance(one, SourceEvent)]


@cache
def drafted(name: str) -> DraftedMapping:
    """The draft of an invented source."""
    return authoring.draft(events_in(CASES / INVENTED[name]["events"]), name=name)


@cache
def drafted_stream(name: str) -> DraftedMapping:
    """The draft of a stream of nested events."""
    return authoring.draft(stream(name), name=name)


def _unquoted(names: Iterable[str]) -> set[str]:
    return {name.replace('"', "") for name in names}


def _each_skip(fields: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The fields, with one for each attribute by which events are skipped."""
    skips = {f"skip {one}": [one] for one in fields.get("skip", ())}
    return {path: names for path, names in fields.items() if path != "skip"} | skips


def score(draft: DraftedMapping, truth: Mapping[str, Any]) -> Score:
    """How a draft compares with what a person would map."""
    fields = _each_skip(truth["fields"])
    right = {path: {*names, *truth.get("may", {}).get(path, ())} for path, names in fields.items()}
    right = {**{path: set(names) for path, names in truth.get("may", {}).items()}, **right}
    right["skip"] = {*truth["fields"].get("skip", ()), *truth.get("may", {}).get("skip", ())}
    guessed = [one for one in draft.guesses if not one.todo and one.reads]
    wrong = [one.path for one in guessed if not _unquoted(one.reads) <= _unquoted(right.get(one.path, ()))]
    answers = truth["answers"]
    constants = [
        one for one in draft.guesses if not one.todo and not one.reads and one.path in truth["answers"]
    ]
    wrong += [one.path for one in constants if yaml.safe_load(one.value) != answers[one.path]]
    paths = [f"skip {one.reads[0]}".replace('"', "") if one.path == "skip" else one.path for one in guessed]
    found = [path for path in paths if path in fields and path not in wrong]
    in_cents = truth.get("minor_units", ())
    wrong += [one.path for one in guessed if (one.path in in_cents) != ("minor_units" in one.value)]
    national = truth.get("completed", ())
    wrong += [one.path for one in guessed if one.path in national and "country" not in one.value]
    sends: dict[str, str | None] = truth["sends"]
    names = dict(draft.names)
    return Score(
        tuple(found),
        tuple(path for path in fields if path not in found),
        tuple(dict.fromkeys(wrong)),
        tuple(name for name, meant in sends.items() if meant is not None and names.get(name) == meant),
        tuple(name for name, meant in sends.items() if meant is not None and names.get(name) is None),
        tuple(name for name, meant in names.items() if meant is not None and sends.get(name) != meant),
        draft.todos,
    )


def filled(draft: DraftedMapping, truth: Mapping[str, Any]) -> str:
    """The text of a draft, each place that is to be decided filled in as a person would."""
    written = of_yaml(draft.mapping)
    answers: dict[str, Any] = truth["answers"]
    for section in written.get("events", ()):
        if isinstance(section.get("send"), dict):
            meant = truth["sends"].get(section["is"]) if isinstance(section["is"], str) else None
            del section["send"]
            section |= {"skip": _UNLIKE} if meant is None else {"send": meant}
            for test in written.get("tests", ()):
                if meant is None and test["name"] == f"a sample of {section['is']}":
                    test["expect"] = {"skip": _UNLIKE}
    if isinstance(written["otherwise"], dict) and isinstance(written["otherwise"]["send"], dict):
        written["otherwise"] = answers["send"]
    if "consent" in written and isinstance(written["consent"]["granted"], dict):
        written["consent"]["granted"] = answers["consent"]
    written["payload"] = dict(_filled(written["payload"], answers, ""))
    return as_yaml(written)


def _filled(fields: Mapping[str, Any], answers: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        path = f"{above}{name}"
        if isinstance(value, dict) and set(value) == {"todo"}:
            yield name, answers[path]
        elif isinstance(value, dict) and path in ("user_data", "custom_data", "app_info", "device_info"):
            yield name, dict(_filled(value, answers, f"{path}."))
        else:
            yield name, value


def table(scores: Mapping[str, Score]) -> str:
    """A table of scores, as Markdown."""
    lines = [
        "| source | fields found | wrong | event names | to decide | edits |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in scores.items():
        of = len(one.found) + len(one.missed)
        named, names = len(one.named), len(one.named) + len(one.unnamed)
        lines.append(
            f"| {name} | {len(one.found)} of {of} | {len(one.wrong) + len(one.misnamed)} "
            f"| {f'{named} of {names}' if names else ''} | {one.todos} | {one.edits} |"
        )
    found = sum(len(one.found) for one in scores.values())
    of = found + sum(len(one.missed) for one in scores.values())
    wrong = sum(len(one.wrong) + len(one.misnamed) for one in scores.values())
    todos, edits = sum(one.todos for one in scores.values()), sum(one.edits for one in scores.values())
    lines.append(f"| all | {found} of {of} ({found / of:.0%}) | {wrong} | | {todos} | {edits} |")
    return "\n".join(lines)


def left_out(name: str) -> tuple[str, ...]:
    """A ready mapping and those that share a base with it: what a draft of its source must not learn from."""
    bases = {one.name: {file for file, _ in one.files[1:]} for one in authoring.ready_mappings()}
    return tuple(one for one, files in bases.items() if one == name or files & bases[name])


def beside_ready(name: str) -> Score:
    """How a draft of a ready mapping's source, which learns nothing from it, compares with the mapping.

    A field is right where all attributes that it reads are among those that the mapping's own rule reads. One
    is missed where samples have such an attribute and the draft reads none.
    """
    of = mapped(ROOT / f"mappings/{name}.yaml")
    prefixes = tuple(start for start, one in MAPPING_OF.items() if one == name)
    events = events_of(EVENTS[0].parent, prefixes) + [event for event, _ in given_events(of)]
    made = authoring.draft(events, name=name, without=left_out(name))
    truth = _attributes(of.plan)
    there = {
        path for path, names in truth.items() if any(_has(one, name) for one in events for name in names)
    }
    guessed = [one for one in made.guesses if one.reads and not one.todo and one.path not in _OF_EVENTS]
    known = {path: truth.get(path, set[Attribute]()) for path in {one.path for one in guessed}}
    right = {one.path for one in guessed if all(_is_among(read, known[one.path]) for read in one.reads)}
    wrong = {one.path for one in guessed} - right
    found, missed = tuple(sorted(right & there)), tuple(sorted(there - right))
    return Score(found, missed, tuple(sorted(wrong)), (), (), (), made.todos)


def _attributes(plan: Plan) -> dict[str, set[Attribute]]:
    """The attributes that the rules of a mapping read, by the path of the payload."""
    found: dict[str, set[Attribute]] = {}
    payloads = [plan.mapping.payload, *(section.payload for section in plan.mapping.all_sections)]
    for payload in payloads:
        for path, attribute in _read_by(payload, plan.labels.event, plan, ""):
            found.setdefault(path, set()).add(attribute)
    return found


def _read_by(value: Any, at: Any, plan: Plan, path: str) -> Iterator[tuple[str, Attribute]]:
    if isinstance(value, Fields):
        for name, _, one in value.entries:
            yield from _read_by(one, at, plan, f"{path}.{name}" if path else name)
    elif isinstance(value, Rule) and isinstance(value.source, Each) and isinstance(value.source.item, Fields):
        items = origins_of(value.source.items, at, plan.labels)
        yield from _read_by(value.source.item, items, plan, f"{path}[]")
    elif isinstance(value, Rule) and isinstance(value.source, Case | FirstOf) and path.endswith(_OF_FIELDS):
        for one in children(value.source):
            yield from _read_by(one, at, plan, path)
    else:
        yield from ((path, attribute) for attribute in value_paths(value, at, plan.labels))


def _has(event: Any, attribute: Attribute) -> bool:
    """Whether an event has an attribute that is not null, whatever lists it is in."""
    if isinstance(event, list):
        return any(_has(one, attribute) for one in event)
    if not attribute:
        return event not in (None, "", [], {})
    return isinstance(event, dict) and _has(event.get(attribute[0]), attribute[1:])


def _is_among(read: str, attributes: set[Attribute]) -> bool:
    """Whether an attribute, as a draft calls it, is one of some; of a list of pairs all are one."""
    unquoted = _QUOTED.sub("", read)
    pairs = "[" in unquoted and "[]" not in unquoted
    until = read.split("[", 1)[0] if pairs else read
    names = tuple(quoted or plain for quoted, plain in _NAME.findall(until))
    return any(one[: len(names)] == names for one in attributes) if pairs else names in attributes
