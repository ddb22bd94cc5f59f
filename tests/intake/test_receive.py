"""A whole request: the order of its checks, its answer, what `$meta` knows of it, identity tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from mapper.intake.entry import Entry
from mapper.intake.identity_token import KeyCache, read_keys
from mapper.intake.meta import meta_of_request
from mapper.intake.receive import receive
from mapper.intake.request import HttpAnswer, HttpRequest, ReceivedEvent, RequestRefusal, headers_of
from mapper.intake.sender_answers import reply_of
from mapper.intake.verification import BAD_TOKEN, verify
from mapper.values.safe_text import SafeText
from tests.support.intakes import entry_of, entry_of_sender, posted

pytestmark = pytest.mark.quick

jwt = pytest.importorskip("jwt")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")

NOW = 1_578_090_903.599
_SECRETS = dict.fromkeys(("FIREHOSE_KEY", "WOOCOMMERCE_SECRET", "EVENT_GRID_TOKEN", "T"), "secret")
_FIREHOSE = entry_of_sender("firehose", _SECRETS)
_WOOCOMMERCE = entry_of_sender("woocommerce", _SECRETS)
_GRID = entry_of_sender("event-grid", _SECRETS)
_PAGES = entry_of_sender("beacon", _SECRETS)
_FULL = RequestRefusal(503, "full", SafeText("the outbox is full"))


def _answered(entry: Entry, request: HttpRequest) -> HttpAnswer:
    found = receive(entry, request, NOW)
    assert isinstance(found, HttpAnswer), found
    return found


def _refused(entry: Entry, request: HttpRequest) -> RequestRefusal:
    found = receive(entry, request, NOW)
    assert isinstance(found, RequestRefusal), found
    return found


def _events(entry: Entry, request: HttpRequest) -> tuple[ReceivedEvent, ...]:
    found = receive(entry, request, NOW)
    assert isinstance(found, tuple), found
    return found


def test_firehose_is_answered_in_its_own_form() -> None:
    body = '{"requestId":"ed4acda5","timestamp":1578090901599,"records":[{"data":"eyJldmVudCI6IkEifQ=="}]}'
    request = posted(body, {"x-amz-firehose-access-key": "secret"})
    assert [one.text for one in _events(_FIREHOSE, request)] == [b'{"event":"A"}']
    stored = reply_of(_FIREHOSE, request, NOW)
    assert (stored.status, stored.headers) == (200, (("content-type", "application/json"),))
    assert json.loads(stored.body) == {"requestId": "ed4acda5", "timestamp": 1578090903599}
    failed = reply_of(_FIREHOSE, request, NOW, _FULL)
    assert failed.status == 503
    assert json.loads(failed.body) == {
        "requestId": "ed4acda5",
        "timestamp": 1578090903599,
        "errorMessage": "the outbox is full",
    }


def test_an_answer_does_not_say_what_is_wrong_with_a_token() -> None:
    request = posted('{"requestId":"r"}', {"x-amz-firehose-access-key": "other"})
    answer = reply_of(_FIREHOSE, request, NOW, _refused(_FIREHOSE, request))
    assert (answer.status, json.loads(answer.body)["errorMessage"]) == (401, "not authorized")


@pytest.mark.parametrize("held", ['"a\\nb"', '"%s"' % ("x" * 2000), "{}", "null", "true", '"é"', "[1]"])
def test_an_answer_repeats_only_short_plain_texts_of_a_request(held: str) -> None:
    request = posted(f'{{"requestId":{held},"records":[]}}', {"x-amz-firehose-access-key": "secret"})
    assert json.loads(reply_of(_FIREHOSE, request, NOW).body)["requestId"] == ""


_FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_the_ping_of_a_shop_is_answered_with_200_and_stores_nothing() -> None:
    assert _answered(_WOOCOMMERCE, posted("webhook_id=42", _FORM)) == HttpAnswer(200)
    charset = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    assert _answered(_WOOCOMMERCE, posted("webhook_id=42", charset)) == HttpAnswer(200)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ('{"id":42}', {}),
        ('{"webhook_id":42}', {"content-type": "application/json"}),
        ("webhook_id=42&id=1", _FORM),
        ("id=42", _FORM),
        ("webhook_id=42", {**_FORM, "x-wc-webhook-topic": "order.created"}),
        ("webhook_id=42", {**_FORM, "x-wc-webhook-signature": "AAAA"}),
        ("webhook_id=" + "4" * 2000, _FORM),
    ],
)
def test_what_is_not_quite_a_ping_is_checked(body: str, headers: dict[str, str]) -> None:
    assert _refused(_WOOCOMMERCE, posted(body, headers)).status == 401


_VALIDATION = (
    '[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent",'
    '"data":{"validationCode":"512d38b6","validationUrl":"https://rp.example"}}]'
)


def test_a_queue_that_asks_whether_it_may_send_is_answered() -> None:
    headers = {"aeg-event-type": "SubscriptionValidation"}
    found = _answered(_GRID, posted(_VALIDATION, headers, query="token=secret"))
    assert (found.status, json.loads(found.body)) == (200, {"validationResponse": "512d38b6"})
    assert _refused(_GRID, posted(_VALIDATION, headers, query="token=other")).status == 401
    asked = posted(
        "", {"webhook-request-origin": "eventgrid.azure.net"}, method="OPTIONS", query="token=secret"
    )
    found = _answered(_GRID, asked)
    assert found == HttpAnswer(
        200, (("webhook-allowed-origin", "eventgrid.azure.net"), ("webhook-allowed-rate", "*"))
    )
    assert _refused(_GRID, replace(asked, query="")).status == 401
    assert _refused(_GRID, posted("", method="OPTIONS", query="token=secret")).status == 405


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "TRACE", "OPTIONS"])
def test_other_methods_are_refused(method: str) -> None:
    assert _refused(_FIREHOSE, posted("{}", method=method)).status == 405


_SHOP = {"origin": "https://shop.example"}


def test_a_page_is_let_in_by_its_origin_and_reads_the_answer() -> None:
    request = posted('{"id":"v-1"}', {**_SHOP, "content-type": "text/plain;charset=UTF-8"})
    assert [one.text for one in _events(_PAGES, request)] == [b'{"id":"v-1"}']
    assert reply_of(_PAGES, request, NOW) == HttpAnswer(
        204,
        (
            ("access-control-allow-origin", "https://shop.example"),
            ("access-control-allow-credentials", "true"),
            ("vary", "origin"),
        ),
    )


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://shop.example.evil.test", "http://shop.example", "https://shop.example/", "*", ""],
)
def test_a_page_of_another_origin_is_refused(origin: str | None) -> None:
    request = posted("{}", {} if origin is None else {"origin": origin})
    refused = _refused(_PAGES, request)
    assert (refused.status, refused.kind) == (403, "bad_origin")
    assert reply_of(_PAGES, request, NOW, refused).headers == ()


def test_a_browser_that_asks_first_is_told() -> None:
    asked = posted("", {**_SHOP, "access-control-request-method": "POST"}, method="OPTIONS")
    found = _answered(_PAGES, asked)
    assert found.status == 204
    assert dict(found.headers)["access-control-allow-origin"] == "https://shop.example"
    assert dict(found.headers)["access-control-allow-methods"] == "POST"
    other = replace(asked, headers={**asked.headers, "origin": "https://evil.test"})
    assert _answered(_PAGES, other) == HttpAnswer(403)
    assert _answered(_FIREHOSE, asked) == HttpAnswer(403)


_VISIT = {
    **_SHOP,
    "user-agent": "Mozilla/5.0",
    "cookie": 'session=secret; _epik="dj0y"; other=1',
    "x-forwarded-for": "203.0.113.9, 203.0.113.7",
}


def test_meta_knows_a_visitor() -> None:
    meta = meta_of_request(_PAGES, posted("{}", _VISIT, peer="10.0.0.1"), "2026-11-26T10:00:00+00:00")
    assert meta == {
        "received_at": "2026-11-26T10:00:00+00:00",
        "source": "/collect",
        "client_ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0",
        "cookies": {"_epik": "dj0y"},
    }


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "198.51.100.1"),
        (1, "203.0.113.9, 203.0.113.7", "203.0.113.7"),
        (2, "203.0.113.9, 203.0.113.7", "203.0.113.9"),
        (3, "203.0.113.9, 203.0.113.7", None),
        (1, None, None),
        (1, "unknown", None),
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "<script>", None),
    ],
)
def test_the_address_is_what_the_last_proxy_of_our_own_was_asked_from(
    proxies: int, forwarded: str | None, address: str | None
) -> None:
    assert _PAGES.browser is not None
    entry = replace(_PAGES, browser=replace(_PAGES.browser, proxies=proxies))
    headers = {**_SHOP} if forwarded is None else {**_SHOP, "x-forwarded-for": forwarded}
    meta = meta_of_request(entry, posted("{}", headers, peer="198.51.100.1"), "")
    assert meta.get("client_ip") == address


def test_of_a_server_the_address_and_browser_are_not_the_visitors() -> None:
    entry = entry_of("token: {value: $T}\nkeep_headers: [X-Shop-Topic]\nkeep_query: shop", _SECRETS)
    request = posted("{}", {**_VISIT, "x-shop-topic": "orders"}, query="shop=a%20b&x=1", peer="10.0.0.1")
    assert meta_of_request(entry, request, "t") == {
        "received_at": "t",
        "source": "/x",
        "headers": {"x-shop-topic": "orders"},
        "query": {"shop": "a b"},
    }


def test_a_header_that_came_twice_is_joined() -> None:
    pairs = [(b"X-A", b"1"), (b"x-a", b"2"), (b"cookie", b"a=1"), (b"Cookie", b"b=2")]
    assert headers_of(pairs) == {"x-a": "1, 2", "cookie": "a=1; b=2"}


_KEY, _OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
_PUSH = "push@project.iam.gserviceaccount.com"
_CLAIMS = {
    "iss": "https://accounts.google.com",
    "aud": "https://events.shop.example/pubsub",
    "email": _PUSH,
    "email_verified": True,
    "exp": NOW + 600,
    "iat": NOW - 10,
}
_MESSAGE = json.dumps({"message": {"data": base64.b64encode(b'{"a":1}').decode(), "messageId": "7"}})
_PUBSUB = entry_of_sender("pubsub", {})


def _key_set(key: Any, kid: str = "k1") -> bytes:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    shared = {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}
    return json.dumps({"keys": [{**public, "kid": kid, "alg": "RS256"}, shared, {"kty": "RSA"}, 3]}).encode()


def _pushed(claims: Mapping[str, Any], key: Any = _KEY, **signing: Any) -> HttpRequest:
    signing = {"algorithm": "RS256", "headers": {"kid": "k1"}, **signing}
    given = {name: value for name, value in claims.items() if value is not ...}
    return posted(_MESSAGE, {"authorization": f"Bearer {jwt.encode(given, key, **signing)}"})


_KEYS = read_keys(_key_set(_KEY))


def test_a_push_with_the_token_of_its_account_passes() -> None:
    found = receive(_PUBSUB, _pushed(_CLAIMS), NOW, _KEYS)
    assert found == (ReceivedEvent(b'{"a":1}', b'"7"'),)
    assert verify(_PUBSUB, _pushed({**_CLAIMS, "aud": ["x", _CLAIMS["aud"]]}), NOW, _KEYS) is None
    assert verify(_PUBSUB, _pushed({**_CLAIMS, "exp": NOW - 59}), NOW, _KEYS) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"iss": ...},
        {"aud": "https://other.example"},
        {"aud": ...},
        {"email": "other@project.iam.gserviceaccount.com"},
        {"email": ...},
        {"email_verified": False},
        {"email_verified": 1},
        {"email_verified": "true"},
        {"email_verified": ...},
        {"exp": NOW - 61},
        {"exp": ...},
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"exp": True},
    ],
)
def test_a_token_for_somebody_else_is_refused(claims: dict[str, Any]) -> None:
    refused = verify(_PUBSUB, _pushed({**_CLAIMS, **claims}), NOW, _KEYS)
    assert refused is not None
    assert (refused.status, refused.kind) == (401, "bad_token")
    assert refused is not BAD_TOKEN  # nobody guesses it, so it is not counted as a guess


def test_a_token_by_another_key_or_algorithm_is_refused() -> None:
    def kind(request: HttpRequest) -> str:
        refused = verify(_PUBSUB, request, NOW, _KEYS)
        assert refused is not None
        return refused.kind

    assert kind(_pushed(_CLAIMS, _OTHER)) == "bad_token"
    assert kind(_pushed(_CLAIMS, _KEY, algorithm="RS512")) == "bad_token"
    assert kind(_pushed(_CLAIMS, _OTHER, headers={"kid": "k2"})) == "unknown_key"
    assert kind(_pushed(_CLAIMS, None, algorithm="none")) == "bad_token"
    shared = "a shared secret that is long enough for this digest"
    assert kind(_pushed(_CLAIMS, shared, algorithm="HS256")) == "bad_token"
    assert kind(_pushed(_CLAIMS, shared, algorithm="HS256", headers={"kid": "shared"})) == "unknown_key"
    assert kind(posted(_MESSAGE)) == "no_token"
    for text in ("", "x", "a.b.c", "é", "." * 9):
        assert kind(posted(_MESSAGE, {"authorization": f"Bearer {text}"})) in ("bad_token", "no_token")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"keys":{}}', b"\xff", b'{"keys":', b"[" * 100_000])
def test_what_is_no_key_set_gives_no_keys(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_keys(content)


def test_keys_are_read_when_needed_and_kept_while_nothing_newer_can_be_had() -> None:
    answers: list[bytes | None] = [_key_set(_KEY), None, b"no keys", _key_set(_OTHER, "k2")]

    def fetch(url: str) -> bytes:
        assert url == "https://id.example/keys"
        content = answers.pop(0)
        if content is None:
            raise OSError
        return content

    cache, url = KeyCache(fetch), "https://id.example/keys"
    assert cache.held(url) == {}
    assert cache.is_due(url, 0)
    assert [*cache.refresh(url, 0)] == ["k1"]
    assert not cache.is_due(url, 30, unknown=True)
    assert not cache.is_due(url, 3599)
    assert cache.is_due(url, 61, unknown=True)
    assert cache.is_due(url, 3600)
    assert [*cache.refresh(url, 3600)] == ["k1"]
    assert not cache.is_due(url, 3601)
    assert cache.is_due(url, 3660)
    assert [*cache.refresh(url, 3660)] == ["k1"]
    assert [*cache.refresh(url, 3720)] == ["k2"]
    assert answers == []


def test_requests_that_need_keys_at_once_ask_for_them_once() -> None:
    asked: list[str] = []
    begun = Barrier(8, timeout=60)

    def fetch(url: str) -> bytes:
        asked.append(url)
        return _key_set(_KEY)

    cache, url = KeyCache(fetch), "https://id.example/keys"

    def request() -> list[str]:
        assert cache.is_due(url, NOW)
        begun.wait()
        return [*cache.refresh(url, NOW)]

    with ThreadPoolExecutor(8) as threads:
        found = [one.result() for one in [threads.submit(request) for _ in range(8)]]
    assert found == [["k1"]] * 8
    assert asked == [url]


def test_keys_are_read_again_when_the_clock_was_set_back() -> None:
    answers = [_key_set(_KEY), _key_set(_OTHER, "k2")]
    cache, url = KeyCache(lambda _: answers.pop(0)), "https://id.example/keys"
    assert [*cache.refresh(url, NOW)] == ["k1"]
    assert cache.is_due(url, NOW - 86_400, unknown=True)
    assert [*cache.refresh(url, NOW - 86_400)] == ["k2"]
