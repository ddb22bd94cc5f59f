"""How many different values came: exact for few, near enough beyond, the same however they are split up."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from mapper.authoring import Json
from mapper.workbench.distinct import Distinct
from tests.support.depth import by_seed, seeds

_KINDS: tuple[Callable[[int], Json], ...] = (
    lambda number: number,
    lambda number: f"o-{number}",
    lambda number: number / 7,
    lambda number: {"id": number},
    lambda number: f"{number:064x}",
)


def _of(values: list[Json]) -> Distinct:
    found = Distinct()
    found.add(values)
    return found


@pytest.mark.parametrize("kind", _KINDS)
def test_few_values_are_counted_exactly(kind: Callable[[int], Json]) -> None:
    found = _of([kind(number % 1000) for number in range(5000)])

    assert (found.count, found.is_exact) == (1000, True)


@pytest.mark.parametrize("kind", _KINDS)
def test_many_values_are_estimated_within_a_tenth(kind: Callable[[int], Json]) -> None:
    found = Distinct()
    for start in range(0, 100_000, 250):
        found.add([kind(number) for number in range(start, start + 250)])

    assert not found.is_exact
    assert abs(found.count - 100_000) < 10_000


def test_parts_that_are_merged_count_as_the_whole() -> None:
    dice = by_seed("distinct")
    for size in (10, 1000, 1024, 1025, 3000, 20_000):
        values: list[Json] = [dice.randrange(size * 2) for _ in range(size)]
        merged = Distinct()
        for start in range(0, size, 300):
            merged.merge(pickle.loads(pickle.dumps(_of(values[start : start + 300]))))
        whole = _of(values)
        assert merged.count == whole.count
        assert merged.is_exact == whole.is_exact


def test_it_keeps_no_more_for_more_values() -> None:
    found = Distinct()
    for start in range(0, 200_000, 1000):
        found.add(list(range(start, start + 1000)))

    assert len(pickle.dumps(found)) < 50_000


@pytest.mark.parametrize("seed", seeds(20))
def test_an_estimate_is_never_above_the_number_of_values(seed: int) -> None:
    found = Distinct()
    values = [f"{seed}-{number}" for number in range(2_000)]
    found.add(values[:700])
    other = Distinct()
    other.add(values[700:])
    found.merge(other)
    assert not found.is_exact
    assert 1_700 < found.count <= 2_000
