"""Idioms of other languages: the example of each row means what it says, by each of the row's names."""

from __future__ import annotations

import pytest

from mapper.compiler.advice.other_languages.foreign_reading import is_taken, meant_by
from mapper.compiler.advice.other_languages.idioms import CASTS, IDIOMS, ZONE, Idiom

pytestmark = pytest.mark.quick


def _meant(text: str) -> str:
    found = meant_by(text)
    return "" if found is None else found.text


@pytest.mark.parametrize("idiom", [*IDIOMS, *CASTS], ids=lambda one: one.example[0])
def test_an_example_means_what_it_says_and_can_be_written(idiom: Idiom) -> None:
    call, means = idiom.example
    assert _meant(call) == means
    assert is_taken(means.replace(ZONE, "'UTC'"))


@pytest.mark.parametrize("idiom", IDIOMS, ids=lambda one: one.example[0])
def test_each_name_of_a_row_means_the_same(idiom: Idiom) -> None:
    call, means = idiom.example
    called, given = call.split("(", 1)
    for name in idiom.names.split():
        expected = means.replace(called, name, 1) if "{name}" in idiom.template else means
        assert _meant(f"{name}({given}") == expected, name


@pytest.mark.parametrize("idiom", CASTS, ids=lambda one: one.example[0])
def test_each_type_of_a_row_is_made_by_the_same(idiom: Idiom) -> None:
    for name in idiom.names.split():
        assert _meant(f"cast(a as {name})") == idiom.example[1], name
