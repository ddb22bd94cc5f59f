"""The page says what the command line says: of every case file, and of every sample event."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import Outcome, authoring
from mapper.authoring import MappingTest
from mapper.playground.page_answers import Session
from mapper.project.mapping_files import is_intake
from mapper.running.counts import own_notes
from tests.oracles.golden import (
    CORRECT,
    EVENTS,
    KNOWN_BY_THE_HOST,
    MAPPING_OF,
    MAPPINGS,
    ROOT,
    SENT,
    program_of,
)
from tests.support.command import call, ndjson
from tests.support.depth import some
from tests.support.mapping_tests import own_tests

_DIAGNOSTICS = sorted((ROOT / "tests/cases/diagnostics").glob("*.yaml"))
_FOLDERS = (ROOT / "mappings", ROOT / "tests/cases/correct", ROOT / "tests/cases/diagnostics")
_MOST_TESTS = 4
_NOT_SENT = {*MAPPINGS} - {*SENT}
# Every so many of the cases of mistakes; each is checked twice, which takes a while for all of them.
_EACH = 1 if os.environ.get("ALL_CASES") else 9


@pytest.fixture(scope="module")
def sessions() -> dict[Path, Session]:
    """A session for each folder of case files, as `mapper playground FOLDER` has it."""
    return {folder: Session.of_folder(folder) for folder in _FOLDERS}


@pytest.fixture(scope="module")
def texts() -> Session:
    """A session without files, as in a browser."""
    return Session.of_texts()


def edits(found: dict[str, Any]) -> list[Any]:
    """The fixes of a diagnostic, as both tell them: what they are called and write."""
    return [
        (fix["title"], fix["safe"], [edit.get("insert", edit.get("replacement")) for edit in fix["edits"]])
        for fix in found["fixes"]
    ]


@pytest.mark.parametrize(
    "path",
    some([*MAPPINGS, *CORRECT, *_DIAGNOSTICS[::_EACH]], 40),
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_the_page_finds_what_check_finds(
    path: Path, sessions: dict[Path, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        pytest.skip("a text that is no UTF-8 cannot be on the page")
    if is_intake(authoring.Text(path.name, text)):
        pytest.skip("a file of entries, which is no mapping")
    told = json.loads(call("check", path.name, "--format", "json").stdout or "[]")
    question = {"ask": "check", "mapping": {"name": path.name, "text": text}}
    found = sessions[path.parent].answer(question)["diagnostics"]
    assert [(one["code"], one["severity"], one["message"], one["hint"], one["path"]) for one in found] == [
        (one["code"], one["severity"], one["message"], one["hint"], one["path"]) for one in told
    ]
    own = [one["place"]["file"] == path.name for one in found]
    places = [(one["place"]["line"], one["place"]["column"]) for one in found]
    assert places == [(one["line"], one["column"]) for one in told]
    assert own == [one["file"] == path.name for one in told]
    assert list(map(edits, found)) == list(map(edits, told))


def cases() -> list[Any]:
    """Each mapping with the events of its first tests."""
    found: list[Any] = []
    for path in (*MAPPINGS, *CORRECT):
        found += own_tests([path])[: _MOST_TESTS if path in MAPPINGS else 1]
    return found


def asked(session: Session, path: Path, event: Any, meta: Any, *, reveal: bool = True) -> dict[str, Any]:
    """What the page shows of an event."""
    question = {
        "ask": "live",
        "mapping": {"name": path.name, "text": path.read_bytes().decode("utf-8")},
        "samples": [{"name": "sample", "text": json.dumps(event)}],
        "meta": meta,
        "chosen": 0,
        "reveal": reveal,
    }
    answer = session.answer(question)
    shown: dict[str, Any] = answer["view"]
    assert shown is not None, answer
    return shown


def assert_same(path: Path, shown: dict[str, Any], outcomes: list[Outcome]) -> None:
    """Assert that the page shows these outcomes: the payloads whole, the reasons and the notes."""
    payloads = [one.payload for one in outcomes if one.payload is not None]
    sent = [] if shown["request"] is None else json.loads(shown["request"]["body"])["data"]
    assert sent == (json.loads(json.dumps(payloads)) if path not in _NOT_SENT else [])
    for told, outcome in zip(shown["outcomes"], outcomes, strict=True):
        reasons = () if outcome.rejection is None else outcome.rejection.reasons
        assert [(one["path"], one["message"]) for one in told["reasons"]] == [
            (one.path, one.message) for one in reasons
        ]
        notes = [(one.kind, one.path, one.message) for one in own_notes(outcome)]
        assert [(one["kind"], one["path"], one["message"]) for one in told["notes"]] == notes
        skipped = "consent" if outcome.skip and outcome.skip.kind == "consent" else "skipped"
        ends: dict[str, object] = {skipped: outcome.skip}
        ends |= {"rejected": outcome.rejection, "sent": outcome.payload}
        assert ends[told["end"]] is not None
        if outcome.payload is not None:
            assert {row["path"]: row["shown"]["text"] for row in told["rows"] if row["kind"] == "leaf"} == {
                way: text_of(value) for way, value in leaves(outcome.payload)
            }
            assert told["breaches"] == []


def leaves(value: Any, way: str = "") -> list[tuple[str, Any]]:
    """The values of a payload by their paths."""
    if isinstance(value, dict):
        return [one for name, part in value.items() for one in leaves(part, f"{way}.{name}".lstrip("."))]
    if isinstance(value, list):
        return [one for at, part in enumerate(value) for one in leaves(part, f"{way}[{at}]")]
    return [(way, value)]


def text_of(value: Any) -> str:
    """A value as the page shows it; of digests the beginning."""
    if isinstance(value, str):
        is_digest = len(value) == 64 and not value.strip("0123456789abcdef")
        return f"{value[:8]}…" if is_digest else value
    return json.dumps(value)


@pytest.mark.parametrize(("path", "case"), some(cases(), 25))
def test_the_page_shows_what_the_event_of_a_test_becomes(
    path: Path, case: MappingTest, sessions: dict[Path, Session]
) -> None:
    shown = asked(sessions[path.parent], path, case.given, case.meta)
    meta = {"line": 1, **(case.meta or {})}
    assert_same(path, shown, program_of(path).apply(case.given, meta))


@pytest.mark.parametrize("file", some(EVENTS, 8), ids=lambda path: path.stem)
def test_the_page_shows_what_run_writes_of_a_sample_event(
    file: Path, sessions: dict[Path, Session], tmp_path: Path
) -> None:
    name = next(name for start, name in MAPPING_OF.items() if file.stem.startswith(start))
    path, event = ROOT / f"mappings/{name}.yaml", json.loads(file.read_bytes())
    known = {**KNOWN_BY_THE_HOST, "received_at": "2024-03-13T07:56:24.000Z"}  # as the option has it
    shown = asked(sessions[path.parent], path, event, known)
    feed = tmp_path / "event.ndjson"
    feed.write_text(ndjson(event), encoding="utf-8")
    ran = call("run", path, feed, "--received-at", known["received_at"])
    payloads = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ([] if shown["request"] is None else json.loads(shown["request"]["body"])["data"]) == payloads
    assert_same(path, shown, program_of(path).apply(event, known))


@pytest.mark.parametrize("path", some(MAPPINGS, 2, full=8), ids=lambda path: path.stem)
def test_with_texts_alone_the_page_says_the_same(
    path: Path, sessions: dict[Path, Session], texts: Session
) -> None:
    opened = texts.answer({"ask": "example", "name": path.stem})
    local = sessions[path.parent]
    assert len(opened["samples"]) > 0
    for number in range(min(len(opened["samples"]), _MOST_TESTS)):
        question = {"ask": "live", **opened, "chosen": number, "reveal": False}
        assert texts.answer(question) == local.answer(question)


@pytest.mark.parametrize("path", some(MAPPINGS, 2), ids=lambda path: path.stem)
def test_the_tests_that_hold_hold_on_the_page(path: Path, texts: Session) -> None:
    opened = texts.answer({"ask": "example", "name": path.stem})
    told = texts.answer({"ask": "tests", **opened})
    report = mapper.run_tests(path)
    assert [(one["name"], one["passed"]) for one in told["results"]] == [
        (one.name, one.status == "passed") for one in report.results
    ]
    assert told["ok"] is report.ok is True
