"""The pages of the ready mappings and the README's table of sources are those that `make docs` writes."""

from __future__ import annotations

import pytest

from mapper import authoring
from mapper.authoring import ReadyMapping
from tests.support.command import ROOT
from tests.support.made_pages.mappings_page import decided, mapping_pages, sent_events, with_sources

_READY = authoring.ready_mappings()
# What a decision is about beside a field of the payload.
_CONSENT = "consent"
_each = pytest.mark.parametrize("ready", _READY, ids=lambda one: one.name)


def test_the_pages_are_those_of_the_mappings() -> None:
    made = mapping_pages()
    found = {page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "docs/mappings").glob("*.md")}
    assert [*made] == [*{one.name: None for one in _READY}, "README"]
    assert {name: text for name, text in made.items() if found.get(name) != text} == {}, "run `make docs`"
    assert {*found} == {*made}


def test_the_readme_shows_which_events_each_source_sends() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_sources(readme) == readme, "run `make docs`"
    assert all(f"(docs/mappings/{one.name}.md)" in readme for one in _READY)


@_each
def test_a_decision_is_about_a_field_of_the_payload(ready: ReadyMapping) -> None:
    rows = decided(ready).rows
    paths = {one.path for one in authoring.analyse_file(ready.file).outline.paths}
    assert len(rows) >= 2
    assert [row[0] for row in rows if row[0] not in paths and row[0] != _CONSENT] == []
    assert all(text.strip() for row in rows for text in row)


@_each
def test_a_mapping_was_tried_with_events_of_others(ready: ReadyMapping) -> None:
    trials = decided(ready).trials
    assert trials
    assert all(text.strip() for trial in trials for text in trial)


@_each
def test_a_mapping_says_what_to_adapt_and_what_it_leaves_out(ready: ReadyMapping) -> None:
    comment = ready.file.read_text(encoding="utf-8").partition("\nname: ")[0]
    adapts = "# To adapt:" in comment or "# adapt:" in ready.file.read_text(encoding="utf-8")
    assert adapts, "a comment `To adapt:` before the name"
    assert "# Unmapped, and why:" in comment


def test_an_event_is_named_once_and_those_of_a_table_are_those_of_the_tests() -> None:
    events = {one.name: sent_events(one) for one in _READY}
    assert all(len({*names}) == len(names) and names for names in events.values())
    assert events["square-orders"] == ("checkout",)
    assert {*events["stripe-checkout"]} == {"checkout", "subscribe", "start_trial"}
    assert "custom" not in events["ga4-bigquery"]
