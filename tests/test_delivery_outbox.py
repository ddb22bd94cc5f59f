"""An outbox in memory keeps each parcel until it ends, once, and never holds a feed whole."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import sleep

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mapper.delivery.batch import Parcel, Receipt, Status
from mapper.delivery.outbox import MemoryOutbox
from tests.delivery import parcels, waiting


def test_a_feed_is_drawn_only_as_it_is_claimed() -> None:
    drawn: list[int] = []

    def feed() -> Iterator[Parcel]:
        for parcel in parcels(1000):
            drawn.append(parcel.number)
            yield parcel

    outbox = MemoryOutbox(feed())
    for upto in (10, 20):
        assert len(outbox.claim(10) or ()) == 10
        assert len(drawn) == upto


@contextmanager
def _slow(*waits: Event) -> Iterator[MemoryOutbox]:
    """An outbox of a feed that waits for these before each parcel."""

    def feed() -> Iterator[Parcel]:
        for wait, parcel in zip(waits, parcels(len(waits)), strict=True):
            wait.wait(20)
            yield parcel

    try:
        yield MemoryOutbox(feed(), flush_seconds=0.3)
    finally:
        for wait in waits:
            wait.set()


def _numbers(claimed: tuple[Parcel, ...] | None) -> list[int] | None:
    return None if claimed is None else [parcel.number for parcel in claimed]


def test_a_claim_of_a_slow_feed_takes_what_is_there_after_a_moment() -> None:
    first, second, third = Event(), Event(), Event()
    with _slow(first, second, third) as outbox:
        assert outbox.claim(100) == ()
        first.set()
        second.set()
        assert _numbers(outbox.claim(100)) == [0, 1]
        assert outbox.claim(100) == ()
        third.set()
        assert _numbers(outbox.claim(100)) == [2]
        assert outbox.claim(100) is None


def test_the_rest_is_what_was_drawn_and_never_claimed_and_draws_no_more() -> None:
    first, second, third = Event(), Event(), Event()
    with _slow(first, second, third) as outbox:
        assert outbox.rest() == ()
        first.set()
        assert _numbers(outbox.claim(1)) == [0]
        assert outbox.claim(100) == ()
        with ThreadPoolExecutor(1) as pool:
            resting = pool.submit(outbox.rest)
            sleep(0.1)
            second.set()
            assert _numbers(resting.result()) == [1]
        third.set()
        assert _numbers(outbox.claim(100)) == [2]


def test_what_a_feed_raises_is_raised_by_the_claim() -> None:
    outbox = MemoryOutbox(parcel for parcel in parcels(3) if 1 // (2 - parcel.number))
    with pytest.raises(ZeroDivisionError):
        outbox.claim(10)


class _Ends(RuleBasedStateMachine):
    """Parcels claimed and settled in any order, beside the sets that they must be in."""

    @initialize(count=st.integers(0, 12))
    def begin(self, count: int) -> None:
        self.outbox = MemoryOutbox(parcels(count))
        self.waiting = list(range(count))
        self.flying: list[Parcel] = []

    @rule(count=st.integers(1, 4))
    def claim(self, count: int) -> None:
        claimed = self.outbox.claim(count)
        assert (claimed is None) == (not self.waiting)
        assert 0 < len(claimed or "-") <= count
        for parcel in claimed or ():
            self.waiting.remove(parcel.number)
            self.flying.append(parcel)

    @rule(status=st.sampled_from(["accepted", "refused", "retry"]), count=st.integers(1, 4))
    def settle(self, status: Status, count: int) -> None:
        settled, self.flying = self.flying[:count], self.flying[count:]
        self.outbox.settle([Receipt(parcel, status) for parcel in settled])
        if status == "retry":
            self.waiting += [parcel.number for parcel in settled]

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            assert waiting(self.outbox) == sorted(self.waiting)


TestEnds = _Ends.TestCase
TestEnds.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
