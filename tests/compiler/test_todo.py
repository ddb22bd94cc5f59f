"""`{todo: TEXT}`: one error in place of a value or a condition; what is beside it is still checked."""

from __future__ import annotations

import pytest

from mapper import CompileError, check_text, compile_text

_TODO = '{todo: "which?"}'
_PLACES = {
    "a field": f"event_source_url: {_TODO}",
    "an alternative": f"event_source_url: {{from: [page, {_TODO}]}}",
    "the source of a rule": f"event_source_url: {{from: {_TODO}, apply: trim}}",
    "the condition of a rule": f"event_source_url: {{from: page, when: {_TODO}}}",
    "the condition of an arm": f"event_source_url: {{case: [{{when: {_TODO}, then: page}}]}}",
    "the value of an arm": f"event_source_url: {{case: [{{when: seen, then: {_TODO}}}]}}",
    "an object": f"custom_data: {_TODO}",
    "a list": f"custom_data: {{contents: {{each: {_TODO}, item: {{id: sku}}}}}}",
    "an element": f"custom_data: {{contents: {{each: items, item: {{id: {_TODO}}}}}}}",
    "the filter of a list": f"custom_data: {{contents: {{each: items, where: {_TODO}, item: {{id: s}}}}}}",
}
_MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  user_data: {em: email}
  opt_out: {const: perhaps}
  %s
otherwise: {send: page_visit}
"""
_OTHERS = "{is: a, when: nosuch(x), send: search}"
_SECTIONS = {
    "the condition of a section": f"events: [{{when: {_TODO}, send: search}}, {_OTHERS}]",
    "a condition by a mistake": f"events: [{{when: {_TODO}, send: search, payload: {{wifi: nosuch(x)}}}}]",
    "the name that a section sends": f"events: [{{when: seen, send: {_TODO}}}, {_OTHERS}]",
    "the condition of a skip rule": f"skip: {{when: {_TODO}, because: test}}\nevents: [{_OTHERS}]",
}


@pytest.mark.parametrize("place", _PLACES)
def test_what_is_to_be_decided_is_one_error_and_its_neighbours_are_checked(place: str) -> None:
    text = _MAPPING % _PLACES[place]

    found = [(one.code, one.message) for one in check_text(text) if one.severity == "error"]

    assert [code for code, _ in found] == ["M303", "M153"], found
    with pytest.raises(CompileError):
        compile_text(text.replace("perhaps", "true"))


@pytest.mark.parametrize("place", _SECTIONS)
def test_a_section_with_something_to_be_decided_leaves_the_others_checked(place: str) -> None:
    text = _MAPPING.replace("perhaps", "true").replace("  %s\n", "match: name\n") + _SECTIONS[place] + "\n"

    codes = [one.code for one in check_text(text) if one.severity == "error"]

    assert sorted(codes) == ["M115", "M153"]
    with pytest.raises(CompileError):
        compile_text(text)
