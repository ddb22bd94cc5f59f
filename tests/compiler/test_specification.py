"""The examples of the specification of the language, and constructs that other tools have, as they run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generators.constructs import custom_data, found_in, text_of
from tests.support.case_files import cases

_CASES: list[dict[str, Any]] = cases("specification.yaml")


@pytest.mark.parametrize("case", _CASES, ids=[f"{one['of']}: {one['says']}" for one in _CASES])
def test_what_the_specification_says_is_what_comes_of_events(case: dict[str, Any]) -> None:
    text = text_of(case)
    assert [f"{one.code} {one.message}" for one in found_in(text, case)] == []
    for event, gives in case["runs"]:
        assert custom_data(text, case, event) == gives, event
