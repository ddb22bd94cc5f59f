"""Answers without JSON: a rule names the whole of one, and nothing but that confirms events."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mapper.compiling import describe
from mapper.delivery.answer import Answer, Reply, judge
from mapper.delivery.sandbox_server import Ledger, sandbox_app, serve
from mapper.delivery.transport import connect
from tests.delivery.deliveries import NOW, answering, said
from tests.delivery.test_description import mistakes_of
from tests.support.destinations import FOLDER, TALLY

pytestmark = pytest.mark.quick

_SCHEMA: dict[str, Any] = json.loads((FOLDER / "tally/events-v1.json").read_text("utf-8"))
_HTML = b"<html>Sign in to the airport's network</html>"
_EMPTY = {"status": [200, 204], "body": "empty", "all": True}
_TEXT = {"status": 200, "body": "200: All events processed", "all": True}


def _schema(rule: dict[str, Any], *before: dict[str, Any]) -> dict[str, Any]:
    """The schema of a service that says so, without JSON, that it accepted all; its sandbox says the same."""
    made = copy.deepcopy(_SCHEMA)
    delivery = made["x-delivery"]
    delivery["answers"] = [*before, rule, *(one for one in delivery["answers"] if one["status"] != "2xx")]
    body = None if rule.get("body") == "empty" else rule.get("body")
    delivery["sandbox"]["answers"]["accepted"] = {"status": 200, "body": body}
    return made


def _judged(rule: dict[str, Any], reply: Reply) -> Answer:
    return judge(TALLY.batch(2), reply, describe(_schema(rule)))


@pytest.mark.parametrize(
    ("rule", "status", "body", "is_proved"),
    [
        (_EMPTY, 204, b"", True),
        (_EMPTY, 200, b"", True),
        (_EMPTY, 200, b"\r\n", True),
        (_EMPTY, 202, b"", False),
        (_EMPTY, 500, b"", False),
        (_EMPTY, 200, _HTML, False),
        (_EMPTY, 204, _HTML, False),
        (_EMPTY, 200, b"{}", False),
        (_EMPTY, 200, b"null", False),
        (_TEXT, 200, b"200: All events processed", True),
        (_TEXT, 200, b"200: All events processed\n", True),
        (_TEXT, 200, b"", False),
        (_TEXT, 204, b"", False),
        (_TEXT, 200, _HTML, False),
        (_TEXT, 200, b"200: All events processed, but one", False),
        (_TEXT, 200, b"200: all events processed", False),
        (_TEXT, 200, b'"200: All events processed"', False),
        (_TEXT, 202, b"200: All events processed", False),
        ({**_TEXT, "body": '{"ok": true}'}, 200, b'{"ok": true}', True),
        ({**_TEXT, "body": '{"ok": true}'}, 200, b'{"ok": false}', False),
        ({**_TEXT, "body": "f\u00fcr alle"}, 200, "f\u00fcr alle".encode(), True),
    ],
)
def test_only_the_whole_body_proves_that_all_was_accepted(
    rule: dict[str, Any], status: int, body: bytes, is_proved: bool
) -> None:
    answer = _judged(rule, Reply(status, body))
    assert answer.verdict == ("settled" if is_proved else "retry")
    assert [one.status for one in answer.receipts] == ["delivered"] * (2 * is_proved)
    assert answer.sure == is_proved


@pytest.mark.parametrize("rule", [_EMPTY, _TEXT])
def test_what_may_be_a_part_of_a_body_proves_nothing(rule: dict[str, Any]) -> None:
    for body in (b"", b"200: All events processed"):
        assert _judged(rule, Reply(200, body, is_whole=False)).verdict == "retry"


def test_a_rule_with_a_body_can_say_what_else_an_answer_means() -> None:
    busy = {"status": 200, "body": "busy", "means": "slow_down", "says": "Tally is busy"}
    answer = judge(TALLY.batch(1), Reply(200, b"busy"), describe(_schema(_TEXT, busy)))
    assert (answer.verdict, answer.slow_down) == ("retry", True)


@pytest.mark.parametrize(
    ("changed", "at", "message", "hint"),
    [
        ({"body": None}, (), "needs `when` or `body`", ""),
        ({"body": ""}, ("body",), "is empty", "write `empty`"),
        ({"body": "  "}, ("body",), "is empty", "write `empty`"),
        ({"body": 200}, ("body",), "must be text", ""),
        ({"body": ["OK"]}, ("body",), "must be text", ""),
        ({"body": "\u00fc" * 101}, ("body",), "has 202 bytes", "`when`"),
        ({"when": "ok"}, ("when",), "`body`, which is all of an answer, or `when`", ""),
        ({"counts": {"received": "n"}}, ("counts",), "or `counts`", ""),
        ({"all": None, "count": "n"}, ("body",), "no key `body`", ""),
        ({"all": None, "failed": "failures"}, ("body",), "no key `body`", ""),
        ({"status": 302}, ("status",), "only answers with a status of 2xx", ""),
    ],
)
def test_what_is_wrong_with_a_body_is_told_at_its_place(
    changed: dict[str, Any], at: Sequence[str], message: str, hint: str
) -> None:
    rule = {key: one for key, one in {**_TEXT, **changed}.items() if one is not None}
    [found] = mistakes_of(_schema(rule))
    assert found.at == ("x-delivery", "answers", 0, *at)
    assert message in found.message
    assert hint in found.hint


def test_a_body_of_200_bytes_is_the_longest() -> None:
    assert mistakes_of(_schema({**_TEXT, "body": "x" * 200})) == ()


def _reply_of(answer: Any) -> Reply:
    """The reply to a request that a server answers so."""

    async def send(url: str) -> Reply:
        async with connect(TALLY.endpoint(url)) as send:
            reply = await send(TALLY.batch(1).body)
            assert isinstance(reply, Reply)
            return reply

    with answering(lambda heard: answer) as server:
        return asyncio.run(send(server.url))


@pytest.mark.parametrize(
    ("written", "rule", "is_proved"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", _EMPTY, True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", _EMPTY, True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", _EMPTY, True),
        (b"HTTP/1.1 200 OK\r\n\r\n", _EMPTY, False),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc", _EMPTY, False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n200: All events processed", _TEXT, True),
        (b"HTTP/1.1 200 OK\r\n\r\n200: All events processed", _TEXT, False),
    ],
)
def test_a_connection_that_breaks_is_no_empty_answer(
    written: bytes, rule: dict[str, Any], is_proved: bool
) -> None:
    reply = _reply_of(written)
    assert (_judged(rule, reply).verdict == "settled") == is_proved


def test_a_long_answer_is_no_empty_one() -> None:
    reply = _reply_of(said(200, b" " * (4 * 1024 * 1024 + 1)))
    assert (reply.body, reply.is_whole) == (b"", False)
    assert _judged(_EMPTY, reply).verdict == "retry"


@pytest.mark.parametrize(
    ("rule", "status", "body"), [(_EMPTY, 204, None), (_EMPTY, 200, None), (_TEXT, 200, _TEXT["body"])]
)
def test_the_sandbox_answers_as_such_a_service_does(rule: dict[str, Any], status: int, body: Any) -> None:
    schema = _schema(rule)
    schema["x-delivery"]["sandbox"]["answers"]["accepted"] = {"status": status, "body": body}
    place = replace(TALLY, destination=describe(schema))
    ledger = Ledger()
    app = sandbox_app(place.destination, lambda one: (), known=place.known, now=lambda: NOW, ledger=ledger)
    with serve(app) as url:
        [answer] = place.send(place.endpoint(url), place.batch(2))
    assert [one.status for one in answer.receipts] == ["delivered"] * 2
    assert ledger.processed == 2
