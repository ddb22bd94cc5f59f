"""A file that holds no event at all ends a command with a status and a line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_send import CREDENTIALS, sandbox
from tests.support.command import MAPPING, call, event, ndjson

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


@pytest.mark.parametrize("kind", _NO_EVENTS)
def test_stats_says_the_same_of_such_a_file_as_a_run(small: Path, kind: str) -> None:
    file = small.with_name("orders.txt")
    file.write_text(_NO_EVENTS[kind])
    told = [call(command, small, file) for command in ("run", "stats")]
    assert [ran.exit_code for ran in told] == [2, 2]
    of_run, of_stats = (ran.stderr.partition(f"mapper: {file} holds no event: ")[2] for ran in told)
    assert of_run == of_stats != ""


@pytest.mark.parametrize("command", _COMMANDS)
@pytest.mark.parametrize("name", ["orders.yaml", "orders.YML", "orders.xml", "orders.avro"])
def test_a_file_whose_name_says_that_it_holds_none_is_not_read(small: Path, name: str, command: str) -> None:
    file = small.with_name(name)
    file.write_text(MAPPING)
    ran = call(*command.split(), small, file, env=CREDENTIALS)
    assert ran.exit_code == 2
    assert "which is not supported; use NDJSON, JSON, CSV or Parquet" in ran.stderr


@pytest.mark.parametrize(
    "text", ["", "\n", ndjson(event(1), "{"), ndjson({"type": "order"}), ndjson({"test": True})]
)
def test_a_feed_of_no_line_or_with_any_event_is_no_error(small: Path, text: str) -> None:
    ran = call("run", small, stdin=text)
    assert ran.exit_code == 0
    assert "holds no event" not in ran.stderr


@pytest.mark.parametrize("kind", ["lines", "json", "csv"])
@pytest.mark.parametrize(
    "command", ["init", "stats MAPPING", "diff MAPPING MAPPING", "check MAPPING --events", "run MAPPING"]
)
def test_a_file_in_which_no_event_ends_is_left(
    small: Path, command: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device would be read for ever."""
    monkeypatch.chdir(small.parent)
    monkeypatch.setattr("mapper.cli.feed._MOST_WITHOUT_END", 2**24)
    with open(f"endless.{kind}", "wb") as file:
        file.truncate(2**25)
    ran = call(*command.replace("MAPPING", "small.yaml").split(), f"endless.{kind}")
    assert ran.exit_code == 2
    assert "mapper: no event ends in 16 MiB; is this a file of events?\n" in ran.stderr


def test_blank_lines_are_read_no_further_than_samples_are(small: Path) -> None:
    file = small.with_name("blank.ndjson")
    file.write_bytes(b"\n" * 2**20 + b'{"type": "order"}\n')
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("mapper.project.sample_files.MOST_LINES", 2**19)
        ran = call("check", small, "--events", file)
    assert (ran.exit_code, "there is no event in" in ran.stderr) == (2, True)
