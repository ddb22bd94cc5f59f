"""The page on destinations lists the keys that are read, and its example is one that runs as a test."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

from mapper.delivery.destination import Means, Situation
from tests.delivery.test_description import mistakes_of
from tests.support.destinations import FOLDER

_PAGE = (Path(__file__).parents[2] / "docs/destinations.md").read_text(encoding="utf-8")
_TALLY = json.loads((FOLDER / "tally/events-v1.json").read_text(encoding="utf-8"))


def _rows(heading: str) -> set[str]:
    """The keys in the first column of the table that has a heading."""
    table = _PAGE.split(f"| {heading} |")[1].split("\n\n")[0]
    firsts = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {key.split(":")[0] for first in firsts for key in re.findall(r"`([^`]+)`", first)}


def _known(*keys: str | int) -> set[str]:
    """The keys that are known at a place, as a mistake there lists them."""
    schema = json.loads(json.dumps(_TALLY))
    inner = schema["x-delivery"]
    for key in keys:
        inner = inner[key]
    inner["zzzz"] = 1
    [hint] = [one.hint for one in mistakes_of(schema) if one.at[-1] == "zzzz"]
    return set(hint.removeprefix("its keys: ").split(", "))


def test_the_tables_have_the_keys_that_there_are() -> None:
    assert _rows("key | meaning") == _known()
    assert _rows("key of a setting | meaning") == _known("settings", "token")
    assert _rows("key | when") == _known("sandbox", "answers") == set(get_args(Situation))
    assert _rows("`means` | what happens") == set(get_args(Means))
    assert _rows("key | what the response confirms") == {"entries", "count", "all", "failed", "means"}


def test_the_example_is_the_one_that_is_tested() -> None:
    [example] = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)
    described = {key: value for key, value in _TALLY["x-delivery"].items() if key != "$comment"}
    assert json.loads(example) == described
