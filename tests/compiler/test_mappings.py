"""The ready mappings: silent in the compiler, and right on the events that sources really send."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from mapper import Outcome, check_mapping, check_text, compile_text, run_tests, validator
from mapper.cli.report import as_text
from tests.oracles.golden import EVENTS, MAPPINGS, ROOT, only, outcome_of, shop_outcomes
from tests.support.depth import some
from tests.support.mapping_tests import assert_hold
from tests.support.pages import blocks

pytestmark = pytest.mark.quick

GUIDE = ROOT / "docs/getting-started.md"


@cache
def _breaches() -> Callable[[Any], list[tuple[str, str]]]:
    return validator("pinterest/conversions-v5")


def _blocks(language: str) -> list[str]:
    """The code blocks of the guide in one language, in order."""
    return blocks(GUIDE.read_text(encoding="utf-8"), language)


def test_the_first_mapping_of_the_guide_gives_what_the_guide_shows() -> None:
    mapping, zone, _ = _blocks("yaml")
    orders, payload = _blocks("json")
    wrong = mapping.replace("{const: web}", "web").replace("order_id: number", "ordr_id: number")
    first, second = (json.loads(line) for line in orders.splitlines())
    program = compile_text(mapping)
    assert len(mapping.splitlines()) == 10
    assert only(program.apply(first)).payload == json.loads(payload)
    assert only(program.apply(second)).payload is None
    zoned = compile_text(mapping.replace("  event_time: created_at\n", zone))
    assert all(only(zoned.apply(order)).payload for order in (first, second))
    assert as_text(check_text(wrong, "my-shop.yaml")) in _blocks("text")


def test_the_tests_of_the_guide_hold(tmp_path: Path) -> None:
    mapping, _, tests = _blocks("yaml")
    path = tmp_path / "my-shop.yaml"
    path.write_text(mapping + tests, encoding="utf-8")
    assert_hold(path)
    assert len(run_tests(path).results) == 2


def test_the_command_of_the_guide_ends_with_the_summary_the_guide_shows(tmp_path: Path) -> None:
    (tmp_path / "my-shop.yaml").write_text(_blocks("yaml")[0], encoding="utf-8")
    (tmp_path / "orders.ndjson").write_text(_blocks("json")[0], encoding="utf-8")
    command = [sys.executable, "-m", "mapper", "run", "my-shop.yaml", "orders.ndjson"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(ran.stdout) == json.loads(_blocks("json")[1])
    assert ran.stderr in _blocks("text")


def test_the_guide_explains_the_files_that_it_has_saved(tmp_path: Path) -> None:
    (tmp_path / "my-shop.yaml").write_text(_blocks("yaml")[0], encoding="utf-8")
    (tmp_path / "orders.ndjson").write_text(_blocks("json")[0], encoding="utf-8")
    explained = re.findall(r"^\$ mapper (explain .*?) *(?:#.*)?$", "".join(_blocks("console")), re.MULTILINE)
    assert len(explained) == 2
    for words in explained:
        command = [sys.executable, "-m", "mapper", *words.split()]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, (words, ran.stderr)


@pytest.mark.parametrize("path", some(MAPPINGS), ids=lambda path: path.stem)
def test_a_ready_mapping_compiles_without_any_diagnostic(path: Path) -> None:
    assert [f"{found.span.place} {found.code} {found.message}" for found in check_mapping(path)] == []


@pytest.mark.parametrize("file", some(EVENTS), ids=lambda path: path.stem)
def test_an_event_of_a_source_gives_a_valid_payload_or_a_named_skip(
    file: Path, snapshot: SnapshotAssertion
) -> None:
    outcome = outcome_of(file)
    assert outcome.rejection is None
    if outcome.payload is not None:
        assert _breaches()(outcome.payload) == []
    assert (outcome.payload or (outcome.skip and outcome.skip.reason)) == snapshot


def test_every_payload_of_the_sample_shop_is_valid() -> None:
    payloads = [(line, outcome.payload) for line, outcome in shop_outcomes() if outcome.payload]
    assert len(payloads) >= 35
    assert [(line, _breaches()(payload)) for line, payload in payloads if _breaches()(payload)] == []


def test_the_sample_shop_ends_as_it_did(snapshot: SnapshotAssertion) -> None:
    assert [_described(line, outcome) for line, outcome in shop_outcomes()] == snapshot


def _described(line: int, outcome: Outcome) -> dict[str, Any]:
    """A whole outcome, less the places of its rules: they move with every edit of a mapping."""
    described: dict[str, Any] = {"line": line}
    if outcome.payload:
        described["payload"] = outcome.payload
    if outcome.skip:
        described["skip"] = f"{outcome.skip.kind}: {outcome.skip.reason}"
    if outcome.rejection:
        described["rejection"] = [f"{reason.path}: {reason.message}" for reason in outcome.rejection.reasons]
    notes = [f"{note.kind} {note.path}: {note.message}" for note in outcome.notes if note.kind != "missing"]
    if notes:
        described["notes"] = notes
    return described


@pytest.mark.parametrize("path", some(MAPPINGS), ids=lambda path: path.stem)
def test_the_tests_in_a_ready_mapping_hold(path: Path) -> None:
    assert_hold(path)
