"""The page on `mapper init` shows what its commands print, and goes as far as a sent event."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.generators.nested_streams import NESTED
from tests.oracles.drafts import INVENTED, beside_ready, drafted, drafted_stream, score, table
from tests.oracles.golden import SENT
from tests.support.command import ROOT, call
from tests.support.depth import some
from tests.support.pages import blocks

_PAGE = (ROOT / "docs/init.md").read_text(encoding="utf-8")


def _rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


def test_the_page_leads_from_samples_to_sent_events(folder: Path) -> None:
    init, check, check_again, test = blocks(_PAGE, "console")
    draft, _, decided, tested = blocks(_PAGE, "yaml")
    Path("shop.ndjson").write_text(blocks(_PAGE, "json")[0], encoding="utf-8")
    file = Path("mappings/shop.yaml")
    _holds(init)
    text = file.read_text(encoding="utf-8")
    assert draft in text
    assert text.endswith(tested)
    _holds(check)
    pattern = re.compile(r"^  - \{is: box_ticked, .*$\n", re.MULTILINE)
    text, changed = pattern.subn(decided, text)
    assert changed == 1
    file.write_text(text, encoding="utf-8")
    _holds(check_again)
    _holds(test)
    fresh = re.sub(r'"at": "[^"]*"', f'"at": "{now()}"', blocks(_PAGE, "json")[0])
    Path("shop.ndjson").write_text(fresh, encoding="utf-8")
    with sandbox() as (url, ledger):
        sent = call("send", file, "shop.ndjson", "--url", url, env=CREDENTIALS)
    assert sent.exit_code == 0
    assert len(ledger.received) == 4


def _holds(console: str) -> None:
    command, _, shown = console.partition("\n")
    ran = call(*command.removeprefix("$ mapper ").split())
    assert ran.stdout + ran.stderr == shown


@pytest.mark.parametrize("name", INVENTED)
def test_the_page_shows_what_a_draft_of_an_invented_source_finds(name: str) -> None:
    (row,) = _rows(table({name: score(drafted(name), INVENTED[name])}))[2:3]
    assert row in _rows(_PAGE)


@pytest.mark.parametrize("name", NESTED)
def test_the_page_shows_what_a_draft_of_nested_events_finds(name: str) -> None:
    (row,) = _rows(table({name: score(drafted_stream(name), NESTED[name]["truth"])}))[2:3]
    assert row in _rows(_PAGE)


@pytest.mark.parametrize("name", some([path.stem for path in SENT], 1, full=7))
def test_a_draft_beside_a_ready_mapping_finds_about_what_the_page_shows(name: str) -> None:
    """The tests of the mapping, which may change, are among the samples."""
    (shown,) = (row for row in _rows(_PAGE) if row[0] == name and len(row) == 5)
    found = beside_ready(name)
    assert len(found.found) >= int(shown[1].split()[0]) - 3
    assert len(found.wrong) <= int(shown[2]) + 1
