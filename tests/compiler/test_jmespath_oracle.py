"""Generated code against jmespath.py, its known mistakes mended, and against an interpreter of the tree."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapper.compiler.jmespath.expression import parsed
from tests.compiler.test_jmespath_compliance import same
from tests.generators.fuzz_expressions import Tally, compare, judge, run, work
from tests.generators.random_expressions import CONSTANTS, ONE, STEPS, TWO
from tests.oracles.mended_jmespath import MENDS, mended_answer, plain_answer, tree_of
from tests.support.depth import examples

names = st.sampled_from(["a", "b", "c", '"a-b"'])
steps = st.lists(st.sampled_from(STEPS), min_size=1, max_size=3).map("".join)


def larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones."""
    parts = st.lists(part, min_size=1, max_size=3)
    rows = parts.map(lambda some: f"[{', '.join(some)}]")
    entries = parts.map(lambda some: f"{{{', '.join(f'k{n}: {one}' for n, one in enumerate(some))}}}")
    return st.one_of(
        st.tuples(part, steps).map("".join),
        st.tuples(part, st.sampled_from(["|", "||", "&&", "==", "!=", "<", "<=", ">", ">="]), part).map(
            " ".join
        ),
        st.one_of(part.map("!({})".format), names.map("!{}".format), part.map("({})".format)),
        st.builds("{}[?{}]{}".format, part, part, st.one_of(st.just(""), steps)),
        rows,
        entries,
        st.builds("{}.{}".format, part, st.one_of(rows, entries)),
        st.builds("{}({})".format, st.sampled_from(ONE), part),
        st.builds("{}.{}(@)".format, part, st.sampled_from(["length", "type", "to_string", "keys"])),
        st.builds("{}({}, {})".format, st.sampled_from(TWO), part, part),
        st.builds("{}({}, &{})".format, st.sampled_from(["sort_by", "max_by", "min_by"]), part, part),
        st.builds("map(&{}, {})".format, part, part),
    )


expressions = st.recursive(st.one_of(names, st.just("@"), st.sampled_from(CONSTANTS)), larger, max_leaves=6)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    # Sums of these are exact, in whatever order.
    st.sampled_from([0.5, -1.25, 1.0]),
    st.sampled_from(["", "x", "b", "1", "1.5", "abc"]),
)
documents = st.recursive(
    scalars,
    lambda part: st.one_of(
        st.lists(part, max_size=4), st.dictionaries(st.sampled_from(["a", "b", "c", "a-b"]), part, max_size=4)
    ),
    max_leaves=14,
)


@settings(
    max_examples=examples(800),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(expressions, documents)
def check(text: str, value: Any) -> None:
    tally = Tally()
    compare(text, [value], tally)
    assert tally.wrong == []


def test_generated_code_agrees_with_both_oracles_on_what_hypothesis_finds() -> None:
    check()


def test_generated_code_agrees_with_both_oracles_on_twenty_thousand_pairs() -> None:
    *_, tally = run(20_261_125, 20_000)

    assert tally.wrong == []
    assert tally.pairs >= 20_000
    assert tally.errors + tally.nulls < tally.pairs * 0.7, "most pairs say nothing"
    assert sum(tally.explained.values()) < tally.pairs / 50
    assert sum(tally.refused.values()) < tally.expressions / 5


@pytest.mark.parametrize("name", MENDS)
def test_a_mend_of_the_oracle_acts_where_it_says(name: str) -> None:
    text, _ = MENDS[name]
    acted: set[str] = set()
    tree = tree_of(text)
    mended, plain = mended_answer(tree, {}, acted), plain_answer(tree, {})

    assert acted == {name}
    assert mended[0] != plain[0] or not same(mended[1], plain[1])
    tally = Tally()
    compare(text, [{}], tally)
    assert tally.wrong == []
    assert dict(tally.explained) == {name: 1}


def test_a_difference_that_no_mend_explains_is_told() -> None:
    tally = Tally()
    judge("a", {"a": 1}, ("result", 2), (parsed("a").root, tree_of("a")), tally)

    assert len(tally.wrong) == 3
    assert not tally.explained


def test_the_same_seed_gives_the_same_pairs() -> None:
    def pairs(seed: int) -> list[tuple[str, list[Any]]]:
        return list(islice(work(seed), 60))

    assert pairs(1) == pairs(1)
    assert pairs(1) != pairs(2)
