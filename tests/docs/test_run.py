"""The page on `mapper run` shows what its commands print."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

from tests.support.command import call
from tests.support.pages import only_block

_PAGE = (Path(__file__).parents[2] / "docs/run.md").read_text(encoding="utf-8")


def test_the_command_of_the_page_prints_what_it_shows(folder: Path) -> None:
    Path("orders.csv").write_text(only_block(_PAGE, "csv"), encoding="utf-8")
    Path("orders.yaml").write_text(only_block(_PAGE, "yaml"), encoding="utf-8")
    ran = call(*only_block(_PAGE, "console").removeprefix("$ mapper ").split())
    assert (ran.exit_code, ran.stderr.partition("notes\n")[0]) == (0, only_block(_PAGE, "text"))
    assert len(Path("payloads.ndjson").read_bytes().splitlines()) == 2


def test_the_python_of_the_page_writes_what_the_command_does(folder: Path) -> None:
    Path("orders.csv").write_text(only_block(_PAGE, "csv"), encoding="utf-8")
    Path("orders.yaml").write_text(only_block(_PAGE, "yaml"), encoding="utf-8")
    assert call("run", "orders.yaml", "orders.csv", "-o", "run", "--rejects", "kept").exit_code == 0
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(only_block(_PAGE, "python"), {})
    assert printed.getvalue() == "3 2 0 1\n[]\n"
    for written, due in (("payloads.ndjson", "run"), ("rejects.ndjson", "kept")):
        assert Path(written).read_bytes() == Path(due).read_bytes() != b""
