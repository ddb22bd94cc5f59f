"""Any bytes as an event of any mapping of the corpus: the first byte says which, the others are the event."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from mapper import Invalid, Program, compile_mapping, compile_text
from mapper.runtime.decode import decode, encode
from tests.events import EVENTS
from tests.fuzz.json_changes import changed_json
from tests.fuzz.target import Target
from tests.mapping_tests import own_tests
from tests.test_language import _CASES, _mapping
from tests.test_mutated_mappings import check_event

_ROOT = Path(__file__).parents[2]
_MAPPINGS = sorted((_ROOT / "mappings").glob("*.yaml"))
_CORRECT = [
    path
    for path in sorted((_ROOT / "tests/cases/correct").glob("*.yaml"))
    if "partial: true" not in path.read_text("utf-8")
]
_FILES = [*_MAPPINGS, *_CORRECT]


@cache
def _programs() -> tuple[Program, ...]:
    of_the_language = (compile_text(_mapping(case)) for case in _CASES)
    return (*(compile_mapping(path) for path in _FILES), *of_the_language)


def _check(given: bytes) -> None:
    if not given:
        return
    try:
        event = decode(given[1:])
    except Invalid:
        return
    program = _programs()[given[0] % len(_programs())]
    check_event(program, event)


def _seeds() -> list[bytes]:
    real = [path.read_bytes() for path in sorted(EVENTS.glob("*.json"))]
    real += (_ROOT / "playground/events/shop.ndjson").read_bytes().splitlines()[:10]
    of_ready = [bytes([at]) + event for event in real for at in range(len(_MAPPINGS))]
    rows = (row.values for row in own_tests(_FILES))
    tests = [bytes([_FILES.index(path)]) + encode(case.given) for path, case in rows]
    language = [(len(_FILES) + at, case) for at, case in enumerate(_CASES) if "given" in case]
    return [*of_ready, *tests, *(bytes([at % 256]) + encode(case["given"]) for at, case in language)]


def _changed(given: bytes, dice: Random) -> bytes:
    if dice.random() < 0.1:
        return bytes([dice.randrange(256)]) + given[1:]
    return given[:1] + changed_json(given[1:], dice)


TARGET = Target("events", _check, _seeds, _changed, longest=16 * 1024)
