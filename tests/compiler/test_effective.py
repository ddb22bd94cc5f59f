"""The effective mapping is what the compiler plans, and works alone as the mapping does with its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mapper import Outcome, authoring
from mapper.authoring import Analysis
from tests.generators.random_sharing import random_events, random_sharing
from tests.support.depth import seeds, some
from tests.support.repository import make_repository

pytestmark = pytest.mark.quick


def _outcomes(analysis: Analysis, seed: int) -> list[object]:
    """The ends of some events."""
    return [one for event in random_events(seed) for one in _told(analysis.outcomes(event))]


def _told(outcomes: tuple[Outcome, ...]) -> list[object]:
    """Outcomes without the places of rules, which differ from file to file."""
    return [
        (
            one.payload,
            one.skip and (one.skip.kind, one.skip.reason),
            one.rejection and [(note.kind, note.path, note.message) for note in one.rejection.reasons],
            [(note.kind, note.path, note.message) for note in one.notes],
        )
        for one in outcomes
    ]


@pytest.mark.parametrize("seed", seeds(120, usual=40))
def test_written_out_as_one_file_it_gives_the_same_payloads(seed: int) -> None:
    shop, texts = random_sharing(seed)
    analysis = authoring.analyse(shop, "shop.yaml", texts=texts)
    alone = authoring.analyse(analysis.effective.text, "shop.yaml")
    errors = [one for one in alone.diagnostics if one.severity == "error"]
    assert errors == [], (shop, texts, analysis.effective.text)
    assert _outcomes(alone, seed) == _outcomes(analysis, seed), (shop, texts, analysis.effective.text)
    assert [(one.name, one.given) for one in alone.tests] == [(one.name, one.given) for one in analysis.tests]


@pytest.mark.parametrize("seed", seeds(120, usual=40))
def test_each_rule_of_the_plan_is_a_line_and_what_is_replaced_is_none(seed: int) -> None:
    shop, texts = random_sharing(seed)
    analysis = authoring.analyse(shop, "shop.yaml", texts=texts)
    effective = analysis.effective
    shown = {_line(one.span.place) for one in effective.lines if one.span is not None}
    # An object begins where its first field is written, which may be one that is taken away.
    objects = {path.rpartition(".")[0] for path, _ in analysis.places}
    planned = {_line(place) for path, place in analysis.places if path not in objects}
    # A section that an earlier one leaves no event is planned, and is no line.
    unreached = {
        _line(one.place)
        for line in effective.lines
        if line.path.startswith("events")
        for one in line.replaced
    }
    assert planned <= shown | unreached, (planned - shown, shop, texts)
    gone = [one for line in effective.lines if line.path.startswith("payload") for one in line.replaced]
    gone += [one for taken in effective.taken_away for one in taken.parts]
    rules = {_line(place) for path, place in analysis.places if path.startswith("custom_data.")}
    assert (rules - unreached).isdisjoint(_line(one.place) for one in gone), (shop, texts)


def _line(place: str) -> str:
    """The file and the line of a place."""
    return place.rpartition(":")[0]


_ROOT = Path(__file__).parents[2]
_WHOLE = sorted([*_ROOT.glob("mappings/*.yaml"), *_ROOT.glob("tests/cases/correct/*.yaml")])


@pytest.mark.parametrize("file", some(_WHOLE, 12), ids=lambda file: file.name)
def test_any_mapping_is_written_out_without_a_change_of_meaning(file: Path) -> None:
    analysis = authoring.analyse_file(file)
    if any(one.severity == "error" for one in analysis.diagnostics) or analysis.is_base:
        return
    alone = authoring.analyse(analysis.effective.text, str(file), beside=file)
    assert [one for one in alone.diagnostics if one.severity == "error"] == []
    tests, others = analysis.tests, alone.tests
    assert [(one.name, one.given, one.meta) for one in others] == [
        (one.name, one.given, one.meta) for one in tests
    ]
    for one in tests:
        ends = [each.outcomes(one.given, one.meta) for each in (analysis, alone)]
        assert _told(ends[0]) == _told(ends[1])


def test_a_table_of_a_file_in_another_folder_is_read_from_there(tmp_path: Path) -> None:
    make_repository(tmp_path, 8)
    team = tmp_path / "mappings/books/team.yaml"
    (tmp_path / "mappings/shop.yaml").write_text(
        (tmp_path / "mappings/books/shop-1.yaml")
        .read_text()
        .replace("team.yaml", "books/team.yaml")
        .replace("events/", "books/events/")
    )
    assert "file: categories.csv" in team.read_text()
    file = tmp_path / "mappings/shop.yaml"
    text = authoring.analyse_file(file).effective.text
    assert "books/categories.csv" in text
    file.write_text(text)
    assert [one for one in authoring.analyse_file(file).diagnostics if one.severity == "error"] == []
