"""Requests that wait together go into one transaction, and what is wrong with one fails that one alone."""

from __future__ import annotations

import asyncio
import errno
import threading
import weakref
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from mapper.delivery.batch import Parcel
from mapper.delivery.outbox.outbox_errors import OutboxError
from mapper.delivery.outbox.room import SpaceLimits, SpaceWatch
from mapper.delivery.outbox.sqlite import open_outbox
from mapper.delivery.outbox.store import Accepted, Account, Unmapped
from mapper.delivery.outbox.store_thread import StoreThread, in_a_thread
from mapper.serving import commits
from mapper.serving.commits import Commits, KeptRequest, MappedRequest, PathLedger, StoreFull, StoreSlow
from mapper.values.safe_text import SafeText
from tests.support.memory_outbox import StaysOpen

_SHOP, _OTHER = Account("shop/events-v1"), Account("shop/events-v1", "other")
_ONE, _TWO = PathLedger(_SHOP, "v1", None, 1000), PathLedger(_OTHER, "v2", None, 1000)
_X = SafeText("x")
_NO_LIMITS = SpaceLimits()


class _Slow(StaysOpen):
    """An outbox whose transactions wait until they are let go. groups: of how many writes each was."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.gate, self.groups, self.error = threading.Event(), list[list[int]](), error

    def put_all(self, accepted: Sequence[Accepted], now: float) -> int:
        assert self.gate.wait(30)
        self.groups.append([len(one.parcels) for one in accepted])
        if self.error is not None:
            raise self.error
        if any(parcel.body == b"bug" for one in accepted for parcel in one.parcels):
            raise ZeroDivisionError
        return StaysOpen.put_all(self, accepted, now)


def _request(*bodies: bytes, ledger: PathLedger = _ONE, names: Iterable[bytes] = ()) -> MappedRequest:
    """A request with a payload for each of its events, and what its sender calls them."""
    parcels = tuple(Parcel(0, "", number, 1, body, 60) for number, body in enumerate(bodies, 1))
    return MappedRequest(ledger, len(bodies), parcels, (), tuple(enumerate(names, 1)))


def _keep(
    outbox: StaysOpen, first: MappedRequest, *requests: MappedRequest, space: SpaceLimits = _NO_LIMITS
) -> list[KeptRequest | BaseException]:
    """What becomes of the requests, of which all but the first come while that one is on its way."""

    async def keep() -> list[KeptRequest | BaseException]:
        with closing(in_a_thread(outbox)) as store:
            made = Commits(store, SpaceWatch(space))
            begun = asyncio.create_task(made.keep(first))
            await asyncio.sleep(0.05)
            others = [asyncio.create_task(made.keep(one)) for one in requests]
            await asyncio.sleep(0)
            if isinstance(outbox, _Slow):
                outbox.gate.set()
            return await asyncio.gather(begun, *others, return_exceptions=True)

    return asyncio.run(keep())


def test_requests_that_wait_together_are_one_transaction_and_one_chunk_of_each_account() -> None:
    outbox = _Slow()
    requests = [_request(b"a"), _request(b"b", b"c"), _request(b"d", ledger=_TWO), _request(b"e")]
    kept = _keep(outbox, _request(b"first"), *requests)
    assert outbox.groups == [[1], [4, 1]]
    assert [one.accepted for one in kept if isinstance(one, KeptRequest)] == [1, 1, 2, 1, 1]
    chunks = outbox.claim(_SHOP, 10**9, 10**9, 0)
    assert [[one.body for one in chunk.parcels] for chunk in chunks] == [[b"first"], [b"a", b"b", b"c", b"e"]]


def test_a_transaction_is_no_larger_than_is_soon_done() -> None:
    outbox = _Slow()
    large = _request(*[b"x"] * 15_000)
    _keep(outbox, _request(b"first"), large, large, _request(b"a"), _request(*[b"x"] * 30_000))
    assert outbox.groups == [[1], [15_000], [15_001], [30_000]]


def test_a_bug_that_one_request_makes_show_fails_it_alone() -> None:
    outbox = _Slow()
    kept = _keep(outbox, _request(b"first"), _request(b"a"), _request(b"bug"), _request(b"b"))
    assert [type(one) for one in kept] == [KeptRequest, KeptRequest, ZeroDivisionError, KeptRequest]
    assert [one.counts.accepted for one in outbox.status()] == [3]


@pytest.mark.parametrize("error", [OutboxError("in use"), OSError(errno.ENOSPC, "full")])
def test_an_outbox_that_cannot_be_written_fails_all_and_is_tried_once(error: Exception) -> None:
    outbox = _Slow(error=error)
    kept = _keep(outbox, _request(b"first"), _request(b"a"), _request(b"b"))
    assert kept == [error] * 3
    assert outbox.groups == [[1], [2]]


def test_an_outbox_that_is_full_takes_nothing() -> None:
    outbox = StaysOpen()
    outbox.put(Accepted(_SHOP, "v1", (Parcel(0, "", 1, 1, b"x" * 100, 60),)), 0)
    kept = _keep(outbox, _request(b"first"), _request(b"a"), space=SpaceLimits(most_bytes=100))
    assert [type(one) for one in kept] == [StoreFull, StoreFull]
    assert outbox.status()[0].counts.accepted == 1


def test_an_outbox_that_can_be_written_again_is_found_out_without_a_request() -> None:
    outbox = _Slow(error=OSError(errno.ENOSPC, "full"))
    outbox.gate.set()

    async def keep() -> list[bool]:
        with closing(StoreThread(outbox, None)) as store:
            commits = Commits(store, SpaceWatch(SpaceLimits()))
            found = [commits.trouble is None]
            with pytest.raises(OSError, match="full"):
                await commits.keep(_request(b"a"))
            await commits.probe(_ONE)
            found.append(commits.trouble is None)
            outbox.error = None
            await commits.probe(_ONE)
            return [*found, commits.trouble is None]

    assert asyncio.run(keep()) == [True, False, True]
    assert outbox.status()[0].counts.accepted == 0


def test_copies_of_a_delivery_are_kept_once_within_a_group_and_across_groups() -> None:
    outbox = _Slow()
    copies = [_request(b"a", b"b", names=[b"1", b"2"])] * 3
    kept = _keep(outbox, _request(b"a", names=[b"1"]), *copies)
    assert kept == [
        KeptRequest(1, 0, 0, 0),
        KeptRequest(1, 0, 0, 1),
        KeptRequest(0, 0, 0, 2),
        KeptRequest(0, 0, 0, 2),
    ]
    assert outbox.status()[0].counts.accepted == 2


def test_copies_in_one_request_are_kept_once() -> None:
    outbox = _Slow()
    kept = _keep(outbox, _request(b"a", b"a", b"b", names=[b"1", b"1", b"2"]))
    assert kept == [KeptRequest(2, 0, 0, 1)]
    assert outbox.status()[0].counts.accepted == 2


def test_a_copy_for_another_account_is_no_copy() -> None:
    outbox = _Slow()
    _keep(outbox, _request(b"a", names=[b"1"]), _request(b"a", names=[b"1"], ledger=_TWO))
    assert [one.counts.accepted for one in outbox.status()] == [1, 1]


def test_of_what_is_left_out_as_a_copy_nothing_is_counted() -> None:
    outbox = _Slow()
    parcels = (Parcel(0, "", 1, 1, b"a", 60), Parcel(0, "", 1, 1, b"a2", 60))
    names = tuple((number, b"%d" % number) for number in range(1, 5))
    request = MappedRequest(_ONE, 4, parcels, (Unmapped(3, "invalid", _X),), names)
    kept = _keep(outbox, _request(b"a", names=[b"1"]), request, request)
    # Of four events one is a copy, one is rejected, and two are not meant to be sent.
    assert kept[1:] == [KeptRequest(0, 1, 2, 1), KeptRequest(0, 0, 0, 4)]
    counts = outbox.status()[0].counts
    assert (counts.accepted, counts.dead, counts.skipped) == (2, 1, 2)


def test_a_copy_that_another_process_accepts_at_the_same_moment_is_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "outbox"
    ours, theirs = open_outbox(path), open_outbox(path)
    asked = ours.known_deliveries
    race = [True]

    def known(account: Account, digests: Sequence[bytes], now: float) -> frozenset[bytes]:
        found = asked(account, digests, now)
        if race:  # between our question and our write
            race.pop()
            theirs.put(Accepted(account, "v1", (Parcel(0, "", 1, 1, b"a", 60),), deliveries=(b"1",)), now)
        return found

    ours.known_deliveries = known  # type: ignore[method-assign]  # the moment is what is tested

    async def keep() -> KeptRequest:
        commits = Commits(StoreThread(ours, None), SpaceWatch(SpaceLimits()))
        return await commits.keep(_request(b"a", b"b", names=[b"1", b"2"]))

    assert asyncio.run(keep()) == KeptRequest(1, 0, 0, 1)
    assert theirs.status()[0].counts.accepted == 2
    ours.close()
    theirs.close()


def test_requests_wait_no_longer_than_for_one_answer_of_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "_KEEP_SECONDS", 0.3)
    outbox = _Slow()

    async def keep() -> list[KeptRequest | BaseException]:
        with closing(in_a_thread(outbox)) as store:
            made = Commits(store, SpaceWatch(_NO_LIMITS))
            waiting = [asyncio.create_task(made.keep(_request(body))) for body in (b"a", b"b")]
            await asyncio.sleep(0.1)
            waiting += [asyncio.create_task(made.keep(_request(body))) for body in (b"c", b"d")]
            async with asyncio.timeout(2):
                found = await asyncio.gather(*waiting, return_exceptions=True)
            outbox.gate.set()
            return [*found, await made.keep(_request(b"e"))]

    *late, last = asyncio.run(keep())
    assert all(isinstance(one, StoreSlow) for one in late)
    assert last == KeptRequest(1, 0, 0, 0)
    assert outbox.groups == [[2], [1]]  # of those that waited no more, none was put


def test_an_outbox_is_found_to_be_full_before_a_request_comes(tmp_path: Path) -> None:
    async def probe() -> list[object]:
        with closing(StoreThread(open_outbox(tmp_path / "outbox"), None)) as store:
            made, found = Commits(store, SpaceWatch(SpaceLimits(most_bytes=10**9))), list[object]()
            for most in (10**9, 1, 10**9):
                made.space = SpaceWatch(SpaceLimits(most_bytes=most))
                await made.probe(_ONE)
                found.append(made.trouble if made.trouble is None else type(made.trouble))
            return found

    assert asyncio.run(probe()) == [None, StoreFull, None]


def test_what_was_told_of_a_request_is_not_held_any_longer() -> None:
    async def keep() -> list[bool]:
        with closing(in_a_thread(StaysOpen())) as store:
            made = Commits(store, SpaceWatch(_NO_LIMITS))
            told = [_Told() for _ in range(50)]
            for number in range(0, len(told), 5):
                for one in told[number : number + 5]:
                    made.submit(_request(b"a" * 1000), one.hear)
                while not told[number + 4].found:
                    await asyncio.sleep(0.01)
            watched = [weakref.ref(one) for one in told]
            told.clear()
            del one
            return [ref() is None for ref in watched]

    assert all(asyncio.run(keep()))


class _Told:
    """A request that waits for its end. found: what it was told."""

    def __init__(self) -> None:
        self.found: list[KeptRequest | BaseException] = []

    def hear(self, found: KeptRequest | BaseException) -> None:
        self.found.append(found)
