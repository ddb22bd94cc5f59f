"""`mapper.run_tests`: what a test in a mapping can say, and when it fails."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mapper import run_tests
from mapper.authoring import Analysis, analyse_file
from mapper.compiler.syntax.mapping_test_nodes import Expectation, ExpectedEnd, _patched
from mapper.running.workers import WorkerLost
from mapper.values.types import Json
from mapper.workbench.expectation import judged
from mapper.workbench.processes import run_in_processes
from tests.oracles.golden import MAPPINGS
from tests.support.depth import some

_MAPPING = """\
name: shop
version: 1
target: pinterest/conversions-v5
skip: {when: boolean(test), because: a test order}
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: email, ph: phone, external_id: user, client_ip_address: ip, client_user_agent: agent}
  custom_data: {value: total, currency: {const: EUR}, content_ids: skus}
match: type
events:
  - {is: order, send: checkout, continue: true}
  - {is: [order, lead], when: boolean(also), send: lead}
  - {is: search, send: search}
bases:
  order: {type: order, id: o-1, time: 1777629600, email: Ada@Example.com, total: 5, skus: [a, b]}
tests:
"""
_ORDER = "given: {base: order}"
# The guard removes the parameter from the URL.
_UNSAFE = "given: {base: order, url: 'https://shop.example/?email=ada@example.com'}"


def _failed(test: str, folder: Path) -> list[tuple[str, Json, Json]]:
    """What differs in a test of the shop: path, expected, got."""
    path = folder / "shop.yaml"
    path.write_text(f"{_MAPPING}  - {{name: one, {test}}}\n", encoding="utf-8")
    report = run_tests(path)
    assert [error.message for file in report.files for error in file.errors] == []
    (result,) = report.results
    found: list[tuple[str, Json, Json]] = []
    for one in result.differences:  # the guard may have two reasons at one path
        found += [] if one.message and found else [(one.path, one.expected, one.got)]
    return found


@pytest.mark.parametrize(
    "test",
    [
        f"{_ORDER}, expect: {{}}",
        f"{_ORDER}, expect: {{event_name: checkout, custom_data: {{value: '5', num_items: null}}}}",
        f"{_ORDER}, expect: {{custom_data: {{content_ids: [a, b]}}}}",
        f"{_ORDER}, expect: {{user_data: {{em: [{{hash: ' ada@example.com'}}]}}}}",
        f"{_ORDER}, expect: {{user_data: {{em: {{hash: ada@example.com}}}}}}",
        "given: {base: order, phone: '+49 30 901820'}, expect: {user_data: {ph: [{hash: 4930901820}]}}",
        "given: {base: order, user: U-7}, expect: {user_data: {external_id: [{hash: U-7}]}}",
        "given: {base: order, total: 7}, expect: {custom_data: {value: '7', content_ids: [a, b]}}",
        "given: {base: order, skus: [c]}, expect: {custom_data: {content_ids: [c]}}",
        "given: {base: order, id: null}, expect: {reject: [event_id]}",
        "given: {base: order, id: null, time: null}, expect: {reject: [event_time, event_id]}",
        "given: {base: order, id: null}, expect_rejection: [event_id]",
        "given: {base: order, test: true}, expect: {skip: a test order}",
        "given: {base: order, test: true}, expect: {skip: skip}",
        "given: {type: refund}, expect: {skip: unmapped}",
        "given: {type: refund}, expect_skip: unmapped",
        "given: {base: order, also: true}, expect: [{event_name: checkout}, {event_name: lead}]",
        "given: {base: order, also: true, id: null}, expect: [{reject: [event_id]}, {reject: [event_id]}]",
        f"{_ORDER}, expect: [{{event_name: checkout}}]",
        f"{_ORDER}, expect: {{}}, notes: []",
        "given: {base: order, total: much}, expect: {custom_data: {value: null}}, notes: [custom_data.value]",
        f"{_UNSAFE}, expect: {{event_source_url: 'https://shop.example/'}}, notes: [event_source_url]",
        "given: {type: search, id: s-1, time: 1777629600, email: a@example.com}, exact: true,"
        " expect: {event_name: search, event_id: s-1, event_time: 1777629600, action_source: web,"
        " user_data: {em: [{hash: a@example.com}]}}",
    ],
)
def test_a_test_that_says_what_happens_passes(test: str, tmp_path: Path) -> None:
    assert _failed(test, tmp_path) == []


@pytest.mark.parametrize(
    ("test", "due"),
    [
        (f"{_ORDER}, expect: {{custom_data: {{value: '6'}}}}", [("custom_data.value", "6", "5")]),
        (f"{_ORDER}, expect: {{custom_data: {{value: null}}}}", [("custom_data.value", None, "5")]),
        (f"{_ORDER}, expect: {{opt_out: true}}", [("opt_out", True, None)]),
        (
            f"{_ORDER}, expect: {{custom_data: {{content_ids: [a, c]}}}}",
            [("custom_data.content_ids[1]", "c", "b")],
        ),
        (
            f"{_ORDER}, expect: {{custom_data: {{content_ids: [a]}}}}",
            [("custom_data.content_ids", ["a"], ["a", "b"])],
        ),
        (f"{_ORDER}, expect: {{skip: unmapped}}", [("", {"skip": "unmapped"}, {"payload": "checkout"})]),
        (
            f"{_ORDER}, expect: {{reject: [event_id]}}",
            [("", {"reject": ["event_id"]}, {"payload": "checkout"})],
        ),
        ("given: {base: order, id: null}, expect: {}", [("", {"payload": ""}, {"reject": ["event_id"]})]),
        (
            "given: {base: order, id: null}, expect: {reject: [event_id, event_time]}",
            [("", {"reject": ["event_id", "event_time"]}, {"reject": ["event_id"]})],
        ),
        ("given: {type: refund}, expect: {skip: consent}", [("", {"skip": "consent"}, {"skip": "unmapped"})]),
        (
            "given: {base: order, also: true}, expect: {event_name: checkout}",
            [("", [{"payload": ""}], [{"payload": "checkout"}, {"payload": "lead"}])],
        ),
        (
            "given: {base: order, also: true}, expect: [{event_name: checkout}, {event_name: search}]",
            [("event_name", "search", "lead")],
        ),
        (f"{_ORDER}, expect: {{}}, notes: [custom_data.value]", [("notes", ["custom_data.value"], [])]),
        ("given: {base: order, total: much}, expect: {}, notes: []", [("notes", [], ["custom_data.value"])]),
        (f"{_UNSAFE}, expect: {{}}", [("event_source_url", None, None)]),
    ],
)
def test_a_test_that_says_something_else_fails_at_its_place(
    test: str, due: list[tuple[str, Json, Json]], tmp_path: Path
) -> None:
    assert _failed(test, tmp_path) == due


def test_exact_fails_for_each_field_that_the_test_does_not_name(tmp_path: Path) -> None:
    found = _failed(
        f"{_ORDER}, expect: {{event_name: checkout, custom_data: {{value: '5'}}}}, exact: true", tmp_path
    )
    assert [path for path, expected, _ in found if expected is None] == [
        "custom_data.currency",
        "custom_data.content_ids",
        "action_source",
        "event_id",
        "event_time",
        "user_data",
    ]


# The examples of RFC 7396 in which both sides are objects.
@pytest.mark.parametrize(
    ("whole", "patch", "due"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_an_event_is_merged_over_its_base_as_a_json_merge_patch(whole: Any, patch: Any, due: Any) -> None:
    before = json.dumps(whole)
    assert _patched(whole, patch) == due
    assert json.dumps(whole) == before


# Fixtures.

_EVENT = {"type": "order", "id": "o-1", "time": 1777629600, "email": "ada@example.com"}


def _with_fixtures(folder: Path, pattern: str = "events/*.json") -> Path:
    (folder / ".git").mkdir()
    (folder / "maps/events").mkdir(parents=True)
    path = folder / "maps/shop.yaml"
    text = _MAPPING.removesuffix("tests:\n")
    path.write_text(f'{text}fixtures: "{pattern}"\n', encoding="utf-8")
    (folder / "maps/events/order.json").write_text(json.dumps(_EVENT), encoding="utf-8")
    return path


def _expect(folder: Path, written: str) -> None:
    (folder / "maps/events/order.expect.json").write_text(written, encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "passes"),
    [
        ('{"event_name": "checkout", "user_data": {"em": [{"hash": "ADA@example.com"}]}}', True),
        ('{\n\t"event_name":\t"checkout"\n}', True),
        ('[{"event_name": "checkout"}]', True),
        ('{"event_id": "o\\u002d1", "custom_data": {"value": null}}', True),
        ('{"event_name": "lead"}', False),
        ('{"skip": "unmapped"}', False),
    ],
)
def test_a_fixture_ends_as_the_file_beside_it_says(written: str, passes: bool, tmp_path: Path) -> None:
    path = _with_fixtures(tmp_path)
    _expect(tmp_path, written)
    (result,) = run_tests(path).results
    assert (result.name, result.status) == ("events/order.json", "passed" if passes else "failed")


def test_a_fixture_without_an_expected_result_fails(tmp_path: Path) -> None:
    (result,) = run_tests(_with_fixtures(tmp_path)).results
    assert [one.message for one in result.differences] == [
        "there is no file with the expected result: `mapper test --update` writes it"
    ]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("event/*.json", "no file matches `event/*.json`"),
        ("events/ordr.json", "there is no file `events/ordr.json`"),
        ("events", "`events` is a folder"),
        ("events/order.expect.json", "no file with an event matches `events/order.expect.json`"),
        ("/etc/*.json", "`/etc/*.json` is not a path relative to this file"),
        ("../../*.json", "`../../*.json` is outside the project"),
        ("events/link.json", "`events/link.json` is outside the project"),
        ("event*/../../../secret.json", "`event*/../../../secret.json` is outside the project"),
        ("event*/../../../*.txt", "`event*/../../../*.txt` is outside the project"),
    ],
)
def test_fixtures_stay_within_the_project(pattern: str, said: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    path = _with_fixtures(project, pattern)
    _expect(project, "{}")
    (project / "maps/events/link.json").symlink_to(tmp_path / "secret.json")
    (file,) = run_tests(path).files
    assert [error.code for error in file.errors] == ["M505"]
    assert file.errors[0].message.startswith(said)


@pytest.mark.parametrize(
    ("event", "expected", "place"),
    [
        ("[1]", "{}", "order.json:1:1"),
        ("{'a': 1}", "{}", "order.json:1:1"),
        ("{}", '{\n  "event_name": checkout\n}', "order.expect.json:2:17"),
        ("{}", '{\n  "evnt_name": "checkout"\n}', "order.expect.json:2:3"),
        ("{}", '{"user_data": {"em": ["ada@example.com"]}}', "order.expect.json:1:23"),
        ("{}", '"checkout"', "order.expect.json:1:1"),
        ("{}", "[" * 5000, "order.expect.json:1:1"),
    ],
)
def test_a_mistake_in_a_fixture_is_shown_at_its_place(
    event: str, expected: str, place: str, tmp_path: Path
) -> None:
    path = _with_fixtures(tmp_path)
    (tmp_path / "maps/events/order.json").write_text(event, encoding="utf-8")
    _expect(tmp_path, expected)
    (file,) = run_tests(path).files
    assert [Path(error.span.place).name for error in file.errors] == [place]


# No expectation of a ready mapping can be changed without a test that fails.


def _mutants(analysis: Analysis) -> Iterator[tuple[str, Expectation, list[Any]]]:
    """Each expectation with one thing changed, with what its event ends as."""
    for test in analysis.tests:
        assert test.expected is not None
        outcomes = analysis.program.apply(test.given, test.meta)
        for at, end in enumerate(test.expected.ends):
            for changed in _changed_ends(end):
                ends = (*test.expected.ends[:at], changed, *test.expected.ends[at + 1 :])
                yield test.name, Expectation(ends, test.expected.several, None, test.expected.node), outcomes


def _changed_ends(end: ExpectedEnd) -> Iterator[ExpectedEnd]:
    def ends(kind: Any, value: Any) -> ExpectedEnd:
        return ExpectedEnd(kind, value, end.node, end.whole)

    match end.kind:
        case "payload":
            yield from (ends("payload", value) for value in _changed(end.value))
            yield from (ends("skip", "unmapped"), ends("reject", ["event_id"]))
        case "skip":
            yield from (ends("skip", "another reason"), ends("payload", {}), ends("reject", []))
        case "reject":
            assert isinstance(end.value, list)
            yield from (ends("reject", end.value[1:]), ends("reject", [*end.value, "event_time"]))
            yield from (ends("payload", {}), ends("skip", "skip"))


def _changed(value: Any) -> Iterator[Any]:
    """A value with one part of it changed."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from ({**value, name: changed} for changed in _changed(part))
    elif isinstance(value, list):
        yield value[1:]
        yield [*value, "more"]
        for at, part in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in _changed(part))
    elif isinstance(value, str):
        yield from (f"{value}x", None)
    elif value is None:
        yield from ("", 0, False)
    else:
        yield from (value + 1, str(value), None)


@pytest.mark.parametrize("path", some(MAPPINGS, 3), ids=lambda path: path.stem)
def test_a_changed_expectation_of_a_ready_mapping_fails(path: Path) -> None:
    analysis = analyse_file(path)
    by_name = {test.name: test for test in analysis.tests}
    survived = []
    for name, expected, outcomes in _mutants(analysis):
        test = by_name[name]
        mutant = type(test)(test.name, test.given, test.meta, expected, test.place)
        if not list(judged(analysis, mutant, outcomes)):
            survived.append((name, [end.value for end in expected.ends]))
    assert survived == []


def test_a_file_that_two_patterns_match_is_one_fixture(tmp_path: Path) -> None:
    path = _with_fixtures(tmp_path)
    _expect(tmp_path, "{}")
    text = path.read_text(encoding="utf-8").replace('"events/*.json"', "[events/*.json, events/order.json]")
    path.write_text(text, encoding="utf-8")
    assert len(run_tests(path).results) == 1


class _Deadly:
    """Kills the process that pickles it."""

    def __reduce__(self) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""


@pytest.mark.parametrize(
    ("work", "how"),
    [
        (lambda task: task if task else _Deadly(), "was killed by signal 9"),
        (lambda task: ["x" * 200_000, task if task else _Deadly()], "was killed by signal 9"),
        (lambda task: 1 // task, "ended with status 70"),
    ],
    ids=["before its result", "within its result", "by a mistake"],
)
def test_a_worker_process_that_ends_early_is_told_by_how_it_ended(
    work: Callable[[int], Json], how: str
) -> None:
    with pytest.raises(WorkerLost) as lost:
        list(run_in_processes(work, [1, 1, 0], 2))
    assert lost.value.reason == f"a worker process {how}"
