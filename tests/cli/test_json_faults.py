"""`--log-format json`: also what is wrong with a call, or with its files, is one line of JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import MAPPING, call

_CREDENTIALS = {"PINTEREST_ACCESS_TOKEN": "pina_canary-5d1c", "PINTEREST_AD_ACCOUNT_ID": "549755885175"}


@pytest.mark.parametrize("form", [("--log-format", "json"), ("--log-format=json",)])
@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("deliver", "--max-rate", "many"), 2, "--max-rate"),
        (("deliver", "--no-such"), 2, "--no-such"),
        (("deliver", "--listen", "x:y"), 2, "is not an address"),
        (("deliver", "--accounts", "none.yaml"), 2, "none.yaml"),
        (("deliver", "--accounts", "open.yaml"), 78, "can be read by others\n  hint: chmod 600"),
        (("deliver", "--accounts", "wrong.yaml"), 78, "wrong.yaml"),
        (("send", "none.yaml", "events.ndjson"), 2, "none.yaml"),
        (("send", "small.yaml", "events.ndjson", "--accounts", "open.yaml"), 78, "can be read by others"),
        (("send", "small.yaml", "events.ndjson", "--accounts", "two.yaml"), 2, "choose an account"),
        (("send", "small.yaml", "events.ndjson", "--outbox", "no/folder/"), 74, "no"),
        (("serve", "none.yaml"), 2, "none.yaml"),
        (("serve", "intake.yaml", "--outbox", "memory"), 2, "keeps accepted events on disk"),
        (("consume", "small.yaml"), 2, "--topic"),
        (("consume", "small.yaml", "--topic", "t", "--outbox", "memory"), 2, "outbox on disk"),
        (("outbox", "restored", "--outbox", "none.outbox"), 2, "there is no outbox none.outbox"),
    ],
)
def test_what_is_wrong_is_a_line_of_json(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: tuple[str, ...],
    words: tuple[str, ...],
    status: int,
    told: str,
) -> None:
    account = "{account: PINTEREST_AD_ACCOUNT_ID, token: PINTEREST_ACCESS_TOKEN}"
    files = {
        "small.yaml": MAPPING,
        "events.ndjson": "{}\n",
        "intake.yaml": "version: 1\nentries: {}\n",
        "open.yaml": f"north: {account}\n",
        "wrong.yaml": "north: [\n",
        "two.yaml": f"north: {account}\nsouth: {account}\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / name).chmod(0o644 if name == "open.yaml" else 0o600)
    (tmp_path / "no").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ran = call(*words, *form, env=_CREDENTIALS)
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert (ran.exit_code, [one["event"] for one in lines], ran.stdout) == (status, ["not_started"], "")
    assert told in lines[0]["message"]
    assert lines[0]["level"] == "error"
