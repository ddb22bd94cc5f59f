"""Of events that differ only in personal values payloads differ only in what is hashed, IP and user agent."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mapper import Outcome, read_schema
from mapper.guard import Guard
from mapper.transforms.digest import is_digest
from tests.oracles.golden import EVENTS, MAPPING_OF, MAPPINGS
from tests.support.depth import by_seed, some
from tests.support.people import (
    HASHED,
    SENT_IN_CLEAR,
    Event,
    Mapped,
    events_of,
    given_events,
    made,
    mapped,
    other_person,
    put,
)

_PAIRS = 1_000
_MOST_TRIES = 3_000
_OF_PEOPLE = (*HASHED, *SENT_IN_CLEAR)


def _pairs(of: Mapped, samples: list[Event], chance: Random) -> Iterator[tuple[Event, Event, Any]]:
    """Real events and those of the tests, with more or fewer personal values, each as of two people."""
    given = [*((event, None) for event in samples), *given_events(of)]
    while True:
        event, meta = chance.choice(given)
        event = copy.deepcopy(event)
        for path, kind in of.fields.items():
            if chance.random() < 0.3:
                put(event, path, made(kind, chance))
        yield other_person(event, of, chance), other_person(event, of, chance), meta


def _public(outcome: Outcome) -> Any:
    """What an outcome has in common for all people; an id that is the digest of an event is hashed too."""
    if outcome.payload is None:
        return outcome
    user = outcome.payload.get("user_data", {})
    public = {name: value for name, value in outcome.payload.items() if not is_digest(str(value))}
    return public | {"user_data": {name: user[name] for name in user if name not in _OF_PEOPLE}}


@pytest.mark.parametrize("path", some(MAPPINGS, 3), ids=lambda path: path.stem)
def test_personal_values_change_only_what_is_hashed_ip_and_user_agent(path: Path) -> None:
    of = mapped(path)
    guard = Guard(read_schema(of.program.target), of.program.code.allowed)
    prefixes = tuple(start for start, name in MAPPING_OF.items() if name == path.stem)
    pairs = _pairs(of, events_of(EVENTS[0].parent, prefixes), by_seed(path.stem))
    met, fields = 0, set()
    for tried, (one, other, meta) in enumerate(pairs):
        assert tried < _MOST_TRIES
        first, second = of.program.apply(one, meta), of.program.apply(other, meta)
        assert [*map(_public, first)] == [*map(_public, second)]
        for mine, yours in zip(first, second, strict=True):
            if mine.payload is not None and yours.payload is not None:
                assert guard.check(mine.payload) == guard.check(yours.payload) == ()
                mine_of, yours_of = mine.payload.get("user_data", {}), yours.payload.get("user_data", {})
                different = {name for name in mine_of if mine_of[name] != yours_of.get(name)}
                fields |= different
                met += bool(different)
        if met >= _PAIRS:
            break
    assert met >= _PAIRS
    assert fields == {*of.fields.values()}


def test_a_personal_value_that_a_rule_sends_as_it_is_changes_more() -> None:
    of = mapped(Path(__file__).parents[1] / "cases/correct/rule-personal-allowed.yaml")
    one, other, _ = next(_pairs(of, [], Random(1)))
    (first,), (second,) = of.program.apply(one), of.program.apply(other)
    assert first.payload is not None
    assert _public(first) != _public(second)
