"""An operator of another language is answered with what it means there, never with the nearest sign."""

from __future__ import annotations

import pytest

from mapper import check_text

pytestmark = pytest.mark.quick

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
skip: [{{when: "{}", because: a reason}}]
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {{em: email}}
otherwise: {{send: page_visit}}
"""
_MEANT = {
    "matches(": (
        "name =~ other",
        "name =~ 'a.*'",
        "name =~ /a/ && b",
        "name ~= other",
        "name !~ 'a'",
        "a rlike b",
    ),
    "matches": ("a ILIKE other", "a regexp b", "a GLOB b"),
    "starts_with(name, 'a')": ("name LIKE 'a%'",),
    "contains(": ("name in ['a', 'b']", "name NOT IN [a]", "a contains b"),
    "not_null(": ("number ?? id", "number ?: id"),
    ">=": ("name BETWEEN 1 AND 3",),
    "YAML": ("a := b",),
    "`basket[*].sku`": ("basket[*]sku",),
    "`basket[].sku`": ("basket[]sku",),
    "`items[0].name`": ("items[0]name",),
}


@pytest.mark.parametrize(("meant", "written"), [(meant, one) for meant in _MEANT for one in _MEANT[meant]])
def test_an_operator_of_another_language_is_told_by_its_meaning(meant: str, written: str) -> None:
    (found, *_) = [one for one in check_text(_MAPPING.format(written)) if one.severity == "error"]
    assert meant in (found.hint or ""), found.hint
    assert "==" not in (found.hint or "")
