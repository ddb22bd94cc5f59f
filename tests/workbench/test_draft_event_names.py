"""Names of events are understood by their verbs in any tense and style, and by their objects."""

from __future__ import annotations

import pytest

import mapper
from mapper import authoring
from mapper.workbench.drafting.likely_fields import read_vocabulary
from tests.oracles.drafts import TARGET
from tests.support.case_files import cases

_NAMES = [
    (name, meaning or None) for meaning, names in cases("drafts/event_names.yaml").items() for name in names
]
_VOCABULARY = read_vocabulary(mapper.read_schema(TARGET), ())


@pytest.mark.parametrize(("name", "meaning"), _NAMES)
def test_a_name_is_understood_by_its_verb(name: str, meaning: str | None) -> None:
    assert _VOCABULARY.meant_event(name) == meaning


def test_names_of_any_shop_become_sections() -> None:
    names = ("ticket.purchased", "gig.viewed", "fan.registered")
    made = authoring.draft([{"event": names[number % 3], "id": f"e-{number}"} for number in range(9)])
    assert [meaning for _, meaning in sorted(made.names)] == ["signup", "view_content", "checkout"]
