"""Any bytes as an event of any mapping of the corpus: the first byte says which, the others are the event.

The program keeps its promises, does what the plan says, and what became of the event can be explained.
"""

from __future__ import annotations

from functools import cache
from random import Random
from zlib import crc32

from mapper import Invalid
from mapper.compiler.explain.event_run import load_plan
from mapper.compiler.explain.trace import trace
from mapper.runtime.decode import decode, encode
from tests.compiler.test_interpreter import Subject, assert_agrees, of_case, of_file
from tests.compiler.test_language import CASES
from tests.compiler.test_mutated_mappings import check_event
from tests.fuzz.json_changes import changed_json
from tests.fuzz.target import Target
from tests.oracles.golden import CORRECT, MAPPINGS, SHOP
from tests.support.events import EVENTS
from tests.support.mapping_tests import own_tests

_FILES = [path for path in (*MAPPINGS, *CORRECT) if "partial: true" not in path.read_text("utf-8")]

# To explain an event takes as long as fifty that are applied: it is done for one input in so many.
_EXPLAINED = 16


@cache
def _subject(number: int) -> Subject:
    """One of the mappings of the corpus; the number is taken modulo how many there are."""
    at = number % (len(_FILES) + len(CASES))
    return of_file(_FILES[at]) if at < len(_FILES) else of_case(CASES[at - len(_FILES)])


def _check(given: bytes) -> None:
    if not given:
        return
    try:
        event = decode(given[1:])
    except Invalid:
        return
    subject = _subject(given[0])
    check_event(subject.program, event)
    if type(event) is dict:
        assert_agrees(subject.plan, subject.program, event)
        if crc32(given) % _EXPLAINED == 0:
            trace(load_plan(subject.plan), event, None)


def _seeds() -> list[bytes]:
    real = [path.read_bytes() for path in sorted(EVENTS.glob("*.json"))]
    real += SHOP.read_bytes().splitlines()[:10]
    of_ready = [bytes([at]) + event for event in real for at in range(len(MAPPINGS))]
    rows = (row.values for row in own_tests(_FILES))
    tests = [bytes([_FILES.index(path)]) + encode(case.given) for path, case in rows]
    cases = enumerate(CASES, len(_FILES))
    return [
        *of_ready,
        *tests,
        *(bytes([at % 256]) + encode({"at": 1777629600, **case["event"]}) for at, case in cases),
    ]


def _changed(given: bytes, dice: Random) -> bytes:
    if dice.random() < 0.1:
        return bytes([dice.randrange(256)]) + given[1:]
    return given[:1] + changed_json(given[1:], dice)


TARGET = Target("events", _check, _seeds, _changed, longest=16 * 1024)
