"""A file that holds no event at all ends a command with a status and a line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_send import CREDENTIALS, sandbox
from tests.command import MAPPING, call, event, ndjson

_NO_EVENTS = {
    "a mapping": MAPPING,
    "prose": "Dear customer,\n\nwe have received your order.\n",
    "a line of it": "id",
    "numbers": "1\n2\n",
    "a log": "2026-05-01T10:00:00Z INFO order o-1\n2026-05-01T10:00:01Z INFO order o-2\n",
    "rows of other lengths": "id,at\no-1\no-2\n",
}
_COMMANDS = {"run": 2, "send --dry-run": 65, "send": 65}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The small mapping."""
    path = tmp_path / "small.yaml"
    path.write_text(MAPPING)
    return path


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("kind", _NO_EVENTS)
def test_a_file_without_any_event_is_an_error(small: Path, kind: str, command: str) -> None:
    file = small.with_name("orders.csv" if kind.startswith("rows") else "orders.txt")
    file.write_text(_NO_EVENTS[kind])
    name, *options = command.split()
    with sandbox() as (url, ledger):
        more = ["--url", url] if name == "send" else ["-o", str(small.with_name("out"))]
        ran = call(name, small, file, *options, *more, env=CREDENTIALS)
    assert (ran.exit_code, ledger.arrived) == (_COMMANDS[command], 0)
    assert f"\nmapper: {file} holds no event: " in ran.stderr
    assert not small.with_name("out").exists()


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("name", ["orders.yaml", "orders.YML", "orders.xml", "orders.avro", "orders.parquet"])
def test_a_file_whose_name_says_that_it_holds_none_is_not_read(small: Path, name: str, command: str) -> None:
    file = small.with_name(name)
    file.write_text(MAPPING)
    ran = call(*command.split(), small, file, env=CREDENTIALS)
    assert ran.exit_code == 2
    assert "which is not supported; use NDJSON, JSON or CSV" in ran.stderr


@pytest.mark.parametrize(
    "text", ["", "\n", ndjson(event(1), "{"), ndjson({"type": "order"}), ndjson({"test": True})]
)
def test_a_feed_of_no_line_or_with_any_event_is_no_error(small: Path, text: str) -> None:
    ran = call("run", small, stdin=text)
    assert ran.exit_code == 0
    assert "holds no event" not in ran.stderr
