"""A question costs at most itself: one too large, one of a strange name, or one while the process ends."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mapper.playground.worker import AnswerProcess, AnswerProcesses
from tests.support.command import MAPPING
from tests.support.depth import some

_START = b'{"ask": "start"}'


@pytest.fixture
def process(tmp_path: Path) -> Iterator[AnswerProcess]:
    """A process that answers about a folder with a mapping."""
    (tmp_path / "shop.yaml").write_text(MAPPING, encoding="utf-8")
    made = AnswerProcess(tmp_path, 60.0)
    yield made
    made.close()


def test_a_process_that_was_killed_while_it_waited_costs_no_question(process: AnswerProcess) -> None:
    before = set(multiprocessing.active_children())
    assert json.loads(process.ask(_START))["files"] == ["shop.yaml"]
    [child] = set(multiprocessing.active_children()) - before
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert json.loads(process.ask(_START))["files"] == ["shop.yaml"]


def test_closing_waits_for_no_answer_and_leaves_no_process(process: AnswerProcess) -> None:
    before = set(multiprocessing.active_children())
    with ThreadPoolExecutor(20) as threads:
        # A process that starts answers nothing for a while: one question is on its way, the others wait.
        answers = [threads.submit(process.ask, _START) for _ in range(20)]
        while process._running is None:
            time.sleep(0.001)
        process.close()
        told = {json.loads(one.result(30))["problem"] for one in answers}
    assert told == {"the process that answers has ended"}
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize("name", some([[], {}, 1, True], 1))
def test_a_name_of_another_type_is_no_question(tmp_path: Path, name: Any) -> None:
    processes = AnswerProcesses.of_folder(tmp_path)
    try:
        answer = processes.of_question(name).ask(json.dumps({"ask": name}).encode())
        assert "not a question" in json.loads(answer)["problem"]
    finally:
        processes.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses a process more memory")
def test_an_answer_that_needs_too_much_memory_is_told(tmp_path: Path) -> None:
    program = (
        "from mapper.playground.worker import _answer, _limit_memory\n"
        "_limit_memory()\n"
        "print(_answer(lambda question: {'size': len(bytes(question['size']))}, b'{\"size\": 3000000000}'))\n"
        "print(_answer(lambda question: {'size': len(bytes(question['size']))}, b'{\"size\": 30}'))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    first, second = ran.stdout.splitlines()
    assert "the answer needs more memory than 1,024 MiB" in first
    assert '"size": 30' in second
