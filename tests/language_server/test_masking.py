"""No value of a person is in a hover or beside a rule: all ready mappings, with the events of their tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mapper import authoring
from mapper.authoring import Json
from mapper.language_server.hovers import hover_markdown
from mapper.language_server.positions import Positions
from mapper.language_server.sample_event import SampleRun, samples_of
from mapper.language_server.value_hints import value_hints
from mapper.workbench.explanation import explain_analysed
from tests.language_server.client import SHOP
from tests.support.depth import some

_MAPPINGS = sorted((Path(__file__).parents[2] / "mappings").glob("*.yaml"))
# Every character would take minutes; the offsets differ from mapping to mapping.
_STEP = 29
_SHORTEST = 6


def _texts(value: Json) -> Iterator[str]:
    """The texts in a value that are long enough not to occur by chance."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif isinstance(value, str) and len(value.strip()) >= _SHORTEST:
        yield value.strip()


def _of_persons(run: SampleRun) -> set[str]:
    """The texts of a sample that rules of persons read."""
    shown = explain_analysed(run.analysis, run.sample.event, run.sample.meta, reveal=True)
    rows = [row for table in shown.tables for row in table.rows if row.personal and row.why != "constant"]
    return {text for row in rows for text in _texts([row.read, *(one.read for one in row.items)])}


@pytest.mark.parametrize("path", some(_MAPPINGS, 2, full=6), ids=lambda path: path.stem)
def test_hovers_and_hints_hide_what_is_a_person_s(path: Path) -> None:
    analysis = authoring.analyse_file(path)
    text = analysis.text
    counted = 0
    for number, sample in enumerate(samples_of(analysis)[:3]):
        run = SampleRun(analysis, sample)
        hidden = {one.lower() for one in _of_persons(run)}
        counted += len(hidden)
        told = [str(one) for one in value_hints(run, Positions(), text.span(0, len(text.content)))]
        for offset in range(number, len(text.content), _STEP):
            found = analysis.at(offset, sample.event, sample.meta)
            # The name of a test is its author's, and hovers show what is written in the mapping.
            told.append("" if found is None else hover_markdown(found, run).partition("For the sample")[2])
        shown = "\n".join(told).lower()
        assert [one for one in hidden if one in shown] == []
    assert counted or "base" in path.stem


@pytest.mark.parametrize(
    ("name", "value", "is_offered"),
    [("kind", "order", True), ("contact", "ada.canary@example.com", False), ("first_name", "Canary", False)],
)
def test_a_value_of_a_person_is_not_offered_to_compare_with(name: str, value: str, is_offered: bool) -> None:
    text = SHOP.replace("value: total", f'value: {{from: total, when: "{name} == "}}')
    analysis = authoring.analyse(SHOP).edited(text)
    found = analysis.complete(text.index(f"{name} == ") + len(f"{name} == "), {name: value})
    assert name in [one.word for one in found]
    assert (value in [one.word for one in found]) is is_offered
    assert is_offered or value not in str([(one.insert, one.detail, one.meaning) for one in found])
