"""`mapper diff` marks a change that may do harm, whatever rule it is made by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import ROOT, call

pytestmark = pytest.mark.quick

_BASE = """\
name: shop
version: 1
target: pinterest/conversions-v5
consent: {granted: $ads, when_missing: denied, when_denied: skip}
let: {ads: consent.ads, i: id, e: customer.email, o: optout, t: refused, v: total}
functions: {own(x): {from: $x, apply: trim}}
tables:
  ok: {file: ok.csv, key: shop}
skip: [{when: boolean($t), because: refused}]
payload:
  action_source: {const: web}
  event_id: $i
  event_time: paid_at
  opt_out: boolean($o)
  user_data: {em: own($e)}
  custom_data: {value: $v, currency: {const: EUR}}
otherwise: {send: checkout}
"""
_ROWS = "shop,consent\na,denied\n"
# What is written in the place of what, and the alarm.
_CHANGES = {
    "consent by a let": ("ads: consent.ads", "ads: consent.analytics", "consent changed"),
    "consent by another of two": (
        "granted: $ads",
        "granted: {any: [$ads, consent.all]}",
        "consent looser",
    ),
    "a key by a let": ("i: id", "i: number", "key changed"),
    "an identity by a let": ("e: customer.email", "e: guest.email", "identity changed"),
    "an identity by a function": ("apply: trim}", "apply: [trim, lowercase]}", "identity changed"),
    "an opt-out by a let": ("o: optout", "o: other", "opt-out changed"),
    "a rule of skip by a let": ("t: refused", "t: other", "skip changed"),
    "money by a let": ("v: total", "v: net", "money changed"),
}


def _told(folder: Path, old: str, new: str) -> tuple[int, str]:
    for name, text in (("old", old), ("new", new)):
        (folder / name).mkdir(parents=True)
        (folder / name / "shop.yaml").write_text(text)
        (folder / name / "ok.csv").write_text(_ROWS)
    ran = call("diff", folder / "old/shop.yaml", folder / "new/shop.yaml", "--fail-on", "alarm")
    return ran.exit_code, ran.stdout


@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_by_way_of_another_rule_is_marked(change: str, tmp_path: Path) -> None:
    was, now, alarm = _CHANGES[change]
    assert _BASE.count(was) == 1
    status, told = _told(tmp_path, _BASE, _BASE.replace(was, now))
    assert (status, f"! {alarm}" in told) == (1, True), told


_SECTION = "events: [{when: present(vip), send: checkout, payload: {event_id: other, custom_data: {MORE}}}]\n"
_KEPT = "events: [{when: present(refused), skip: refused}]\n"
_SECTIONS = {
    "a new section with another key": ("", _SECTION.replace("MORE", "search_string: q"), "key changed"),
    "a new section that sends more of a person": (
        "",
        _SECTION.replace("MORE", "search_string: {from: customer.email, personal: allowed}"),
        "more personal data",
    ),
    "a section that kept events back is gone": (_KEPT, "", "sent now"),
    "a section that keeps events back": ("", _KEPT, "no longer sent"),
    "what was kept back is sent": (_KEPT, _KEPT.replace("skip: refused", "send: search"), "sent now"),
}


@pytest.mark.parametrize("change", _SECTIONS)
def test_a_change_of_sections_is_marked(change: str, tmp_path: Path) -> None:
    old, new, alarm = _SECTIONS[change]
    status, told = _told(tmp_path, f"{_BASE}{old}", f"{_BASE}{new}")
    assert (status, f"! {alarm}" in told) == (1, True), told


def test_what_uses_nothing_of_it_is_not_marked(tmp_path: Path) -> None:
    spare = _BASE.replace("let: {", "let: {spare: a, ")
    status, told = _told(tmp_path, spare, spare.replace("spare: a", "spare: b"))
    assert (status, "!" in told) == (0, False), told


@pytest.mark.parametrize(("was", "now"), [("any", "all"), ("all", "any")])
def test_another_combination_of_refusals_is_marked(was: str, now: str, tmp_path: Path) -> None:
    text = _BASE.replace("granted: $ads", "denied: {any: [$ads, consent.no]}")
    status, told = _told(tmp_path, text.replace("any:", f"{was}:"), text.replace("any:", f"{now}:"))
    assert (status, "consent" in told) == (1, True), told


def _with_schema(folder: Path, name: str, text: str, schema: dict[str, Any], file: str) -> Path:
    made = folder / name / "mappings/shop.yaml"
    made.parent.mkdir(parents=True)
    made.write_text(text)
    (folder / name / "mappings/ok.csv").write_text(_ROWS)
    (folder / name / "schemas" / file).parent.mkdir(parents=True)
    (folder / name / "schemas" / file).write_text(json.dumps(schema))
    return made


@pytest.mark.parametrize("way", ["removed", "renamed"])
def test_a_source_that_is_gone_takes_its_marks_with_it(way: str, tmp_path: Path) -> None:
    text = _BASE.replace("consent:", "source: shop/o\nconsent:", 1)
    marked = {"properties": {"ref": {"type": "string", "x-personal": True}}}
    old = _with_schema(tmp_path, "old", text, marked, "shop/o.json")
    now = text.replace("source: shop/o\n", "" if way == "removed" else "source: shop/p\n")
    plain = {"properties": {"ref": {"type": "string"}}}
    new = _with_schema(tmp_path, "new", now, plain, "shop/p.json")
    ran = call("diff", old, new, "--fail-on", "alarm")
    assert (ran.exit_code, "! more personal data" in ran.stdout) == (1, True), ran.stdout


def test_a_target_that_hashes_no_more_is_marked(tmp_path: Path) -> None:
    schema = json.loads((ROOT / "schemas/pinterest/conversions-v5.json").read_bytes())
    text = _BASE.replace("target: pinterest/conversions-v5", "target: acme/events-v1")
    text = text.replace("e: customer.email", "e: contact")
    old = _with_schema(tmp_path, "old", text, schema, "acme/events-v1.json")
    em = schema["properties"]["user_data"]["properties"]["em"]
    for part in (em, em["items"]):
        for word in ("x-personal", "x-hash-after", "pattern"):
            part.pop(word, None)
    em["items"]["x-normal-form"] = ["text"]
    new = _with_schema(tmp_path, "new", text, schema, "acme/events-v1.json")
    ran = call("diff", old, new, "--fail-on", "alarm")
    assert (ran.exit_code, "! more personal data" in ran.stdout) == (1, True), ran.stdout + ran.stderr
