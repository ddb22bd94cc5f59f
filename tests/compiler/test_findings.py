"""Findings: those of a checked text end the check where there are too many, any others hold all."""

from __future__ import annotations

import pytest

from mapper.compiler.file_reading import MOST_READ, FileReading
from mapper.compiler.findings import MOST_DOUBTS, MOST_MISTAKES, Findings, TooMany, most_mistakes
from mapper.compiler.jmespath.expression import FileNames
from mapper.compiler.jmespath.tree import OwnFunction
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text

pytestmark = pytest.mark.quick

_TEXT = Text("mapping.yaml", "payload: {}\n")
_ERROR = Diagnostic("M020", _TEXT.span(0, 1), "an error")
_WARNING = Diagnostic("M041", _TEXT.span(0, 1), "a warning")
_ADVICE = Diagnostic("M901", _TEXT.span(0, 1), "advice")


@pytest.mark.parametrize("most", [MOST_MISTAKES, MOST_DOUBTS, None])
def test_only_findings_of_a_text_are_limited(most: int | None) -> None:
    one = {MOST_MISTAKES: _ERROR, MOST_DOUBTS: _WARNING, None: _ADVICE}[most]
    free = Findings()
    free.say_all([one] * (MOST_DOUBTS + 2))
    assert len(free) == MOST_DOUBTS + 2

    with most_mistakes(_TEXT) as found:
        found.say_all([one] * (MOST_DOUBTS + 2))
    if most is None:
        assert [*found] == [*free]
    else:
        assert len(found) == most + 2
        assert [*found][-1].code == "M009"


def test_what_is_replaced_stays_counted_and_a_copy_counts_on() -> None:
    with most_mistakes(_TEXT) as found:
        found.say_all([_ERROR] * MOST_MISTAKES)
        found.replace(1, [_WARNING])
    assert [*found] == [_ERROR, _WARNING]

    with most_mistakes(_TEXT, found) as more:
        more.say(_ERROR)
    assert [one.code for one in more] == ["M020", "M041", "M020", "M009"]
    assert [*found] == [_ERROR, _WARNING]


def test_findings_apart_are_limited_alike_and_count_from_none() -> None:
    assert len(Findings().apart()) == 0
    limited = Findings(is_limited=True)
    limited.say_all([_ERROR] * MOST_MISTAKES)
    second = limited.again(2, [_WARNING])
    assert [*second] == [_ERROR, _ERROR, _WARNING]
    second.say_all([_ERROR] * MOST_MISTAKES)
    with pytest.raises(TooMany):
        second.say(_ERROR)


def test_a_reading_keeps_the_right_expressions_and_ends_at_too_many_parts() -> None:
    reading = FileReading(Findings(), FileNames(frozenset({"own"})))

    def read(text: str) -> object:
        return reading.expression(text, Text("mapping.yaml", text).span)

    given = ("a.b", "a.", "nothing(a)", "own(a)")
    assert [read(text) is not None for text in given] == [True, False, False, True]
    assert [one.text for one in reading.expressions] == ["a.b", "own(a)"]
    assert [one.code for one in reading.found] == ["M101", "M115"]

    reading.bind({"own": OwnFunction("own", ("one", "other"), takes_list=False)}, complete=True)
    assert [one.text for one in reading.expressions] == ["a.b"]
    assert len(reading.found) == 3

    reading.parts = MOST_READ - 3
    read("a.b")
    with pytest.raises(TooMany):
        read("a.b")
