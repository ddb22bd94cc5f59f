"""The constants of a mapping are nobody's: no mask hides one, and each hides what is only in the event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import mapper
from mapper import authoring
from mapper.authoring import Analysis, Json
from mapper.cli.courier_routes import CourierRoutes
from mapper.cli.log import Log
from mapper.cli.recipient import find_destination
from mapper.delivery.quotation import Sent, quote
from mapper.delivery.terms import Terms
from mapper.masking import mask_sent, payload_mask
from mapper.workbench.explanation import constants_of, explain_analysed, hiding
from tests.oracles.golden import MAPPINGS, SENT
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_WRITTEN = ("const", "default", "send", "is", "skip", "because", "otherwise")
# The value of a person that no mapping has; as a name, an address, a number, an id.
_PERSONAL = ("Xqzwvy", "xqzwvy@example.com", "+4915799988877", "xqzwvy-4471-aaQ9")


@cache
def _analysis(path: Path) -> Analysis:
    return authoring.analyse_file(path)


def _constants(node: Any, key: str = "") -> Iterator[str]:
    """The texts that are written as constants, as YAML has them."""
    if isinstance(node, str) and key in _WRITTEN:
        yield node
    elif isinstance(node, list):
        for one in node:
            yield from _constants(one, key)
    elif isinstance(node, dict):
        for name, one in node.items():
            if name == "lookup" and isinstance(one, dict):
                table: dict[str, Any] = one.get("table") or one.get("patterns") or one
                yield from (text for text in (*table, *table.values()) if isinstance(text, str))
            elif name != "tests":
                yield from _constants(one, name)


@pytest.mark.parametrize("path", some(MAPPINGS, 4), ids=lambda path: path.stem)
def test_words_are_all_constants_that_are_written(path: Path) -> None:
    text = path.read_text()
    analysis = _analysis(path)
    written = {one for one in _constants(yaml.safe_load(text)) if any(map(str.isalnum, one))}
    missing = {one for one in written if one not in analysis.words}
    # A constant of a hashed field is in the plan as its digest; one of a normal form as that.
    assert {one for one in missing if one.upper() not in analysis.words} <= {"skip"}
    assert analysis.program.code.words == analysis.words


@pytest.mark.parametrize("path", some(SENT, 4), ids=lambda path: path.stem)
def test_each_constant_is_shown_and_no_value_of_a_person(path: Path) -> None:
    analysis = _analysis(path)
    destination = mapper.destination(analysis.program.target, beside=path).showing(analysis.words)
    hide = hiding({*_PERSONAL, *analysis.words}, analysis.words)
    body = {"event_name": "custom", "custom_data": [*_PERSONAL, *analysis.words]}
    sent = Sent([json.dumps({"data": [body]}).encode()], destination.words)
    for word in sorted(analysis.words):
        assert hide(word) == mask_sent(word, analysis.words) == word
        said = f"Missing Value or Currency for {word} Event"
        if len(said) < 200 and said.isprintable():
            assert quote(said, sent) == said
            for value in _PERSONAL:
                assert "xqz" not in quote(f"{said} of {value}", sent).lower()
    for value in _PERSONAL:
        assert "***" in str(hide(f"of {value}"))
        assert "***" in quote(f"of {value}", sent)
        assert mask_sent(value, analysis.words) == "***"


@pytest.mark.parametrize("path", some(MAPPINGS, 4, full=8), ids=lambda path: path.stem)
def test_constants_of_payloads_are_shown_in_explanations(path: Path) -> None:
    """They are told apart by where they come from: what an event has at such a place is masked."""
    analysis = _analysis(path)
    for test in some(analysis.tests, 3):
        for table in explain_analysed(analysis, test.given, test.meta).tables:
            for row in table.rows:
                assert "***" not in constants_of(row)
                if row.why == "constant" and isinstance(row.value, str):
                    assert row.value in analysis.words or row.value.endswith("…")


def test_a_constant_is_shown_where_an_event_has_the_same_text_of_a_person() -> None:
    text = """\
name: small
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  user_data: {external_id: who, client_user_agent: {const: kiosk}, client_ip_address: ip}
  custom_data: {order_id: id, content_brand: {const: Ada Lovelace}}
match: type
events:
  - {is: ProductListFilterUsed2024, send: custom}
"""
    analysis = authoring.analyse(text)
    event = {
        "type": "ProductListFilterUsed2024",
        "id": "o-1",
        "at": 1777629600,
        "who": "Ada Lovelace",
        "ip": "198.51.100.7",
    }
    (table,) = explain_analysed(analysis, event).tables
    shown = {row.path: row.value for row in table.rows}
    assert shown["custom_data.content_brand"] == "Ada Lovelace"
    assert shown["user_data.client_user_agent"] == "kiosk"
    assert shown["user_data.client_ip_address"] == "***"
    schema = authoring.read_target("pinterest/conversions-v5")
    payload: Json = {"user_data": {"client_user_agent": "kiosk", "client_ip_address": "198.51.100.7"}}
    assert payload_mask(schema)(payload) == {
        "user_data": {"client_user_agent": "***", "client_ip_address": "***"}
    }
    assert analysis.mask(payload) == {"user_data": {"client_user_agent": "kiosk", "client_ip_address": "***"}}


def test_couriers_of_commands_with_a_mapping_show_its_words() -> None:
    path = _ROOT / "mappings/segment-ecommerce.yaml"
    code = _analysis(path).program.code
    shown = find_destination(code, str(path), None, None, Log()).words
    routes = CourierRoutes(None, None, None, Terms(), code.words)
    own = mapper.destination(code.target).words
    assert shown.texts == routes._destination(code.target).words.texts == code.words | own.texts
    assert shown.parts == own.parts
