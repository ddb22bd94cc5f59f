"""An outbox in memory keeps each parcel until it ends, once, and never holds a feed whole."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

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
    """Parcels put, claimed and settled in any order, beside the sets that they must be in."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = MemoryOutbox()
        self.all: list[Parcel] = []
        self.waiting: list[int] = []
        self.flying: list[Parcel] = []
        self.ended: dict[int, Status] = {}

    @rule(count=st.integers(0, 5))
    def put(self, count: int) -> None:
        made = [Parcel(len(self.all) + more, "k", "f:1", None, b"{}") for more in range(count)]
        self.all += made
        self.waiting += [parcel.number for parcel in made]
        self.outbox.put(made)

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
        for parcel in settled:
            if status == "retry":
                self.waiting.append(parcel.number)
            else:
                self.ended[parcel.number] = status

    @invariant()
    def each_parcel_is_in_one_place(self) -> None:
        accepted = sum(status == "accepted" for status in self.ended.values())
        assert (self.outbox.accepted, self.outbox.in_flight) == (accepted, len(self.flying))
        refused = [number for number, status in self.ended.items() if status == "refused"]
        assert [receipt.parcel.number for receipt in self.outbox.dead] == refused
        assert len(self.all) == len(self.waiting) + len(self.flying) + len(self.ended)


TestEnds = _Ends.TestCase
TestEnds.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
