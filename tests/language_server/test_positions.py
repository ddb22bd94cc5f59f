"""Positions of the protocol count code units, bytes or characters of a line, whatever ends it."""

from __future__ import annotations

import pytest
from lsprotocol.types import Position

from mapper.authoring import Text
from mapper.language_server.positions import Positions

pytestmark = pytest.mark.quick

# A letter, one of two bytes, one of three, one beyond U+FFFF, and half of one that a client may send.
_LINE = "aé€😀\ud83db"
_WIDTHS = {"utf-8": (1, 2, 3, 4, 3, 1), "utf-16": (1, 1, 1, 2, 1, 1), "utf-32": (1, 1, 1, 1, 1, 1)}
each_encoding = pytest.mark.parametrize("encoding", _WIDTHS)
each_end = pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])


@each_encoding
@each_end
def test_offsets_and_positions_are_each_other_s(encoding: str, end: str) -> None:
    text = Text("", f"{_LINE}{end}{_LINE}{end}")
    positions = Positions(encoding)
    for line in range(2):
        start = line * (len(_LINE) + len(end))
        for at in range(len(_LINE) + 1):
            position = Position(line, sum(_WIDTHS[encoding][:at]))
            assert positions.position(text, start + at) == position
            assert positions.offset(text, position) == start + at


@each_encoding
@each_end
def test_a_place_outside_is_the_nearest_one_inside(encoding: str, end: str) -> None:
    text = Text("", f"{_LINE}{end}")
    positions = Positions(encoding)
    assert positions.offset(text, Position(0, 1000)) == len(_LINE)
    assert (
        positions.offset(text, Position(1, 5)) == positions.offset(text, Position(7, 0)) == len(text.content)
    )


@pytest.mark.parametrize(("encoding", "within"), [("utf-8", (7, 8, 9)), ("utf-16", (4,))])
def test_a_place_within_a_character_is_where_it_begins(encoding: str, within: tuple[int, ...]) -> None:
    for units in within:
        assert Positions(encoding).offset(Text("", _LINE), Position(0, units)) == 3
