"""A mapping and its samples -> what may be given to others, with invented values of persons."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import mapper
from mapper.analysis import event_path
from mapper.authoring import Analysis
from mapper.playground.event_tree import (
    EventTree,
    event_tree,
    is_attribute,
    personal_leaves,
    personal_parts,
    schema_of_sample,
)
from mapper.playground.json_places import Keys, json_places
from mapper.playground.question import MappingQuestion, SampleText
from mapper.playground.sample_look import hide_of
from mapper.playground.shown_value import indented
from mapper.values.types import Json
from mapper.workbench.drafting.pseudonyms import invented
from mapper.workbench.explanation import hiding

# More are not for a link, and each takes as long as to look at it.
_MOST_SAMPLES = 100


@dataclass(frozen=True, slots=True)
class Disguised:
    """A sample that says the same to a mapping and nothing of a person. paths: of what was replaced."""

    sample: SampleText
    paths: tuple[str, ...]


def share(analysis: Analysis, question: MappingQuestion) -> dict[str, Any]:
    """The content of a link."""
    samples: list[SampleText] = []
    replaced: list[dict[str, str]] = []
    for sample in question.samples[:_MOST_SAMPLES]:
        if question.reveal:
            samples.append(sample)
            continue
        found = disguised(analysis, sample, question.event_meta)
        samples.append(found.sample)
        replaced += ({"sample": sample.name, "path": path} for path in found.paths)
    return {
        "mapping": {"name": question.mapping.name, "text": question.mapping.text},
        "files": dict(question.files),
        "samples": [{"name": one.name, "text": one.text, "format": "json"} for one in samples],
        "replaced": replaced,
        "left_out": max(len(question.samples) - _MOST_SAMPLES, 0),
    }


def disguised(analysis: Analysis, sample: SampleText, meta: Mapping[str, Json]) -> Disguised:
    """A sample with invented values in place of those of persons; without JSON nothing is left of it."""
    event = sample.event
    if event is None:
        return Disguised(SampleText(sample.name, "{}"), ("",))
    tree = event_tree(sample, event, reveal=False)
    is_personal = personal_parts(tree, analysis)
    schema = schema_of_sample(sample.text)
    new = {
        keys: invented(value, _part(schema, keys))
        for keys, value in tree.parts
        if _says_something(value) and is_personal(keys, value)
    }
    hide = _hide(analysis, tree, event, meta)
    for keys, value in tree.parts:
        if _says_something(value) and keys not in new and hide(value) != value:
            new[keys] = invented(value, _part(schema, keys))
    paths = tuple(tree.shown_path(event_path(keys)) for keys in new)
    if all(is_attribute(key) for keys, _ in tree.parts for key in keys):
        return Disguised(SampleText(sample.name, _rewritten(sample.text, new)), paths)
    # A name that is somebody's value has no place of its own in the text.
    return Disguised(SampleText(sample.name, indented(_renamed(event, (), new))), paths)


def _says_something(value: Json) -> bool:
    """Whether a part is a value that could be somebody's."""
    if isinstance(value, dict | list | bool) or value is None:
        return False
    return bool(str(value).strip())


def _hide(
    analysis: Analysis, tree: EventTree, event: dict[str, Any], meta: Mapping[str, Json]
) -> Callable[[Json], Json]:
    """A function that masks personal texts; if the mapping cannot send, those that look or are named so."""
    with suppress(mapper.CompileError):
        return hide_of(analysis, tree, analysis.trace(event, dict(meta)))
    return hiding(personal_leaves(tree, analysis), frozenset())


def _part(schema: Mapping[str, Any], keys: Keys) -> Mapping[str, Any]:
    """The schema of a part of an event."""
    part: Any = schema
    for key in keys:
        inner = part.get("items") if isinstance(key, int) else part.get("properties", {}).get(key)
        part = inner if isinstance(inner, dict) else {}
    return part if isinstance(part, dict) else {}


def _rewritten(text: str, new: Mapping[Keys, Json]) -> str:
    """A JSON text with other values, all else as its author wrote it."""
    places = json_places(text)
    for keys in sorted(new, key=lambda one: -places[one][0]):
        start, end = places[keys]
        text = text[:start] + json.dumps(new[keys], ensure_ascii=False) + text[end:]
    return text


def _renamed(value: Json, keys: Keys, new: Mapping[Keys, Json]) -> Json:
    if isinstance(value, dict):
        return dict(_fields(value, keys, new))
    if isinstance(value, list):
        return [_renamed(one, (*keys, at), new) for at, one in enumerate(value)]
    return new.get(keys, value)


def _fields(value: dict[str, Json], keys: Keys, new: Mapping[Keys, Json]) -> Iterator[tuple[str, Json]]:
    for name, one in value.items():
        shown = name if is_attribute(name) else str(invented(name, {}))
        yield shown, _renamed(one, (*keys, name), new)
