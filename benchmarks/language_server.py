"""How long an editor waits for `mapper lsp`, about a mapping of 374 lines that is being typed.

    make bench-lsp
    .venv/bin/python benchmarks/language_server.py --rounds 200

Each round changes one character and waits for its diagnostics; changes another one and asks at once for
completions, as editors do; and after a rest asks what is under the mouse, with its value for a sample. Times
are from the moment a message is written to the server's stdin until its answer is read from its stdout. On a
machine that others use, the processor's time tells more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import quantiles
from time import perf_counter, sleep
from typing import Any

from asking import LINES, mapping
from machine import machine

_ASKED_MS = 50
# So long a mouse rests at least before an editor asks what is under it.
_REST_SECONDS = 0.3
_URI = "file:///nowhere/mappings/shop.yaml"
_EDITED = "partner_name: {const: "


class Editor:
    """A client of the server, which waits for one message after the other."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "mapper", "lsp"]
        self._server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = count(1)

    def notify(self, method: str, params: Any, number: int | None = None) -> None:
        """Send a notification, or with a number a request."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a request."""
        number = next(self._numbers)
        self.notify(method, params, number)
        answer = self.wait(lambda message: message.get("id") == number and "method" not in message)
        if "error" in answer:
            raise SystemExit(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def wait(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message of a kind."""
        assert self._server.stdout is not None
        while True:
            length = 0
            while line := self._server.stdout.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            if not length:
                raise SystemExit("the server has ended")
            message: dict[str, Any] = json.loads(self._server.stdout.read(length))
            if is_it(message):
                return message

    def worked(self) -> float:
        """The seconds of the processor that the server has taken, where the system counts them so finely."""
        tasks = Path(f"/proc/{self._server.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in tasks) / 1e9

    def end(self) -> None:
        """End the server."""
        self.ask("shutdown", None)
        self.notify("exit", None)
        self._server.wait(timeout=10)


def main() -> None:
    """Print the figures beside what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    editor = Editor()
    try:
        times = _measured(editor, mapping(), rounds)
    finally:
        editor.end()
    print(f"a mapping of {LINES} lines, {rounds} rounds; {machine()}\n")
    print(
        "ms                           by the clock: p50     p95   of the processor: p50     p95   asked p95"
    )
    for name, spent in times.items():
        wall, cpu = ([1000 * one[at] for one in spent] for at in (0, 1))
        rows = (_part(wall, 50), _part(wall, 95), _part(cpu, 50), _part(cpu, 95))
        print("  {:<34}{:>11.1f}{:>8.1f}{:>24.1f}{:>8.1f}{:>12}".format(name, *rows, _ASKED_MS))


def _part(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]


def _measured(editor: Editor, text: str, rounds: int) -> dict[str, list[tuple[float, float]]]:
    editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    editor.notify("initialized", {})
    item = {"uri": _URI, "languageId": "yaml", "version": 0, "text": text}
    editor.notify("textDocument/didOpen", {"textDocument": item})
    _told(editor, 0)
    versions = count(1)
    times: dict[str, list[tuple[float, float]]] = {}
    for number in range(rounds):
        typed = text.replace(_EDITED, f"{_EDITED}{'x' * (number % 30 + 1)}")
        # Two changes, so that the second is not what the first made known.
        questions: dict[str, Callable[[], object]] = {
            "change, then diagnostics": lambda typed=typed: _told(editor, _change(editor, versions, typed)),
            "change, then completion": lambda typed=typed: _asked(
                editor, versions, f"{typed}\n", "completion"
            ),
            "hover after a rest": lambda typed=typed: editor.ask("textDocument/hover", _at(typed)),
        }
        for name, question in questions.items():
            if "rest" in name:
                sleep(_REST_SECONDS)
            began, worked = perf_counter(), editor.worked()
            question()
            times.setdefault(name, []).append((perf_counter() - began, editor.worked() - worked))
    return times


def _asked(editor: Editor, versions: Iterator[int], text: str, method: str) -> object:
    _change(editor, versions, text)
    return editor.ask(f"textDocument/{method}", _at(text))


def _change(editor: Editor, versions: Iterator[int], text: str) -> int:
    version = next(versions)
    params = {"textDocument": {"uri": _URI, "version": version}, "contentChanges": [{"text": text}]}
    editor.notify("textDocument/didChange", params)
    return version


def _told(editor: Editor, version: int) -> None:
    editor.wait(lambda message: message.get("params", {}).get("version") == version)


def _at(text: str) -> dict[str, Any]:
    offset = text.index("visit.page.url") + len("visit.")
    line = text.count("\n", 0, offset)
    position = {"line": line, "character": offset - text.rfind("\n", 0, offset) - 1}
    return {"textDocument": {"uri": _URI}, "position": position}


if __name__ == "__main__":
    main()
