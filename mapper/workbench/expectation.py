"""Outcomes x what a test expects -> the differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mapper import Outcome
from mapper.authoring import Analysis, ExpectedEnd, Json, MappingTest
from mapper.workbench.provenance import MadeBy, path_of, rejected_by, rule_of_note


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference from what a test expects.

    path: in the payload; "" for the outcome as a whole, of which expected and got are `{"skip": REASON}`,
    `{"reject": [PATH]}` or `{"payload": NAME}`; "notes" for the paths that are noted. expected, got: null
    where there is no value. message: what is wrong, where that is no matter of two values. outcome: its
    number, from 0, where the event has several.
    """

    path: str
    expected: Json = None
    got: Json = None
    message: str = ""
    made_by: tuple[MadeBy, ...] = ()
    outcome: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A difference in the payload of an outcome of a number, and the names and places that lead to it.

    is_whole: it is not of one outcome alone.
    """

    number: int
    difference: Difference
    keys: tuple[str | int, ...] = ()
    is_whole: bool = False


def judged(analysis: Analysis, test: MappingTest, outcomes: Sequence[Outcome]) -> Iterator[Found]:
    """The differences from a test's expectation, and what its payloads break of their target."""
    expected = test.expected
    if expected is None:
        message = "there is no file with the expected result: `mapper test --update` writes it"
        yield Found(0, Difference("", message=message))
        return
    if len(outcomes) != len(expected.ends):
        names: list[Json] = [end_of(analysis, outcome) for outcome in outcomes]
        due = f"{len(expected.ends)} outcome{'' if len(expected.ends) == 1 else 's'}"
        ends: list[Json] = [_expected_end(end) for end in expected.ends]
        yield Found(0, Difference("", ends, names, f"expected {due}, got {len(outcomes)}"), is_whole=True)
        return
    for number, (outcome, end) in enumerate(zip(outcomes, expected.ends, strict=True)):
        yield from _judged_end(analysis, number, outcome, end, expected.exact)
    noted = None if expected.notes is None else frozenset(one.path for one in expected.notes)
    yield from _judged_notes(outcomes, noted)
    for number, outcome in enumerate(outcomes):
        for path, message in () if outcome.payload is None else analysis.breaches(outcome.payload):
            yield Found(number, Difference(path, message=f"the target refuses the payload: {message}"))


def _judged_end(
    analysis: Analysis, number: int, outcome: Outcome, end: ExpectedEnd, exact: bool
) -> Iterator[Found]:
    if end.kind == "payload" and outcome.payload is not None:
        for keys, expected, got in _compared(end.value, outcome.payload, (), exact):
            yield Found(number, Difference(path_of(keys), expected, got), keys)
    elif not _is_end(end, outcome):
        got = end_of(analysis, outcome)
        yield Found(number, Difference("", _expected_end(end), got, made_by=tuple(rejected_by(outcome))))


def _is_end(end: ExpectedEnd, outcome: Outcome) -> bool:
    if end.kind == "skip" and outcome.skip is not None:
        return end.value in (outcome.skip.kind, outcome.skip.reason)
    if end.kind == "reject" and outcome.rejection is not None and isinstance(end.value, list):
        return sorted(map(str, end.value)) == sorted(one.path for one in outcome.rejection.reasons)
    return False


def _expected_end(end: ExpectedEnd) -> Json:
    return {"payload": ""} if end.kind == "payload" else {end.kind: end.value}


def end_of(analysis: Analysis, outcome: Outcome) -> Json:
    """The form of an outcome in a test."""
    if outcome.skip is not None:
        return {"skip": outcome.skip.reason if outcome.skip.kind == "skip" else outcome.skip.kind}
    if outcome.rejection is not None:
        return {"reject": [str(reason.path) for reason in outcome.rejection.reasons]}
    name = (outcome.payload or {}).get(analysis.program.code.name_field, "")
    return {"payload": name if name in analysis.program.code.names else ""}


def _judged_notes(outcomes: Sequence[Outcome], expected: frozenset[str] | None) -> Iterator[Found]:
    """Notes other than a test names; where it names none, what the guard has stopped."""
    noted_all = (note for outcome in outcomes for note in outcome.notes if note.kind != "missing")
    notes = list(dict.fromkeys(noted_all))
    if expected is None:
        for note in notes:
            if note.kind == "guard":
                made = (rule_of_note(note.place, note.path, ""),)
                told = Difference(note.path, message=str(note.message), made_by=made)
                yield Found(0, told, is_whole=True)
        return
    noted = frozenset(note.path for note in notes)
    if noted != expected:
        why = tuple(rule_of_note(one.place, one.path, str(one.message)) for one in notes)
        told = Difference("notes", [*sorted(expected)], [*sorted(noted)], made_by=why)
        yield Found(0, told, is_whole=True)


def _compared(
    expected: Json, got: Json, keys: tuple[str | int, ...], exact: bool
) -> Iterator[tuple[tuple[str | int, ...], Json, Json]]:
    """The places at which a payload is not as expected; of objects only the fields that are named count."""
    if isinstance(expected, dict) and (isinstance(got, dict) or got is None):
        whole = got or {}
        for name, value in expected.items():
            yield from _compared(value, whole.get(name), (*keys, name), exact)
        for name in whole if exact else ():
            if name not in expected:
                yield (*keys, name), None, whole[name]
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for at, (value, part) in enumerate(zip(expected, got, strict=True)):
            yield from _compared(value, part, (*keys, at), exact)
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield keys, expected, got
