"""What the tests of the command line stand on: a small mapping, events, and two ways to call a command."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mapper.cli import commands
from tests.support.databases import all_closed

ROOT = Path(__file__).parents[2]
SEGMENT = ROOT / "mappings/segment-ecommerce.yaml"
SHOP = ROOT / "playground/events/shop.ndjson"
# The schemas of sources that come with the package.
SOURCES = sorted(
    f"{file.parent.name}/{file.stem}"
    for file in (ROOT / "schemas").glob("*/*.json")
    if file.parent.name != "pinterest"
)
TEN_MISTAKES = ROOT / "tests/cases/ten_mistakes.yaml"
PATIENCE_SECONDS = float(os.environ.get("PATIENCE_SECONDS", "60"))
"""How long a test waits for what a program does; less where the program has a mistake that is to be found."""

MAPPING = """\
name: small
version: 1
target: pinterest/conversions-v5
skip:
  - {when: boolean(test), because: a test order}
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: email}
match: type
events:
  - is: order
    send: checkout
    payload: {custom_data: {value: total, currency: {const: EUR}}}
  - {is: view, send: page_visit}
"""

WARNED = MAPPING.replace("send: page_visit", "send: page_vist")
WRONG = MAPPING.replace("currency:", "curency:")


def event(number: int, **fields: Any) -> dict[str, Any]:
    """An order that the small mapping sends; `fields` replace its own."""
    return {
        "type": "order",
        "id": f"o-{number}",
        "at": "2026-05-01T10:00:00Z",
        "email": f"ada{number}@example.com",
        "total": 1.5,
        **fields,
    }


def ndjson(*events: Any) -> str:
    """Events, one a line; a text is a line as it is."""
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in events)


def call(*arguments: object, stdin: str | bytes = "", env: Mapping[str, str | None] | None = None) -> Result:
    """A command in this process, which leaves no database open."""
    words = [str(one) for one in arguments]
    with all_closed():
        return CliRunner().invoke(
            commands, words, input=stdin, env=env, prog_name="mapper", catch_exceptions=False
        )


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """A command in a process of its own, with pipes."""
    words = [sys.executable, "-m", "mapper", *(str(one) for one in arguments)]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(words, **{"cwd": ROOT, **pipes, **options})


@contextmanager
def terminal() -> Iterator[tuple[int, Callable[[], str]]]:
    """A terminal to give to a process as its stderr, and what was shown on it until the process ended."""
    leader, follower = pty.openpty()
    left = [follower]

    def read() -> str:
        os.close(left.pop())
        shown = b""
        with suppress(OSError):
            while piece := os.read(leader, 4096):
                shown += piece
        return shown.decode()

    try:
        yield follower, read
    finally:
        os.close(leader)


def give(run: subprocess.Popen[bytes], *numbers: int) -> None:
    """Give a run of the small mapping some orders, each once the payload of the one before has come."""
    assert run.stdin is not None
    assert run.stdout is not None
    for number in numbers:
        run.stdin.write(ndjson(event(number)).encode())
        run.stdin.flush()
        assert json.loads(run.stdout.readline())["event_id"] == f"o-{number}"


def git(*arguments: str) -> str:
    """What git prints in the folder this process is in; its first branch is `main`."""
    settings = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main")
    ran = subprocess.run(["git", *settings, *arguments], check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with changes; None takes a variable away."""
    return {name: value for name, value in {**os.environ, **changes}.items() if value is not None}
