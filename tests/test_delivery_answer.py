"""An answer is read payload by payload, and nothing is accepted without proof."""

import json
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.delivery.answer import Answer, Reply, judge
from mapper.delivery.batch import Batch, pack
from mapper.delivery.pace import retry_after_seconds
from mapper.delivery.quotation import Sent, quote
from tests.delivery import DESTINATION, NOW, parcels

_GOOD = {"status": "processed", "error_message": "", "warning_message": ""}
_BAD = {"status": "failed", "error_message": "Given timestamp is in the past.", "warning_message": ""}
_SHORT = {"num_events_received": 2, "events": [_GOOD]}


def _batch(count: int = 2) -> Batch:
    [batch] = pack(parcels(count), DESTINATION.limits, "data")
    return batch


def _answer(status: int, body: Any, count: int = 2) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(_batch(count), Reply(status, content), DESTINATION)


@pytest.mark.parametrize(
    ("status", "body", "verdict", "sure"),
    [
        (200, {"events": [_GOOD, _GOOD]}, "settled", True),
        (200, {"events": [_GOOD, _BAD]}, "settled", True),
        (
            200,
            {"num_events_received": 2, "num_events_processed": 2, "events": [_GOOD, _GOOD]},
            "settled",
            True,
        ),
        (207, {"events": [_BAD, _GOOD]}, "settled", True),
        (200, {"num_events_received": 3, "events": [_GOOD, _GOOD]}, "retry", False),
        (200, _SHORT, "retry", False),
        (200, {"events": [_GOOD, _GOOD, _GOOD]}, "retry", False),
        (200, {"events": [_GOOD, {"status": "queued"}]}, "retry", False),
        (200, {"events": [_GOOD, {"status": None}]}, "retry", False),
        (200, {"events": [_GOOD, None]}, "retry", False),
        (200, {"events": {"0": _GOOD, "1": _GOOD}}, "retry", False),
        (200, {}, "retry", False),
        (200, [_GOOD, _GOOD], "retry", False),
        (200, b"<html>Sign in to the airport's network</html>", "retry", False),
        (200, b"", "retry", False),
        (200, b"[" * 100_000, "retry", False),
        (204, b"", "retry", False),
        (301, b"", "setup", True),
        (400, {"code": 4196, "message": "The request was invalid."}, "refused", True),
        (400, b"<html>", "refused", True),
        (401, {"code": 2, "message": "Authentication failed.", "status": "failure"}, "setup", True),
        (403, {"code": 29, "message": "You are not permitted to access that resource."}, "setup", True),
        (404, {"code": 0, "message": "Not found"}, "setup", True),
        (405, b"", "setup", True),
        (408, b"", "retry", False),
        (413, b"", "too_large", True),
        (422, {"code": 953, "message": "no", "details": {"events": [_GOOD, _BAD]}}, "settled", True),
        (422, {"code": 953, "message": "no", "details": _SHORT}, "refused", True),
        (422, {"code": 953, "message": "no"}, "refused", True),
        (429, {"code": 8, "message": "This request exceeded a rate limit."}, "retry", True),
        (429, b"", "retry", True),
        (500, b"", "retry", False),
        (502, b"<html>", "retry", False),
        (503, {"code": 4197, "message": "ramped down"}, "retry", True),
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
    body: dict[str, Any] = (
        {"events": entries} if where == "root" else {"details": {"events": entries}, "code": 953}
    )
    receipts = _answer(status, body, 3).receipts
    assert [receipt.parcel.key for receipt in receipts] == ["e-0", "e-1", "e-2"]
    assert [receipt.parcel.place for receipt in receipts] == [f"shop.ndjson:{line}" for line in (1, 2, 3)]
    assert [index for index, receipt in enumerate(receipts) if receipt.status == "refused"] == list(failed)
    reasons = {receipt.reason for receipt in receipts if receipt.status == "refused"}
    assert reasons == ({_BAD["error_message"]} if failed else set())


def test_a_warning_is_kept_with_its_payload_and_an_empty_one_is_none() -> None:
    body = {"events": [{**_GOOD, "warning_message": "em is no hash"}, {**_GOOD, "warning_message": None}]}
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
        (404, 0, "Pinterest knows no such ad account or address (status 404, code 0: no)", "--url", 77),
        (410, 0, "Pinterest answers with status 410 (status 410, code 0: no)", "address", 78),
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


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["processed", "failed"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["events", "details", "status", "code", "message", "num_events_received"]), inner
        )
    ),
    max_leaves=12,
)


@given(status=st.integers(100, 599), body=_JSON | st.binary(max_size=40))
def test_any_answer_is_read_and_only_proof_accepts(status: int, body: Any) -> None:
    answer = _answer(status, body)
    assert answer.verdict == "settled" or not answer.receipts
    if any(receipt.status == "accepted" for receipt in answer.receipts):
        assert 200 <= status < 300 or status in (400, 422)
        found = body.get("events") or body["details"]["events"]
        assert [entry["status"] == "processed" for entry in found] == [
            receipt.status == "accepted" for receipt in answer.receipts
        ]


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
