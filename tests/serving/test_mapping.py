"""Events of requests are mapped by other processes, small requests and pieces of large ones by turns."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper.feeds import Broken, Meta
from mapper.running.event_mapper import EventMapper, MappedEvents, NumberedTexts
from mapper.serving import mapping_processes
from mapper.serving.keeper import Keeper, Kept, start_keeper
from mapper.serving.mapping_processes import (
    PIECE_EVENTS,
    MappingLost,
    MappingProcesses,
    ProcessesGone,
)
from mapper.values.safe_text import SafeText
from tests.delivery.deliveries import DESTINATION
from tests.support.command import MAPPING

_Map = Callable[[MappingProcesses], Awaitable[Any]]


class _Fragile(EventMapper):
    """A mapper that some events break, kill or hold up."""

    def map(self, texts: NumberedTexts, meta: Meta, origin: str = "") -> MappedEvents:
        found = [text for _, text in texts if isinstance(text, bytes)]
        if any(b"break" in text for text in found):
            raise ZeroDivisionError
        if any(b"kill" in text for text in found):
            os.kill(os.getpid(), signal.SIGKILL)
        if any(b"slow" in text for text in found):
            time.sleep(0.05)
        return EventMapper.map(self, texts, meta, origin)


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """One of two paths, of the same mapping."""
    with closing(_keeper(tmp_path_factory.mktemp("mapping"))) as made:
        yield made


def _keeper(folder: Path) -> Keeper:
    path = folder / "small.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    program = mapper.compile_mapping(path)
    return start_keeper(
        Kept([_Fragile(program, f"serve:/{name}", DESTINATION.parcel_facts) for name in "ab"])
    )


def _run(keeper: Keeper, count: int, ask: _Map) -> Any:
    async def run() -> Any:
        said: list[SafeText] = []
        mapping = MappingProcesses(keeper, count, said.append)
        mapping.start()
        try:
            return await ask(mapping)
        finally:
            await mapping.close()
            assert said == []

    return asyncio.run(asyncio.wait_for(run(), 120))


def _order(name: object, **more: Any) -> bytes:
    event = {"type": "order", "id": str(name), "at": "2026-05-01T10:00:00Z", "email": "a@example.com"}
    return json.dumps(event | more).encode()


def _texts(*texts: bytes | Broken) -> list[tuple[int, bytes | Broken]]:
    return list(enumerate(texts, 1))


def _ids(mapped: MappedEvents) -> list[tuple[int, str]]:
    return [(one.record, json.loads(one.body)["event_id"]) for one in mapped.parcels]


def test_each_request_gets_what_became_of_its_own_events_by_their_own_numbers(keeper: Keeper) -> None:
    async def ask(mapping: MappingProcesses) -> list[MappedEvents]:
        requests = [
            mapping.map(number % 2, _texts(*(_order(f"{number}-{place}") for place in range(number % 4))), {})
            for number in range(1, 200)
            if number % 4
        ]
        return list(await asyncio.gather(*requests))

    found = _run(keeper, 2, ask)
    numbers = [number for number in range(1, 200) if number % 4]
    assert [_ids(one) for one in found] == [
        [(place + 1, f"{number}-{place}") for place in range(number % 4)] for number in numbers
    ]


def test_rejected_and_broken_events_keep_their_numbers(keeper: Keeper) -> None:
    broken = Broken(2, "malformed", SafeText("event 2 of the request: no"))
    texts = _texts(_order(1), broken, b"{}", b'{"type": "order"}', b"[", _order(6))

    async def ask(mapping: MappingProcesses) -> list[MappedEvents]:
        return list(await asyncio.gather(*(mapping.map(0, texts, {}) for _ in range(5))))

    for one in _run(keeper, 1, ask):
        assert [record for record, _ in _ids(one)] == [1, 6]
        assert [letter.record for letter in one.rejected] == [2, 4, 5]
        assert one.rejected[0].reason == "event 2 of the request: no"


def test_a_large_request_is_mapped_in_pieces_and_put_together_in_order(keeper: Keeper) -> None:
    count = 10 * PIECE_EVENTS + 7
    found = _run(keeper, 2, lambda mapping: mapping.map(0, _texts(*map(_order, range(count))), {}))
    assert _ids(found) == [(number + 1, str(number)) for number in range(count)]


def test_a_small_request_does_not_wait_for_a_large_one(keeper: Keeper) -> None:
    async def ask(mapping: MappingProcesses) -> list[str]:
        ended: list[str] = []

        async def note(name: str, texts: list[tuple[int, bytes | Broken]]) -> None:
            await mapping.map(0, texts, {})
            ended.append(name)

        large = asyncio.create_task(note("large", _texts(*[_order(1, slow=1)] * 50 * PIECE_EVENTS)))
        await asyncio.sleep(0.1)
        small = [asyncio.create_task(note("small", _texts(_order(2)))) for _ in range(10)]
        await asyncio.gather(large, *small)
        return ended

    assert _run(keeper, 1, ask)[-1] == "large"


def test_a_bug_that_one_request_makes_show_fails_it_alone(keeper: Keeper) -> None:
    async def ask(mapping: MappingProcesses) -> list[Any]:
        names = [*range(6), "break", *range(6)]
        asked = [mapping.map(0, _texts(_order(name)), {}) for name in names]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    found = _run(keeper, 1, ask)
    assert [type(one) for one in found] == [*[MappedEvents] * 6, MappingLost, *[MappedEvents] * 6]
    assert str(found[6]) == "internal error while mapping: ZeroDivisionError"


def test_events_that_kill_two_processes_are_given_up_and_the_others_mapped(keeper: Keeper) -> None:
    async def ask(mapping: MappingProcesses) -> tuple[list[Any], int]:
        killing = asyncio.create_task(mapping.map(0, _texts(_order("kill")), {}))
        await asyncio.sleep(0)
        with pytest.raises(MappingLost):
            await killing
        others = [mapping.map(0, _texts(_order(name)), {}) for name in range(3)]
        return list(await asyncio.gather(*others)), mapping.lost

    found, lost = _run(keeper, 1, ask)
    assert [_ids(one) for one in found] == [[(1, str(name))] for name in range(3)]
    assert lost == 2


def test_what_a_killed_process_had_in_hand_is_mapped_by_another(keeper: Keeper) -> None:
    async def ask(mapping: MappingProcesses) -> tuple[list[Any], int]:
        texts = _texts(*[_order(1, slow=1)] * PIECE_EVENTS * 4)
        asked = [asyncio.create_task(mapping.map(0, texts, {})) for _ in range(3)]
        # A process that is killed while it starts has nothing in hand, as on a machine that is busy.
        for kill in range(100):
            await asyncio.sleep(0.1)
            for victim in _processes(keeper):
                os.kill(victim, signal.SIGKILL)
                break
            if kill >= 2 and mapping.lost:
                break
        return list(await asyncio.gather(*asked, return_exceptions=True)), mapping.lost

    found, lost = _run(keeper, 1, ask)
    assert lost >= 1
    whole = [one for one in found if isinstance(one, MappedEvents)]
    assert all(len(one.parcels) == PIECE_EVENTS * 4 for one in whole)
    assert whole


def _processes(keeper: Keeper) -> list[int]:
    path = f"/proc/{keeper.process}/task/{keeper.process}/children"
    if not os.path.exists(path):
        pytest.skip("finds processes by /proc")
    with open(path, encoding="ascii") as file:
        return [int(one) for one in file.read().split()]


def test_when_no_process_is_left_and_none_can_be_started_nobody_waits(tmp_path: Path) -> None:
    with closing(_keeper(tmp_path)) as keeper:

        async def ask() -> tuple[list[Any], list[Any], list[SafeText]]:
            said: list[SafeText] = []
            mapping = MappingProcesses(keeper, 2, said.append)
            mapping.start()
            texts = _texts(*[_order(1, slow=1)] * PIECE_EVENTS * 4)
            waiting = [asyncio.create_task(mapping.map(0, texts[:size], {})) for size in (1, 7, 400) * 3]
            await asyncio.sleep(0.2)
            assert keeper.process is not None
            for victim in (keeper.process, *_processes(keeper)):
                os.kill(victim, signal.SIGKILL)
            async with asyncio.timeout(2):
                found = await asyncio.gather(*waiting, return_exceptions=True)
                later = await asyncio.gather(mapping.map(0, texts, {}), return_exceptions=True)
            await mapping.close()
            return list(found), list(later), said

        found, later, said = asyncio.run(ask())
    assert {type(one) for one in found} <= {MappedEvents, ProcessesGone}
    assert ProcessesGone in {type(one) for one in found}
    assert [type(one) for one in later] == [ProcessesGone]
    assert set(said) == {SafeText("the process that starts others was lost")}


def test_requests_are_given_to_no_process_that_is_gone_already(keeper: Keeper) -> None:
    async def ask(mapping: MappingProcesses) -> list[Any]:
        await mapping.map(0, _texts(_order(0)), {})
        found = []
        for number in range(6):
            await asyncio.sleep(0.05)
            victims = _processes(keeper)
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
            while any(Path(f"/proc/{victim}").exists() for victim in victims):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)  # the ends of all are heard
            asked = [mapping.map(0, _texts(_order(number)), {}) for _ in range(3)]
            found += await asyncio.gather(*asked, return_exceptions=True)
        return found

    found = _run(keeper, 3, ask)
    assert {type(one) for one in found} == {MappedEvents}


class _DyingKeeper(Keeper):
    """A keeper that was killed, and still takes orders. orders: how many of them."""

    def start_process(self) -> socket.socket:
        own, other = socket.socketpair()
        other.close()
        return own


def test_an_order_that_a_killed_keeper_takes_costs_no_request_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapping_processes, "_START_SECONDS", 0.01)
    own, other = socket.socketpair()

    async def ask() -> tuple[list[Any], list[SafeText]]:
        said: list[SafeText] = []
        mapping = MappingProcesses(_DyingKeeper(own, None), 2, said.append)
        mapping.start()
        async with asyncio.timeout(5):
            asked = [mapping.map(0, _texts(_order(1)), {}) for _ in range(3)]
            found = await asyncio.gather(*asked, return_exceptions=True)
        await mapping.close()
        return list(found), said

    with own, other:
        found, said = asyncio.run(ask())
    assert {type(one) for one in found} == {ProcessesGone}
    assert said
