"""Sets of characters: what they hold by their own notation, by what is looked for, and in time."""

from __future__ import annotations

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.transforms import TRANSFORMS
from mapper.transforms.character_sets import KINDS, CharacterSet, end_of_set, read_set
from mapper.transforms.mark_ranges import marks
from mapper.types import Invalid
from tests.drawn import drawn

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
@settings(max_examples=drawn(200))
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
@settings(max_examples=drawn(200))
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


@pytest.mark.parametrize("name", ["keep", "remove"])
@pytest.mark.parametrize("written", [*KINDS, "[a-f]", "[^a-f]", "-"])
def test_the_time_grows_as_the_text_does(name: str, written: str) -> None:
    function = TRANSFORMS[name].function

    def took(text: str) -> float:
        best = 1.0
        for _ in range(3):
            start = time.process_time()
            function(text, characters=written)
            best = min(best, time.process_time() - start)
        return best

    for unit in _UNITS:
        small, large = (took(unit * (size // len(unit))) for size in (20_000, 80_000))
        assert large < 12 * small + 0.02, unit


def test_a_set_of_brackets_gives_its_characters_as_ranges() -> None:
    assert read_set("[^b]").spans == ((0, 97 - 1 + 1), (99, sys.maxunicode))
    assert read_set("[a-cb-d]") == CharacterSet("", ranges=((97, 100),))
