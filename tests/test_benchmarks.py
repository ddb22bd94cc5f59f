"""What the benchmarks measure with is what they say it is."""

from __future__ import annotations

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
