"""Signatures and tokens: every vector of each sender, and the ways in which a request is not the sender's."""

from __future__ import annotations

import ast
import base64
import hmac
import inspect
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper.intake import verification
from mapper.intake.entry import Entry, SharedSecret, SignedPart
from mapper.intake.request import HttpRequest
from mapper.intake.verification import verify
from tests.support.intakes import entry_of, entry_of_sender, posted, with_values

_TOKEN = {"authorization": "Bearer a-long-random-token"}
_TRACK = '{"type":"track","event":"Order Completed","messageId":"m-1","properties":{"revenue":10}}'
_BATCH = '[{"type":"track","event":"A","messageId":"m-1"},{"type":"track","event":"B","messageId":"m-2"}]'
_CAFE = '{"type":"track","event":"Café","messageId":"m-3"}'
_ORDER = '{"id":820982911946154508,"email":"jon@example.com","total_price":"10.00"}'
_WOO = '{"id":42,"status":"processing","total":"10.00"}'
_CHARGE = '{"id":"evt_1","object":"event"}'
_PLACED = '{"data":[{"external_id":"e1","topic":"event:klaviyo.placed_order","payload":{}}]}'
_STRIPE_AT, _KLAVIYO_AT = 1_780_000_000, 1_790_812_800
_STRIPE = "2c9c73e79d741e6310fc6668cd675147ad7ef695463e2e881cce34fa39933940"
_KLAVIYO = {
    "klaviyo-signature": "43e55feb8e26c28382d0b6e1f207c4311fccdabdb2886e03a5c5fb15dbb32c7e",
    "klaviyo-timestamp": "2026-10-01T00:00:00+00:00",
}
_SECRETS = {
    "SEGMENT_SECRET": "abc123",
    "SEGMENT_TOKEN": "a-long-random-token",
    "SHOPIFY_SECRET": "hush",
    "WOOCOMMERCE_SECRET": "wc&secret",
    "STRIPE_SECRET": "whsec_test",
    "KLAVIYO_SECRET": "0123456789abcdef",
    "RUDDERSTACK_TOKEN": "a-long-random-token",
    "BRAZE_TOKEN": "a-long-random-token",
    "FIREHOSE_KEY": "k",
}


def _of(sender: str) -> Entry:
    return entry_of_sender(sender, _SECRETS)


def _segment(body: str, digest: str) -> HttpRequest:
    return posted(body, {**_TOKEN, "x-signature": digest})


def _shopify(body: str, digest: str = "m4FFod+h41Veq3iGu9IYC4BB/jVI4MOrGLOk7hjAbKU=") -> HttpRequest:
    return posted(body, {"x-shopify-hmac-sha256": digest})


def _stripe(header: str, body: str = _CHARGE) -> HttpRequest:
    return posted(body, {"stripe-signature": header})


# Of each: the sender, the request, and when it comes in.
_GENUINE: dict[str, tuple[str, HttpRequest, float]] = {
    "segment": ("segment", _segment(_TRACK, "0fd079efeafd54e5535039191b5dac7cf1887312"), 0),
    "segment, a batch": ("segment", _segment(_BATCH, "07d71557f468c705150e44ab42db3bdfef53f41f"), 0),
    "segment, not ASCII": ("segment", _segment(_CAFE, "386601d1fcda9d8598e1a93db189999ef2c4efc5"), 0),
    "segment, capitals": ("segment", _segment(_TRACK, "0FD079EFEAFD54E5535039191B5DAC7CF1887312"), 0),
    "shopify": ("shopify", _shopify(_ORDER), 0),
    "woocommerce": (
        "woocommerce",
        posted(_WOO, {"x-wc-webhook-signature": "XUO3MY32luKEdrIqFaqlSQUfLDrh31R0Vfo4OiE+vNw="}),
        0,
    ),
    "stripe": ("stripe", _stripe(f"t={_STRIPE_AT},v1={_STRIPE}"), _STRIPE_AT + 299),
    "stripe, another scheme": ("stripe", _stripe(f"t={_STRIPE_AT},v0=00,v1={_STRIPE}"), _STRIPE_AT),
    "stripe, rotated": ("stripe", _stripe(f"t={_STRIPE_AT},v1={'0' * 64},v1={_STRIPE}"), _STRIPE_AT - 299),
    "klaviyo": ("klaviyo", posted(_PLACED, _KLAVIYO), _KLAVIYO_AT + 60),
    "rudderstack": ("rudderstack", posted(_TRACK, _TOKEN), 0),
    "braze": ("braze", posted('{"events":[{"id":"1"}]}', {"authorization": "bearer a-long-random-token"}), 0),
    "firehose": ("firehose", posted('{"records":[]}', {"x-amz-firehose-access-key": "k"}), 0),
}


@pytest.mark.parametrize("name", _GENUINE)
def test_a_request_of_the_sender_passes(name: str) -> None:
    sender, request, now = _GENUINE[name]
    assert verify(_of(sender), request, now) is None


@pytest.mark.parametrize("name", [name for name in _GENUINE if _of(_GENUINE[name][0]).sign is not None])
def test_a_signed_request_with_a_changed_byte_does_not_pass(name: str) -> None:
    sender, request, now = _GENUINE[name]
    entry = _of(sender)
    for at in range(len(request.raw)):
        body = request.raw[:at] + bytes([request.raw[at] ^ 1]) + request.raw[at + 1 :]
        refused = verify(entry, replace(request, raw=body, body=body), now)
        if refused is None:  # only the first element is signed there, which is why a token is asked for too
            assert name == "segment, a batch"
            assert at > request.raw.index(b"},")
        else:
            assert (refused.status, refused.kind) == (401, "bad_signature")


_WRONG: dict[str, tuple[str, HttpRequest, float, str]] = {
    "no signature": ("shopify", posted(_ORDER), 0, "no_signature"),
    "an empty signature": ("shopify", _shopify(_ORDER, ""), 0, "no_signature"),
    "hex in place of base64": (
        "shopify",
        _shopify(_ORDER, "9b8145a1dfa1e3555eab7886bbd2180b8041fe3548e0c3ab18b3a4ee18c06ca5"),
        0,
        "bad_signature",
    ),
    "of the whole batch": ("segment", _segment(_BATCH, "09a22f4a" + "0" * 32), 0, "bad_signature"),
    "parsed and written again": (
        "segment",
        _segment(_CAFE.replace("é", "\\u00e9"), "386601d1fcda9d8598e1a93db189999ef2c4efc5"),
        0,
        "bad_signature",
    ),
    "with spaces put in": (
        "segment",
        _segment(_TRACK.replace(":", ": "), "0fd079efeafd54e5535039191b5dac7cf1887312"),
        0,
        "bad_signature",
    ),
    "another number of the same value": (
        "shopify",
        _shopify(_ORDER.replace("508,", "508.0,")),
        0,
        "bad_signature",
    ),
    "a blank at the end": ("shopify", _shopify(_ORDER + "\n"), 0, "bad_signature"),
    "keys in another order": (
        "shopify",
        _shopify('{"email":"jon@example.com","id":820982911946154508,"total_price":"10.00"}'),
        0,
        "bad_signature",
    ),
    "an empty body": ("shopify", _shopify(""), 0, "bad_signature"),
    "half a digest": ("shopify", _shopify(_ORDER, "m4FFod+h41Veq3iGu9IYCw=="), 0, "bad_signature"),
    "a digest with a break": (
        "segment",
        _segment(_TRACK, "0fd079efeafd54e5535039191b5dac7c f1887312"),
        0,
        "bad_signature",
    ),
    "two signatures in one header": (
        "shopify",
        _shopify(_ORDER, "m4FFod+h41Veq3iGu9IYC4BB/jVI4MOrGLOk7hjAbKU=, AAAA"),
        0,
        "bad_signature",
    ),
    "letters that are not ASCII": ("shopify", _shopify(_ORDER, "é" * 44), 0, "bad_signature"),
    "signed with another form of the secret": (
        "woocommerce",
        posted(
            _WOO,
            {
                "x-wc-webhook-signature": base64.b64encode(
                    hmac.digest(b"wc&amp;secret", _WOO.encode(), "sha256")
                ).decode()
            },
        ),
        0,
        "bad_signature",
    ),
    "no scheme that is known": (
        "stripe",
        _stripe(f"t={_STRIPE_AT},v0={_STRIPE}"),
        _STRIPE_AT,
        "bad_signature",
    ),
    "no time": ("stripe", _stripe(f"v1={_STRIPE}"), _STRIPE_AT, "bad_signature"),
    "another time": ("stripe", _stripe(f"t={_STRIPE_AT + 200},v1={_STRIPE}"), _STRIPE_AT, "bad_signature"),
    "a time that is none": ("stripe", _stripe(f"t=soon,v1={_STRIPE}"), _STRIPE_AT, "bad_signature"),
    "too old": ("stripe", _stripe(f"t={_STRIPE_AT},v1={_STRIPE}"), _STRIPE_AT + 301, "too_old"),
    "from the future": ("stripe", _stripe(f"t={_STRIPE_AT},v1={_STRIPE}"), _STRIPE_AT - 301, "too_old"),
    "too old by its header": ("klaviyo", posted(_PLACED, _KLAVIYO), _KLAVIYO_AT + 301, "too_old"),
    "a time that the signature lacks": (
        "klaviyo",
        posted(_PLACED, {"klaviyo-signature": _KLAVIYO["klaviyo-signature"]}),
        _KLAVIYO_AT,
        "bad_signature",
    ),
    "a newer time in the header": (
        "klaviyo",
        posted(_PLACED, {**_KLAVIYO, "klaviyo-timestamp": "2026-10-01T01:00:00+00:00"}),
        _KLAVIYO_AT + 3600,
        "bad_signature",
    ),
    "events added to a batch, without the token": (
        "segment",
        posted(_BATCH[:-1] + ',{"x":1}]', {"x-signature": "07d71557f468c705150e44ab42db3bdfef53f41f"}),
        0,
        "no_token",
    ),
    "no token": ("rudderstack", posted(_TRACK), 0, "no_token"),
    "another token": ("rudderstack", posted(_TRACK, {"authorization": "Bearer other"}), 0, "bad_token"),
    "an empty token": ("rudderstack", posted(_TRACK, {"authorization": "Bearer "}), 0, "bad_token"),
    "another scheme": (
        "rudderstack",
        posted(_TRACK, {"authorization": "Basic a-long-random-token"}),
        0,
        "no_token",
    ),
    "the token and more": (
        "rudderstack",
        posted(_TRACK, {"authorization": "Bearer a-long-random-token2"}),
        0,
        "bad_token",
    ),
    "a page that posts as a server": (
        "rudderstack",
        posted(_TRACK, {**_TOKEN, "origin": "https://shop.example"}),
        0,
        "bad_origin",
    ),
}


@pytest.mark.parametrize("name", _WRONG)
def test_a_request_that_is_not_the_senders_is_refused(name: str) -> None:
    sender, request, now, kind = _WRONG[name]
    refused = verify(_of(sender), request, now)
    assert refused is not None
    assert (refused.kind, refused.status) == (kind, 403 if kind == "bad_origin" else 401)


@pytest.mark.parametrize("sender", ["segment", "shopify", "woocommerce", "stripe", "klaviyo"])
def test_an_empty_secret_lets_nobody_in(sender: str) -> None:
    """Not even whoever signs with it, whatever is signed."""
    entry = replace(with_values(_of(sender), {}), token=None)
    sign = entry.sign
    assert sign is not None
    for over, body in (((SignedPart("body"),), _ORDER.encode()), ((), b"")):
        digest = hmac.digest(b"", body, sign.algorithm)
        written = digest.hex() if sign.form == "hex" else base64.b64encode(digest).decode()
        header = f"t=1,v1={written}" if sign.pairs else written
        checked = replace(entry, sign=replace(sign, over=over, moment=None))
        refused = verify(checked, posted(body, {sign.header: header}), 0)
        assert refused is not None
        assert refused.kind == "bad_signature"


def test_an_empty_token_lets_nobody_in() -> None:
    entry = entry_of("token: {header: x-token, value: $T}", {"T": ""})
    for headers in ({"x-token": ""}, {}, {"x-token": " "}):
        assert verify(entry, posted("{}", headers), 0) is not None


def test_any_secret_of_a_rotation_signs_and_no_other() -> None:
    text = "sign: {header: x-s, algorithm: sha256, form: hex, secret: [$NEW, $OLD]}"
    entry = entry_of(text, {"NEW": "new", "OLD": "old"})
    for secret, passes in (("new", True), ("old", True), ("older", False)):
        digest = hmac.digest(secret.encode(), b"{}", "sha256").hex()
        assert (verify(entry, posted("{}", {"x-s": digest}), 0) is None) is passes


_FORMS: dict[str, tuple[str, str, dict[str, str], Callable[[str], dict[str, str]]]] = {
    # The keys of `sign`, what is signed around the body, further headers, and the header of the signature.
    "a prefix": (
        "{header: x-hub-signature-256, prefix: sha256=, algorithm: sha256, form: hex, secret: $S}",
        "{body}",
        {},
        lambda digest: {"x-hub-signature-256": f"sha256={digest}"},
    ),
    "a version before the time": (
        "{header: x-s, prefix: v0=, algorithm: sha256, form: hex, secret: $S,"
        ' over: "v0:{x-t}:{body}", time: x-t}',
        "v0:1780000000:{body}",
        {"x-t": "1780000000"},
        lambda digest: {"x-s": f"v0={digest}"},
    ),
    "semicolons and milliseconds": (
        '{header: x-s, pairs: {digest: h1, separator: ";"}, algorithm: sha256, form: hex, secret: $S,'
        ' over: "{ts}:{body}", time: ts}',
        "1780000000000:{body}",
        {},
        lambda digest: {"x-s": f"ts=1780000000000;h1={digest}"},
    ),
    "the URL as it is": (
        '{header: x-s, algorithm: sha512, form: hex, secret: $S, over: "https://shop.example/x{body}"}',
        "https://shop.example/x{body}",
        {},
        lambda digest: {"x-s": digest},
    ),
    "a text that is not ASCII": (
        '{header: x-s, algorithm: sha384, form: hex, secret: $S, over: "é{body}"}',
        "é{body}",
        {},
        lambda digest: {"x-s": digest},
    ),
}


@pytest.mark.parametrize("name", _FORMS)
def test_other_forms_of_signatures_can_be_written_down(name: str) -> None:
    keys, around, headers, header = _FORMS[name]
    entry = entry_of(f"sign: {keys}", {"S": "hush"})
    assert entry.sign is not None
    message = around.encode().replace(b"{body}", b'{"a":1}')
    digest = hmac.digest(b"hush", message, entry.sign.algorithm).hex()
    assert verify(entry, posted('{"a":1}', {**headers, **header(digest)}), 1_780_000_000) is None
    assert verify(entry, posted('{"a":2}', {**headers, **header(digest)}), 1_780_000_000) is not None


def test_standard_webhooks_can_be_written_down() -> None:
    """Several signatures with versions between blanks, over three parts, by a secret that is base64."""
    keys = (
        'sign: {header: webhook-signature, pairs: {digest: v1, separator: " ", equals: ","}, '
        "algorithm: sha256, form: base64, secret: $S, secret_form: base64, "
        'over: "{webhook-id}.{webhook-timestamp}.{body}", time: webhook-timestamp}'
    )
    entry = entry_of(keys, {"S": base64.b64encode(b"0123456789abcdef01234567").decode()})
    digest = base64.b64encode(
        hmac.digest(b"0123456789abcdef01234567", b'msg_1.1780000000.{"a":1}', "sha256")
    ).decode()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1780000000",
        "webhook-signature": f"v1a,AAAA v1,{digest}",
    }
    assert verify(entry, posted('{"a":1}', headers), 1_780_000_100) is None
    assert verify(entry, posted('{"a":1}', {**headers, "webhook-id": "msg_2"}), 1_780_000_100) is not None


def test_a_token_in_the_query_is_decoded() -> None:
    entry = entry_of("token: {query: token, value: $T}", {"T": "a b+c"})
    assert verify(entry, posted("{}", query="x=1&token=a%20b%2Bc"), 0) is None
    assert verify(entry, posted("{}", query="token=a"), 0) is not None
    assert verify(entry, posted("{}", query="toke=a%20b%2Bc"), 0) is not None


_HEADERS = st.text(st.characters(max_codepoint=255), max_size=80)


@given(_HEADERS, _HEADERS, st.binary(max_size=200))
def test_no_header_and_no_body_makes_a_check_raise(signature: str, moment: str, body: bytes) -> None:
    for sender in ("segment", "shopify", "stripe", "klaviyo", "rudderstack", "firehose"):
        entry = _ENTRIES[sender]
        names = ["klaviyo-timestamp", "authorization", "x-amz-firehose-access-key"]
        headers = dict.fromkeys(names, moment) | ({entry.sign.header: signature} if entry.sign else {})
        refused = verify(entry, posted(body, headers), _STRIPE_AT)
        # A token of one letter may be guessed; a digest is not.
        assert refused is not None or (sender == "firehose" and moment.strip() == "k")


_ENTRIES = {
    sender: _of(sender) for sender in ("segment", "shopify", "stripe", "klaviyo", "rudderstack", "firehose")
}


def test_a_secret_shows_itself_nowhere() -> None:
    entry = _of("shopify")
    assert "hush" not in repr(entry)
    assert "hush" not in str(SharedSecret("S", b"hush"))


def test_digests_and_tokens_are_compared_in_constant_time() -> None:
    """Where they are compared, nothing ends at the first difference."""
    for compare in (verification._any_matches, verification._token):
        tree = ast.parse(inspect.getsource(compare))
        assert "hmac.compare_digest(" in ast.unparse(tree)
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.Break)]
