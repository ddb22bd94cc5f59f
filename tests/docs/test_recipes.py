"""docs/recipes.md: each mapping on it is checked and run, and gives what stands behind it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mapper import Outcome, check_text, compile_text
from tests.support.case_files import as_yaml, of_yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
# A heading, or a block with its language.
_PIECES = re.findall(r"^## ([^\n]*)$|^```(yaml|json)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+\.yaml)\n")


def recipes() -> list[Any]:
    """Parameters (files, mapping, event, expected) of each recipe; the first is what they are put over."""
    heading = "base"
    files: dict[str, str] = {}
    made: list[Any] = []
    blocks: list[str] = []
    for title, language, text in _PIECES:
        named = _FILE.match(text) if language == "yaml" else None
        if title:
            heading, files = title, {}
        elif named is not None:
            files = {**files, named[1]: text}
        else:
            assert (language == "yaml") == (not blocks), (heading, text)
            blocks.append(text)
            if len(blocks) == (2 if heading == "base" else 3):
                made.append(pytest.param(files, *blocks, id=f"{len(made)} {heading}"))
                blocks = []
    assert blocks == []
    return made


_BASE, *_RECIPES = recipes()


def _over(base: Any, piece: Any) -> Any:
    """A mapping with another one put over it, objects field by field."""
    if not isinstance(base, dict) or not isinstance(piece, dict):
        return piece
    return {**base, **{key: _over(base.get(key), value) for key, value in piece.items()}}


def _part(value: Any, wanted: Any) -> Any:
    """What a value has of the fields that are wanted."""
    if isinstance(value, dict) and isinstance(wanted, dict):
        return {name: _part(value.get(name), inner) for name, inner in wanted.items()}
    if isinstance(value, list) and isinstance(wanted, list) and len(value) == len(wanted):
        return [_part(one, inner) for one, inner in zip(value, wanted, strict=True)]
    return value


def _ends(outcome: Outcome) -> Any:
    assert outcome.rejection is None, outcome.rejection
    return outcome.payload if outcome.skip is None else outcome.skip.reason


def test_what_the_recipes_are_put_over_is_a_mapping() -> None:
    _, mapping, event = _BASE.values
    (outcome,) = compile_text(str(mapping)).apply(json.loads(str(event)))

    assert _ends(outcome)["event_name"] == "checkout"


@pytest.mark.parametrize(("files", "mapping", "event", "expected"), _RECIPES)
def test_a_recipe_gives_what_stands_behind_it(
    files: dict[str, str], mapping: str, event: str, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").touch()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    _, base, whole = deepcopy(_BASE.values)
    written = as_yaml(_over(of_yaml(str(base)), of_yaml(mapping)))
    here = tmp_path / "recipe.yaml"

    found = check_text(written, beside=here)
    assert [f"{one.code} {one.message}" for one in found if one.severity != "advice"] == []
    outcomes = compile_text(written, beside=here).apply({**json.loads(str(whole)), **json.loads(event)})
    wanted = json.loads(expected)
    ends = [_ends(one) for one in outcomes]
    assert _part(ends if isinstance(wanted, list) else ends[0], wanted) == wanted
    assert [one.notes for one in outcomes if any(note.kind == "invalid" for note in one.notes)] == []
