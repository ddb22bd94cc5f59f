"""A person's address or number that a mapping has as a constant is in nothing that shows its rules.

Only an error, a warning or a finding shows it, which quotes the line of the file that it is about.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from mapper.compiler.explain.masked_text import masked_text
from tests.support.command import call, ndjson

# Each planted constant has a word of its own, so that the place of a leak is known.
_PLANTED = "{}.canary@example.com"
_TRACES = re.compile(r"canary|example\.com|5550132|555[ -]0132")
_BASE = """\
version: 1
partial: true
let:
  owner: "'LET'"
  inherited: "email == 'INHERITED'"
functions:
  f(value): "$value == 'FUNCTION'"
"""
_MAPPING = """\
name: small
version: 1
target: pinterest/conversions-v5
extends: base.yaml
consent: {granted: {from: [ads, "email == 'CONSENT'"]}, when_missing: denied, when_denied: skip}
skip:
  - {when: "email == 'SKIP'", because: an address SKIPPED}
let:
  test: "contains(['LISTED'], email)"
  backtick: 'email == `"BACKTICK"`'
  phone: "phone == '+1 (415) 555-0132'"
match: "type || 'MATCH'"
tables:
  people: {file: people.csv, key: who, value: is}
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {em: {from: email, default: "DEFAULT"}, ph: {const: "+14155550132"}}
  event_source_url: {template: "https://shop.example/?mail=TEMPLATE&id={id}"}
  custom_data:
    content_name: {const: CONST}
    content_category: {from: kind, apply: {lookup: {"TABLE": TO}}}
    order_id: {case: [{when: "email == 'CASE'", then: id}, {else: nr}]}
    search_string: {from: [who, {const: ALTERNATIVE}], when: "email != 'WHEN'"}
    content_brand: {from: kind, apply: [{lookup: $people}, {replace: {old: REPLACED, new: x}}]}
    num_items: {from: total, when: $test}
    value: {from: total, when: "f(email) || $inherited || $backtick || $phone || $owner == email"}
events:
  - {is: [order, IS], send: checkout}
  - {is: other, when: "email == 'SECTION'", send: lead}
  - {is: gone, skip: of SKIPS}
otherwise: {send: page_visit}
"""
_WORD = re.compile(r"\b[A-Z]{2,}\b(?<!TO)")
_EVENTS = ndjson(
    *(
        {
            "id": f"o-{number}",
            "at": 1777629600,
            "type": kind,
            "ads": True,
            "total": 7,
            "kind": "TO",
            "email": "a@b.co",
        }
        for number, kind in enumerate(("order", "other", "gone", "x"))
    )
)


def _written(text: str, host: str) -> str:
    return _WORD.sub(lambda found: _PLANTED.format(f"{found[0].lower()}.{host}"), text)


@pytest.fixture
def versions(folder: Path) -> Path:
    """Two versions of a project, in which each constant is another one."""
    for version in ("old", "new"):
        root = folder / version / "mappings"
        root.mkdir(parents=True)
        (root.parent / "pyproject.toml").touch()
        (root / "base.yaml").write_text(_written(_BASE, version))
        (root / "small.yaml").write_text(_written(_MAPPING, version))
        (root / "people.csv").write_text(_written("who,is\nKEY,VALUE\n", version))
    (folder / "events.ndjson").write_text(_EVENTS)
    return folder


_FILES = ("old/mappings/small.yaml", "new/mappings/small.yaml")
_CALLS = {
    "explain": ("explain", _FILES[1]),
    "explain as JSON": ("explain", _FILES[1], "--format", "json"),
    "explain of an event": ("explain", _FILES[1], "events.ndjson"),
    "explain of an event as JSON": ("explain", _FILES[1], "events.ndjson", "--format", "json"),
    "effective": ("explain", _FILES[1], "--effective"),
    "effective as JSON": ("explain", _FILES[1], "--effective", "--format", "json"),
    "catalog": ("catalog", "new"),
    "the rules of a catalogue": ("catalog", "new", "--sends", "custom_data"),
    "the rules that read": ("catalog", "new", "--reads", "email"),
    **{f"catalog as {form}": ("catalog", "new", "--format", form) for form in ("json", "csv", "html")},
    "another catalogue": ("catalog", "new", "--against", "old"),
    "another catalogue as JSON": ("catalog", "new", "--against", "old", "--format", "json"),
    **{f"diff as {form}": ("diff", *_FILES, "--format", form) for form in ("text", "json", "markdown")},
    **{
        f"diff of events as {form}": ("diff", *_FILES, "events.ndjson", "--format", form)
        for form in ("text", "json", "markdown")
    },
    "diff by event": ("diff", *_FILES, "events.ndjson", "--by", "event"),
    **{
        f"diff of folders as {form}": ("diff", "old", "new", "--format", form)
        for form in ("text", "json", "markdown")
    },
}


@pytest.mark.parametrize("name", _CALLS)
def test_no_constant_of_a_person_is_shown(versions: Path, name: str) -> None:
    ran = call(*_CALLS[name])
    assert ran.exit_code in (0, 1), ran.output
    assert len(ran.stdout) > 100
    assert _TRACES.findall(ran.output) == [], ran.output


def test_what_is_masked_differs_where_the_constants_do(versions: Path) -> None:
    told = call("diff", *_FILES, "--limit", 99).stdout
    for rule in (
        "skip an address",
        "let $test",
        "let $owner",
        "consent",
        "match",
        "custom_data.content_name",
    ):
        assert rule in told, told


def test_an_error_quotes_the_line_of_the_file(versions: Path) -> None:
    path = versions / _FILES[1]
    path.write_text(path.read_text().replace("content_name:", "content_nam:"))
    assert "canary" in call("check", path).stdout
    for command in (("diff", "old", "new"), ("catalog", "new")):
        assert "canary" not in call(*command).output


@pytest.mark.parametrize("text", ["a", "a.b%", "a@", "a@b.", "+1 ", "0", "%40"])
def test_a_long_text_is_masked_in_little_time(text: str) -> None:
    start = time.process_time()
    masked_text(text * 100_000)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sort_by(lines, &@.sku.name)", True),
        ("[*].total[?@.price > `1`]", True),
        ("a + b - 12345", True),
        ("in_network(ip, ['10.0.0.0/8'])", True),
        ("'2026-05-01T10:00:00+0200'", True),
        ("'ada@example.com'", False),
        ("ada%40example.com", False),
        ("'+49 30 901820'", False),
    ],
)
def test_only_addresses_and_numbers_are_masked(text: str, expected: bool) -> None:
    assert (masked_text(text) == text) is expected
