"""Signatures and tokens: every vector of each kind of sender, and what must not pass for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mapper.intake.entry import (
    Entry,
    EntryLimits,
    HeaderPairs,
    SharedSecret,
    SignatureCheck,
    SignedPart,
)
from mapper.intake.request import HttpRequest
from mapper.intake.verification import verify

NOW = 1_780_000_100.0
_LIMITS = EntryLimits(2**20, 1000)
_FIRST = (SignedPart("first"),)
_TIMED = (SignedPart("pair", "t"), SignedPart("text", "."), SignedPart("body"))
_BODY_AND_TIME = (SignedPart("body"), SignedPart("header", "klaviyo-timestamp"))


def _secret(value: str) -> SharedSecret:
    return SharedSecret("SECRET", value.encode())


def _signed(check: SignatureCheck) -> Entry:
    return Entry("/x", "x.yaml", _LIMITS, sign=check)


def _segment(*secrets: str) -> Entry:
    return _signed(SignatureCheck("x-signature", "sha1", "hex", tuple(map(_secret, secrets)), _FIRST))


def _sha256(header: str, secret: str, form: str = "base64") -> Entry:
    return _signed(SignatureCheck(header, "sha256", "hex" if form == "hex" else "base64", (_secret(secret),)))


_STRIPE = _signed(
    SignatureCheck(
        "stripe-signature",
        "sha256",
        "hex",
        (_secret("whsec_test"),),
        _TIMED,
        pairs=HeaderPairs("v1"),
        moment=SignedPart("pair", "t"),
    )
)
_KLAVIYO = _signed(
    SignatureCheck(
        "klaviyo-signature",
        "sha256",
        "hex",
        (_secret("0123456789abcdef"),),
        _BODY_AND_TIME,
        moment=SignedPart("header", "klaviyo-timestamp"),
    )
)
_KLAVIYO_NOW = 1_790_812_800.0 + 60
_TRACK = '{"type":"track","event":"Order Completed","messageId":"m-1","properties":{"revenue":10}}'
_BATCH = '[{"type":"track","event":"A","messageId":"m-1"},{"type":"track","event":"B","messageId":"m-2"}]'
_CAFE = '{"type":"track","event":"Café","messageId":"m-3"}'
_ORDER = '{"id":820982911946154508,"email":"jon@example.com","total_price":"10.00"}'
_WOO = '{"id":42,"status":"processing","total":"10.00"}'
_CHARGE = '{"id":"evt_1","object":"event"}'
_PLACED = '{"data":[{"external_id":"e1","topic":"event:klaviyo.placed_order","payload":{}}]}'
_SHOPIFY_HMAC = "m4FFod+h41Veq3iGu9IYC4BB/jVI4MOrGLOk7hjAbKU="
_STRIPE_V1 = "2c9c73e79d741e6310fc6668cd675147ad7ef695463e2e881cce34fa39933940"
_KLAVIYO_HMAC = "43e55feb8e26c28382d0b6e1f207c4311fccdabdb2886e03a5c5fb15dbb32c7e"


def _posted(body: str, **headers: str) -> HttpRequest:
    raw = body.encode()
    return HttpRequest({name.replace("_", "-"): value for name, value in headers.items()}, raw, raw)


_GENUINE = {
    "segment": (
        _segment("abc123"),
        _posted(_TRACK, x_signature="0fd079efeafd54e5535039191b5dac7cf1887312"),
        NOW,
    ),
    "segment batch": (
        _segment("abc123"),
        _posted(_BATCH, x_signature="07d71557f468c705150e44ab42db3bdfef53f41f"),
        NOW,
    ),
    "segment not ASCII": (
        _segment("abc123"),
        _posted(_CAFE, x_signature="386601d1fcda9d8598e1a93db189999ef2c4efc5"),
        NOW,
    ),
    "shopify": (
        _sha256("x-shopify-hmac-sha256", "hush"),
        _posted(_ORDER, x_shopify_hmac_sha256=_SHOPIFY_HMAC),
        NOW,
    ),
    "woocommerce": (
        _sha256("x-wc-webhook-signature", "wc&secret"),
        _posted(_WOO, x_wc_webhook_signature="XUO3MY32luKEdrIqFaqlSQUfLDrh31R0Vfo4OiE+vNw="),
        NOW,
    ),
    "stripe": (_STRIPE, _posted(_CHARGE, stripe_signature=f"t=1780000000,v1={_STRIPE_V1}"), NOW),
    "klaviyo": (
        _KLAVIYO,
        _posted(_PLACED, klaviyo_signature=_KLAVIYO_HMAC, klaviyo_timestamp="2026-10-01T00:00:00+00:00"),
        _KLAVIYO_NOW,
    ),
}


@pytest.mark.parametrize("name", _GENUINE)
def test_a_request_that_its_sender_signed_passes(name: str) -> None:
    entry, request, now = _GENUINE[name]
    assert verify(entry, request, now) is None


@pytest.mark.parametrize("name", _GENUINE)
def test_a_changed_byte_does_not_pass(name: str) -> None:
    entry, request, now = _GENUINE[name]
    for at in range(len(request.raw)):
        body = request.raw[:at] + bytes([request.raw[at] ^ 1]) + request.raw[at + 1 :]
        refused = verify(entry, replace(request, raw=body, body=body), now)
        if refused is None:  # only the first element is signed there
            assert name == "segment batch"
            assert at > request.raw.index(b"},")
        else:
            assert (refused.status, refused.kind) == (401, "bad_signature")
