"""Where a text differs from a pattern: what is told is true, and shows nothing of the text."""

from __future__ import annotations

import re

import pytest

from mapper.transforms.matching import compiled
from mapper.transforms.mismatch import why_no_match
from tests.generators.random_patterns import confusing_text, random_pattern
from tests.support.depth import by_seed

_TOLD = [
    ("/product/{sku}", "/product/7/reviews", "`{sku}` stops at `/`; write `{sku:text}`"),
    ("*/product/{sku}", "https://a.co/product/7?x=1", "`{sku}` stops at `?`; write `{sku:text}`"),
    ("/p/{n:digits}", "/p/7-red", "the text goes on after `{n:digits}`; write `*` to leave its end open"),
    ("/product/{sku}", "/cart", "`/product/` is not found at its beginning"),
    ("SKU-{n:digits}", "sku-7", "only capital letters differ; write `any_case: true`"),
    ("SKU-{n:digits}", "SKU-x", "`{n:digits}` is not found after `SKU-`"),
    ("SKU-{n:digits}", "SKU-", "the text ends after `SKU-`, and `{n:digits}` is missing"),
    ("{w:digits}x{h:digits}", "10y20", "`x` is not found after `{w:digits}`"),
    ("*/lp/{page}*", "/cart", "`/lp/` is not found after `*`"),
    ("{c:[A-Z] 2}_{p:digits}", "USA_7", "`_` is not found after `{c:[A-Z] 2}`"),
    ("{x}", "", "the text ends at its beginning, and `{x}` is missing"),
]


@pytest.mark.parametrize(("pattern", "text", "told"), _TOLD)
def test_what_is_told_is_where_the_text_differs(pattern: str, text: str, told: str) -> None:
    assert why_no_match(text, pattern) == told


@pytest.mark.parametrize(("pattern", "text", "told"), _TOLD)
def test_what_is_said_to_be_written_matches(pattern: str, text: str, told: str) -> None:
    meant, any_case = pattern, "any_case" in told
    if "write `*`" in told:
        meant += "*"
    elif kind := re.search(r"write `\{(\w+):text\}`", told):
        meant = meant.replace(f"{{{kind[1]}}}", f"{{{kind[1]}:text}}")
    assert bool(compiled(meant, any_case).describes(text)) == ("write" in told)


@pytest.mark.parametrize("any_case", [False, True])
def test_nothing_of_a_text_is_told(any_case: bool) -> None:
    dice, told = by_seed("mismatch"), 0
    for _ in range(300):
        pattern = random_pattern(dice, any_case)
        text = confusing_text(dice, pattern) + "\U0001f600"
        if compiled(pattern.text, any_case).describes(text):
            continue
        said = why_no_match(text, pattern.text, any_case)
        told += 1
        # What is in backticks is of the pattern, a character at which a part stops, or what to write.
        for quoted in re.findall(r"`([^`]*)`", said):
            written = quoted in pattern.text or quoted in ("/", "?", "#", "*", "any_case: true")
            assert written or quoted.endswith(":text}"), (pattern.text, said)
        assert "\U0001f600" not in said
    assert told > 100
