"""Processes that share a list of tasks; their results come in the order of the tasks."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO, TypeVar

from mapper.running.child_process import start_child
from mapper.running.workers import lost_process

T = TypeVar("T")
R = TypeVar("R")


def map_in_processes(work: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[R]:
    """The results of `work` for the tasks, in their order: in processes where there are several jobs."""
    jobs = min(jobs, len(tasks)) if hasattr(os, "fork") else 1
    return run_in_processes(work, tasks, jobs) if jobs > 1 else map(work, tasks)


def run_in_processes(work: Callable[[T], R], tasks: Sequence[T], jobs: int) -> Iterator[R]:
    """The results of `work` for the tasks. The processes end with this iterator, even if not used up.

    Raises WorkerLost.
    """
    processes: list[tuple[int, BinaryIO]] = []
    try:
        for first in range(jobs):
            processes.append(_start(work, tasks[first::jobs]))
        for place in range(len(tasks)):
            try:
                result: R = pickle.load(processes[place % jobs][1])
            except (EOFError, pickle.UnpicklingError):  # the end came before or within a result
                process, pipe = processes.pop(place % jobs)
                pipe.close()
                raise lost_process(process) from None
            yield result
    finally:
        for process, pipe in processes:
            pipe.close()
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _start(work: Callable[[T], R], tasks: Sequence[T]) -> tuple[int, BinaryIO]:
    """A process at work on some tasks, and where its results come from."""
    reading, writing = os.pipe()

    def work_all() -> None:
        os.close(reading)
        with open(writing, "wb") as pipe:
            for task in tasks:
                pickle.dump(work(task), pipe)
                pipe.flush()

    # Ctrl-C reaches all processes of a terminal; only the first one says so, and ends the others.
    process = start_child(work_all, (signal.SIGINT,))
    os.close(writing)
    return process, open(reading, "rb")
