"""A command that is given a mapping that is not there names the one that was likely meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import call

_INIT = "`mapper init --like {}` writes a copy of the ready mapping"
# The word that a person gives, and what the message says after it.
_GIVEN = {
    "mappings/segment-ecommerce.yaml": "; " + _INIT.format("segment-ecommerce"),
    "snowplow": "; " + _INIT.format("snowplow"),
    "ga4": "; `mapper init --like NAME` writes a copy of a ready mapping: "
    "ga4-bigquery, ga4-measurement-protocol, ga4-server",
    "segmnt-ecommerce.yaml": "; " + _INIT.format("segment-ecommerce"),
    "shop.yml": "; did you mean shop.yaml?",
    "shp.yaml": "; did you mean shop.yaml?",
    "a\nb.yaml": "",
    "": "",
}


@pytest.mark.parametrize("command", [("run",), ("stats",), ("send", "--outbox", "outbox"), ("consume",)])
@pytest.mark.parametrize("given", _GIVEN)
def test_a_mapping_that_is_not_there_is_told_with_the_one_meant(
    command: tuple[str, ...], given: str, folder: Path
) -> None:
    Path("shop.yaml").write_text("", encoding="utf-8")
    Path("e.ndjson").write_text("{}\n", encoding="utf-8")
    name, *options = command
    events = [] if name == "consume" else ["e.ndjson"]
    ran = call(name, given, *events, *options)
    shown = given.replace("\n", "\\x0a") or "''"
    assert (ran.exit_code, ran.stderr.splitlines()[-1]) == (
        2,
        f"Error: there is no file {shown}{_GIVEN[given]}",
    )


def test_a_folder_is_not_taken_for_a_mapping(folder: Path) -> None:
    (folder / "shop").mkdir()
    assert "shop is a folder; give one of its mappings" in call("run", "shop").stderr
