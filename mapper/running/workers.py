"""Processes that work on the blocks of a feed side by side; their results are taken in the feed's order.

A block goes to whoever is free, through memory that all of them share, and its result comes back the same
way. There are a few such slots for each process and no more, so a run takes no more memory for a longer feed.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any, Generic, TypeVar

from mapper.feeds import Block, Lines
from mapper.running.blocks import BlockWorker
from mapper.running.child_process import start_child
from mapper.values.safe_text import SafeError, SafeText

# One is worked on, one waits, and one is being taken: none of the processes waits for the others.
_SLOTS_EACH = 3
# Blocks have a quarter of a megabyte, or the longest event. Only what is used of a slot takes memory.
_SLOT_BYTES = 4 * 2**20
# A task: the slot, how many bytes are in it, and the first of their lines; 0 for what is no lines.
_TASK = struct.Struct("=qqq")
# An answer: the slot, how many bytes its result has, and whether they are in the slot; else they follow.
_ANSWER = struct.Struct("=qq?")

R = TypeVar("R")


class WorkerLost(SafeError):
    """A process ended before its work did."""


@dataclass(slots=True)
class Workers(Generic[R]):
    """The processes, as the one that reads and writes sees them.

    own: works here on what is too large for a slot. tasks: the pipe they take their tasks from. results: the
    process that answers by each pipe. waiting: the slots in the feed's order. answers: by slot, as they come.
    is_sound: no process was lost, and all that was taken could be.
    """

    own: BlockWorker[R]
    take: Callable[[R], None]
    tasks: tuple[int, int]
    slots: list[mmap]
    results: dict[int, int] = field(default_factory=dict)
    free: deque[int] = field(default_factory=deque)
    waiting: deque[int] = field(default_factory=deque)
    answers: dict[int, R] = field(default_factory=dict)
    is_sound: bool = True

    def work_all(self, blocks: Iterable[Block]) -> None:
        """Have all blocks worked on, and take their results."""
        try:
            for block in blocks:
                self.put(block)
        except Exception:  # if the feed broke off, what was read of it is kept
            if self.is_sound:
                self.finish()
            raise
        self.finish()

    def put(self, block: Block) -> None:
        """Have a block worked on; waits for a free slot, and takes what is ready."""
        first, content = _packed(block)
        self._take(at_least=0)
        while not self.free:
            self._listen()
            self._take(at_least=0)
        if len(content) > _SLOT_BYTES:
            self._take(at_least=len(self.waiting))
            self.take(self.own.work(block))
            return
        slot = self.free.popleft()
        self.slots[slot][: len(content)] = content
        self.waiting.append(slot)
        os.write(self.tasks[1], _TASK.pack(slot, len(content), first))

    def finish(self) -> None:
        """Take all that is still to come."""
        self._take(at_least=len(self.waiting))

    def attend(self, file: Any) -> None:
        """Take what is ready until there is something to read of a file; with None, what is ready now."""
        while not self._listen(file, None if file is not None else 0) and file is not None:
            self._take(at_least=0)
        self._take(at_least=0)

    def _take(self, *, at_least: int) -> None:
        """Take the answers that are next in order, and wait for so many of them."""
        while self.waiting and (at_least > 0 or self.waiting[0] in self.answers):
            while self.waiting[0] not in self.answers:
                self._listen()
            slot = self.waiting.popleft()
            self.free.append(slot)
            self.is_sound = False
            self.take(self.answers.pop(slot))
            self.is_sound = True
            at_least -= 1

    def _listen(self, file: Any = None, seconds: float | None = None) -> bool:
        """Wait for answers, and read them; or for a file, where one is given: whether it can be read."""
        try:
            ready, _, _ = select.select([*self.results, *([] if file is None else [file])], [], [], seconds)
        except (OSError, ValueError):  # no file of the system's: it never waits
            return True
        for pipe in ready:
            if pipe is not file:
                self._hear(pipe)
        return file in ready

    def _hear(self, pipe: int) -> None:
        try:
            slot, length, is_in_slot = _ANSWER.unpack(_read(pipe, _ANSWER.size))
            result = self.slots[slot][:length] if is_in_slot else _read(pipe, length)
        except EOFError:
            self.is_sound = False
            raise lost_process(self.results.pop(pipe)) from None
        self.answers[slot] = pickle.loads(result)


@contextmanager
def working(worker: BlockWorker[R], jobs: int, take: Callable[[R], None]) -> Iterator[Workers[R]]:
    """Start so many processes; `take` gets the result of each block, in order. They end with this context."""
    slots = [mmap(-1, _SLOT_BYTES) for _ in range(jobs * _SLOTS_EACH)]
    workers = Workers(worker, take, os.pipe(), slots, free=deque(range(len(slots))))
    gc.freeze()  # what is there by now stays, so that no process copies it only to look for dead values
    is_done = False
    try:
        for _ in range(jobs):
            _start(workers)
        yield workers
        is_done = not workers.waiting
    finally:
        for end in workers.tasks:
            os.close(end)
        for pipe, process in workers.results.items():
            if not is_done:
                os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(pipe)


def _start(workers: Workers[Any]) -> None:
    heard, told = os.pipe()

    def work() -> None:
        for pipe in (workers.tasks[1], heard, *workers.results):
            os.close(pipe)
        _work(workers, told)

    # The process that reads and writes ends the others, and they end themselves where it is gone.
    process = start_child(work, (signal.SIGINT, signal.SIGTERM))
    os.close(told)
    workers.results[heard] = process


def _work(workers: Workers[Any], told: int) -> None:
    """The life of a process: tasks, until there are no more."""
    while task := os.read(workers.tasks[0], _TASK.size):
        slot, length, first = _TASK.unpack(task)
        result = pickle.dumps(workers.own.work(_unpacked(first, workers.slots[slot][:length])))
        size = len(result)
        if size <= _SLOT_BYTES:
            workers.slots[slot][:size] = result
            _write(told, _ANSWER.pack(slot, size, True))
        else:
            _write(told, _ANSWER.pack(slot, size, False) + result)


def _packed(block: Block) -> tuple[int, bytes]:
    if isinstance(block, Lines):
        return block.first, block.content
    return 0, pickle.dumps(block)


def _unpacked(first: int, content: bytes) -> Block:
    block: Block = Lines(first, content) if first else pickle.loads(content)
    return block


def _read(pipe: int, size: int) -> bytes:
    """Read so many bytes; raises EOFError where the other end is closed before."""
    parts: list[bytes] = []
    while size:
        part = os.read(pipe, size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(pipe: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(pipe, left) :]


def lost_process(process: int) -> WorkerLost:
    """The error to raise where a process ended early: how it ended, which is waited for."""
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    how = "a worker process was killed by signal {}" if code < 0 else "a worker process ended with status {}"
    return WorkerLost(SafeText(how, abs(code)))
