"""Analysis: its answers are those of the single functions, and it plans once for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.compiler.checks.run_checks import checked_plan

pytestmark = pytest.mark.quick

_BASE = """
version: 1
partial: true
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
"""
_MAPPING = """
version: 1
target: pinterest/conversions-v5
extends: base/identity.yaml
payload:
  user_data: {em: mail}
otherwise: {send: custom}
"""
_EVENT = {"id": "1", "at": 1777629600, "mail": "ada@example.com"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A mapping file, the file that it extends, and the folder of schemas that makes them a project."""
    (tmp_path / "base").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "base" / "identity.yaml").write_text(_BASE, encoding="utf-8")
    path = tmp_path / "shop.yaml"
    path.write_text(_MAPPING, encoding="utf-8")
    return path


def test_all_answers_are_of_one_plan(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[Any] = []

    def counted(*given: Any) -> Any:
        planned.append(given)
        return checked_plan(*given)

    monkeypatch.setattr("mapper.compiling.checked_plan", counted)
    analysis = authoring.analyse_file(project)
    assert analysis.diagnostics == mapper.check_mapping(project)
    planned.clear()
    assert analysis.coverage
    assert analysis.tables
    trace = analysis.trace(_EVENT)
    assert not planned
    assert trace.outcomes == tuple(mapper.compile_mapping(project).apply(_EVENT))
    assert trace.tables == authoring.trace_event(project, _EVENT)
    assert trace.decisions == authoring.trace_decisions(project, _EVENT)
    assert analysis.tables == mapper.explain_mapping(project)
    assert analysis.coverage == mapper.coverage(project)


def test_an_unsaved_text_counts_in_place_of_the_file(project: Path) -> None:
    base = project.parent / "base" / "identity.yaml"
    edited = _BASE.replace("event_id: id", "event_id: nr")
    for named in (base, base.parent / ".." / "base" / "identity.yaml"):
        analysis = authoring.analyse_file(project, texts={str(named): edited})
        (outcome,) = analysis.trace({**_EVENT, "nr": "9"}).outcomes
        assert outcome.payload is not None
        assert outcome.payload["event_id"] == "9"


def test_a_file_that_was_never_saved_can_be_extended(project: Path) -> None:
    text = _MAPPING.replace("base/identity", "base/new")
    path = project.parent / "base" / "new.yaml"
    assert [one.code for one in authoring.analyse(text, beside=project).diagnostics][:1] == ["M030"]
    analysis = authoring.analyse(text, beside=project, texts={str(path): _BASE})
    assert analysis.trace(_EVENT).outcomes[0].payload is not None


def test_texts_alone_are_a_project() -> None:
    texts = {"base/identity.yaml": "extends: more.yaml\n" + _BASE, "base/more.yaml": _BASE}
    analysis = authoring.analyse(_MAPPING, texts=texts)
    assert analysis.trace(_EVENT).outcomes[0].payload is not None
    (found, *_) = authoring.analyse(_MAPPING, texts={"base/identiti.yaml": _BASE}).diagnostics
    assert (found.code, found.hint) == ("M030", "did you mean `base/identiti.yaml`?")


def test_no_unsaved_text_is_outside_the_project(project: Path) -> None:
    outside = project.parents[1] / "other.yaml"
    text = _MAPPING.replace("base/identity.yaml", "../other.yaml")
    analysis = authoring.analyse(text, beside=project, texts={str(outside): _BASE})
    assert analysis.diagnostics[0].code == "M030"
    outside.write_text(_BASE, encoding="utf-8")
    analysis = authoring.analyse(text, beside=project, texts={str(outside): _BASE})
    assert "is outside the project" in analysis.diagnostics[0].message


def test_what_needs_a_sound_mapping_says_what_is_wrong_with_it() -> None:
    analysis = authoring.analyse(
        _MAPPING.replace("em: mail", "emm: mail"), texts={"base/identity.yaml": _BASE}
    )
    assert "M301" in {one.code for one in analysis.diagnostics}
    asked: list[Any] = [
        lambda: analysis.program,
        lambda: analysis.tables,
        lambda: analysis.coverage,
        lambda: analysis.trace(_EVENT),
    ]
    for ask in asked:
        with pytest.raises(mapper.CompileError, match="M301"):
            ask()


_SPLIT = """
version: 1
target: pinterest/conversions-v5
split: events[].merge($event, @)
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: mail}
  custom_data: {contents: {each: lines, item: {id: sku}}}
otherwise: {send: custom}
"""


def test_the_events_in_one_are_followed_to_where_their_fields_are() -> None:
    events = [{"id": "1", "mail": "b@c.co"}, {"id": "2", "lines": [{"sku": "p"}, {"sku": "q"}]}]
    trace = authoring.analyse(_SPLIT).trace({**_EVENT, "events": events})
    reads = [{flow.path: flow.reads for flow in flows} for flows in trace.flows]
    assert (reads[0]["event_id"], reads[0]["user_data.em"]) == (("events[0].id",), ("events[0].mail",))
    assert (reads[1]["event_time"], reads[1]["user_data.em"]) == (("at",), ("mail",))
    assert reads[1]["custom_data.contents[1].id"] == ("events[1].lines[1].sku",)


def test_an_event_with_fields_of_other_names_is_made_of_all_that_split_reads() -> None:
    made = "'events[].{id: nr, at: $event.at, mail: $event.mail}'"
    text = _SPLIT.replace("events[].merge($event, @)", made)
    text = text.replace("  custom_data: {contents: {each: lines, item: {id: sku}}}\n", "")
    trace = authoring.analyse(text).trace({**_EVENT, "events": [{"nr": "7"}]})
    (flows,) = trace.flows
    assert {flow.path: set(flow.reads) for flow in flows}["event_id"] == {"events[0].nr", "at", "mail"}


def test_a_partial_file_is_analysed_and_sends_nothing() -> None:
    analysis = authoring.analyse(_BASE)
    assert analysis.diagnostics == mapper.check_text(_BASE)
    with pytest.raises(mapper.CompileError, match="M033"):
        analysis.trace(_EVENT)
