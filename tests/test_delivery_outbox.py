"""An outbox in memory keeps each parcel until it ends, once, and never holds a feed whole."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from mapper.delivery.batch import Parcel, Receipt, Status
from mapper.delivery.outbox import MemoryOutbox
from tests.delivery import parcels


def test_a_feed_is_drawn_only_as_it_is_claimed() -> None:
    drawn: list[int] = []

    def feed() -> Iterator[Parcel]:
        for parcel in parcels(1000):
            drawn.append(parcel.number)
            yield parcel

    outbox = MemoryOutbox(feed())
    assert (len(outbox.claim(10)), len(drawn)) == (10, 10)
    assert (len(outbox.claim(10)), len(drawn)) == (10, 20)


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
        assert len(claimed) == min(count, len(self.waiting))
        for parcel in claimed:
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
            assert sorted(parcel.number for parcel in self.outbox.claim(100)) == sorted(self.waiting)


TestEnds = _Ends.TestCase
TestEnds.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
