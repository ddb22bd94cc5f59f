"""Sets of characters: what they hold by their own notation, by what is looked for, and in time."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.transforms import TRANSFORMS
from mapper.transforms.character_sets import KINDS, CharacterSet, end_of_set, read_set
from mapper.transforms.mark_ranges import marks
from mapper.transforms.text import folded
from mapper.values.types import Invalid
from tests.support.depth import examples, some

_ODD = "az09AZ_-]^[\\ \t\u00a0\u00e9\u00df\u0301\u093f\u0660\u4e2d\U0001d400\u200b,.$/|&~"
_CHARACTERS = st.sampled_from(_ODD) | st.characters(exclude_categories=["Cs"])


def _written(characters: str, negated: bool) -> str:
    """A set of some characters, each of them written where it is one by itself."""
    rest = "".join(one for one in characters if one not in "]^-\\")
    first, dash, caret, last = (one if one in characters else "" for one in "]-^\\")
    if first:
        return f"[{'^' * negated}]{rest}{caret}{last or dash}]"
    if dash:
        return f"[{'^' * negated}-{rest}{caret}{last}]"
    return f"[{'^' * negated}{rest}{caret}{last}]"


@pytest.mark.parametrize(
    ("written", "holds", "lacks"),
    [
        ("[A-Za-z0-9]", "AZaz09", "-_ \u00e9"),
        ("[^,]", "a -", ","),
        ("[]]", "]", "[a"),
        ("[^]]", "[a", "]"),
        ("[a-]", "a-", "b"),
        ("[-a]", "a-", "b"),
        ("[a^]", "a^", "b"),
        ("[/\\]", "/\\", "|"),
        ("[$]", "$", "a"),
        ("$", "$", "a"),
        ("0", "0", "1"),
        ("[\u00e0-\u00ff]", "\u00e9", "e"),
        ("digits", "09", "a\u0660\u00b2"),
        ("letters", "az\u00e9\u00df\u4e2d\u0939\u093f\u0301", "0_- \u0660,"),
        ("word", "az09_\u0660\u093f", "- ,"),
        ("slug", "az09_-\u00e9", " /"),
        ("hex", "09afAF", "g"),
        ("space", " \t\n\u00a0\u2003", "a_"),
    ],
)
def test_a_set_holds_its_characters(written: str, holds: str, lacks: str) -> None:
    made = read_set(written)
    assert [one for one in holds if not made.has(one)] == []
    assert [one for one in lacks if made.has(one)] == []


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "in brackets"),
        ("ab", "in brackets"),
        ("[]", "at least one"),
        ("[^]", "at least one"),
        ("[ab", "ends with `]`"),
        ("[a]b", "written first"),
        ("[z-a]", "lower one"),
        ("[a-c-e]", "first or last"),
        ("[\\d]", "no escapes"),
        ("[\\]]", "written first"),
        (f"[{'a' * 500}]", "at most 500"),
    ],
)
def test_what_is_no_set_says_why(written: str, says: str) -> None:
    with pytest.raises(Invalid, match=re.escape(says)):
        read_set(written)


@given(characters=st.lists(_CHARACTERS, min_size=1, max_size=12, unique=True), negated=st.booleans())
@settings(max_examples=examples(200))
def test_every_set_can_be_written_and_is_what_its_expressions_find(
    characters: list[str], negated: bool
) -> None:
    if len(characters) == 1 or set("]-\\") <= {*characters}:
        return  # one is written alone; of these three, only two can be in brackets
    if {*characters} == {"^", "\\"} and not negated:
        return
    written = _written("".join(characters), negated)
    made = read_set(written)
    for one in {*characters, *_ODD}:
        assert made.has(one) == ((one in characters) != negated), written
        assert (re.fullmatch(made.one, one) is not None) == made.has(one)
        assert (re.fullmatch(made.other, one) is None) == made.has(one)
    assert end_of_set(f"x{written}y]", 1) == 1 + len(written)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_and_its_opposite_part_all_characters(kind: str) -> None:
    made = read_set(kind)
    one, other = re.compile(made.one), re.compile(made.other)
    for number in (*range(0x3000), *range(0x3000, sys.maxunicode, 97)):
        character = chr(number)
        assert (one.fullmatch(character) is None) != (other.fullmatch(character) is None)


_SETS = st.sampled_from(KINDS) | st.builds(
    _written, st.text("az09AZ_ ,.\u00e9\u4e2d\u00a0", min_size=1, max_size=5), st.booleans()
)


@given(first=_SETS, second=_SETS)
@settings(max_examples=examples(200))
def test_sets_that_are_told_apart_share_no_character(first: str, second: str) -> None:
    one, other = read_set(first), read_set(second)
    assert one.shares(other) == other.shares(one)
    both = [character for character in _ODD if one.has(character) and other.has(character)]
    assert one.shares(other) or not both


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("digits", "letters", False),
        ("digits", "hex", True),
        ("letters", "hex", True),
        ("word", "space", False),
        ("slug", "[-]", True),
        ("[A-Z]", "[a-z]", False),
        ("[A-Z]", "[^A-Z]", False),
        ("[A-Za]", "[^A-Z]", True),
        ("[^a]", "[^b]", True),
        ("[^0-9]", "digits", False),
        ("[\u00e0-\u00ff]", "letters", True),
        ("[\u2000-\u2010]", "hex", False),
        ("[,;/]", "slug", False),
    ],
)
def test_what_sets_share(first: str, second: str, shared: bool) -> None:
    assert read_set(first).shares(read_set(second)) == shared


def test_all_that_is_in_the_table_of_marks_is_a_mark() -> None:
    table = re.compile(f"[{marks()}]")
    found = {chr(at) for at in range(0x300, 0x20000) if table.match(chr(at))}
    assert all(unicodedata.category(one) in ("Mn", "Mc", "Me", "Cn") for one in found)
    assert {"\u0301", "\u093f", "\u0e31", "\u05b7", "\u064b"} <= found


_UNITS = ["a", "-", "a-", "1-", "\u0964\u0939", "\u093f", " ", "\U0001d400a"]


def _took(function: Callable[[str], object], text: str) -> float:
    best = 1.0
    for _ in range(3):
        start = time.process_time()
        function(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("written", some([*KINDS, "[a-f]", "[^a-f]", "-"], 3))
def test_the_time_grows_as_the_text_does(written: str) -> None:
    work: list[Callable[[str], object]] = [
        lambda text: TRANSFORMS["keep"].function(text, written),
        lambda text: TRANSFORMS["remove"].function(text, written),
        lambda text: TRANSFORMS["trim"].function(text, written),
        lambda text: TRANSFORMS["trim"].function(f"{text}\u20ac", written),
        lambda text: TRANSFORMS["replace"].function(text, characters=written, new="__"),
    ]
    for function in work:
        for unit in _UNITS:
            small, large = (_took(function, unit * (size // len(unit))) for size in (20_000, 80_000))
            assert large < 12 * small + 0.02, unit


@pytest.mark.parametrize("old", ["a" * 400 + "b", "ab" * 200 + "c", "b" + "a" * 400, "a"])
@pytest.mark.parametrize("unit", ["a", "ab", "\u00c4a", "A"])
def test_the_time_to_find_a_text_in_any_case_grows_as_the_text_does(old: str, unit: str) -> None:
    def function(text: str) -> object:
        return TRANSFORMS["replace"].function(text, old, "-", any_case=True)

    small, large = (_took(function, unit * (size // len(unit))) for size in (20_000, 80_000))
    assert large < 12 * small + 0.02


_LETTERS = "aAbB\u00e4\u00c4\u00df\u1e9e\u0130\u0131sS\u017fk\u212a\u03c3\u03c2\u03a3 -"


@given(
    text=st.text(_LETTERS, max_size=12), old=st.text(_LETTERS, min_size=1, max_size=3), first=st.booleans()
)
@settings(max_examples=examples(200))
def test_a_text_is_found_in_any_case_and_all_else_stays(text: str, old: str, first: bool) -> None:
    def alike(one: str, other: str) -> bool:
        pairs = zip(one, other, strict=True)
        return all(folded(a) == folded(b) or a == b for a, b in pairs)

    expected, at, found = "", 0, 0
    while at < len(text):
        part = text[at : at + len(old)]
        if len(part) == len(old) and alike(part, old) and not (first and found):
            expected, at, found = expected + "<>", at + len(old), found + 1
        else:
            expected, at = expected + text[at], at + 1
    assert (TRANSFORMS["replace"].function(text, old, "<>", None, first, True) or "") == expected
    assert len(folded(text)) == len(text)
    assert folded(text) == folded(text.upper()) or len(text.upper()) != len(text) or "\u0131" in text


@given(text=st.text("ab0 -", max_size=12), side=st.sampled_from(("start", "end", "both")))
@settings(max_examples=examples(100))
def test_trim_takes_what_strip_takes(text: str, side: str) -> None:
    own = {"start": str.lstrip, "end": str.rstrip, "both": str.strip}[side]
    assert TRANSFORMS["trim"].function(text, "[ab-]", side) == (own(text, "ab-") or None)
    assert TRANSFORMS["trim"].function(text, side=side) == (own(text) or None)


@pytest.mark.parametrize("more", [{"characters": "-"}, {"old": "-", "any_case": True}, {"old": "-"}])
def test_a_text_that_would_be_too_long_is_invalid(more: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="more than 1048576 characters"):
        TRANSFORMS["replace"].function("-a" * 2000, new="x" * 1000, **more)


def test_a_set_of_brackets_gives_its_characters_as_ranges() -> None:
    assert read_set("[^b]").spans == ((0, 97 - 1 + 1), (99, sys.maxunicode))
    assert read_set("[a-cb-d]") == CharacterSet("", ranges=((97, 100),))
