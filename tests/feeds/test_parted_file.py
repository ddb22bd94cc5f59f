"""Records in parts of a file come back whole and in their order, however few are kept in memory."""

from __future__ import annotations

from contextlib import closing

import pytest

from mapper.feeds.parted_file import PARTS, PartedFile

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("held", [1, 9, 100, 2**15])
def test_records_come_back_in_their_order(held: int) -> None:
    records = [(number * 7 % PARTS, f"{number:05},".encode() * (number % 3 + 1)) for number in range(3000)]
    with closing(PartedFile(held=held)) as file:
        for part, record in records:
            file.add(part, record)
        for part in range(PARTS):
            pieces = list(file.pieces(part))
            assert b"".join(pieces) == b"".join(record for one, record in records if one == part)
            assert all(piece.endswith(b",") for piece in pieces if piece)
        file.drop(7)
        assert b"".join(file.pieces(7)) == b""
        assert b"".join(file.pieces(14)) != b""
