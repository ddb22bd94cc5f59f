"""A feed that is small on disk and large when read costs time in proportion to its lines, and no memory."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc

import pytest

from mapper.feeds import Broken, Format, SourceEvent, read_blocks, read_texts
from mapper.runtime.decode import LONGEST_EVENT
from tests.support.depth import some

_MOST_MEMORY = 24 * 2**20


def _packed(*parts: bytes) -> io.BytesIO:
    return io.BytesIO(gzip.compress(b"".join(parts), 1))


@pytest.mark.parametrize(
    "text",
    some(
        [
            b'1,"' + b"x,x\n" * 3_000_000,
            b'"\n",' * 3_000_000,
            b'1,"x\n"' + b',"x\n"' * 2_000_000,
            b"1," + b"," * 12_000_000,
            b"1," + b"x" * 12_000_000,
        ],
        2,
    ),
)
def test_a_row_that_never_ends_is_given_up_at_the_size_of_an_event(text: bytes) -> None:
    file = _packed(b"id,b\n", text, b'"\n2,b\n')
    tracemalloc.start()
    first: Broken | None = None
    for block in read_texts(file, "csv"):
        found = next(iter(block.texts()), None)
        if first is None and found is not None and isinstance(found[1], Broken):
            first = found[1]
            break  # what stands in an open quote is rows again from there on, as cheap as any
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert first is not None
    assert (first.line, first.kind) == (2, "too_large")
    assert peak < _MOST_MEMORY


def test_a_header_that_never_ends_is_one_error() -> None:
    with pytest.raises(OSError, match="the header is invalid: a row of more than 1,048,576 bytes"):
        list(read_texts(_packed(b'"\n",' * 1_000_000), "csv"))


def test_what_stands_behind_a_row_that_is_given_up_is_read() -> None:
    text = b'id,b\n1,"' + (b"x" * 999 + b"\n") * (LONGEST_EVENT // 999) + b"2,c\n3,d\n"
    found = [one for block in read_blocks(io.BytesIO(text), "csv") for one in block]
    assert isinstance(found[0], Broken)
    assert [one.event["id"] for one in found if isinstance(one, SourceEvent)][-1] == "3"


_BLANK = (b"\n", b"\r\n", b" \t\n", b" " * 30 + b"\n")


@pytest.mark.parametrize(
    ("format", "blank"),
    [
        *((format, blank) for format in ("ndjson", "json") for blank in _BLANK),
        ("csv", b"\n"),
        ("csv", b"\r\n"),
    ],
)
def test_blank_lines_cost_next_to_nothing_and_are_counted(format: Format, blank: bytes) -> None:
    count = 1_000_000
    head, one = (b"id\n", b"7\n") if format == "csv" else (b"", b'{"id":"7"}\n')
    file = _packed(head, blank * count, one, blank * count, one)
    began = time.process_time()
    found = [one for block in read_blocks(file, format) for one in block]
    spent = time.process_time() - began
    first = count + 1 + head.count(b"\n")
    assert found == [SourceEvent(first, {"id": "7"}), SourceEvent(first + count + 1, {"id": "7"})]
    # As events they took four times as long; the bound is wide, for machines that are slow or busy.
    assert spent < 4
