"""Processes that answer: a question that takes too long costs its process, never the server."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from mapper.runtime.garbage import look_seldom_for_circles

_SECONDS = 2.0
# Questions over all samples have a process of their own, so that typing need not wait for them.
_LONG = frozenset({"ends", "changes", "tests", "share", "read_samples", "draft"})
_LONG_SECONDS = 10.0
_START_SECONDS = 60.0
# A process whose server is gone ends by itself so much later.
_ORPHANED_SECONDS = 5
_READY = b"ready"
# Far more than an answer about the largest question needs.
_MOST_MEMORY = 2**30
_HINT = "simplify what was typed last, or use fewer and smaller samples"


@dataclass(slots=True)
class AnswerProcess:
    """A process with a session for a folder; another takes its place after a question that was too much."""

    folder: Path
    seconds: float
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: tuple[SpawnProcess, Connection] | None = None
    _is_ready: bool = False
    _is_closed: bool = False

    def start(self) -> None:
        """Start it, if it does not run."""
        with self._lock:
            self._start()

    def ask(self, question: bytes) -> bytes:
        """The answer to a question, both in JSON."""
        with self._lock:
            try:
                connection = self._start()
                if self._is_closed:  # while it started
                    raise EOFError
                if not self._is_ready:
                    if not connection.poll(_START_SECONDS):
                        raise EOFError
                    self._is_ready = connection.recv_bytes() == _READY
                connection.send_bytes(question)
                if connection.poll(self.seconds):
                    return connection.recv_bytes()
                return self._ended(f"the answer took more than {self.seconds:g} seconds")
            except (EOFError, OSError):
                return self._ended("the process that answers has ended")

    def close(self) -> None:
        """End it, and with it the answer that it works on."""
        self._is_closed = True
        running = self._running
        if running is not None:
            with suppress(ValueError):  # it was ended meanwhile
                running[0].kill()
        with self._lock:
            self._end()

    def _start(self) -> Connection:
        if self._is_closed:
            raise EOFError
        if self._running is not None and not self._running[0].is_alive():
            self._end()  # somebody has killed it while it waited: no question is lost
        if self._running is None:
            own, other = multiprocessing.Pipe()
            process = multiprocessing.get_context("spawn").Process(
                target=_answer_all, args=(other, str(self.folder), self.seconds), daemon=True
            )
            process.start()
            other.close()
            self._running, self._is_ready = (process, own), False
        return self._running[1]

    def _ended(self, why: str) -> bytes:
        self._end()
        if not self._is_closed:
            self._start()
        return json.dumps({"problem": why, "hint": _HINT}).encode()

    def _end(self) -> None:
        if self._running is not None:
            process, connection = self._running
            self._running = None
            connection.close()
            process.kill()
            process.join()
            process.close()


@dataclass(frozen=True, slots=True)
class AnswerProcesses:
    """The processes of a server: one for what is typed, and one for questions over all samples."""

    short: AnswerProcess
    long: AnswerProcess

    @staticmethod
    def of_folder(folder: Path, patience: float = 1.0) -> AnswerProcesses:
        """Those for a folder; they start at once.

        patience: how many times the usual time an answer may take.
        """
        short, long = (AnswerProcess(folder, patience * one) for one in (_SECONDS, _LONG_SECONDS))
        made = AnswerProcesses(short, long)
        for one in (made.short, made.long):
            one.start()
        return made

    def of_question(self, name: object) -> AnswerProcess:
        """The one that answers a question of a name."""
        return self.long if isinstance(name, str) and name in _LONG else self.short

    def close(self) -> None:
        """End the processes of both kinds."""
        self.short.close()
        self.long.close()


def _answer_all(connection: Connection, folder: str, seconds: float) -> None:
    """Answer questions until there is nobody to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this process
    from mapper.playground.page_answers import Session

    session = Session.of_folder(folder)
    _warm_up(session.answer)
    gc.freeze()  # what is there by now stays
    look_seldom_for_circles()
    _limit_memory()
    with suppress(EOFError, OSError):
        connection.send_bytes(_READY)
        while True:
            question = connection.recv_bytes()
            _alarm(int(seconds) + _ORPHANED_SECONDS)
            answer = _answer(session.answer, question)
            _alarm(0)
            connection.send_bytes(answer)
            session.tidy()


def _limit_memory() -> None:
    """Refuse this process more memory than an answer may need, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, most))


def _alarm(seconds: int) -> None:
    """Let the system end this process after some seconds; 0: no longer."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _answer(answer: Callable[[dict[str, Any]], dict[str, Any]], question: bytes) -> bytes:
    try:
        return json.dumps(answer(json.loads(question)), ensure_ascii=False).encode("utf-8", "replace")
    except MemoryError:
        problem = f"the answer needs more memory than {_MOST_MEMORY // 2**20:,} MiB"
        return json.dumps({"problem": problem, "hint": _HINT}).encode()
    # A mistake of ours in one answer must not end all others; its words could hold a value.
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{os.path.basename(last.filename)}:{last.lineno}"
        problem = f"a mistake of the playground's own: {type(error).__name__} at {at}"
        return json.dumps({"problem": problem}).encode()


def _warm_up(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Import what answers need, which takes longer than to answer."""
    names = [one["name"] for one in answer({"ask": "start"})["examples"]]
    for name in names[:1]:
        opened = answer({"ask": "example", "name": name})
        mapping = {key: opened[key] for key in ("mapping", "files", "samples")}
        for ask in ("live", "hover", "complete"):
            answer({"ask": ask, **mapping, "chosen": 0, "reveal": False, "offset": 0})
