"""The tests of the ready mappings reach every rule; a tool that changes rules tells what they are worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import run_tests
from mapper.workbench.coverage import label
from tests.generators.rule_mutants import READY, Subject, main, mutants, verdict

_MAPPING = """\
name: shop
version: 1
target: pinterest/conversions-v5
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  event_source_url: url
  user_data: {em: {from: [email, "contacts[?kind == 'email'].value | [0]"]}}
  custom_data: {value: {from: total, when: boolean(paid)}}
otherwise: {send: checkout}
tests:
  - name: an order
    given: {id: "1", at: 1777629600, url: "https://a.example/", email: jane@example.com, total: 5, paid: y}
    expect: {event_id: "1", user_data: {em: [{hash: jane@example.com}]}, custom_data: {value: "5"}}
"""


def test_the_tests_of_the_ready_mappings_reach_every_part_of_them() -> None:
    report = run_tests(*READY, coverage=True)

    assert report.ok
    assert report.coverage is not None
    assert [(label(one), one.span.place) for one in report.coverage.never] == []


@pytest.fixture
def shop(tmp_path: Path) -> Subject:
    path = tmp_path / "shop.yaml"
    path.write_text(_MAPPING, encoding="utf-8")
    return Subject.of(path)


def test_a_test_fails_for_what_it_looks_at_and_not_for_the_rest(shop: Subject) -> None:
    verdicts = {
        ".".join(map(str, one.keys)) + f" {one.change}": verdict(one, [shop]) for one in mutants(shop.file)
    }

    assert verdicts["payload.custom_data.value dropped"]
    assert verdicts["payload.custom_data.value.when negated"]
    assert verdicts["payload.user_data.em.from 0 and 1 swapped"] is False
    assert verdicts["payload.user_data.em.from.0 dropped"]
    assert verdicts["payload.user_data.em.from.1 dropped"] is False
    assert verdicts["payload.event_source_url dropped"] is False
    assert verdicts["payload.event_id dropped"] is None  # such a mapping does not compile


def test_the_score_counts_what_compiles(shop: Subject, capsys: pytest.CaptureFixture[str]) -> None:
    main(["all", "1", str(shop.file)])

    *living, score = capsys.readouterr().out.splitlines()
    assert "lives: shop.yaml payload.event_source_url: dropped" in living
    verdicts = [verdict(one, [shop]) for one in mutants(shop.file)]
    tried = [one for one in verdicts if one is not None]
    assert score == f"{len(tried)} mutants, {100 * sum(tried) / len(tried):.1f} % killed"
