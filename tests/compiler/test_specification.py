"""The examples of the specification of the language, and constructs that other tools have, as they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.constructs import custom_data, found_in, text_of

_CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/specification.yaml").read_text("utf-8")
)


@pytest.mark.parametrize("case", _CASES, ids=[f"{one['of']}: {one['says']}" for one in _CASES])
def test_what_the_specification_says_is_what_comes_of_events(case: dict[str, Any]) -> None:
    text = text_of(case)
    assert [f"{one.code} {one.message}" for one in found_in(text, case)] == []
    for event, gives in case["runs"]:
        assert custom_data(text, case, event) == gives, event
