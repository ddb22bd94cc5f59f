"""Who holds what: a payload shares nothing with the event, nor with the next payload."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mapper import Program
from tests.compiler.test_interpreter import SUBJECTS, Subject
from tests.compiler.test_statements import spoil
from tests.support.depth import some


def _payloads(program: Program, event: Any, meta: Any) -> list[Any]:
    return [outcome.payload for outcome in program.apply(event, meta)]


@pytest.mark.parametrize(("read", "source"), some(SUBJECTS, 40))
def test_a_host_may_change_a_payload_and_an_event_without_touching_the_other(
    read: Callable[[Any], Subject], source: Any
) -> None:
    subject = read(source)
    for program in (subject.program, subject.fast):
        for given, meta in subject.events:
            _assert_apart(program, given, meta)


def _assert_apart(program: Program, given: Any, meta: Any) -> None:
    event = copy.deepcopy(given)
    payloads = _payloads(program, event, meta)
    before = copy.deepcopy(payloads)

    spoil(event)
    assert payloads == before, "a payload holds a part of the event"

    event = copy.deepcopy(given)
    spoil(_payloads(program, event, meta))
    assert event == given, "the event holds a part of a payload"
    assert _payloads(program, event, meta) == before, "a payload holds a part of the next one"
