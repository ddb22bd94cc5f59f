"""An answer is read payload by payload, and nothing is accepted without proof."""

import json
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.compiling import describe
from mapper.delivery.answer import Answer, Reply, judge
from mapper.delivery.batch import Batch, pack
from mapper.delivery.destination import AnswerRule, Destination, Entries
from mapper.delivery.pace import retry_after_seconds
from mapper.delivery.quotation import Sent, quote
from mapper.values.types import Json
from tests.delivery.deliveries import DESTINATION, NOW, id_of, parcels

PINTEREST = json.loads(Path("schemas/pinterest/conversions-v5.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.quick

_GOOD = {"status": "processed", "error_message": "", "warning_message": ""}
_BAD = {"status": "failed", "error_message": "Given timestamp is in the past.", "warning_message": ""}


def _said(*entries: Any, **counts: Any) -> dict[str, Any]:
    """The body that says what became of some events; `counts` replace its own."""
    good = sum(entry == _GOOD for entry in entries)
    counted = {"num_events_received": len(entries), "num_events_processed": good}
    return {**counted, "events": list(entries), **{f"num_events_{name}": one for name, one in counts.items()}}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _said(_GOOD, _GOOD).items() if key != name}


_SHORT = _said(_GOOD, received=2)
_BOTH = {"events": [_GOOD, _GOOD]}


def _batch(count: int = 2) -> Batch:
    [batch] = pack(parcels(count), DESTINATION.limits, DESTINATION.envelope)
    return batch


def _answer(status: int, body: Any, count: int = 2) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(_batch(count), Reply(status, content), DESTINATION)


@pytest.mark.parametrize(
    ("status", "body", "verdict", "sure"),
    [
        (200, _said(_GOOD, _GOOD), "settled", True),
        (200, _said(_GOOD, _BAD), "settled", True),
        (207, _said(_BAD, _GOOD), "settled", True),
        (200, _BOTH, "retry", False),
        (200, _without("num_events_received"), "retry", False),
        (200, _without("num_events_processed"), "retry", False),
        (200, _said(_GOOD, _GOOD, received=3), "retry", False),
        (200, _said(_GOOD, _GOOD, received="2"), "retry", False),
        (200, _said(_GOOD, _GOOD, received=2.0), "retry", False),
        (200, _said(_GOOD, _GOOD, received=None), "retry", False),
        (200, _said(_GOOD, _GOOD, processed=1), "retry", False),
        (200, _said(_GOOD, _BAD, processed=2), "retry", False),
        (200, _said(_GOOD, _BAD, processed=True), "retry", False),
        (200, {**_said(_GOOD, _GOOD), "details": {"num_events_received": 1}}, "retry", False),
        (200, b'{"num_events_received": 3, ' + json.dumps(_said(_GOOD, _GOOD)).encode()[1:], "retry", False),
        (200, _SHORT, "retry", False),
        (200, _said(_GOOD, _GOOD, _GOOD), "retry", False),
        (200, _said(_GOOD, {"status": "queued"}, processed=1), "retry", False),
        (200, _said(_GOOD, {"status": None}, processed=1), "retry", False),
        (200, _said(_GOOD, None, processed=1), "retry", False),
        (200, {**_said(_GOOD, _GOOD), "events": {"0": _GOOD, "1": _GOOD}}, "retry", False),
        (200, {}, "retry", False),
        (200, [_GOOD, _GOOD], "retry", False),
        (200, b"<html>Sign in to the airport's network</html>", "retry", False),
        (200, b"", "retry", False),
        (200, b"[" * 100_000, "retry", False),
        (204, b"", "retry", False),
        (301, b"", "setup", True),
        (400, {"code": 4196, "message": "The request was invalid."}, "refused", True),
        (400, b"<html>", "refused", True),
        (400, _said(_GOOD, _BAD), "settled", True),
        (400, _said(_GOOD, _BAD, processed=2), "retry", False),
        (400, {"code": 4196, "events": []}, "refused", True),
        (401, {"code": 2, "message": "Authentication failed.", "status": "failure"}, "setup", True),
        (401, _said(_GOOD, _GOOD), "setup", True),
        (403, {"code": 29, "message": "You are not permitted to access that resource."}, "setup", True),
        (404, {"code": 0, "message": "Not found"}, "setup", True),
        (405, b"", "setup", True),
        (408, b"", "retry", False),
        (413, b"", "too_large", True),
        (422, {"code": 953, "message": "no", "details": _said(_GOOD, _BAD)}, "settled", True),
        (422, {"code": 953, "message": "no", "details": _said(_GOOD, _BAD, received=3)}, "retry", False),
        (422, {"code": 953, "message": "no", "details": _SHORT}, "retry", False),
        (422, {"code": 953, "message": "no", "details": _BOTH}, "retry", False),
        (422, {"code": 953, "message": "no"}, "refused", True),
        (429, {"code": 8, "message": "This request exceeded a rate limit."}, "retry", True),
        (429, b"", "retry", True),
        (500, b"", "retry", False),
        (500, _said(_GOOD, _GOOD), "retry", False),
        (502, b"<html>", "retry", False),
        (503, {"code": 4197, "message": "ramped down"}, "retry", True),
        (503, {"code": 4197.0, "message": "ramped down"}, "retry", True),
        (503, {"code": True, "message": "ramped down"}, "retry", False),
        (503, b"", "retry", False),
        (599, b"", "retry", False),
        (100, b"", "retry", False),
    ],
)
def test_each_status_and_body_has_one_verdict(status: int, body: Any, verdict: str, sure: bool) -> None:
    answer = _answer(status, body)
    assert (answer.verdict, answer.sure) == (verdict, sure)
    assert (len(answer.receipts) == 2) == (verdict == "settled")


@pytest.mark.parametrize("where", ["root", "details"])
@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize("failed", [(), (1,), (0, 1, 2)], ids=["none", "one", "all"])
def test_entry_i_speaks_of_payload_i(where: str, status: int, failed: tuple[int, ...]) -> None:
    entries = [_BAD if index in failed else _GOOD for index in range(3)]
    body: dict[str, Any] = _said(*entries) if where == "root" else {"details": _said(*entries), "code": 953}
    receipts = _answer(status, body, 3).receipts
    assert [id_of(receipt.parcel) for receipt in receipts] == ["e-0", "e-1", "e-2"]
    assert [receipt.parcel.place for receipt in receipts] == [f"shop.ndjson:{line}" for line in (1, 2, 3)]
    assert [index for index, receipt in enumerate(receipts) if receipt.status == "refused"] == list(failed)
    reasons = {receipt.reason for receipt in receipts if receipt.status == "refused"}
    assert reasons == ({_BAD["error_message"]} if failed else set())


def test_a_warning_is_kept_with_its_payload_and_an_empty_one_is_none() -> None:
    warned = [{**_GOOD, "warning_message": "em is no hash"}, {**_GOOD, "warning_message": None}]
    body = _said(*warned, processed=2)
    assert [receipt.warning for receipt in _answer(200, body).receipts] == ["em is no hash", ""]


@pytest.mark.parametrize(
    ("status", "code", "message", "hint", "exit_status"),
    [
        (
            401,
            2,
            "Pinterest does not accept the access token (status 401, code 2: no)",
            "PINTEREST_ACCESS_TOKEN",
            77,
        ),
        (
            403,
            29,
            "the access token may not send events to this ad account (status 403, code 29: no)",
            "Analyst",
            77,
        ),
        (404, 0, "Pinterest does not know this ad account or URL (status 404, code 0: no)", "--url", 77),
        (410, 0, "Pinterest responds with status 410 (status 410, code 0: no)", "URL", 78),
    ],
)
def test_what_a_person_must_mend_is_said_with_a_hint(
    status: int, code: int, message: str, hint: str, exit_status: int
) -> None:
    failure = _answer(status, {"code": code, "message": "no"}).failure
    assert failure is not None
    assert failure.message == message
    assert hint in failure.hint
    assert failure.exit_status == exit_status


_ANY = st.none() | st.booleans() | st.integers(-1, 4) | st.floats(0, 3) | st.text(max_size=5)
_STATUS = st.sampled_from(["processed", "failed", "queued", None, True])
_ENTRY = st.fixed_dictionaries({"status": _STATUS}, optional={"error_message": _ANY}) | _ANY
_PART = st.fixed_dictionaries(
    {},
    optional={
        "events": st.lists(_ENTRY, max_size=4) | _ANY,
        "num_events_received": _ANY,
        "num_events_processed": _ANY,
        "code": _ANY | st.sampled_from([8, 4197]),
        "message": _ANY,
    },
)
_RIGHT = st.lists(st.sampled_from([_GOOD, _BAD]), min_size=1, max_size=4).map(lambda entries: _said(*entries))
_BODY = (
    _RIGHT | _PART | st.tuples(_PART | _RIGHT, _PART | _RIGHT).map(lambda two: {**two[0], "details": two[1]})
)


@given(
    status=st.integers(100, 599) | st.sampled_from([200, 400, 422]),
    body=_BODY | st.binary(max_size=40),
    count=st.integers(1, 4),
)
def test_no_more_ends_than_an_answer_names_and_one_that_contradicts_itself_settles_nothing(
    status: int, body: Any, count: int
) -> None:
    answer = _answer(status, body, count)
    assert answer.verdict == "settled" or not answer.receipts
    if answer.verdict != "settled":
        return
    assert 200 <= status < 300 or status in (400, 422)
    parts = [body, body.get("details") or {}]
    entries = next(part["events"] for part in parts if part.get("events"))
    assert len(answer.receipts) == len(entries) == count
    assert {entry["status"] for entry in entries} <= {"processed", "failed"}
    accepted = [receipt.status == "delivered" for receipt in answer.receipts]
    assert accepted == [entry["status"] == "processed" for entry in entries]
    for name, due in (("num_events_received", count), ("num_events_processed", sum(accepted))):
        said = [part[name] for part in parts if part.get(name) is not None]
        assert said
        assert all(type(one) is int and one == due for one in said)


@given(
    entries=st.lists(st.sampled_from([_GOOD, _BAD]), min_size=1, max_size=4),
    status=st.sampled_from([200, 207, 400, 422]),
)
def test_what_agrees_in_all_settles_all(entries: list[Any], status: int) -> None:
    answer = _answer(status, _said(*entries), len(entries))
    assert [receipt.status == "delivered" for receipt in answer.receipts] == [one == _GOOD for one in entries]


@pytest.mark.parametrize(
    ("status", "code", "everywhere", "slow"),
    [(429, 1, True, True), (500, 8, True, True), (503, 4197, True, False), (503, 1, False, False)],
)
def test_too_many_requests_and_a_pause_hold_for_all_that_goes_there(
    status: int, code: int, everywhere: bool, slow: bool
) -> None:
    answer = _answer(status, {"code": code, "message": "no"})
    assert (answer.verdict, answer.everywhere, answer.slow_down) == ("retry", everywhere, slow)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  spaces\nand\tlines ", "spaces and lines"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("over\u202eridden\u200b", "over\\u202eridden\\u200b"),
        ("em jane.doe+x@shop.example is no hash", "em *** is no hash"),
        ("em=jane%40shop.example", "em=***"),
        ("'jane@shop.example'", "'***'"),
        ("a" * 201, "a" * 199 + "…"),
        (None, ""),
        ({"a": "b"}, ""),
        (7, ""),
    ],
)
def test_what_a_stranger_says_is_safe_to_show(text: Any, shown: str) -> None:
    assert quote(text, Sent()) == shown


@given(st.text(max_size=3000))
def test_a_quotation_is_short_and_printable(text: str) -> None:
    shown = quote(text, Sent())
    assert len(shown) <= 200
    assert shown.isprintable()


def test_a_huge_text_is_cut_before_it_is_looked_at() -> None:
    shown = quote("x@y " * 1_000_000, Sent())
    assert len(shown) <= 200
    assert "x@y" not in shown


def test_nothing_of_a_value_that_was_sent_is_quoted_also_where_the_service_shortened_it() -> None:
    value = "order-Lovelace1815x"
    sent = Sent([b'{"data":[{"event_id":"%s","checkouts":"page"}]}' % value.encode()])
    for length in range(len(value), len("order-Lovel"), -1):
        for before, after in (("id '", "' is too long"), ("", ""), ("the id ", "\u2026"), ('"', '"')):
            shown = quote(f"{before}{value[:length]}{after}", sent)
            assert "Lovel" not in shown
            assert (shown.startswith(before), shown.endswith(after)) == (True, True)
    said = "checkout data is malformed: the event of this order is not known"
    assert quote(said, sent) == said.replace("order", "***")


@pytest.mark.parametrize("name", sorted(PINTEREST["x-event-names"]["standard"]))
def test_words_of_the_schema_are_quoted_though_they_were_sent(name: str) -> None:
    """Constants of a schema are nobody's, and an answer without them does not say which event is meant."""
    body = {"event_name": name, "action_source": "app_ios", "user_data": {"external_id": "lovelace"}}
    sent = Sent([json.dumps({"data": [body]}).encode()], DESTINATION.words)
    said = f"Missing Value or Currency for {name} Event from app_ios of "
    assert quote(f"{said}lovelace", sent) == f"{said}***"


def test_the_words_of_a_schema_are_none_of_a_persons_fields() -> None:
    schema = json.loads(json.dumps(PINTEREST))
    schema["properties"]["user_data"]["properties"]["ge"] |= {"x-personal": True, "enum": ["lovelace"]}
    assert not describe(schema).words.parts & {"lovelace"}


_CONSTANTS = (
    *("Purchase", "InitiateCheckout", "CompleteRegistration", "order_v2_completed_online", "AddToCart"),
    *("physical-store/1234567", "Gekauft & bezahlt", "A", "web:2024"),
)


def _of(*constants: str) -> dict[str, Json]:
    """Schemas of a field with some constants, by the word that says them."""
    listed: list[Json] = [*constants]
    standard: Json = {one: {"title": one} for one in constants}
    return {
        "enum": {"properties": {"kind": {"type": "string", "enum": listed}}},
        "const": {"properties": {"kind": {"anyOf": [{"const": one} for one in constants]}}},
        "x-words": {"properties": {"kind": {"type": "string", "x-words": listed}}},
        "in a list": {"properties": {"rows": {"items": {"properties": {"kind": {"x-words": listed}}}}}},
        "x-event-names": {"x-event-names": {"field": "kind", "standard": standard}},
    }


def _described(schema: Json) -> Destination:
    assert isinstance(schema, dict)
    fields = {**PINTEREST["properties"], **schema.get("properties", {})}  # type: ignore[dict-item]  # fields of any schema
    return describe({**PINTEREST, **schema, "properties": fields})


@pytest.mark.parametrize("word", _of())
@pytest.mark.parametrize("constant", _CONSTANTS)
def test_a_constant_of_the_target_is_quoted_whole(word: str, constant: str) -> None:
    """Whatever it looks like, and beside what was sent by a person."""
    there = _described(_of(constant)[word])
    event = {"kind": constant, "user_data": {"external_id": "Lovelace"}}
    sent = Sent([json.dumps(event).encode()], there.words)
    said = f"Missing Value or Currency for {constant} Event of "
    assert quote(f"{said}Lovelace", sent) == f"{said}***"
    assert quote(f"no {constant}.", sent) == f"no {constant}."
    assert quote(f"kind={constant}/Lovelace", sent) == f"kind={constant}/***"
    assert there.showing(frozenset({"other"})).words.texts >= there.words.texts


@pytest.mark.parametrize("word", _of())
def test_a_constant_of_a_field_of_a_person_stays_hidden(word: str) -> None:
    schema = _of("InitiateCheckout")[word]
    assert isinstance(schema, dict)
    if "properties" in schema:
        schema = {"properties": {"user": {"x-personal": True, **schema}}}
        sent = Sent([b'{"user": {"kind": "InitiateCheckout"}}'], _described(schema).words)
        assert quote("no InitiateCheckout here", sent) == "no *** here"


def test_a_constant_is_shown_as_a_word_of_its_own_only() -> None:
    words = _described(_of("order_v2_completed_online")["enum"]).words
    sent = Sent([b'{"id": "order_v2_completed_online77"}'], words)
    assert "online77" not in quote("no order_v2_completed_online77", sent)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("1000000000", 10**9),
        ("9" * 4000, 999999999999999),
        (formatdate(NOW + 90, usegmt=True), 90),
        (formatdate(NOW - 90, usegmt=True), 0),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("Wed, 99 Foo 2026", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(text, NOW) == seconds


@pytest.mark.parametrize(
    "entries",
    [
        [_GOOD, _GOOD, _BAD, _BAD, _GOOD],
        [{**_GOOD, "warning_message": "odd"}] * 2 + [_GOOD, {**_BAD, "error_message": "e-1"}],
        [{**_GOOD, "more": [1]}, {**_GOOD, "more": [2]}, {**_BAD, "more": 1}, {**_BAD, "more": True}],
    ],
)
def test_an_entry_says_what_it_would_say_alone(entries: list[Any]) -> None:
    def said_of(*some: Any) -> dict[str, Any]:
        return _said(*some, processed=sum(one["status"] == "processed" for one in some))

    together = _answer(207, said_of(*entries), len(entries))
    for place, entry in enumerate(entries):
        batch = _batch(len(entries))
        alone = judge(
            Batch(batch.parcels[place : place + 1], batch.envelope),
            Reply(207, json.dumps(said_of(entry)).encode()),
            DESTINATION,
        )
        assert alone.receipts == together.receipts[place : place + 1]


def test_an_entry_that_python_takes_for_equal_is_read_anew() -> None:
    def is_one(entry: Any) -> bool:
        return type(entry["ok"]) is int

    def is_true(entry: Any) -> bool:
        return type(entry["ok"]) is bool

    def all_of(said: Any) -> Any:
        return said["all"]

    rule = AnswerRule(frozenset((200,)), proof=Entries(all_of, is_true, is_one))
    destination = replace(DESTINATION, answers=replace(DESTINATION.answers, rules=(rule,)))
    body = json.dumps({"all": [{"ok": True}, {"ok": 1}, {"ok": True}]}).encode()
    answer = judge(_batch(3), Reply(200, body), destination)
    assert [one.status for one in answer.receipts] == ["delivered", "refused", "delivered"]
