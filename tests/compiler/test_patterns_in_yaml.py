"""Patterns without quotes that YAML takes apart: the fix writes what the pattern in quotes means."""

from __future__ import annotations

import pytest

import mapper
from mapper import CompileError
from mapper.texts.fixing import edited
from tests.support.depth import some

_MAPPING = """
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
  user_data: {em: mail, client_ip_address: ip, client_user_agent: agent}
  custom_data:
    order_id: id
%s
otherwise: {send: custom}
"""
_STEP = "    search_string:\n      from: page\n      apply:\n        "
_FORMS = {
    "block": _STEP + "rewrite:\n          pattern: %s\n          to: x",
    "flow": "    search_string: {from: page, apply: [trim, {rewrite: {pattern: %s, to: x}}]}",
    "extract": _STEP + "extract: %s",
    "extract in braces": "    search_string: {from: page, apply: {extract: %s}}",
    "row": _STEP + "lookup:\n          patterns:\n            /a: b\n            %s: x\n            '/b': c",
    "row in braces": "    search_string: {from: page, apply: {lookup: {patterns: {/a: b, %s: x}}}}",
    "name": "match: event\nevents:\n  - is: {pattern: %s}\n    send: lead",
    "name in braces": "match: event\nevents:\n  - {is: [a, {pattern: %s}], send: lead}",
}
_PATTERNS = (
    *("*/product/{sku}", "*", "*.html", "{shop}/7", "{sku}", "{n:digits}", "{n:digits}x", "{c:[A-Z] 2}-7"),
    *("/product/{sku}", "/a/{b:[^,]}", "Order #{n:digits}", "Order #*", "{{x}}{n}", "&{n}", "!{n}", "@{n}"),
    *("%{n}", "`{n}", "> {n}", "it's {n}", 'say "{n}"', "Product *"),
)


def _codes(text: str) -> list[str]:
    return [one.code for one in mapper.check_text(text) if one.severity != "advice"]


def _code(text: str) -> str | None:
    try:
        return mapper.compile_text(text).code.text
    except CompileError:
        return None


@pytest.mark.parametrize("pattern", some(_PATTERNS, 8))
def test_a_pattern_without_quotes_is_read_as_in_quotes_or_has_a_fix(pattern: str) -> None:
    in_quotes = "'" + pattern.replace("'", "''") + "'"
    for name, form in _FORMS.items():
        written, meant = _MAPPING % form % pattern, _MAPPING % form % in_quotes
        found = [one for one in mapper.check_text(written) if one.code == "M003"]
        fixed = edited(written, [edit for one in found for edit in one.fixes[0].edits])
        assert (name, _codes(fixed), _code(fixed)) == (name, _codes(meant), _code(meant))


def test_a_comment_stays_one_and_a_key_with_an_apostrophe_needs_no_quotes() -> None:
    table = "{from: page, apply: {lookup: {Women's shoes: a, 'Men''s': b}}}  # {sku} of the shop"
    below = "\n      from: page  # a name {n}\n      apply:\n        lookup:\n          Women's shoes: a\n"
    for value in (table, below, "page   # sku: {a: 1}", "page  #*** all", "page  #{default: 0}"):
        assert _codes(_MAPPING % f"    search_string: {value}") == []


def test_a_key_with_two_parameters_in_braces_is_quoted_without_its_value() -> None:
    written = "functions: {gross(net, rate): {from: 'multiply($net, $rate)'}, one(x): $x}"
    (found,) = [one for one in mapper.check_text(written) if one.code == "M003"]
    fixed = edited(written, found.fixes[0].edits)
    assert fixed == written.replace("gross(net, rate)", '"gross(net, rate)"')
