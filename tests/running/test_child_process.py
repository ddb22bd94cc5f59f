"""A process that is forked off does its work and nothing else, whatever ends it."""

from __future__ import annotations

import ast
import os
import signal
from collections.abc import Callable

import pytest

from mapper.running.child_process import FAILED, start_child
from tests.house.sources import FILES, nodes


def _raise(error: BaseException) -> None:
    raise error


def _has_no_handler() -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("work", "status"),
    [
        (lambda: None, 0),
        (lambda: _raise(ValueError()), FAILED),
        (lambda: _raise(KeyboardInterrupt()), FAILED),
        (lambda: _raise(SystemExit(3)), FAILED),
        (_has_no_handler, 0),
    ],
)
def test_a_child_ends_with_its_work(work: Callable[[], None], status: int) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    process = start_child(work, (signal.SIGINT, signal.SIGTERM))
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == status
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN


def test_one_module_forks() -> None:
    found = {
        file
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and node.attr == "fork"
    }
    assert found == {"mapper/running/child_process.py"}
