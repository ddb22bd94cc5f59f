"""What the benchmarks measure with is what they say it is."""

from __future__ import annotations

import gc
import runpy
from pathlib import Path

import pytest

import mapper

_SHOPS = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "shops.py"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mapping_that_is_measured_has_its_length_and_nothing_wrong(seed: int) -> None:
    text: str = _SHOPS["write_shop"](seed)
    assert text.count("\n") == _SHOPS["LINES"]
    assert text == _SHOPS["write_shop"](seed)
    assert mapper.check_text(text) == ()


def test_checking_leaves_nothing_for_the_garbage_collector() -> None:
    texts = [_SHOPS["write_shop"](seed) for seed in (1, 2)]
    mapper.review_text(texts[0])  # imports, and what is kept of schemas and expressions
    gc.collect()
    gc.disable()
    try:
        mapper.review_text(texts[1])
        assert gc.collect() == 0
    finally:
        gc.enable()
