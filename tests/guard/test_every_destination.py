"""The guard by the schema of each destination: no address in plaintext leaves, whatever its place."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from mapper import compile_mapping
from mapper.authoring import read_target
from mapper.compiler.schema.schema_fields import placed_fields
from mapper.guard import Guard
from tests.support.case_files import cases
from tests.support.destinations import NAMES, mapping_of, service_of, written
from tests.support.events import paths_of

pytestmark = pytest.mark.quick
every = pytest.mark.parametrize("name", NAMES)
_EMAIL = "jane.doe@example.com"


def _payload(name: str) -> dict[str, Any]:
    """The payload that the mapping to a destination makes of an order."""
    values = {"KEY": "e-1", "TIME": "2026-05-01T10:00:00Z"}
    [outcome] = compile_mapping(mapping_of(name)).apply(written(cases("destinations/event.yaml"), values))
    assert outcome.payload is not None
    return outcome.payload


def _guard(name: str) -> tuple[Guard, dict[str, Any]]:
    schema = read_target(service_of(name)["schema"], beside=mapping_of(name))
    return Guard(schema), dict(schema)


def _texts(payload: Any) -> Iterator[tuple[Any, ...]]:
    """The places of texts in a payload."""
    for path in paths_of(payload):
        value = payload
        for key in path:
            value = value[key]
        if isinstance(value, str):
            yield tuple(path)


def _with(payload: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(payload)
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return made


def _dotted(path: tuple[Any, ...]) -> str:
    return "".join("[]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


@every
def test_what_the_mapping_makes_passes(name: str) -> None:
    guard, _ = _guard(name)
    payload = _payload(name)
    assert guard.check(payload) == ()
    assert guard.release(payload).payload == payload


@every
@pytest.mark.parametrize("planted", [_EMAIL, f"x {_EMAIL.upper()}", "jane.doe%40example.com"])
def test_an_address_in_the_place_of_any_text_is_found_there_and_does_not_leave(
    name: str, planted: str
) -> None:
    guard, _ = _guard(name)
    payload = _payload(name)
    places = [*_texts(payload)]
    assert len(places) >= 2
    for path in places:
        made = _with(payload, path, planted)
        assert _dotted(path) in {one.path for one in guard.check(made)}
        assert planted not in json.dumps(guard.release(made).payload)


@every
def test_a_hashed_field_takes_nothing_but_a_digest(name: str) -> None:
    guard, schema = _guard(name)
    hashed = {field.path for field in placed_fields(schema) if field.personal and "[]." not in field.path}
    payload = _payload(name)
    seen = 0
    for path in _texts(payload):
        if _dotted(path) in hashed:
            seen += 1
            for value in ("jane", "+4930901820", "1", "A" * 64, "a" * 63):
                made = _with(payload, path, value)
                assert _dotted(path) in {one.path for one in guard.check(made)}, (path, value)
    assert (seen > 0) == bool(hashed)


@every
def test_a_key_that_the_schema_does_not_have_does_not_leave(name: str) -> None:
    guard, _ = _guard(name)
    payload = _payload(name)
    for holder in ((), *(path for path in map(tuple, paths_of(payload)))):
        value: Any = payload
        for key in holder:
            value = value[key]
        if isinstance(value, dict):
            released = guard.release(_with(payload, (*holder, "x_mail"), _EMAIL)).payload
            assert _EMAIL not in json.dumps(released)
