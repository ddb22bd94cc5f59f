"""`$meta`: what of it can be read, what is told of a misspelling, and whose values it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.compiler.plan.scope import META
from mapper.texts.diagnostic import Diagnostic
from mapper.workbench.explanation import explain_analysed
from tests.support.command import MAPPING, ROOT, call, event, ndjson

KNOWN: dict[str, Any] = {
    "received_at": "2026-05-01T10:00:00Z",
    "line": 7,
    "source": "kafka:x/orders",
    "client_ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0 (canary)",
    "headers": {"x-shopify-topic": "orders/paid", "cookie": "a=canary"},
    "cookies": {"_epik": "dj0yjnu9canary"},
    "query": {"utm source": "spring", "email": "ada@example.com"},
}


def _with(rule: str) -> str:
    return MAPPING.replace("  user_data: {em: email}", f"  user_data: {{em: email}}\n  {rule}")


def _told(rule: str) -> list[Diagnostic]:
    found = mapper.check_text(_with(rule), "m.yaml")
    return [one for one in found if one.severity == "error"]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("$meta.source", "kafka:x/orders"),
        ("$meta.line", "7"),
        ('$meta.headers."x-shopify-topic"', "orders/paid"),
        ("$meta.headers.absent", None),
        ("$meta.cookies._epik", "dj0yjnu9canary"),
        ('$meta.query."utm source"', "spring"),
    ],
)
def test_what_a_source_knows_is_read_in_every_form(read: str, value: str | None) -> None:
    program = mapper.compile_text(_with(f"partner_name: '{read}'"), "m.yaml")
    event = {"type": "view", "id": "1", "at": 1777629600, "email": "ada@example.com"}
    for _ in range(2):
        (plain,) = program.apply(event, KNOWN)
        (typed,) = program.apply_json(json.dumps(event).encode(), KNOWN)
        (without,) = program.apply(event)
        assert plain == typed
        assert plain.payload is not None
        assert without.payload is not None
        assert plain.payload.get("partner_name") == value
        assert "partner_name" not in without.payload
        program.prepare()


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        ("partner_name: $meta.sorce", "`$meta` has no attribute `sorce`", "did you mean `source`?"),
        ("partner_name: $meta.cookie._epik", "`$meta` has no attribute `cookie`", "did you mean `cookies`?"),
        (
            """partner_name: '$meta.headers."X-Topic"'""",
            "the names in `$meta.headers` have no capital letters, and `X-Topic` has",
            "did you mean `x-topic`?",
        ),
        ("partner_name: $meta.headers", "`partner_name` accepts string, not object", None),
        ("partner_name: $meta.query.a.b", "`$meta.query.a` is a string, and has no `b`", None),
    ],
)
def test_what_it_never_has_is_an_error_that_names_the_near_one(
    rule: str, message: str, hint: str | None
) -> None:
    (told,) = _told(rule)
    assert told.message == message
    assert hint is None or told.hint == hint


def test_the_address_of_a_person_goes_into_no_field_as_it_is() -> None:
    (told,) = _told("partner_name: $meta.client_ip")
    assert (told.code, told.message) == (
        "M401",
        "`partner_name` is sent in plaintext, but `$meta.client_ip` is personal",
    )
    assert _told("partner_name: $meta.query.email")[0].code == "M401"
    assert not _told("partner_name: $meta.cookies._epik")
    rule = MAPPING.replace(
        "{em: email}", "{client_ip_address: $meta.client_ip, client_user_agent: $meta.user_agent}"
    )
    assert not [one for one in mapper.check_text(rule, "m.yaml") if one.severity == "error"]


@pytest.mark.parametrize(
    "read",
    ["$meta.user_agent", "$meta.cookies._epik", "$meta.headers.cookie", "join('', values($meta.cookies))"],
)
def test_explain_masks_what_tells_of_a_visitor(read: str) -> None:
    rule = f'partner_name: "{read}"\n  custom_data: {{search_string: $meta.source}}'
    analysis = authoring.analyse(_with(rule), name="m.yaml")
    event = {"type": "view", "id": "1", "at": 1777629600, "email": "a@b.example"}
    shown = explain_analysed(analysis, event, KNOWN)
    assert "canary" not in repr(shown.tables) + repr(shown.decisions)
    assert "kafka:x/orders" in repr(shown.tables)
    assert "canary" in repr(explain_analysed(analysis, event, KNOWN, reveal=True).tables)


def test_run_and_explain_are_given_it_by_a_file(tmp_path: Path) -> None:
    mapping, events, meta = (tmp_path / name for name in ("small.yaml", "events.ndjson", "meta.json"))
    mapping.write_text(_with("partner_name: $meta.cookies._epik"))
    events.write_text(ndjson(event(1), event(2)))
    meta.write_text(json.dumps(KNOWN))
    ran = call("run", mapping, events, "--meta", meta)
    names = [json.loads(line)["partner_name"] for line in ran.stdout.splitlines()]
    assert names == ["dj0yjnu9canary"] * 2
    ran = call("explain", mapping, f"{events}:2", "--meta", meta)
    assert ran.exit_code == 0
    assert "canary" not in ran.stdout
    assert "partner_name" in ran.stdout
    assert "canary" in call("explain", mapping, f"{events}:2", "--meta", meta, "--reveal").stdout
    meta.write_text("[]")
    ran = call("run", mapping, events, "--meta", meta)
    assert (ran.exit_code, "must contain a JSON object, the value of $meta" in ran.stderr) == (2, True)


def test_a_fixture_has_it_in_a_file_beside_its_event(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(_with("partner_name: $meta.source") + "fixtures: events/*.json\n")
    files = {
        "order.json": {"type": "view", "id": "1", "at": 1777629600, "email": "a@b.example"},
        "order.meta.json": {"source": "a topic"},
        "order.expect.json": {"partner_name": "a topic"},
    }
    (tmp_path / "events").mkdir()
    for name, content in files.items():
        (tmp_path / "events" / name).write_text(json.dumps(content))
    (test,) = mapper.run_tests(tmp_path / "m.yaml").files[0].results
    assert test.status == "passed"
    (tmp_path / "events/order.meta.json").write_text('{"source": "another"}')
    (test,) = mapper.run_tests(tmp_path / "m.yaml").files[0].results
    assert test.status == "failed"
    for content in ("[]", "{"):
        (tmp_path / "events/order.meta.json").write_text(content)
        (told,) = [one for one in mapper.check_mapping(tmp_path / "m.yaml") if one.severity == "error"]
        assert (told.code, told.span.text.name.endswith("order.meta.json")) == ("M505", True)


def test_every_part_of_it_is_documented() -> None:
    text = (ROOT / "docs/language.md").read_text()
    for name, _ in META.fields or ():
        assert f"`$meta.{name}`" in text
