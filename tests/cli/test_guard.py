"""`run --guard` and `send` reject what must not leave, say where and why, and send the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.cli.test_send import CREDENTIALS, now, sandbox
from tests.support.command import MAPPING, ROOT, call, event, ndjson

_CLEAN, _OTHER = "o-1", "o-3"
_ADDRESS = "eve@example.com"
_PAGE = (ROOT / "docs/guard.md").read_text(encoding="utf-8")
_WHY = "blocked by the guard: contains an e-mail address"


@pytest.fixture
def small(folder: Path) -> Path:
    """The small mapping, which asks for an order's note."""
    path = folder / "small.yaml"
    path.write_text(
        MAPPING.replace("{value: total,", "{value: total, order_id: {from: note, required: true},")
    )
    return path


@pytest.fixture
def optional(folder: Path) -> Path:
    """The small mapping, which sends an order's note and page where they are."""
    path = folder / "optional.yaml"
    text = MAPPING.replace("{value: total,", "{value: total, order_id: note,")
    path.write_text(text.replace("user_data:", "event_source_url: page\n  user_data:"))
    return path


@pytest.fixture
def events(folder: Path) -> Path:
    """Three orders, the second one with an address in its note."""
    path = folder / "events.ndjson"
    orders = [
        event(1, at=now(), note="n-1"),
        event(2, at=now(), note=f"for {_ADDRESS}"),
        event(3, at=now(), note="n-3"),
    ]
    path.write_text(ndjson(*orders))
    return path


def _rejected(folder: Path) -> list[object]:
    return [json.loads(line) for line in (folder / "rejects").read_text().splitlines()]


_LINE = {
    "line": 2,
    "outcome": "rejected",
    "reasons": [
        {"kind": "guard", "path": "custom_data.order_id", "place": "small.yaml:15:53", "message": _WHY}
    ],
}


def test_run_with_guard_writes_the_other_payloads_and_says_why_one_is_not_there(
    folder: Path, small: Path, events: Path
) -> None:
    ran = call("run", small.name, events.name, "--guard", "--rejects", "rejects")
    assert [json.loads(line)["event_id"] for line in ran.stdout.splitlines()] == [_CLEAN, _OTHER]
    assert ran.stderr.startswith("3 events: 2 to send, 0 skipped, 1 rejected\n")
    assert f"        1  custom_data.order_id: {_WHY} (first on line 2)\n" in ran.stderr
    assert _rejected(folder) == [_LINE]
    assert _ADDRESS not in ran.output + (folder / "rejects").read_text()
    assert ran.exit_code == 0
    assert call("run", small.name, events.name, "--guard", "--fail-on-reject").exit_code == 1


def test_run_without_it_shows_what_the_mapping_makes_and_says_so(small: Path, events: Path) -> None:
    ran = call("run", small.name, events.name, "--no-guard")
    assert len(ran.stdout.splitlines()) == 3
    assert ran.stderr.startswith("mapper: --no-guard: payloads may hold what `send` would not let leave")
    assert "--no-guard" not in call("run", small.name, events.name).stderr


def test_the_program_of_a_mapping_is_guarded_however_it_was_come_by(small: Path, events: Path) -> None:
    _, stopped, _ = (json.loads(line) for line in events.read_text().splitlines())
    text = json.dumps(stopped).encode()
    for program in (mapper.compile_mapping(small), mapper.compile_text(small.read_text())):
        for outcomes in (program.apply(stopped), program.apply_json(text), program.prepare().apply(stopped)):
            assert [outcome.rejection.reasons[0].kind for outcome in outcomes if outcome.rejection] == [
                "guard"
            ]
    for raw in (
        mapper.compile_mapping(small, guard=False),
        mapper.compile_text(small.read_text(), guard=False),
    ):
        assert [outcome.payload is None for outcome in raw.apply(stopped)] == [False]
        assert [outcome.payload for outcome in authoring.guarded(raw).apply(stopped)] == [None]
    for options in ((), ("--no-cache",), (), ("--jobs", "2"), ("--guard",)):
        assert len(call("run", small.name, events.name, *options).stdout.splitlines()) == 2


@pytest.mark.parametrize("options", [(), ("--test",)])
def test_send_lets_nothing_leave_that_must_not(
    folder: Path, small: Path, events: Path, options: tuple[str, ...]
) -> None:
    with sandbox() as (url, ledger):
        sent = call(
            "send", small.name, events.name, "--url", url, "--rejects", "rejects", *options, env=CREDENTIALS
        )
    assert [payload["event_id"] for payload in ledger.received] == ([] if options else [_CLEAN, _OTHER])
    assert f"2 {'passed' if options else 'delivered'}, 0 refused" in sent.stderr
    assert f"custom_data.order_id: {_WHY}" in sent.stderr
    assert _rejected(folder) == [_LINE]
    assert sent.exit_code == 0


def test_a_dry_run_holds_back_what_send_would(small: Path, events: Path) -> None:
    told = call("send", small.name, events.name, "--dry-run").stderr
    assert "dry run: 2 payloads in 1 request" in told
    assert f"custom_data.order_id: {_WHY}" in told


def test_what_a_rule_allows_is_sent(small: Path, events: Path) -> None:
    small.write_text(small.read_text().replace("required: true", "required: true, personal: allowed"))
    assert "3 payloads" in call("send", small.name, events.name, "--dry-run").stderr


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("order_id: {from: [absent, note], required: true}", "custom_data.order_id"),
        ("contents: {from: rows, required: true}", "custom_data.contents[].id"),
        ("contents: {each: rows, item: {id: {from: id, required: true}}}", "custom_data.contents[].id"),
    ],
)
def test_a_finding_has_the_place_of_the_nearest_rule(small: Path, events: Path, rule: str, path: str) -> None:
    small.write_text(small.read_text().replace("order_id: {from: note, required: true}", rule))
    order = event(1, note=_ADDRESS, rows=[{"id": "r-1"}, {"id": _ADDRESS}])
    rejects = call("run", small.name, "--rejects", "-", "-o", "out", stdin=ndjson(order)).stdout
    places = {reason["path"]: reason["place"] for reason in json.loads(rejects)["reasons"]}
    assert places[path].startswith("small.yaml:15:")


def test_a_field_that_may_be_missing_is_left_out_and_a_parameter_taken_out(
    folder: Path, optional: Path
) -> None:
    page = "https://shop.example/cart?a=1&customer_email=ada.l&utm_email=spring"
    order = event(1, at=now(), note=f"for {_ADDRESS}", page=page)
    ran = call("run", optional.name, "--rejects", "rejects", stdin=ndjson(order))
    payload = json.loads(ran.stdout)
    assert payload["event_source_url"] == "https://shop.example/cart?a=1&utm_email=spring"
    assert "order_id" not in payload["custom_data"]
    assert payload["custom_data"]["value"] == "1.5"
    assert f"custom_data.order_id: left out by the guard: {_WHY.partition(': ')[2]}" in ran.stderr
    assert "event_source_url: sent without the parameter that the guard blocked: contains" in ran.stderr
    assert _rejected(folder) == []
    with sandbox() as (url, ledger):
        call("send", optional.name, "--url", url, stdin=ndjson(order), env=CREDENTIALS)
    assert ledger.received == [payload]


def test_explain_shows_what_is_sent_and_what_the_guard_has_stopped(folder: Path, optional: Path) -> None:
    page = "https://shop.example/cart?a=1&customer_email=ada.l&utm_email=spring"
    (folder / "event.json").write_text(json.dumps(event(1, note=f"for {_ADDRESS}", page=page)))
    for options in ((), ("--reveal",)):
        told = call("explain", optional.name, "event.json", *options).stdout
        assert "left out by the guard: contains an e-mail address" in told
        assert '"https://shop.example/cart?a=1&utm_email=spring"' in told
        assert "sent without the parameter that the guard blocked" in told
    shown = json.loads(call("explain", optional.name, "event.json", "--format", "json").stdout)
    rows = {row["path"]: row for row in shown["sections"][0]["rows"] if row["depth"] == 0}
    assert rows["custom_data.order_id"]["value"] is None
    assert rows["event_source_url"]["value"] == "https://shop.example/cart?a=1&utm_email=spring"


def test_the_page_shows_what_is_said_and_written(small: Path, events: Path) -> None:
    _, summary, _, line, *_ = _PAGE.split("\n```")
    said = call("run", small.name, events.name, "-o", "out").stderr
    assert said.startswith(summary.strip("\n"))
    assert json.loads(line.removeprefix("json").replace("shop.yaml", small.name)) == _LINE


def test_the_python_of_the_page_finds_what_must_not_leave() -> None:
    code = _PAGE.split("```python\n")[1].split("```")[0].replace('"mappings/', f'"{ROOT}/mappings/')
    properties = {"order_id": _ADDRESS, "email": "ada@example.com"}
    order = {"event": "Order Completed", "messageId": "m-1", "timestamp": now(), "properties": properties}
    names: dict[str, Any] = {"event": order}
    exec(code, names)
    assert names["found"] == (("custom_data.order_id", "contains an e-mail address"),)


def test_a_field_the_target_does_not_know_may_be_allowed_without_a_word_of_need(small: Path) -> None:
    text = small.read_text().replace("em: email", "em: email, loyalty: {from: id, personal: allowed}")
    small.write_text(text)
    assert [found.code for found in mapper.check_mapping(small) if found.severity == "warning"] == ["M309"]
    assert (
        "1 to send"
        in call("run", small.name, "--guard", "-o", "out", stdin=ndjson(event(1, note="n-1"))).stderr
    )
