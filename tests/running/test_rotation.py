"""A file that grows and is rotated while it is followed: each of its lines is accepted once."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest

import mapper
from mapper.delivery.outbox.acceptor import Acceptor
from mapper.delivery.outbox.store import Account, Feed, Position
from mapper.delivery.outbox.store_thread import in_a_thread
from mapper.feeds import Block, live_file
from mapper.feeds.live_file import LiveFile
from mapper.running import Run, rotation
from mapper.running.acceptance import Acceptance
from mapper.running.feed_start import NoStart, Wish, find_start
from mapper.running.parcels import ParcelWorker
from mapper.running.resumption import FeedFormat
from mapper.running.rotation import Followed, follow
from mapper.runtime.program import Program
from tests.delivery.deliveries import DESTINATION, id_of
from tests.support.command import MAPPING, event, ndjson
from tests.support.depth import seeds
from tests.support.memory_outbox import StaysOpen

pytestmark = pytest.mark.quick

_ACCOUNT = Account("pinterest/conversions-v5")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The small mapping."""
    path = tmp_path_factory.mktemp("mapping") / "small.yaml"
    path.write_text(MAPPING)
    return mapper.compile_mapping(path)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_file, "_LOOK_SECONDS", 0.001)
    monkeypatch.setattr(rotation, "_LOOK_SECONDS", 0.001)


@dataclass
class _Log:
    """A file that a program writes to and another one rotates. link: its path is a link to the file."""

    path: Path
    linked: bool = False
    written: list[str] = field(default_factory=list)
    rotated: int = 0

    def __post_init__(self) -> None:
        if self.linked:
            self._link()
        else:
            self.path.touch()

    def append(self, count: int, *, begun: bool = False) -> None:
        """Write whole lines, and perhaps the beginning of one more, which the next call ends."""
        lines = [event(len(self.written) + number, at="2026-05-01T10:00:00Z") for number in range(count)]
        self.written += [line["id"] for line in lines]
        text = ndjson(*lines)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text[: len(text) // 2])
            file.flush()
            file.write(text[len(text) // 2 :])

    def rename(self) -> None:
        """Rename it, and make another one of its name."""
        self.rotated += 1
        if self.linked:
            self._link()
            return
        self.path.rename(f"{self.path}.{self.rotated}")
        self.path.touch()

    def cut(self) -> None:
        """Copy it, and make it empty."""
        self.rotated += 1
        Path(f"{self.path}.{self.rotated}").write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)

    def _link(self) -> None:
        target = self.path.with_name(f"{self.rotated:04}-{self.path.name}")
        target.touch()
        beside = self.path.with_name("beside")
        beside.symlink_to(target)
        beside.replace(self.path)


@dataclass
class _Follower:
    """Follows a log into an outbox, as `send --follow` does; steps are taken whenever nothing comes."""

    program: Program
    log: _Log
    outbox: StaysOpen = field(default_factory=StaysOpen)
    said: list[str] = field(default_factory=list)

    def run(self, steps: Iterator[Callable[[], None]], jobs: int = 1) -> None:
        """Follow until there are no steps left, and nothing has come for a while."""
        steps = chain(steps, [lambda: None] * 60)
        store = in_a_thread(self.outbox)
        begin = find_start(self.outbox, self._feed(), str(self.log.path), Wish(False, 0, True, ""))
        stop = threading.Event()

        def idle() -> None:
            run.attend()
            step = next(steps, None)
            if step is None:
                stop.set()
            else:
                step()

        def read(file: LiveFile, start: Position) -> tuple[Iterator[Block], int]:
            return FeedFormat(path, "ndjson").texts_after(start, file.file, file)

        run = Run(self.program, str(self.log.path))
        path = str(self.log.path)
        followed = Followed(
            path, store, self._feed, read, stop, idle,
            self.said.append, grace_seconds=0.004,
        )  # fmt: skip
        parts = follow(followed, begin.start, begin.known)
        acceptor = Acceptor(store, _ACCOUNT, "1")
        acceptance = Acceptance(run, parts, ParcelWorker(run.worker(), DESTINATION), acceptor, stop)
        with acceptance.working(jobs):
            assert acceptance.ended.wait(60)
        assert acceptance.error is None
        store.close()

    def _feed(self) -> Feed:
        return Feed(_ACCOUNT, "small", os.path.realpath(self.log.path), str(self.log.path))

    def accepted(self) -> list[str]:
        """The ids of all that was accepted, in order."""
        self.outbox.close()
        found: list[str] = []
        while chunks := self.outbox.claim(_ACCOUNT, 10**9, 10**9, time.time() + 1):
            found += [id_of(parcel) for chunk in chunks for parcel in chunk.parcels]
        return found


def _steps(log: _Log, chance: random.Random, kinds: str, count: int) -> Iterator[Callable[[], None]]:
    for _ in range(count):
        kind = chance.choice(kinds)
        if kind == "a":
            yield lambda: log.append(chance.randint(1, 30))
        elif kind == "r":
            # A writer that knows of the rename only later still writes to the file that it has open.
            yield log.rename
            yield lambda: log.append(chance.randint(0, 3))
        elif kind == "c":
            yield from [lambda: None] * 10  # nobody reads what is cut off before it can be read
            yield log.cut
        yield lambda: None


@pytest.mark.parametrize("linked", [False, True], ids=["file", "link"])
@pytest.mark.parametrize("kinds", ["aar", "aac", "aarc"])
@pytest.mark.parametrize("seed", seeds(4))
def test_each_line_is_accepted_once_through_rotations(
    program: Program, tmp_path: Path, seed: int, kinds: str, linked: bool
) -> None:
    log = _Log(tmp_path / "app.ndjson", linked)
    follower = _Follower(program, log)
    follower.run(_steps(log, random.Random(seed), kinds, 12))
    assert follower.accepted() == log.written


@pytest.mark.parametrize("seed", seeds(6))
def test_each_line_is_accepted_once_over_restarts_with_a_rotation_between_them(
    program: Program, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    log = _Log(tmp_path / "app.ndjson")
    follower = _Follower(program, log)
    for _ in range(4):
        follower.run(_steps(log, chance, "aar", 4))
        # A file that is empty is known by its inode alone, which tells nothing of one that is cut off.
        is_empty = not log.path.stat().st_size
        log.append(chance.randint(1, 20))
        if chance.random() < 0.7:
            (log.rename if is_empty or chance.random() < 0.5 else log.cut)()
            log.append(chance.randint(0, 20))
    follower.run(iter([]))
    assert follower.accepted() == log.written


def test_what_is_added_to_a_file_just_after_it_was_renamed_is_read(program: Program, tmp_path: Path) -> None:
    log = _Log(tmp_path / "app.ndjson")
    late = log.path.open("a", encoding="utf-8")

    def write_late() -> None:
        late.write(ndjson(event(1, at="2026-05-01T10:00:00Z")))
        late.flush()

    follower = _Follower(program, log)
    log.append(1)
    follower.run(iter([log.rename, lambda: None, write_late]))
    late.close()
    assert follower.accepted() == ["o-0", "o-1"]


def test_a_line_that_is_not_ended_is_not_accepted_before_it_is(program: Program, tmp_path: Path) -> None:
    log = _Log(tmp_path / "app.ndjson")
    line = ndjson(event(0, at="2026-05-01T10:00:00Z"))

    def write(text: str) -> Callable[[], None]:
        def append() -> None:
            with log.path.open("a", encoding="utf-8") as file:
                file.write(text)

        return append

    follower = _Follower(program, log)
    follower.run(iter([write(line[:20])]))
    assert follower.accepted() == []
    follower.run(iter([write(line[20:])]))
    assert follower.accepted() == ["o-0"]


def test_a_file_that_took_the_place_of_one_that_is_gone_is_not_read(program: Program, tmp_path: Path) -> None:
    log = _Log(tmp_path / "app.ndjson")
    follower = _Follower(program, log)
    follower.run(iter([lambda: log.append(5)]))
    log.path.unlink()
    log.path.write_text(ndjson(event(9)))
    with pytest.raises(NoStart) as caught:
        follower.run(iter([]))
    assert "is not the file that was read before" in caught.value.reason
    assert caught.value.hint.endswith("is continued with --resume-at 6")
