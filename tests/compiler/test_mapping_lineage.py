"""The lineage of a mapping names each attribute that a value is made of, whatever the event."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mapper.authoring import Analysis, analyse, analyse_file, attribute_keys
from tests.support.command import ROOT
from tests.support.depth import some

_MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))
_PLACES = re.compile(r"\[\d+\]")
_MAPPING = """
version: 1
target: pinterest/conversions-v5
consent: {granted: consent.ads, when_missing: denied, when_denied: {strip: [user_data.em]}}
tables:
  groups: {file: groups.csv, key: sku, value: group}
functions:
  code(value): {from: $value, apply: [trim, {lookup: $groups}]}
let:
  secret: {from: contact.email, apply: [email, sha256]}
  o: data.object
skip:
  - {when: "contact.phone == 'none'", because: no phone}
payload:
  action_source: {const: web}
  event_id: fingerprint([id, contact.street])
  event_time: time
  user_data:
    em: $secret
    ph: {from: $o.phone, when: flags.phone}
    external_id: user.id
    country: {case: [{when: "region.code == 'x'", then: region.country}]}
  custom_data:
    content_category: {from: $o.sku, apply: code}
    contents: {each: lines, where: "kind == 'sold'", item: {id: sku, item_price: {from: price, default: 0}}}
otherwise: {send: checkout}
"""


@pytest.fixture
def lineage(tmp_path: Path) -> dict[str, Any]:
    """Each rule of the mapping, by what it is for."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "groups.csv").write_text("sku,group\na,b\n")
    (tmp_path / "shop.yaml").write_text(_MAPPING)
    found = analyse_file(tmp_path / "shop.yaml").lineage
    return {rule.path if rule.part == "field" else rule.part: rule for rule in found.rules}


# field: attributes in its value, attributes that decide, names that it uses among those of the mapping
_EXPECTED = {
    "event_id": (["contact.street", "id"], [], []),
    "user_data.em": (["contact.email"], [], ["$secret"]),
    "user_data.ph": (["data.object.phone"], ["flags.phone"], ["$o"]),
    "user_data.country": (["region.country"], ["region.code"], []),
    "custom_data.content_category": (["data.object.sku"], [], ["$groups", "$o", "code()"]),
    "custom_data.contents": (["lines"], ["lines.kind"], []),
    "custom_data.contents[].id": (["lines.sku"], [], []),
    "custom_data.contents[].item_price": (["lines.price"], [], []),
    "skip": ([], ["contact.phone"], []),
    "consent": (["consent.ads"], [], []),
    "action_source": ([], [], []),
}


@pytest.mark.parametrize("path", _EXPECTED)
def test_a_rule_names_what_it_reads_and_uses(path: str, lineage: dict[str, Any]) -> None:
    rule = lineage[path]
    values = [one.name for one in rule.reads if one.is_value]
    decides = [one.name for one in rule.reads if not one.is_value]
    names = sorted(one for one in rule.names if one.startswith("$") or one.endswith("()"))
    assert (values, decides, names) == _EXPECTED[path]


def test_what_becomes_of_a_value_is_told(lineage: dict[str, Any]) -> None:
    told = {path: (one.personal, one.hashed, one.without_consent) for path, one in lineage.items()}
    assert told["user_data.em"] == (True, True, "removed")
    assert told["user_data.ph"] == (True, True, "sent")
    assert told["custom_data.contents"] == (False, False, "sent")
    assert told["event_id"] == (False, False, "sent")
    assert told["consent"] == (False, False, "")


# value of a field: whether it is a digest, and whether it is another value made of what is read
_MADE = {
    "{from: note, apply: sha256}": (True, False),
    "{from: note, apply: fingerprint}": (True, False),
    "{from: note, apply: [{bucket: 10}, text]}": (False, True),
    "{from: note, apply: [trim, sha256]}": (True, False),
    "{from: length(lines), apply: text}": (False, True),
    "{from: note, apply: trim}": (False, False),
    "note": (False, False),
    "{const: x}": (False, False),
}


@pytest.mark.parametrize("value", _MADE)
def test_only_a_digest_is_hashed(value: str) -> None:
    text = f"""
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: time
  opt_out: boolean(limited)
  user_data: {{em: email}}
  custom_data: {{np: {value}}}
otherwise: {{send: checkout}}
"""
    rules = {one.path: one for one in analyse(text).lineage.rules}
    told = {path: (rules[path].hashed, rules[path].derived) for path in rules}
    assert told["custom_data.np"] == _MADE[value]
    assert (told["opt_out"], told["user_data.em"]) == ((False, True), (True, False))


_CONSENTS = [
    ("when_missing: denied, when_denied: skip", ("not sent", "not sent")),
    ("when_missing: granted, when_denied: skip", ("not sent", "sent")),
    ("when_missing: granted, when_denied: {strip: [user_data.em]}", ("removed", "sent")),
    ("when_missing: denied, when_denied: {strip: [user_data.em]}", ("removed", "removed")),
]


@pytest.mark.parametrize(("rest", "ends"), _CONSENTS, ids=[rest for rest, _ in _CONSENTS])
def test_a_person_who_gave_no_answer_is_told_apart_from_one_who_denied(
    rest: str, ends: tuple[str, str]
) -> None:
    text = f"""
version: 1
target: pinterest/conversions-v5
consent: {{granted: consent.ads, {rest}}}
payload: {{action_source: {{const: web}}, event_id: id, event_time: time, user_data: {{em: email}}}}
otherwise: {{send: checkout}}
"""
    found = {rule.path: rule for rule in analyse(text).lineage.rules}["user_data.em"]
    assert (found.without_consent, found.without_answer) == ends


@pytest.mark.parametrize("file", some(_MAPPINGS, 4, full=10), ids=lambda file: file.stem)
def test_each_value_of_an_event_is_among_those_that_its_rule_names(file: Path) -> None:
    """The lineage knows without an event each attribute that the flows of one say was read."""
    analysis = analyse_file(file, fixtures=True)
    rules = [one for one in analysis.lineage.rules if one.part == "field"]
    # Flows name an object that `split` merges for each field; the lineage knows of which fields it is.
    merged = {one.keys for rule in analysis.lineage.rules if rule.part == "split" for one in rule.reads}
    missing = set()
    for test in analysis.tests[:: max(len(analysis.tests) // 12, 1)]:
        for flow in _flows(analysis, test.given, test.meta):
            path = _PLACES.sub("[]", flow.path)
            around = [one for one in rules if f"{path}.".startswith(f"{one.path.removesuffix('[]')}")]
            for read in flow.reads:
                keys = attribute_keys(read)
                if (
                    keys is not None
                    and keys not in merged
                    and not any(one.covers(keys) for rule in around for one in rule.reads)
                ):
                    missing.add((path, read))
    assert missing == set()


def _flows(analysis: Analysis, event: dict[str, Any], meta: dict[str, Any] | None) -> list[Any]:
    return [flow for flows in analysis.trace(event, meta).flows for flow in flows]


def test_an_attribute_is_asked_for_as_it_is_written() -> None:
    asked = {
        "lines[].sku": ("lines", "sku"),
        '"a b".c': ("a b", "c"),
        "$meta.client_ip": ("$meta", "client_ip"),
    }
    assert {text: attribute_keys(text) for text in asked} == asked
    assert attribute_keys("length(a)") is None


def test_a_mapping_that_cannot_send_has_no_lineage() -> None:
    with pytest.raises(Exception, match="target"):
        _ = analyse("version: 1\n").lineage
