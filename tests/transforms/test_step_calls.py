"""A step that is written as a call -> what is said of it, and the step as YAML has it."""

from __future__ import annotations

import pytest

from mapper import check_text
from mapper.texts.diagnostic import Diagnostic

_MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: email, client_ip_address: ip, client_user_agent: agent}
  custom_data: {order_id: {from: a, apply: STEP}}
otherwise: {send: page_visit}
"""


def _check(step: str) -> list[Diagnostic]:
    written = step.replace("'", "''")
    return [one for one in check_text(_MAPPING.replace("STEP", f"'{written}'")) if one.severity == "error"]


@pytest.mark.parametrize(
    ("step", "hint", "edits"),
    [
        ("replace('a', 'b')", "write `{replace: {old: a, new: b}}`", [(True, "{replace: {old: a, new: b}}")]),
        (
            "replace('a', `\"b\"`)",
            "write `{replace: {old: a, new: b}}`",
            [(True, "{replace: {old: a, new: b}}")],
        ),
        (
            "replace(`x`, 'b')",
            "write `{replace: {old: x, new: b}}`",
            [(False, "{replace: {old: x, new: b}}")],
        ),
        ('replace("a", b)', "write `{replace: {old: a, new: b}}`", [(False, "{replace: {old: a, new: b}}")]),
        (
            "replace($a, 'b')",
            "write `{replace: {old: $a, new: b}}`",
            [(True, "{replace: {old: $a, new: b}}")],
        ),
        (
            "replace(-1, 2.5)",
            "write `{replace: {old: -1, new: 2.5}}`",
            [(True, "{replace: {old: -1, new: 2.5}}")],
        ),
        (
            "replace('a\\'b', c.d)",
            "call it in the expression: `replace(a, 'a\\'b', c.d)`, without `apply`",
            [(False, "'replace(a, ''a\\''b'', c.d)'"), (False, "")],
        ),
        ("trim()", "write `trim`", [(True, "trim")]),
        ("trim(@)", "write `trim`", [(False, "trim")]),
        ("trim(a)", "write `trim`", [(False, "trim")]),
        ("lowercase('a','b')", "write `lowercase`, and name its arguments", []),
        ("null_if('a', 'b')", "write `{null_if: b}`", [(False, "{null_if: b}")]),
        ("null_if(1)", "write `{null_if: 1}`", [(True, "{null_if: 1}")]),
        (
            "substring(0, 4)",
            "write `{substring: {start: 0, end: 4}}`",
            [(True, "{substring: {start: 0, end: 4}}")],
        ),
        (
            "substring(@, 0, 4)",
            "write `{substring: {start: 0, end: 4}}`",
            [(False, "{substring: {start: 0, end: 4}}")],
        ),
        ("substring(0, 4, 5, 6)", "write `substring`, and name its arguments", []),
        ("lookup({a: b})", "run `mapper explain M201` for the list of transforms", []),
        ("round(2", "did you mean `round`?", [(False, "round")]),
        ("round(2))", "did you mean `round`?", [(False, "round")]),
        ("round 2", "did you mean `round`?", [(False, "round")]),
        ("nosuch(1)", None, []),
        ("length(1)", "call it in the expression: `length(...)`", []),
        ("uper('a')", None, []),
        ("join_with(', ')", 'write `{join_with: ", "}`', [(True, '{join_with: ", "}')]),
        ("join_with('- ')", 'write `{join_with: "- "}`', [(True, '{join_with: "- "}')]),
        (
            "replace('true', 'null')",
            'write `{replace: {old: "true", new: "null"}}`',
            [(True, '{replace: {old: "true", new: "null"}}')],
        ),
        (
            "replace('1a', ':b')",
            'write `{replace: {old: "1a", new: ":b"}}`',
            [(True, '{replace: {old: "1a", new: ":b"}}')],
        ),
        (
            "replace('~', '')",
            'write `{replace: {old: "~", new: ""}}`',
            [(True, '{replace: {old: "~", new: ""}}')],
        ),
        (
            "timestamp('UTC', '%Y')",
            'write `{timestamp: {zone: UTC, format: "%Y"}}`',
            [(True, '{timestamp: {zone: UTC, format: "%Y"}}')],
        ),
        ("lower()", "write `lowercase`", [(False, "lowercase")]),
        ("lower(a)", "write `lowercase`", [(False, "lowercase")]),
        ("decimal(',')", 'write `{decimal: {point: ","}}`', [(True, '{decimal: {point: ","}}')]),
        ("default('x')", None, []),
        ("to_string(a)", "call it in the expression: `to_string(...)`", []),
    ],
)
def test_a_step_written_as_a_call_is_told_how_it_is_written(
    step: str, hint: str | None, edits: list[tuple[bool, str]]
) -> None:
    [found] = _check(step)
    assert (found.code, found.hint) == ("M201", hint)
    assert [(fix.safe, edit.replacement) for fix in found.fixes for edit in fix.edits] == edits


@pytest.mark.parametrize(
    "step",
    ["trim()", "replace('a', `\"b\"`)", "replace('true', 'null')", "replace('1a', ':b')", "join_with('- ')"],
)
def test_the_mended_step_is_one(step: str) -> None:
    [found] = _check(step)
    written = step.replace("'", "''")
    mended = _MAPPING.replace("STEP", f"'{written}'")
    for fix in found.fixes:
        for edit in fix.edits:
            mended = mended[: edit.span.start] + edit.replacement + mended[edit.span.end :]
    assert [one.message for one in check_text(mended) if one.severity == "error"] == []
