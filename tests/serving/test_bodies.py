"""Bodies as they come compressed: what is made of them, and how long that may take."""

from __future__ import annotations

import gzip
import time

import pytest

from mapper.intake.request import RequestRefusal
from mapper.serving.bodies import TOO_LARGE, unzipped
from tests.support.depth import by_seed

pytestmark = pytest.mark.quick

_MOST = 16 * 2**20


@pytest.mark.parametrize("sizes", [(), (0,), (1,), (70_000,), (10, 0, 70_000), (65_536, 300_000), (5,) * 300])
def test_streams_after_each_other_are_one_body(sizes: tuple[int, ...]) -> None:
    chance = by_seed("bodies")
    contents = [chance.randbytes(size) for size in sizes]
    packed = b"".join(map(gzip.compress, contents))
    assert unzipped(packed, _MOST) == b"".join(contents)
    assert unzipped(packed, sum(sizes)) == b"".join(contents)
    if sum(sizes):
        assert unzipped(packed, sum(sizes) - 1) == TOO_LARGE
        assert isinstance(unzipped(packed[:-1], _MOST), RequestRefusal)
    assert isinstance(unzipped(packed + b"\0", _MOST), RequestRefusal)


def test_as_many_empty_streams_as_a_body_holds_take_no_time() -> None:
    packed = gzip.compress(b"") * (4 * 2**20 // 20)
    begun = time.process_time()
    refused = unzipped(packed, _MOST)
    assert isinstance(refused, RequestRefusal)
    assert refused.status == 400
    # Half a minute where each is copied with all that follows it.
    assert time.process_time() - begun < 2
